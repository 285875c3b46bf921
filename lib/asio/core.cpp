#include "core.hpp"

#include <gossip/codec.hpp>

#include "endpoints.hpp"
#include "move_socket.hpp"
#include "unhandled_input.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace gossip {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;

/// Parcels that a connection's list keeps room for.
constexpr std::size_t parcels_kept_max = 64;

/// How long a stopping node goes on handling what clients had sent before.
constexpr auto read_out_max = milliseconds(500);

/// ANNOUNCEs that the node is handed at once.
constexpr std::size_t announces_at_once = 16;

/// What was cut off a stream: ANNOUNCEs, and the frame behind them where that is another.
struct Cut {
  std::size_t announces = 0;
  std::optional<FrameView> other;
};

Cut cut_announces(Framer& framer, std::span<AnnounceView> announces) {
  Cut cut;
  FrameView frame;
  while (cut.announces < announces.size() && framer.next_whole(frame)) {
    if (!view_announce(announces[cut.announces], frame)) {
      cut.other = frame;
      break;
    }
    cut.announces += 1;
  }
  return cut;
}

/// Where its frame begins.
const std::byte* frame_of(const AnnounceView& announce) {
  return announce.data.data() - announce_fixed_bytes - frame_header_bytes;
}

/// Often enough that no time limit is missed by more than a fifth, nor stalled_after() by more than a half,
/// and not more often than that.
Duration check_interval(const Config& config) {
  const Duration shortest =
      std::min<Duration>(Duration(config.frame_timeout) / 5, config.stalled_after(Layer::api) / 2);
  return std::clamp<Duration>(shortest, milliseconds(5), milliseconds(1000));
}

/// Room for so many more, which grows like the vector's own.
void reserve_more(std::vector<ConnectionId>& ids, std::size_t count) {
  if (ids.capacity() - ids.size() < count) ids.reserve(std::max(ids.size() + count, ids.capacity() * 2));
}

std::chrono::steady_clock::time_point to_steady(TimePoint time) {
  return std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(time.time_since_epoch()));
}

}  // namespace

TcpTransport::Core::Core(Config config, Observer& observer)
    : config_(std::move(config)),
      observer_(observer),
      lookups_(context_),
      timer_(context_),
      read_out_timer_(context_),
      stop_timer_(context_),
      now_(detail::steady_now()) {
  const Duration interval = check_interval(config_);
  if (config_.worker_threads == 0) threads_.push_back(std::make_unique<detail::IoThread>(context_, interval));
  while (threads_.size() < config_.worker_threads)
    threads_.push_back(std::make_unique<detail::IoThread>(interval));
  // Here, and not once it runs: a thread that the system refuses is an exception of the constructor.
  for (const auto& thread : threads_) thread->start();
}

TcpTransport::Core::~Core() {
  posted_.close();
  for (const auto& thread : threads_) thread->join();
}

Result<Endpoint> TcpTransport::Core::listen(Layer layer, const Endpoint& endpoint) {
  auto listener = std::make_unique<detail::TcpListener>(
      context_, [this]() -> asio::io_context& { return next_thread().context(); },
      [this, layer] { return why_no_more(layer); },
      [this, layer](Socket socket, const asio::ip::tcp::endpoint& remote) {
        const Endpoint from = detail::from_asio(remote);
        turn([&] { adopt(next_id(), layer, std::move(socket), from, false); });
      },
      [this, layer](const std::string& why) {
        if (why.empty()) {
          observer_.on_event(event::AcceptResumed{layer});
        } else {
          observer_.on_event(event::AcceptSuspended{layer, why});
        }
      });
  auto bound = listener->listen(endpoint);
  if (bound) listeners_.push_back(std::move(listener));
  return bound;
}

/// Clients leave room for peers, so that a flood of the ones does not cut the node off.
std::string TcpTransport::Core::why_no_more(Layer layer) const {
  constexpr auto most = ", the most within memory_limit";
  const std::size_t all = config_.connections_max();
  if (open_sockets_ >= all) return std::to_string(open_sockets_) + " connections are open" + most;
  if (layer == Layer::api && open_clients_ >= all - all / 4) {
    return std::to_string(open_clients_) + " clients are connected" + most;
  }
  return {};
}

