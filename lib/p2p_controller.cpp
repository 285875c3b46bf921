#include <gossip/codec.hpp>
#include <gossip/convert.hpp>
#include <gossip/p2p_controller.hpp>

#include <algorithm>

namespace gossip {
namespace {

/// Messages copied out of the cache at a time while a newcomer catches up.
constexpr std::size_t catch_up_chunk = 1024;

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

std::optional<CachedMessage> P2pController::on_announce(ConnectionId peer, const Announce& announce,
                                                        TimePoint now) {
  state_.statistics.peer_announces += 1;
  if (has_room_for(peer, announce.data_type))
    return state_.add(from_peer_announce(announce, peer), Layer::p2p, now);

  // A transport that honours pause() brings at most one such message for each peer.
  state_.flow.hold_for_verdicts(peer);
  if (waiting_.size() < state_.config.max_connections) {
    waiting_.push_back({peer, announce});
  } else {
    state_.statistics.announces_refused += 1;
    state_.observer.on_event(event::MessageDropped{announce.data_type, peer, Layer::p2p,
                                                   "too many wait for verdicts on earlier ones"});
  }
  return std::nullopt;
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

void P2pController::spread_message_to_p2p(const CachedMessage& message) {
  const auto announce = to_announce(message);
  if (!announce) return;
  const Frame frame = encode(*announce);
  for (const Peer& peer : membership_.pool().peers()) {
    if (peer.connection == message.origin) continue;
    state_.statistics.announces_sent += 1;
    state_.send_from(message.origin, peer.connection, frame);
  }
}

void P2pController::pause_who_fills(ConnectionId peer) {
  if (state_.ledger.protected_total() >= state_.protected_max()) {
    for (const Peer& other : membership_.pool().peers()) {
      if (state_.ledger.protected_from(other.connection) > 0) state_.flow.hold_for_verdicts(other.connection);
    }
  } else if (state_.ledger.protected_from(peer) >= state_.protected_from_peer_max() && is_peer(peer)) {
    state_.flow.hold_for_verdicts(peer);
  }
}

std::optional<CachedMessage> P2pController::admit_waiting(TimePoint now) {
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    if (!has_room_for(at->peer, at->announce.data_type)) {
      ++at;
      continue;
    }
    const Waiting next = std::move(*at);
    at = waiting_.erase(at);
    if (auto message = state_.add(from_peer_announce(next.announce, next.peer), Layer::p2p, now))
      return message;
  }
  return std::nullopt;
}

void P2pController::resume_who_has_room() {
  if (state_.ledger.protected_total() >= state_.protected_max()) return;
  for (const ConnectionId peer : state_.flow.held_for_verdicts()) {
    const bool full = state_.ledger.protected_from(peer) >= state_.protected_from_peer_max();
    if (!full && !is_waiting(peer)) state_.flow.release_for_verdicts(peer);
  }
}

/// Only what a voting client will owe a verdict on needs room (PROTOCOL.md, 'Nothing is lost to haste').
bool P2pController::has_room_for(ConnectionId peer, DataType type) const {
  const bool room = state_.ledger.protected_total() < state_.protected_max() &&
                    state_.ledger.protected_from(peer) < state_.protected_from_peer_max();
  return room || !state_.has_voter(type);
}

bool P2pController::is_waiting(ConnectionId peer) const {
  return std::ranges::any_of(waiting_, [&](const Waiting& waiting) { return waiting.peer == peer; });
}

/// PROTOCOL.md, 'A new connection'.
void P2pController::exchange_messages(ConnectionId connection) {
  CatchUp part{0, state_.cache.next_sequence()};
  if (!catch_up(connection, part)) catch_ups_[connection] = part;
}

/// True when the peer has been sent all of this part.
bool P2pController::catch_up(ConnectionId connection, CatchUp& part) {
  while (true) {
    const auto messages = state_.cache.messages_from(part.next, catch_up_chunk);
    for (const CachedMessage& message : messages) {
      if (message.sequence >= part.end) return true;
      part.next = message.sequence + 1;
      const auto announce = to_announce(message);
      if (!message.valid || !announce || message.origin == connection) continue;
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
