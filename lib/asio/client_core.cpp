#include "client_core.hpp"

#include <gossip/codec.hpp>

#include "system_seed.hpp"

#include <algorithm>
#include <utility>

namespace gossip::detail {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// Where nobody listens on a port of this host, the system may give that very port to the socket that dials
/// it, which then talks to itself.
bool connected_to_self(const asio::ip::tcp::socket& socket) {
  error_code ignored;
  return socket.local_endpoint(ignored) == socket.remote_endpoint(ignored);
}

}  // namespace

ClientCore::ClientCore(const Executor& executor, ClientConfig config, ConnectionObserver observer)
    : config_((config.validate(), std::move(config))),
      executor_(executor),
      strand_(executor),
      observer_(std::move(observer)),
      publishes_(config_.queue_bytes_max),
      work_(asio::prefer(executor, asio::execution::outstanding_work.tracked)),
      next_pause_(config_.retry_pause_min),
      random_(system_seed()),
      retry_timer_(strand_),
      close_timer_(strand_) {}

// -- from any thread
// ----------------------------------------------------------------------------------------------

template <typename Work>
void ClientCore::on_strand(Work work) {
  asio::post(strand_, [self = shared_from_this(), work = std::move(work)]() mutable { work(*self); });
}

/// Gives the operation a name, by which its slot can cancel it, and hands it to `work` on the strand.
template <typename... Results, typename Work>
void ClientCore::begin(Completion<Results...> waiting, Work work) {
  const std::uint64_t operation = operations_++;
  if (auto slot = waiting.slot(); slot.is_connected()) {
    slot.assign([weak = weak_from_this(), operation](asio::cancellation_type type) {
      const auto self = weak.lock();
      if (self) self->on_strand([=](ClientCore& core) { core.cancel(operation, type); });
    });
  }
  on_strand([operation, waiting = std::move(waiting), work = std::move(work)](ClientCore& core) mutable {
    work(core, operation, std::move(waiting));
  });
}

/// The same for an operation that a client which is closing refuses.
template <typename... Results, typename Work>
void ClientCore::begin_serving(Completion<Results...> waiting, Work work) {
  begin(std::move(waiting), [work = std::move(work)](ClientCore& core, std::uint64_t operation,
                                                     Completion<Results...>&& admitted) mutable {
    core.state_ == State::serving ? work(core, operation, std::move(admitted))
                                  : core.refuse(std::move(admitted));
  });
}

/// What a client answers that is closing, or gone.
template <typename... Results>
void ClientCore::refuse(Completion<Results...> refused) {
  refused(abandoned_ ? asio::error::operation_aborted : error_code(asio::error::shut_down), Results{}...);
}

void ClientCore::start() {
  on_strand([](ClientCore& core) { core.connect(); });
}

void ClientCore::abandon() {
  abandoned_ = true;
  on_strand([](ClientCore& core) { core.end(asio::error::operation_aborted); });
}

void ClientCore::publish(const Announce& message, DoneHandler handler) {
  Completion<> waiting(std::move(handler), executor_);
  if (message.data.size() > data_bytes_max) {
    waiting(asio::error::message_size);
    return;
  }
  if (!publishes_.reserve(message.data.size())) {
    waiting(asio::error::no_buffer_space);
    return;
  }
  begin(std::move(waiting),
        [frame = encode(message)](ClientCore& core, std::uint64_t operation, Completion<>&& admitted) {
          if (core.state_ != State::serving) {
            core.publishes_.release(frame);
            core.refuse(std::move(admitted));
            return;
          }
          core.publishes_.push(operation, frame, std::move(admitted));
          if (core.link_) core.link_->write_more();
        });
}

void ClientCore::subscribe(DataType data_type, Validator validator) {
  on_strand([data_type, validator = std::move(validator)](ClientCore& core) mutable {
    if (core.state_ != State::serving) return;
    const auto [place, is_new] = core.subscriptions_.insert_or_assign(data_type, std::move(validator));
    if (!is_new || !core.link_) return;
    core.link_->send(Notify{place->first});
    core.link_->write_more();
  });
}

void ClientCore::unsubscribe(DataType data_type) {
  on_strand([data_type](ClientCore& core) { core.subscriptions_.erase(data_type); });
}

bool ClientCore::decide(const Ticket& ticket, Verdict verdict) {
  if (verdict == Verdict::later || !tickets_.close(ticket)) return false;
  on_strand([ticket, verdict](ClientCore& core) {
    if (!core.link_ || core.session_ != ticket.session) return;
    core.link_->send(Validation{ticket.message, verdict == Verdict::accept});
    core.link_->write_more();
  });
  return true;
}

void ClientCore::receive(ReceivedHandler handler) {
  begin_serving(Completion<Received>(std::move(handler), executor_),
                [](ClientCore& core, std::uint64_t operation, Completion<Received>&& waiting) {
                  if (core.inbox_.empty()) {
                    core.receivers_.add(operation, std::move(waiting));
                    return;
                  }
                  waiting({}, std::move(core.inbox_.front()));
                  core.inbox_.pop_front();
                  if (core.link_) core.link_->deliver();
                });
}

void ClientCore::wait_connected(DoneHandler handler) {
  begin_serving(Completion<>(std::move(handler), executor_),
                [](ClientCore& core, std::uint64_t operation, Completion<>&& waiting) {
                  core.connection_waiters_.add(operation, std::move(waiting));
                  core.tell_registered();
                });
}

