#include <gossip/codec.hpp>
#include <gossip/convert.hpp>
#include <gossip/p2p_controller.hpp>

#include <algorithm>
#include <utility>
#include <variant>

namespace gossip {
namespace {

/// Messages copied out of the cache at a time while a newcomer catches up. Going on behind them costs
/// nothing.
constexpr std::size_t catch_up_chunk = 64;

}  // namespace

void P2pController::start(const Endpoint& listen, std::optional<Endpoint> advertise, TimePoint now) {
  membership_.start(listen, advertise, now);
}

void P2pController::on_accepted(ConnectionId connection, const ConnectionInfo& info) {
  membership_.on_accepted(connection, info);
  exchange_messages(connection);
  membership_.evict_surplus();
  forget_dropped();
}

void P2pController::on_connected(ConnectionId connection, const ConnectionInfo& info, TimePoint now) {
  if (membership_.on_connected(connection, info, now)) exchange_messages(connection);
  membership_.evict_surplus();
  forget_dropped();
}

void P2pController::on_connect_failed(ConnectionId connection, std::string_view why, TimePoint now) {
  membership_.on_connect_failed(connection, why, now);
}

void P2pController::on_closed(ConnectionId connection, CloseReason reason, std::string_view detail,
                              TimePoint now) {
  catch_ups_.erase(connection);
  membership_.on_closed(connection, reason, detail, now);
}

void P2pController::on_relieved(ConnectionId connection) {
  const auto part = catch_ups_.find(connection);
  if (part != catch_ups_.end() && catch_up(connection, part->second)) catch_ups_.erase(part);
}

const CachedMessage* P2pController::on_announce(ConnectionId peer, const AnnounceView& announce,
                                                TimePoint now, const Digest* digest) {
  const CachedMessage* added = nullptr;
  if (may_be_added(peer, announce, now, digest)) {
    added = add(peer, announce, now, digest);
  } else {
    wait_for_verdicts(peer, announce);
  }
  state_.statistics.peer_announces += 1;  // counted once something has become of it
  return added;
}

void P2pController::on_peer_request(ConnectionId connection, const PeerRequest& request, TimePoint now) {
  membership_.on_peer_request(connection, request, now);
  forget_dropped();
}

void P2pController::on_peer_response(ConnectionId connection, const PeerResponse& response) {
  membership_.on_peer_response(connection, response);
}

void P2pController::on_peer_update(ConnectionId connection, const PeerUpdate& update, TimePoint now) {
  membership_.on_peer_update(connection, update, now);
}

void P2pController::on_peer_init(ConnectionId connection, const PeerInit& init, TimePoint now) {
  membership_.on_peer_init(connection, init, now);
  forget_dropped();
}

std::size_t P2pController::spread_message_to_p2p(const CachedMessage& message) {
  if (!message.onward) {
    state_.statistics.forwards_expired += 1;
    return 0;
  }
  const auto receivers = receivers_of(message.origin);
  // Counted first: it has gone out, or its turn is over, whatever memory is lacking for.
  state_.statistics.announces_sent += receivers.size();
  (receivers.empty() ? state_.statistics.forwards_unneeded : state_.statistics.messages_forwarded) += 1;
  if (receivers.empty()) return 0;
  const Frame frame = encode_announce(*message.onward, message.data_type, message.data);
  for (const auto& [peer, result] : state_.transport.broadcast(receivers, frame)) {
    state_.hold_source(message.origin, peer, result);
  }
  for (auto& [peer, part] : catch_ups_) {
    if (peer != message.origin && message.sequence >= part.next && message.sequence < part.end) {
      part.sent.insert(message.sequence);
    }
  }
  return receivers.size();
}

/// All peers but that one. The same for message after message, so it is kept.
std::span<const ConnectionId> P2pController::receivers_of(ConnectionId origin) {
  const ConnectionPool& pool = membership_.pool();
  if (receivers_version_ != pool.version() || receivers_origin_ != origin) {
    receivers_.clear();
    for (const Peer& peer : pool.peers()) {
      if (peer.connection != origin) receivers_.push_back(peer.connection);
    }
    receivers_origin_ = origin;
    receivers_version_ = pool.version();
  }
  return receivers_;
}

void P2pController::pause_who_fills() {
  if (!state_.may_lack_room()) return;
  for (const Peer& peer : membership_.pool().peers()) {
    const bool fills = state_.ledger.protected_from(peer.connection) > 0;
    if (fills && !state_.has_room_for(peer.connection)) state_.flow.hold_for_verdicts(peer.connection);
  }
}

const CachedMessage* P2pController::admit_waiting(TimePoint now) {
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    if (!may_be_added(at->peer, at->announce, now)) {
      ++at;
      continue;
    }
    const CachedMessage* const message = add(at->peer, at->announce, now);
    at = waiting_.erase(at);
    if (message != nullptr) return message;
  }
  return nullptr;
}

