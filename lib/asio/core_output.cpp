#include "core.hpp"

#include <algorithm>
#include <chrono>
#include <new>
#include <utility>

namespace gossip {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

/// Parcels that a connection's list keeps room for.
constexpr std::size_t parcels_kept_max = 64;

/// Room for so many more, which grows like the vector's own.
void reserve_more(std::vector<ConnectionId>& ids, std::size_t count) {
  if (ids.capacity() - ids.size() < count) ids.reserve(std::max(ids.size() + count, ids.capacity() * 2));
}

}  // namespace

SendResult TcpTransport::Core::send(ConnectionId connection, const Frame& frame) {
  Link* const link = links_.find(connection);
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
  if (queued > memory_.queue_bytes_max(link->stall)) overfull_.push_back(connection);
  return answer(*link, queued);
}

std::span<const Transport::Congestion> TcpTransport::Core::broadcast(
    std::span<const ConnectionId> connections, const Frame& frame) {
  if (connections.empty()) return {};
  // Mostly it goes to the same as before, and nobody has much queued.
  detail::Fanout* const same = outbox_.find_same(connections);
  if (same == nullptr || frame.size() > same->room) return broadcast_with_care(connections, frame);
  outbox_.append(*same, frame);
  same->room -= frame.size();
  return {};
}

std::span<const Transport::Congestion> TcpTransport::Core::broadcast_with_care(
    std::span<const ConnectionId> connections, const Frame& frame) {
  congestion_.clear();
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
  const std::size_t queued_max = fanout->queued_max + fanout->parcel->size();
  fanout->room = high_water() - std::min(high_water(), queued_max);
  if (queued_max <= high_water()) return congestion_;
  for (const ConnectionId connection : connections) {
    Link* const link = links_.find(connection);
    if (link == nullptr) continue;
    const std::size_t queued = link->queued + link->outgoing.bytes + fanout->parcel->size();
    if (queued > memory_.queue_bytes_max(link->stall)) overfull_.push_back(connection);
    const SendResult result = answer(*link, queued);
    if (result != SendResult::queued) congestion_.push_back({connection, result});
  }
  return congestion_;
}

void TcpTransport::Core::open_fanout(detail::Fanout& fanout) {
  for (const ConnectionId connection : fanout.connections) {
    Link* const link = links_.find(connection);
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
  link.stall = std::max(link.stall, detail::stall_after(now_ - link.last_taken, link.info.layer, config_));
  return holds_up(link.stall, queued, config_) ? SendResult::congested : SendResult::stalled;
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

/// In the middle of a turn, where much has gathered.
void TcpTransport::Core::hand_over_early() {
  flush_touched();
  outbox_.finish_turn();
  look_at_memory();
}

void TcpTransport::Core::flush_touched() {
  outbox_.seal();
  flushing_.swap(touched_);
  for (const ConnectionId id : flushing_) {
    Link* const link = links_.find(id);
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
    const Link* link = links_.find(id);
    if (link == nullptr) continue;
    if (link->out_of_memory) {
      end(id, {CloseReason::out_of_memory, ""});
    } else if (link->queued > memory_.queue_bytes_max(link->stall)) {
      end(id, {CloseReason::queue_full, last_activity(*link)});
    }
  }
  cutting_off_.clear();
}

/// Where all connections together hold too much, the one that holds most is cut off, and so on. True where
/// anybody was.
bool TcpTransport::Core::keep_within_memory() {
  bool any = false;
  while (memory_.is_exceeded()) {
    const Link* const link = links_.largest();
    if (link == nullptr) return any;
    any = true;
    memory_.begin_release(link->id, link->held_bytes());
    end(link->id, {CloseReason::queue_full,
                   last_activity(*link) + ", and " + std::to_string(link->input_charge.bytes()) +
                       " read and not handled: the most, when all connections held over " +
                       std::to_string(memory_.all_bytes_max())});
  }
  return any;
}

/// "123 bytes queued, the last one taken 45 ms ago".
std::string TcpTransport::Core::last_activity(const Link& link) const {
  // What was taken in the middle of this turn was so after its time.
  const Duration since = std::max<Duration>(Duration::zero(), now_ - link.last_taken);
  const auto idle = std::chrono::duration_cast<milliseconds>(since).count();
  return std::to_string(link.queued) + " bytes queued, the last one taken " + std::to_string(idle) +
         " ms ago";
}

void TcpTransport::Core::on_written(ConnectionId connection, std::size_t bytes) {
  asio::dispatch(context_, [this, connection, bytes] { take_written(connection, bytes); });
}

void TcpTransport::Core::take_written(ConnectionId id, std::size_t bytes) {
  Link* link = links_.find(id);
  if (link == nullptr) return;
  link->queued -= bytes;
  link->last_taken = detail::steady_now();  // now_ stands still while nobody is read from
  link->stall = detail::Stall::none;
  // A turn of its own: this may be in the middle of another.
  const bool relieved = link->congested && link->queued < low_water();
  if (relieved) turn_later([this, id] { relieve(id); });
  if (memory_.is_short()) look_at_memory();
}

void TcpTransport::Core::on_stalled(ConnectionId connection, detail::Stall stall) {
  turn_later([this, connection, stall] {
    Link* link = links_.find(connection);
    if (link == nullptr) return;
    link->stall = stall;
    if (link->congested && !holds_up(stall, link->queued, config_)) events_->on_stalled(connection, now_);
  });
}

void TcpTransport::Core::look_at_memory() {
  if (memory_.review()) turn_later([this] { relieve_all(); });
}

void TcpTransport::Core::relieve_all() {
  for (const ConnectionId id : links_.congested()) relieve(id);
}

void TcpTransport::Core::relieve(ConnectionId id) {
  Link* link = links_.find(id);
  if (link == nullptr || !link->congested || link->queued >= low_water()) return;
  link->congested = false;
  tell(id, [&] { events_->on_relieved(id, now_); });
}

}  // namespace gossip