void ClientCore::close(DoneHandler handler) {
  begin(Completion<>(std::move(handler), executor_),
        [](ClientCore& core, std::uint64_t operation, Completion<>&& waiting) {
          if (core.state_ == State::closed) {
            waiting(core.closed_with_);
            return;
          }
          core.closers_.add(operation, std::move(waiting));
          core.begin_closing();
        });
}

// -- on the strand: the connection
// --------------------------------------------------------------------------------

void ClientCore::cancel(std::uint64_t operation, asio::cancellation_type type) {
  const bool if_begun = (type & (asio::cancellation_type::terminal | asio::cancellation_type::partial)) !=
                        asio::cancellation_type::none;
  publishes_.cancel(operation, if_begun);
  receivers_.cancel(operation);
  connection_waiters_.cancel(operation);
  closers_.cancel(operation);
}

void ClientCore::connect() {
  if (state_ == State::closed) return;
  dial_ = std::make_shared<ClientDial>(strand_, config_.api_address, config_.connect_timeout,
                                       [this](asio::ip::tcp::socket socket, const error_code& error) {
                                         dial_.reset();
                                         if (error) {
                                           retry_later(error);
                                         } else if (connected_to_self(socket)) {
                                           socket.close();
                                           retry_later(asio::error::connection_refused);
                                         } else {
                                           begin_session(std::move(socket));
                                         }
                                       });
  dial_->start();
}

void ClientCore::begin_session(asio::ip::tcp::socket socket) {
  session_ = tickets_.begin_session();
  session_began_ = std::chrono::steady_clock::now();
  link_ = std::make_shared<ClientLink>(std::move(socket), publishes_, static_cast<ClientLinkOwner&>(*this));
  for (const auto& [data_type, validator] : subscriptions_) link_->send(Notify{data_type});
  link_->start();
  if (state_ == State::closing) link_->finish();
  tell_registered();
  if (observer_ && !abandoned_) observer_({.connected = true, .why = {}});
}

void ClientCore::on_link_ended(const error_code& error) {
  std::exchange(link_, nullptr)->close();
  tickets_.end_session();
  publishes_.rewind();
  const auto lasted = std::chrono::steady_clock::now() - session_began_;
  if (lasted >= config_.retry_pause_max) next_pause_ = config_.retry_pause_min;
  if (state_ == State::closing && publishes_.empty()) {
    end(error);
  } else {
    retry_later(error);
  }
}

void ClientCore::retry_later(const error_code& why) {
  const auto shortened = next_pause_ * (1 - random_.fraction() / 2);
  const auto pause = std::chrono::ceil<std::chrono::milliseconds>(shortened);
  next_pause_ = std::min(next_pause_ * 2, config_.retry_pause_max);
  retry_timer_.expires_after(pause);
  retry_timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->connect();
  });
  if (observer_ && !abandoned_) observer_({.connected = false, .why = why, .retry_in = pause});
}

void ClientCore::tell_registered() {
  if (link_ && link_->registered()) connection_waiters_.complete_all({});
}

void ClientCore::on_written() {
  tell_registered();
}

void ClientCore::begin_closing() {
  if (state_ != State::serving) return;
  state_ = State::closing;
  receivers_.complete_all(asio::error::operation_aborted);
  connection_waiters_.complete_all(asio::error::operation_aborted);
  subscriptions_.clear();
  inbox_.clear();
  if (!link_ && publishes_.empty()) {
    end({});
    return;
  }
  close_timer_.expires_after(config_.close_timeout);
  close_timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->end(asio::error::timed_out);
  });
  if (link_) link_->finish();
}

void ClientCore::end(const error_code& result) {
  if (state_ == State::closed) return;
  state_ = State::closed;
  closed_with_ = result;
  if (dial_) std::exchange(dial_, nullptr)->cancel();
  if (link_) std::exchange(link_, nullptr)->close();
  retry_timer_.cancel();
  close_timer_.cancel();
  tickets_.end_session();
  subscriptions_.clear();
  inbox_.clear();
  publishes_.fail(asio::error::operation_aborted);
  receivers_.complete_all(asio::error::operation_aborted);
  connection_waiters_.complete_all(asio::error::operation_aborted);
  closers_.complete_all(result);
  work_ = {};
}

// -- on the strand: messages
// --------------------------------------------------------------------------------------

bool ClientCore::wants_more() const {
  return !abandoned_ && state_ == State::serving && inbox_.size() < config_.inbox_messages_max;
}

void ClientCore::on_notification(Notification&& notification) {
  // Opened for every message: whatever had this id before is forgotten at the daemon.
  const Ticket ticket = tickets_.open(notification.message_id);
  const auto subscription = subscriptions_.find(notification.data_type);
  if (subscription == subscriptions_.end()) {
    tickets_.close(ticket);
    return;
  }
  Received received{notification.data_type, std::move(notification.data), ticket};
  if (subscription->second) {
    ask(subscription->second, received);
  } else if (receivers_.empty()) {
    inbox_.push_back(std::move(received));
  } else {
    receivers_.take()({}, std::move(received));
  }
}

/// What the validator does to the client comes later, over the strand: the subscription stays while it runs.
void ClientCore::ask(const Validator& validator, const Received& received) {
  Verdict verdict = Verdict::later;
  try {
    verdict = validator(received);
  } catch (...) {
    on_strand([](ClientCore& core) {
      if (core.link_) core.link_->deliver();
    });
    throw;
  }
  if (verdict == Verdict::later || !tickets_.close(received.ticket)) return;
  link_->send(Validation{received.ticket.message, verdict == Verdict::accept});
}

}  // namespace gossip::detail