void P2pController::resume_who_has_room() {
  for (const ConnectionId peer : state_.flow.held_for_verdicts()) {
    if (state_.has_room_for(peer) && !is_waiting(peer)) state_.flow.release_for_verdicts(peer);
  }
}

const CachedMessage* P2pController::add(ConnectionId peer, const AnnounceView& announce, TimePoint now,
                                        const Digest* digest) {
  IncomingMessage message = from_peer_announce(announce, peer);
  message.digest = digest;
  return state_.add(message, Layer::p2p, now).message;
}

/// Only what is new and what a voting client will owe a verdict on needs room (docs/protocol.md, 'Nothing is
/// lost to haste').
bool P2pController::may_be_added(ConnectionId peer, const AnnounceView& announce, TimePoint now,
                                 const Digest* digest) {
  return !state_.may_lack_room() || state_.has_room_for(peer) || !state_.has_voter(announce.data_type) ||
         state_.cache.known(announce.data_type, announce.data, now, digest);
}

/// A transport that honours pause() brings at most one such message for each peer.
void P2pController::wait_for_verdicts(ConnectionId peer, const AnnounceView& announce) {
  state_.flow.hold_for_verdicts(peer);
  const auto is_full = [&] {
    return waiting_.size() >= state_.config.max_connections ||
           waiting_bytes() + announce.data.size() > state_.config.cache_bytes_max() / 4;
  };
  while (is_full()) {
    const auto gone =
        std::ranges::find_if(waiting_, [&](const Waiting& other) { return !is_peer(other.peer); });
    const bool refuses_this = gone == waiting_.end();
    state_.statistics.announces_refused += 1;
    state_.tell(event::MessageDropped{refuses_this ? announce.data_type : gone->announce.data_type,
                                      refuses_this ? peer : gone->peer, Layer::p2p,
                                      "too many wait for verdicts on earlier ones"});
    if (refuses_this) return;
    waiting_.erase(gone);
  }
  waiting_.push_back({peer, {announce.ttl, announce.data_type, announce.kept()}});
}

std::size_t P2pController::waiting_bytes() const {
  std::size_t bytes = 0;
  for (const Waiting& waiting : waiting_) bytes += waiting.announce.data.size();
  return bytes;
}

bool P2pController::is_waiting(ConnectionId peer) const {
  return std::ranges::any_of(waiting_, [&](const Waiting& waiting) { return waiting.peer == peer; });
}

/// docs/protocol.md, 'A new connection'.
void P2pController::exchange_messages(ConnectionId connection) {
  CatchUp part{0, state_.cache.next_sequence(), {}, {}};
  if (!catch_up(connection, part)) catch_ups_[connection] = part;
}

/// True when the peer has been sent all of this part.
bool P2pController::catch_up(ConnectionId connection, CatchUp& part) {
  while (true) {
    const auto messages = state_.cache.messages_from(part.next, catch_up_chunk, {}, part.previous);
    for (const CachedMessage& message : messages) {
      if (message.sequence >= part.end) return true;
      part.next = message.sequence + 1;
      part.previous = message.id;
      const auto announce = to_announce(message);
      const bool sent_meanwhile = part.sent.erase(message.sequence) > 0;
      if (!message.valid || !announce || message.origin == connection || sent_meanwhile) continue;
      state_.statistics.announces_sent += 1;
      if (state_.transport.send(connection, encode(*announce)) != SendResult::queued) return false;
    }
    if (messages.size() < catch_up_chunk) return true;
  }
}

void P2pController::forget_dropped() {
  for (const ConnectionId connection : membership_.take_dropped()) catch_ups_.erase(connection);
}

}  // namespace gossip