void TcpTransport::Core::run(TransportEvents& events) {
  events_ = &events;
  for (const auto& listener : listeners_) listener->start();
  turn_later([] {});  // sends what was sent before run(), and arms the timer
  const auto work = asio::make_work_guard(context_);
  context_.run();
  for (const auto& thread : threads_) thread->join();
}

void TcpTransport::Core::stop() {
  asio::post(context_, [this] { begin_stop(); });
}

void TcpTransport::Core::post(detail::PostedWork::Work work) {
  if (!posted_.push(std::move(work))) return;
  turn_later([this] {
    if (const auto oldest = posted_.pop()) oldest(now_);
  });
}

ConnectionId TcpTransport::Core::connect(const HostPort& address) {
  const ConnectionId id = next_id();
  auto dial = std::make_shared<detail::TcpDial>(context_, lookups_, address, config_.connect_timeout,
                                                [this, id](Socket socket, const std::string& why) {
                                                  turn([&] {
                                                    dials_.erase(id);
                                                    why.empty() ? adopt_dialled(id, std::move(socket))
                                                                : events_->on_connect_failed(id, why, now_);
                                                  });
                                                });
  dials_[id] = dial;
  // Not from inside this call: what comes of it is an event.
  asio::post(context_, [dial] { dial->start(); });
  return id;
}

SendResult TcpTransport::Core::send(ConnectionId connection, const Frame& frame) {
  Link* const link = find(connection);
  if (link == nullptr) return SendResult::queued;
  try {
    touch(*link);
    outbox_.send(link->outgoing, frame);
  } catch (const std::bad_alloc&) {
    overfull_.push_back(connection);
    link->out_of_memory = true;
    return SendResult::queued;
  }
  const std::size_t queued = link->queued + link->outgoing.bytes;
  if (queued > queue_bound(*link)) overfull_.push_back(connection);
  return answer(*link, queued);
}

std::span<const Transport::Congestion> TcpTransport::Core::broadcast(
    std::span<const ConnectionId> connections, const Frame& frame) {
  congestion_.clear();
  if (connections.empty()) return congestion_;
  detail::Fanout* fanout = nullptr;
  try {
    fanout = outbox_.find(connections);
    if (fanout == nullptr) {
      fanout = &outbox_.open(connections);
      open_fanout(*fanout);
    }
    if (fanout->queued_max + fanout->parcel->size() + frame.size() > high_water()) {
      // Room for what follows is made now: once the frame is there, nothing may fail.
      congestion_.reserve(connections.size());
      reserve_more(overfull_, connections.size());
    }
    outbox_.append(*fanout, frame);
  } catch (const std::bad_alloc&) {
    if (fanout != nullptr) outbox_.close(*fanout);
    throw;
  }
  if (fanout->queued_max + fanout->parcel->size() <= high_water()) return congestion_;
  for (const ConnectionId connection : connections) {
    Link* const link = find(connection);
    if (link == nullptr) continue;
    const std::size_t queued = link->queued + link->outgoing.bytes + fanout->parcel->size();
    if (queued > queue_bound(*link)) overfull_.push_back(connection);
    const SendResult result = answer(*link, queued);
    if (result != SendResult::queued) congestion_.push_back({connection, result});
  }
  return congestion_;
}

void TcpTransport::Core::open_fanout(detail::Fanout& fanout) {
  for (const ConnectionId connection : fanout.connections) {
    Link* const link = find(connection);
    if (link == nullptr) continue;
    touch(*link);
    outbox_.join(fanout, link->outgoing);
    fanout.queued_max = std::max(fanout.queued_max, link->queued + link->outgoing.bytes);
  }
}

void TcpTransport::Core::touch(Link& link) {
  if (link.queued == 0) link.last_taken = now_;
  if (link.touched) return;
  touched_.push_back(link.id);
  link.touched = true;
}

