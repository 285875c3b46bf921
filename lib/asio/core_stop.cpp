#include "core.hpp"
#include "unhandled_input.hpp"

#include <new>
#include <utility>

namespace gossip {
namespace {

namespace asio = boost::asio;

}  // namespace

void TcpTransport::Core::stop() {
  asio::post(context_, [this] { begin_stop(); });
}

/// What clients have sent is handled first, so that a publisher that sees a clean end was heard to the end;
/// then everything that is queued is written.
void TcpTransport::Core::begin_stop() {
  if (stopping_.has_begun()) return;
  for (const auto& listener : listeners_) listener->stop();
  for (auto& [id, dial] : std::exchange(dials_, {})) dial->cancel();
  stopping_.begin(
      config_.shutdown_timeout, [this] { finish_all(); },
      [this] {
        finish_all();
        for (const auto& thread : threads_) {
          asio::dispatch(thread->context(), [&late = *thread] { late.abort_all(); });
        }
      });
  for (const auto& [id, link] : links_.all()) {
    if (link->info.layer != Layer::api) continue;
    asio::post(link->connection->thread().context(),
               [connection = link->connection] { connection->read_out(); });
  }
  finish_all_if_read_out();
}

void TcpTransport::Core::on_read_out(ConnectionId connection) {
  turn_later([this, connection] {
    if (Link* link = links_.find(connection)) link->read_out = true;
  });
}

void TcpTransport::Core::finish_all_if_read_out() {
  if (links_.all_read_out()) finish_all();
}

void TcpTransport::Core::finish_all() {
  if (!stopping_.finish()) return;
  timer_.cancel();
  posted_.close();
  say_goodbye();
  for (const auto& [id, link] : links_.take_all()) finish_link(*link, config_.shutdown_timeout);
  finish_stop_if_idle();
}

/// Where there is no memory for it, nobody is told: they find out.
void TcpTransport::Core::say_goodbye() {
  if (events_ == nullptr) return;
  try {
    events_->on_stopping();
  } catch (const std::bad_alloc&) {
    return;
  }
}

/// What was sent to it in this turn goes first. A peer that is let go where memory is short gets no more.
void TcpTransport::Core::finish_link(Link& link, Duration time_limit) {
  if (memory_.is_short() && !stopping_.is_finishing() && link.info.layer == Layer::p2p) {
    asio::dispatch(link.connection->thread().context(),
                   [connection = link.connection] { connection->abort(); });
    return;
  }
  hand_over(link);
  asio::dispatch(link.connection->thread().context(),
                 [connection = link.connection, time_limit, is_end = stopping_.is_finishing(),
                  rest = detail::UnhandledInput(std::move(link.framer), link.unread)]() mutable {
                   connection->finish(std::move(rest), time_limit, is_end);
                 });
}

void TcpTransport::Core::finish_stop_if_idle() {
  if (stopping_.is_finishing() && open_.none()) context_.stop();
}

}  // namespace gossip
