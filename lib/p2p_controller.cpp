#include <gossip/codec.hpp>
#include <gossip/convert.hpp>
#include <gossip/p2p_controller.hpp>

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

namespace gossip {
namespace {

NodeId drawn_id(Random& random) {
  NodeId id;
  for (std::byte& byte : id.bytes) byte = static_cast<std::byte>(random.below(256));
  return id;
}

/// docs/protocol.md, 'The overlay extension': a hash of the node id modulo 64. The id is random: a part of it
/// is as good a hash as any.
Tree tree_of(const NodeId& id) {
  return Tree(static_cast<std::uint8_t>(std::to_integer<unsigned>(id.bytes.back()) % trees_max));
}

std::optional<TimePoint> earlier(std::optional<TimePoint> one, std::optional<TimePoint> other) {
  if (!one || !other) return one ? one : other;
  return std::min(*one, *other);
}

/// What is wrong with a message of codes 521 to 530 on a link that is not extended.
std::string_view out_of_place(const Message& message) {
  if (std::holds_alternative<IHave>(message)) return "IHAVE on a link that is not extended";
  if (std::holds_alternative<Graft>(message)) return "GRAFT on a link that is not extended";
  if (std::holds_alternative<Prune>(message)) return "PRUNE on a link that is not extended";
  if (std::holds_alternative<Ping>(message)) return "PING on a link that is not extended";
  if (std::holds_alternative<Join>(message)) return "JOIN on a link that is not extended";
  if (std::holds_alternative<Neighbor>(message)) return "NEIGHBOR on a link that is not extended";
  if (std::holds_alternative<Disconnect>(message)) return "DISCONNECT on a link that is not extended";
  if (std::holds_alternative<Shuffle>(message)) return "SHUFFLE on a link that is not extended";
  return "PONG on a link that is not extended";
}

}  // namespace

P2pController::Extension::Extension(NodeState& state, Membership& membership)
    : self(drawn_id(state.random)), neighborhood(state, membership), trees(state, tree_of(self)) {}

P2pController::P2pController(NodeState& state)
    : state_(state),
      membership_(state),
      flood_(state),
      extension_(state.config.overlay == Overlay::extended ? std::make_unique<Extension>(state, membership_)
                                                           : nullptr) {}

void P2pController::start(const Endpoint& listen, std::optional<Endpoint> advertise, TimePoint now) {
  membership_.start(listen, advertise, now);
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
  if (stays) welcome(connection, now);
  if (extension_ && took_over) extension_->neighborhood.on_took_over(connection);
  membership_.evict_surplus();
  forget_dropped();
}

void P2pController::on_connect_failed(ConnectionId connection, std::string_view why, TimePoint now) {
  const auto address = membership_.on_connect_failed(connection, why, now);
  if (extension_ && address) extension_->neighborhood.on_connect_failed(connection, *address, now);
}

void P2pController::on_closed(ConnectionId connection, CloseReason reason, std::string_view detail,
                              TimePoint now) {
  forget(connection);
  const auto peer = membership_.on_closed(connection, reason, detail);
  if (!peer) return;
  if (extension_) {
    extension_->neighborhood.on_lost(*peer, now);
  } else {
    membership_.replace_lost(now);
  }
}

void P2pController::on_relieved(ConnectionId connection) {
  flood_.on_relieved(connection);
}

void P2pController::on_time(TimePoint now) {
  membership_.on_time(now);
  if (!extension_) return;
  while (const auto expired = extension_->handshakes.take_expired(now)) remain_base(*expired);
  watch_links(now);
  extension_->trees.on_time(now);
  extension_->neighborhood.on_time(now);
  forget_dropped();
}

std::optional<TimePoint> P2pController::next_timer() const {
  if (!extension_) return membership_.next_timer();
  return earlier(
      membership_.next_timer(),
      earlier(extension_->liveness.next_timer(),
              earlier(extension_->handshakes.next_timer(),
                      earlier(extension_->trees.next_timer(), extension_->neighborhood.next_timer()))));
}

const CachedMessage* P2pController::on_announce(ConnectionId peer, const AnnounceView& announce,
                                                TimePoint now, const Digest* digest) {
  note_no_hello(peer);
  if (announce.tree != no_tree && !is_extended(peer)) {
    close_malformed(peer, "DATA on a link that is not extended");
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
  note_no_hello(connection);
  if (!is_extended(connection)) {
    membership_.on_peer_request(connection, request, now);
    forget_dropped();
    return;
  }
  membership_.on_peer_request(connection, request, now, extension_->neighborhood.others());
  forget_dropped();
  extension_->neighborhood.on_newcomer(connection, request.server_address);
}

void P2pController::on_peer_response(ConnectionId connection, const PeerResponse& response, TimePoint now) {
  note_no_hello(connection);
  if (extension_ && is_peer(connection)) {
    extension_->neighborhood.learn(connection, response.server_addresses, now);
  } else {
    membership_.on_peer_response(connection, response);
  }
}

void P2pController::on_peer_update(ConnectionId connection, const PeerUpdate& update, TimePoint now) {
  note_no_hello(connection);
  membership_.on_peer_update(connection, update, now);
  if (extension_ && update.kind == PeerUpdate::Kind::found)
    extension_->neighborhood.note(update.server_address);
}

void P2pController::on_peer_init(ConnectionId connection, const PeerInit& init, TimePoint now) {
  note_no_hello(connection);
  membership_.on_peer_init(connection, init, now);
  forget_dropped();
}

bool P2pController::on_extended(ConnectionId connection, const Message& message, TimePoint now) {
  if (!extension_) return false;
  if (const auto* const hello = std::get_if<Hello>(&message)) return on_hello(connection, *hello, now);
  note_no_hello(connection);
  const auto* const told = std::get_if<IHave>(&message);
  const auto* const graft = std::get_if<Graft>(&message);
  const auto* const prune = std::get_if<Prune>(&message);
  const auto* const ping = std::get_if<Ping>(&message);
  const auto* const pong = std::get_if<Pong>(&message);
  if (code_of(message) < Code::data) return false;
  if (!is_extended(connection)) {
    close_malformed(connection, out_of_place(message));
    return true;
  }
  if (on_choice(connection, message, now)) return true;
  if (told != nullptr) extension_->trees.on_i_have(connection, *told, now);
  if (graft != nullptr) {
    extension_->neighborhood.on_news(connection, now);
    extension_->trees.on_graft(connection, *graft, now);
  }
  if (prune != nullptr) extension_->trees.on_prune(connection, *prune);
  if (pong != nullptr) extension_->liveness.on_pong(connection, pong->token, now);
  // Whoever asks faster than it reads is not read from.
  if (ping != nullptr) {
    state_.hold_source(connection, connection, state_.transport.send(connection, encode(Pong{ping->token})));
  }
  return true;
}

/// What neighbours say about neighbours. False for anything else.
bool P2pController::on_choice(ConnectionId connection, const Message& message, TimePoint now) {
  Neighborhood& neighborhood = extension_->neighborhood;
  if (const auto* const join = std::get_if<Join>(&message)) {
    neighborhood.on_join(connection, *join, now);
  } else if (const auto* const neighbor = std::get_if<Neighbor>(&message)) {
    neighborhood.on_neighbor(connection, *neighbor);
  } else if (const auto* const disconnect = std::get_if<Disconnect>(&message)) {
    neighborhood.on_disconnect(connection, *disconnect, now);
  } else if (const auto* const shuffle = std::get_if<Shuffle>(&message)) {
    neighborhood.on_shuffle(connection, *shuffle, now);
  } else {
    return false;
  }
  forget_dropped();
  return true;
}

std::size_t P2pController::allowed(ConnectionId connection, std::span<const AnnounceView> announces) const {
  const auto is_data = [](const AnnounceView& announce) { return announce.tree != no_tree; };
  const auto first = std::ranges::find_if(announces, is_data);
  if (first == announces.end() || is_extended(connection)) return announces.size();
  return static_cast<std::size_t>(first - announces.begin());
}

bool P2pController::on_hello(ConnectionId connection, const Hello& hello, TimePoint now) {
  if (!extension_) return false;
  Handshakes& handshakes = extension_->handshakes;
  if (handshakes.find(connection) != nullptr) {
    close_malformed(connection, "a second HELLO");
    return true;
  }
  if (!handshakes.settle(connection)) return false;
  if (hello.node == extension_->self) {
    membership_.on_self_link(connection, now);
    forget_dropped();
    return true;
  }
  handshakes.extend({connection, hello.node, hello.server_address});
  state_.statistics.links_extended += 1;
  state_.observer.on_event(event::LinkExtended{connection, hello.node, hello.server_address});
  flood_.remove(connection);
  const bool stays =
      !close_double_link(connection, hello) && membership_.on_extended(connection, hello.server_address);
  const bool took_over = forget_dropped() && stays;
  if (stays) {
    if (took_over) extension_->neighborhood.on_took_over(connection);
    extension_->liveness.add(connection, now);
    extension_->trees.add(connection, hello.frame_bytes_max, now);
    if (extension_->neighborhood.is_probe(connection)) extension_->trees.stand_by(connection);
    extension_->neighborhood.on_extended(connection, now);
  }
  return true;
}

std::optional<NodeId> P2pController::node_id() const {
  if (!extension_) return std::nullopt;
  return extension_->self;
}

std::size_t P2pController::spread_message_to_p2p(const CachedMessage& message, TimePoint now) {
  if (extension_) extension_->trees.on_new(message, now);
  if (!message.onward) {
    state_.statistics.forwards_expired += 1;
    return 0;
  }
  const std::size_t receivers =
      flood_.receivers(message.origin) + (extension_ ? extension_->trees.receivers(message.origin) : 0);
  // Counted first: it has gone out, or its turn is over, whatever memory is lacking for.
  (receivers == 0 ? state_.statistics.forwards_unneeded : state_.statistics.messages_forwarded) += 1;
  if (receivers == 0) return 0;
  flood_.spread(message, now);
  if (extension_) extension_->trees.spread(message, now);
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
    extension_->neighborhood.on_news(peer, now);
    constexpr unsigned hops_max = 255;
    const auto hops = static_cast<std::uint8_t>(std::min(hops_max, announce.hops + 1U));
    if (announce.tree != no_tree) extension_->trees.note_hops(*outcome.message, hops);
  } else {
    extension_->trees.on_duplicate(peer, announce, now);
    if (outcome.known == Known::cached) go_further(announce, message.onward, now);
  }
  return outcome.message;
}

/// A message came again, and is allowed more hops than when it came first: what it may reach now gets it.
void P2pController::go_further(const AnnounceView& announce, std::optional<Ttl> onward, TimePoint now) {
  // Base peers do not do this, and what they send is mostly known: it is not looked for in vain.
  if (!onward || (announce.tree == no_tree && announce.ttl == unlimited_ttl)) return;
  const auto id = state_.cache.find(announce.data_type, announce.kept());
  if (!id || !state_.cache.raise_onward(*id, *onward)) return;
  const CachedMessage* const message = state_.cache.look_at(*id);
  if (!message->valid) return;
  state_.statistics.forwards_again += 1;
  flood_.spread(*message, now);
  extension_->trees.spread(*message, now);
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

/// The first frame on a link of a node that speaks the overlay extension.
void P2pController::say_hello(ConnectionId connection, const ConnectionInfo& info) {
  if (!extension_) return;
  Hello hello;
  hello.node = extension_->self;
  hello.server_address = membership_.own_address(info.local);
  state_.transport.send(connection, encode(hello));
}

void P2pController::welcome(ConnectionId connection, TimePoint now) {
  flood_.add(connection, now);
  if (extension_) {
    extension_->handshakes.await(connection, now);
  } else {
    flood_.catch_up(connection);
  }
}

/// Its first frame is no HELLO.
void P2pController::become_base(ConnectionId connection) {
  if (extension_->handshakes.settle(connection)) remain_base(connection);
}

/// Its other side speaks the base protocol only, or acts like it.
void P2pController::remain_base(ConnectionId connection) {
  if (extension_->neighborhood.is_probe(connection)) {
    extension_->neighborhood.on_base(connection);
    forget_dropped();
  } else {
    flood_.catch_up(connection);
  }
}

/// True when this link to a node that has another one was closed. Where both have the same server address
/// Membership sees that, too, and has a rule that base peers share; this is for a node with several.
bool P2pController::close_double_link(ConnectionId connection, const Hello& hello) {
  const Handshakes::Extended* const other = extension_->handshakes.find(hello.node, connection);
  if (other == nullptr || other->server_address == hello.server_address) return false;
  const Peer* const peer = pool().find(connection);
  const Peer* const other_peer = pool().find(other->link);
  if (peer == nullptr || other_peer == nullptr) return false;
  // The link that the node with the smaller id has opened stays; of two that one node has opened, the older.
  const bool own_link_stays = extension_->self < hello.node;
  const bool this_goes = peer->dialled == other_peer->dialled || peer->dialled != own_link_stays;
  state_.statistics.duplicate_links += 1;
  membership_.drop(this_goes ? connection : other->link, CloseReason::duplicate_link);
  return this_goes;
}

/// Asks those that have said nothing for a while, and gives up those that do not answer.
void P2pController::watch_links(TimePoint now) {
  const auto due = extension_->liveness.take_due(
      now, [this](ConnectionId connection) { return state_.flow.is_paused(connection); });
  for (const auto& [connection, token] : due.pings) {
    state_.statistics.pings_sent += 1;
    state_.transport.send(connection, encode(Ping{token}));
  }
  for (const ConnectionId connection : due.dead) {
    state_.statistics.connections_silent += 1;
    state_.transport.close(connection, CloseReason::silent);
    on_closed(connection, CloseReason::silent, "it did not answer a PING", now);
  }
}

/// It sent what its link does not allow.
void P2pController::close_malformed(ConnectionId connection, std::string_view why) {
  if (!is_peer(connection)) return;
  state_.statistics.connections_malformed += 1;
  membership_.drop(connection, CloseReason::malformed, why);
  forget_dropped();
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
}

}  // namespace gossip