/// What whoever sent the last of so many bytes is told.
SendResult TcpTransport::Core::answer(Link& link, std::size_t queued) {
  if (queued <= high_water()) return SendResult::queued;
  link.congested = true;
  link.stalled = link.stalled || now_ - link.last_taken >= config_.stalled_after(link.info.layer);
  return link.stalled ? SendResult::stalled : SendResult::congested;
}

void TcpTransport::Core::close(ConnectionId connection) {
  if (const auto dial = dials_.extract(connection); !dial.empty()) dial.mapped()->cancel();
  auto link = links_.extract(connection);
  if (link.empty()) return;
  link.mapped()->closed = true;
  if (link.mapped()->outgoing.fanout != nullptr) outbox_.close(*link.mapped()->outgoing.fanout);
  closed_.push_back(std::move(link.mapped()));
}

void TcpTransport::Core::pause(ConnectionId connection) {
  if (Link* link = find(connection)) link->paused = true;
}

void TcpTransport::Core::resume(ConnectionId connection) {
  Link* link = find(connection);
  if (link == nullptr || !std::exchange(link->paused, false) || link->waits_for_more) return;
  turn_later([this, connection] { deliver(connection, {}); });
}

/// A connection on the core thread lends what it has read; one on another thread has it copied.
void TcpTransport::Core::on_bytes(detail::TcpConnection& connection, std::span<const std::byte> bytes) {
  if (config_.worker_threads == 0) {
    turn([this, &connection, bytes] { take_bytes(connection.id(), bytes); });
    return;
  }
  std::vector<std::byte> copy;
  try {
    copy.assign(bytes.begin(), bytes.end());
  } catch (const std::bad_alloc&) {
    on_end(connection.id(), {CloseReason::out_of_memory, ""});
    return;
  }
  auto charge = std::make_shared<detail::MemoryCharge>(account_);
  charge->set(copy.size());
  asio::post(context_,
             [this, charge, connection = connection.shared_from_this(), bytes = std::move(copy)]() mutable {
               if (!stopping_) {
                 turn([this, &connection, &bytes] { take_bytes(connection->id(), bytes); });
                 return;
               }
               asio::post(connection->thread().context(),
                          [connection, bytes = std::move(bytes)] { connection->return_unhandled(bytes); });
             });
}

void TcpTransport::Core::on_end(ConnectionId connection, detail::ConnectionEnd&& end) {
  turn_later([this, connection, end = std::move(end)]() mutable {
    Link* const link = find(connection);
    if (link == nullptr) return;
    if (end.reason == CloseReason::remote_closed && end.detail.empty() && link->framer.inside_frame()) {
      end.detail = "in the middle of a frame";
    }
    link->ended = std::move(end);
    if (link->waits_for_more) this->end(connection, *link->ended);
  });
}

void TcpTransport::Core::on_written(ConnectionId connection, std::size_t bytes) {
  asio::dispatch(context_, [this, connection, bytes] { take_written(connection, bytes); });
}

void TcpTransport::Core::on_stalled(ConnectionId connection) {
  turn_later([this, connection] {
    Link* link = find(connection);
    if (link == nullptr) return;
    link->stalled = true;
    if (link->congested) events_->on_stalled(connection, now_);
  });
}

void TcpTransport::Core::on_read_out(ConnectionId connection) {
  turn_later([this, connection] {
    if (Link* link = find(connection)) link->read_out = true;
  });
}

void TcpTransport::Core::on_cut_off(ConnectionId connection, detail::ConnectionEnd&& end) {
  turn_later([this, connection, end = std::move(end)] { this->end(connection, end); });
}

void TcpTransport::Core::on_gone(ConnectionId connection, Layer layer) {
  asio::post(context_, [this, connection, layer] {
    open_sockets_ -= 1;
    if (layer == Layer::api) open_clients_ -= 1;
    if (const auto released = releasing_.extract(connection); !released.empty()) {
      releasing_bytes_ -= released.mapped();
    }
    // What it held is free now, or others hold it as well.
    if (memory_is_short_) turn([] {});
    finish_stop_if_idle();
  });
}

