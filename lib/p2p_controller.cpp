#include <gossip/convert.hpp>
#include <gossip/p2p_controller.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace gossip {

P2pController::P2pController(NodeState& state)
    : state_(state),
      extension_(state.config.overlay == Overlay::extended ? std::make_unique<Extension>(state, membership_)
                                                           : nullptr),
      membership_(state),
      flood_(state) {}

void P2pController::start(const Endpoint& listen, std::optional<Endpoint> advertise, TimePoint now) {
  membership_.start(listen, advertise, now);
  if (extension_) extension_->neighborhood.start(now);
}

void P2pController::on_accepted(ConnectionId connection, const ConnectionInfo& info, TimePoint now) {
  membership_.on_accepted(connection, info);
  say_hello(connection, info);
  welcome(connection, now);
  membership_.evict_surplus();
  forget_dropped();
}

void P2pController::on_connected(ConnectionId connection, const ConnectionInfo& info, TimePoint now) {
  say_hello(connection, info);
  const bool stays = membership_.on_connected(connection, info, now);
  const bool took_over = forget_dropped() && stays;
  if (extension_ && took_over) extension_->neighborhood.on_took_over(connection);
  if (stays) welcome(connection, now);
  membership_.evict_surplus();
  forget_dropped();
}

void P2pController::on_connect_failed(ConnectionId connection, std::string_view why, TimePoint now) {
  const auto address = membership_.on_connect_failed(connection, why, now);
  if (!extension_) return;
  Neighborhood& neighborhood = extension_->neighborhood;
  address ? neighborhood.on_connect_failed(connection, *address, now)
          : neighborhood.on_bootstrapper_failed(now);
}

void P2pController::on_closed(ConnectionId connection, CloseReason reason, std::string_view detail,
                              TimePoint now) {
  forget(connection);
  if (const auto peer = membership_.on_closed(connection, reason, detail)) replace(*peer, now);
}

/// Another takes its place, if there is one.
void P2pController::replace(const Peer& lost, TimePoint now) {
  if (extension_) {
    extension_->neighborhood.on_lost(lost, now);
  } else {
    membership_.replace_lost(now);
  }
}

void P2pController::on_relieved(ConnectionId connection, TimePoint now) {
  flood_.on_relieved(connection, now);
  if (!extension_) return;
  extension_->trees.on_relieved(connection, now);
  extension_->reconciliation.on_relieved(connection, now);
}

void P2pController::on_time(TimePoint now) {
  membership_.on_time(now);
  if (!extension_) return;
  while (const auto expired = extension_->handshakes.take_expired(now)) remain_base(*expired);
  watch_links(now);
  extension_->trees.on_time(now);
  extension_->reconciliation.on_time(now);
  extension_->neighborhood.on_time(now);
  if (const auto kept = extension_->neighborhood.take_kept()) extension_->trees.join_in(*kept);
  forget_dropped();
}

std::optional<TimePoint> P2pController::next_timer() const {
  return extension_ ? next_timer_extended() : membership_.next_timer();
}

[[gnu::noinline]] std::optional<TimePoint> P2pController::next_timer_extended() const {
  std::optional<TimePoint> next = membership_.next_timer();
  for (const auto& due : {extension_->handshakes.next_timer(), extension_->liveness.next_timer(),
                          extension_->neighborhood.next_timer(), extension_->trees.next_timer(),
                          extension_->reconciliation.next_timer()}) {
    next = earlier(next, due);
  }
  return next;
}

const CachedMessage* P2pController::on_announce(ConnectionId peer, const AnnounceView& announce,
                                                TimePoint now, const Digest* digest) {
  if (announce.tree != no_tree && !is_extended(peer)) {
    close_out_of_place(peer, Code::data, now);
    return nullptr;
  }
  if (announce.tree == no_tree && is_early(peer)) {
    state_.statistics.announces_refused += 1;
    state_.statistics.peer_announces += 1;
    return nullptr;
  }
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
  if (!is_extended(connection)) {
    membership_.on_peer_request(connection, request, now);
    forget_dropped();
    return;
  }
  membership_.on_peer_request(connection, request, now, extension_->neighborhood.others());
  forget_dropped();
  extension_->neighborhood.on_newcomer(connection, membership_.said_by(connection, request.server_address));
}

void P2pController::on_peer_response(ConnectionId connection, const PeerResponse& response, TimePoint now) {
  if (extension_ && is_peer(connection)) {
    extension_->neighborhood.learn(connection, response.server_addresses, now);
  } else {
    membership_.on_peer_response(connection, response);
  }
}

void P2pController::on_peer_update(ConnectionId connection, const PeerUpdate& update, TimePoint now) {
  if (!is_early(connection)) membership_.on_peer_update(connection, update, now);
  if (extension_ && update.kind == PeerUpdate::Kind::found)
    extension_->neighborhood.note(update.server_address);
}

void P2pController::on_peer_init(ConnectionId connection, const PeerInit& init, TimePoint now) {
  membership_.on_peer_init(connection, init, now);
  forget_dropped();
}

std::size_t P2pController::allowed(ConnectionId connection, std::span<const AnnounceView> announces) const {
  const auto is_data = [](const AnnounceView& announce) { return announce.tree != no_tree; };
  const auto first = std::ranges::find_if(announces, is_data);
  if (first == announces.end() || is_extended(connection)) return announces.size();
  return static_cast<std::size_t>(first - announces.begin());
}