template <typename Work>
void TcpTransport::Core::turn(Work work) {
  asio::dispatch(context_, [this, work = std::move(work)]() mutable {
    if (stopping_) return;
    now_ = detail::steady_now();
    work();
    finish_turn();
  });
}

template <typename Work>
void TcpTransport::Core::turn_later(Work work) {
  asio::post(context_, [this, work = std::move(work)]() mutable { turn(std::move(work)); });
}

/// False where memory ran out in the event; the connection that it was about has ended then.
template <typename Event>
bool TcpTransport::Core::tell(ConnectionId id, Event event) {
  try {
    event();
    return true;
  } catch (const std::bad_alloc&) {
    end(id, {CloseReason::out_of_memory, ""});
    return false;
  }
}

void TcpTransport::Core::finish_turn() {
  hand_over_all();
  arm_timer();
  if (reading_out_) finish_all_if_read_out();
}

/// What is looked at is what sockets have not taken: the outbox has let go of its parcels by then.
void TcpTransport::Core::hand_over_all() {
  do {
    while (!touched_.empty() || !closed_.empty() || !overfull_.empty()) {
      flush_touched();
      outbox_.seal();
      for (const auto& link : std::exchange(closed_, {})) finish_link(*link, config_.slow_consumer_timeout);
      outbox_.finish_turn();
      cut_off_overfull();
    }
    look_at_memory();
  } while (keep_within_memory());
}

void TcpTransport::Core::flush_touched() {
  outbox_.seal();
  flushing_.swap(touched_);
  for (const ConnectionId id : flushing_) {
    Link* const link = find(id);
    if (link == nullptr || link->out_of_memory) continue;
    link->touched = false;
    hand_over(*link);
  }
  flushing_.clear();
}

void TcpTransport::Core::hand_over(Link& link) {
  link.queued += std::exchange(link.outgoing.bytes, 0);
  link.outgoing.open.reset();
  if (config_.worker_threads == 0) {
    link.connection->write(link.outgoing.parcels);
    link.outgoing.parcels.clear();
    if (link.outgoing.parcels.capacity() > parcels_kept_max) link.outgoing.parcels = {};
    return;
  }
  asio::post(link.connection->thread().context(),
             [connection = link.connection, parcels = std::exchange(link.outgoing.parcels, {})] {
               connection->write(parcels);
             });
}

void TcpTransport::Core::cut_off_overfull() {
  cutting_off_.swap(overfull_);
  for (const ConnectionId id : cutting_off_) {
    const Link* link = find(id);
    if (link == nullptr) continue;
    if (link->out_of_memory) {
      end(id, {CloseReason::out_of_memory, ""});
    } else if (link->queued > queue_bound(*link)) {
      end(id, {CloseReason::queue_full, last_activity(*link)});
    }
  }
  cutting_off_.clear();
}

/// "123 bytes queued, the last one taken 45 ms ago".
std::string TcpTransport::Core::last_activity(const Link& link) const {
  // What was taken in the middle of this turn was so after its time.
  const Duration since = std::max<Duration>(Duration::zero(), now_ - link.last_taken);
  const auto idle = std::chrono::duration_cast<milliseconds>(since).count();
  return std::to_string(link.queued) + " bytes queued, the last one taken " + std::to_string(idle) +
         " ms ago";
}

/// Above half of what all connections may hold, feeders are paused for less than the high-water mark: for
/// more than an equal part of it. Below a quarter, all is as before.
void TcpTransport::Core::look_at_memory() {
  const std::size_t bytes = account_.bytes();
  if (!memory_is_short_) {
    memory_is_short_ = bytes > config_.queues_bytes_max() / 2;
  } else if (bytes < config_.queues_bytes_max() / 4) {
    memory_is_short_ = false;
    turn_later([this] { relieve_all(); });
  }
}

std::size_t TcpTransport::Core::high_water() const {
  if (!memory_is_short_) return config_.queue_high_water_bytes;
  return std::min(config_.queue_high_water_bytes, config_.queues_bytes_max() / 2 / (links_.size() + 1));
}

/// Never 0: a queue that is empty relieves, however much others hold.
std::size_t TcpTransport::Core::low_water() const {
  if (!memory_is_short_) return config_.queue_low_water_bytes;
  return std::max<std::size_t>(1, std::min(config_.queue_low_water_bytes, high_water() / 2));
}

/// Where all connections together hold too much, the one that holds most is cut off, and so on. True where
/// anybody was.
bool TcpTransport::Core::keep_within_memory() {
  const std::size_t bytes_max = config_.queues_bytes_max();
  bool any = false;
  while (account_.bytes() > bytes_max + releasing_bytes_) {
    const Link* const link = largest();
    if (link == nullptr) return any;
    any = true;
    const std::size_t held = link->queued + link->input_charge.bytes();
    releasing_[link->id] = held;
    releasing_bytes_ += held;
    end(link->id,
        {CloseReason::queue_full,
         last_activity(*link) + ", and " + std::to_string(link->input_charge.bytes()) +
             " read and not handled: the most, when all connections held over " + std::to_string(bytes_max)});
  }
  return any;
}

/// The connection that holds most; null where none holds anything.
TcpTransport::Core::Link* TcpTransport::Core::largest() const {
  Link* found = nullptr;
  std::size_t most = 0;
  for (const auto& [id, link] : links_) {
    const std::size_t held = link->queued + link->input_charge.bytes();
    if (held > most || (held == most && held > 0 && id < found->id)) {
      found = link.get();
      most = held;
    }
  }
  return found;
}

void TcpTransport::Core::arm_timer() {
  const auto due = events_->next_timer();
  if (due == timer_due_) return;
  timer_due_ = due;
  timer_.cancel();
  if (!due) return;
  timer_.expires_at(to_steady(*due));
  timer_.async_wait([this](const error_code& error) {
    if (error) return;
    turn([this] {
      timer_due_.reset();
      events_->on_time(now_);
    });
  });
}

void TcpTransport::Core::adopt(ConnectionId id, Layer layer, Socket socket, const Endpoint& remote,
                               bool dialled) {
  detail::IoThread& thread = next_thread();
  next_thread_ = (next_thread_ + 1) % threads_.size();
  error_code error;
  const auto local = socket.local_endpoint(error);
  auto link = std::make_unique<Link>(account_);
  link->id = id;
  link->info = {layer, remote, error ? Endpoint{} : detail::from_asio(local)};
  link->last_taken = now_;
  link->connection =
      std::make_shared<detail::TcpConnection>(*this, config_, account_, thread, id, layer, std::move(socket));
  const auto connection = link->connection;
  const ConnectionInfo info = link->info;
  links_[id] = std::move(link);
  open_sockets_ += 1;
  if (layer == Layer::api) open_clients_ += 1;
  asio::dispatch(thread.context(), [connection] { connection->start(); });
  tell(id, [&] { dialled ? events_->on_connected(id, info, now_) : events_->on_accepted(id, info, now_); });
}

void TcpTransport::Core::adopt_dialled(ConnectionId id, Socket socket) {
  error_code error;
  const auto remote = socket.remote_endpoint(error);
  if (error) {
    events_->on_connect_failed(id, error.message(), now_);
    return;
  }
  auto moved = config_.worker_threads == 0 ? Result<Socket>(std::move(socket))
                                           : detail::move_socket(std::move(socket), next_thread().context());
  if (!moved) {
    events_->on_connect_failed(id, moved.error().message, now_);
    return;
  }
  adopt(id, Layer::p2p, std::move(*moved), detail::from_asio(remote), true);
}

void TcpTransport::Core::take_bytes(ConnectionId id, std::span<const std::byte> bytes) {
  Link* const link = find(id);
  if (link == nullptr) return;
  link->waits_for_more = false;
  deliver(id, bytes);
}