std::size_t P2pController::spread_message_to_p2p(const CachedMessage& message, TimePoint now) {
  if (extension_) {
    extension_->turnover.note(message.sequence, now);
    extension_->trees.on_new(message, now);
  }
  if (!message.onward) {
    state_.statistics.forwards_expired += 1;
    return 0;
  }
  const ConnectionId from = take_furthest(message);
  const std::size_t receivers = flood_.receivers(from) + (extension_ ? extension_->trees.receivers(from) : 0);
  // Counted first: it has gone out, or its turn is over, whatever memory is lacking for.
  (receivers == 0 ? state_.statistics.forwards_unneeded : state_.statistics.messages_forwarded) += 1;
  if (receivers == 0) return 0;
  std::optional<CachedMessage> further;
  if (from != message.origin) further.emplace(message).origin = from;
  const CachedMessage& leading = further ? *further : message;
  flood_.spread(leading, now);
  if (extension_) extension_->trees.spread(leading, now);
  return receivers;
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
  const AddOutcome outcome = state_.add(message, Layer::p2p, now);
  if (!extension_) return outcome.message;
  if (outcome.message != nullptr) {
    extension_->trees.on_new(*outcome.message, now);
    extension_->trees.decline(*outcome.message, announce.ttl, now);
    extension_->neighborhood.on_new(peer, now);
    const auto hops = static_cast<std::uint8_t>(std::min<unsigned>(hops_max, announce.hops + 1U));
    if (announce.tree != no_tree) extension_->trees.note_hops(*outcome.message, hops);
  } else {
    const auto* const cached = outcome.known == Known::cached ? state_.cache.look_at(outcome.id) : nullptr;
    extension_->trees.on_duplicate(peer, announce, cached, now);
    if (cached != nullptr && message.onward) go_further(*cached, peer, *message.onward, now);
  }
  return outcome.message;
}

/// A message came again, and is allowed more hops than when it came first: what it may reach now gets it.
void P2pController::go_further(const CachedMessage& message, ConnectionId bringer, Ttl onward,
                               TimePoint now) {
  if (!state_.cache.raise_onward(message.id, onward)) return;
  flood_.spare(bringer, message.sequence);
  if (!message.valid) return note_furthest(message, bringer);
  state_.statistics.forwards_again += 1;
  // To all but the one that has just brought it: to who brought it first, too, from where it went less far.
  CachedMessage again = message;
  again.origin = bringer;
  flood_.spread(again, now);
  extension_->trees.spread(again, now);
}

/// Until the verdict: then it goes to all but the one that has brought it so.
void P2pController::note_furthest(const CachedMessage& message, ConnectionId bringer) {
  auto& furthest = extension_->furthest;
  furthest[message.sequence] = bringer;
  if (furthest.size() <= state_.cache.capacity()) return;
  // Some were found invalid or evicted: as many as there are pending messages are left.
  std::set<std::uint64_t> pending;
  state_.cache.visit([&](const CachedMessage& cached) {
    if (!cached.valid) pending.insert(cached.sequence);
  });
  std::erase_if(furthest, [&](const auto& entry) { return !pending.contains(entry.first); });
}

ConnectionId P2pController::take_furthest(const CachedMessage& message) {
  if (!extension_ || extension_->furthest.empty()) return message.origin;
  const auto noted = extension_->furthest.extract(message.sequence);
  return noted.empty() ? message.origin : noted.mapped();
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
  // A probe is over with the first frame of a base peer.
  if (is_peer(peer)) state_.flow.hold_for_verdicts(peer);
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
  waiting_.push_back(
      {peer, {announce.tree, announce.hops, announce.ttl, announce.data_type, announce.kept()}});
}

std::size_t P2pController::waiting_bytes() const {
  std::size_t bytes = 0;
  for (const Waiting& waiting : waiting_) bytes += waiting.announce.data.size();
  return bytes;
}

bool P2pController::is_waiting(ConnectionId peer) const {
  return std::ranges::any_of(waiting_, [&](const Waiting& waiting) { return waiting.peer == peer; });
}

void P2pController::welcome(ConnectionId connection, TimePoint now) {
  if (!extension_) {
    flood_.add(connection, now);
    flood_.catch_up(connection);
    return;
  }
  if (!extension_->neighborhood.is_probe(connection)) flood_.add(connection, now);
  extension_->handshakes.await(connection, now);
}

/// It sent what its link does not allow. The transport tells of no end that this node has made, so it is
/// replaced here.
void P2pController::close_malformed(ConnectionId connection, std::string_view why, TimePoint now) {
  const Peer* const found = pool().find(connection);
  if (found == nullptr) return;
  const Peer peer = *found;
  state_.statistics.connections_malformed += 1;
  membership_.drop(connection, CloseReason::malformed, why);
  forget_dropped();
  replace(peer, now);
  if (extension_ && peer.server_address) extension_->neighborhood.put_off(*peer.server_address, now);
}

/// True where there was any.
bool P2pController::forget_dropped() {
  const auto dropped = membership_.take_dropped();
  for (const ConnectionId connection : dropped) forget(connection);
  return !dropped.empty();
}

void P2pController::forget(ConnectionId connection) {
  flood_.remove(connection);
  if (!extension_) return;
  extension_->handshakes.forget(connection);
  extension_->liveness.remove(connection);
  extension_->neighborhood.forget(connection);
  extension_->trees.remove(connection);
  extension_->reconciliation.remove(connection);
}

}  // namespace gossip