/// Hands over what a connection has brought, until that is all or the node pauses or closes it. Without
/// bytes: what was left.
void TcpTransport::Core::deliver(ConnectionId id, std::span<const std::byte> bytes) {
  Link* const link = find(id);
  if (link == nullptr || link->waits_for_more) return;
  const std::vector<std::byte> unread = std::exchange(link->unread, {});
  link->framer.feed(unread.empty() ? bytes : std::span(unread));
  events_->begin_batch();
  const bool delivered = deliver_frames(*link);
  events_->end_batch();
  if (!delivered) return;
  link->waits_for_more = true;
  link->input_charge.set(link->framer.kept_bytes());
  if (link->ended) {
    end(id, *link->ended);
    return;
  }
  link->progress.inside_one = link->framer.inside_frame();
  const detail::FrameProgress progress = std::exchange(link->progress, {});
  if (config_.worker_threads == 0) {
    link->connection->continue_reading(progress);
  } else {
    asio::post(link->connection->thread().context(),
               [connection = link->connection, progress] { connection->continue_reading(progress); });
  }
}

/// False where something is left, or the connection is gone.
bool TcpTransport::Core::deliver_frames(Link& link) try {
  std::array<AnnounceView, announces_at_once> announces;
  while (true) {
    const Cut cut = cut_announces(link.framer, announces);
    if (!deliver_announces(link, std::span(announces).first(cut.announces))) return false;
    if (cut.announces == announces.size()) continue;
    if (link.paused || link.closed) {
      keep_unread(link, cut.other ? cut.other->body.data() - frame_header_bytes : nullptr);
      return false;
    }
    if (cut.other) {
      if (!deliver_frame(link, *cut.other)) return false;
      continue;
    }
    const auto frame = link.framer.next();
    if (!frame) {
      end(link.id, {CloseReason::malformed, frame.error().message});
      return false;
    }
    if (!frame.value()) return true;
    if (!deliver_frame(link, *frame.value())) return false;
  }
} catch (const std::bad_alloc&) {
  end(link.id, {CloseReason::out_of_memory, ""});
  return false;
}

/// False where the node paused or closed the connection: what it did not take is kept for later.
bool TcpTransport::Core::deliver_announces(Link& link, std::span<const AnnounceView> announces) {
  for (auto rest = announces; !rest.empty();) {
    if (link.paused || link.closed) {
      keep_unread(link, frame_of(rest.front()));
      return false;
    }
    link.progress.completed_one = true;
    rest = rest.subspan(events_->on_announces(link.id, rest, now_));
    hand_over_if_crowded();
  }
  return true;
}

/// What was not handled, from there or from what the framer has not cut on, waits until the node wants it.
void TcpTransport::Core::keep_unread(Link& link, const std::byte* begin) {
  auto rest = link.framer.take_rest();
  if (begin != nullptr) rest = {begin, rest.data() + rest.size()};
  link.unread.assign(rest.begin(), rest.end());
  link.input_charge.set(link.unread.capacity() + link.framer.kept_bytes());
}

void TcpTransport::Core::hand_over_if_crowded() {
  if (!outbox_.is_crowded()) return;
  flush_touched();
  outbox_.finish_turn();
  look_at_memory();
}

/// False where it broke the protocol.
bool TcpTransport::Core::deliver_frame(Link& link, const FrameView& frame) {
  link.progress.completed_one = true;
  switch (decode_into(message_, link.info.layer, frame)) {
    case Decoded::message:
      events_->on_message(link.id, std::move(message_), now_);
      hand_over_if_crowded();
      return true;
    case Decoded::skipped:
      events_->on_skipped(link.id, frame.code, now_);
      return true;
    case Decoded::malformed:
      break;
  }
  end(link.id, {CloseReason::malformed, decode(link.info.layer, frame).error().message});
  return false;
}

void TcpTransport::Core::end(ConnectionId id, const detail::ConnectionEnd& end) {
  const auto link = links_.extract(id);
  if (link.empty()) return;
  outbox_.forget(link.mapped()->outgoing);
  // A client that is cut off must not take what it sent and nobody handled for handled.
  const bool unhandled = link.mapped()->info.layer == Layer::api && !link.mapped()->waits_for_more &&
                         end.reason != CloseReason::remote_closed;
  asio::dispatch(link.mapped()->connection->thread().context(),
                 [connection = link.mapped()->connection, unhandled] {
                   unhandled ? connection->reset() : connection->abort();
                 });
  events_->on_closed(id, end.reason, end.detail, now_);
}

void TcpTransport::Core::take_written(ConnectionId id, std::size_t bytes) {
  Link* link = find(id);
  if (link == nullptr) return;
  link->queued -= bytes;
  link->last_taken = detail::steady_now();  // now_ stands still while nobody is read from
  link->stalled = false;
  // A turn of its own: this may be in the middle of another.
  const bool relieved = link->congested && link->queued < low_water();
  if (relieved) turn_later([this, id] { relieve(id); });
  if (memory_is_short_) look_at_memory();
}

void TcpTransport::Core::relieve_all() {
  std::vector<ConnectionId> congested;
  for (const auto& [id, link] : links_) {
    if (link->congested) congested.push_back(id);
  }
  std::ranges::sort(congested);
  for (const ConnectionId id : congested) relieve(id);
}

void TcpTransport::Core::relieve(ConnectionId id) {
  Link* link = find(id);
  if (link == nullptr || !link->congested || link->queued >= low_water()) return;
  link->congested = false;
  tell(id, [&] { events_->on_relieved(id, now_); });
}

/// What clients have sent is handled first, so that a publisher that sees a clean end was heard to the end;
/// then everything that is queued is written.
void TcpTransport::Core::begin_stop() {
  if (reading_out_ || stopping_) return;
  reading_out_ = true;
  for (const auto& listener : listeners_) listener->stop();
  for (auto& [id, dial] : std::exchange(dials_, {})) dial->cancel();
  stop_timer_.expires_after(config_.shutdown_timeout);
  stop_timer_.async_wait([this](const error_code& error) {
    if (error) return;
    finish_all();
    for (const auto& thread : threads_) {
      asio::dispatch(thread->context(), [&late = *thread] { late.abort_all(); });
    }
  });
  read_out_timer_.expires_after(read_out_max);
  read_out_timer_.async_wait([this](const error_code& error) {
    if (!error) finish_all();
  });
  for (const auto& [id, link] : links_) {
    if (link->info.layer != Layer::api) continue;
    asio::post(link->connection->thread().context(),
               [connection = link->connection] { connection->read_out(); });
  }
  finish_all_if_read_out();
}

void TcpTransport::Core::finish_all_if_read_out() {
  const bool all = std::ranges::all_of(links_, [](const auto& link) {
    return link.second->info.layer != Layer::api || link.second->read_out;
  });
  if (all) finish_all();
}

void TcpTransport::Core::finish_all() {
  if (std::exchange(stopping_, true)) return;
  read_out_timer_.cancel();
  timer_.cancel();
  posted_.close();
  for (auto& [id, link] : std::exchange(links_, {})) finish_link(*link, config_.shutdown_timeout);
  finish_stop_if_idle();
}

void TcpTransport::Core::finish_stop_if_idle() {
  if (stopping_ && open_sockets_ == 0) context_.stop();
}

/// What was sent to it in this turn goes first. A peer that is let go where memory is short gets no more.
void TcpTransport::Core::finish_link(Link& link, Duration time_limit) {
  if (memory_is_short_ && !stopping_ && link.info.layer == Layer::p2p) {
    asio::dispatch(link.connection->thread().context(),
                   [connection = link.connection] { connection->abort(); });
    return;
  }
  hand_over(link);
  asio::dispatch(link.connection->thread().context(),
                 [connection = link.connection, time_limit,
                  rest = detail::UnhandledInput(std::move(link.framer), link.unread)]() mutable {
                   connection->finish(std::move(rest), time_limit);
                 });
}

/// Clients that owe verdicts are not paused, so the pending messages of a whole cache may become valid at
/// once.
std::size_t TcpTransport::Core::queue_bound(const Link& link) const {
  const std::size_t pending_bytes_max =
      std::min(config_.cache_size * frame_bytes_max, config_.cache_bytes_max()) * 3 / 4;
  return config_.queue_bytes_max + (link.stalled ? 0 : pending_bytes_max);
}

TcpTransport::Core::Link* TcpTransport::Core::find(ConnectionId id) {
  const auto found = links_.find(id);
  return found == links_.end() ? nullptr : found->second.get();
}

}  // namespace gossip
