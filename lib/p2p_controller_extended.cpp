/// \file
/// What a P2pController does where its node speaks the overlay extension.

#include <gossip/codec.hpp>
#include <gossip/p2p_controller.hpp>

#include <string>
#include <string_view>
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

}  // namespace

P2pController::Extension::Extension(NodeState& state, Membership& membership)
    : self(drawn_id(state.random)),
      neighborhood(state, membership),
      names(state.cache, state.random),
      turnover(state.cache.capacity()),
      trees(state, names, turnover, tree_of(self)),
      reconciliation(state, names, turnover) {}

bool P2pController::on_extended(ConnectionId connection, const Message& message, TimePoint now) {
  if (!extension_) return false;
  if (const auto* const hello = std::get_if<Hello>(&message)) return on_hello(connection, *hello, now);
  if (code_of(message) < Code::data) return false;
  if (!is_extended(connection)) {
    close_out_of_place(connection, code_of(message), now);
    return true;
  }
  const auto* const digest = std::get_if<CacheDigest>(&message);
  const auto* const told = std::get_if<IHave>(&message);
  const auto* const graft = std::get_if<Graft>(&message);
  const auto* const prune = std::get_if<Prune>(&message);
  const auto* const declined = std::get_if<DontWant>(&message);
  const auto* const ping = std::get_if<Ping>(&message);
  const auto* const pong = std::get_if<Pong>(&message);
  if (on_choice(connection, message, now)) return true;
  if (digest != nullptr) extension_->reconciliation.on_digest(connection, *digest, now);
  if (told != nullptr) extension_->trees.on_i_have(connection, *told, now);
  if (graft != nullptr) {
    extension_->neighborhood.on_asked(connection, graft->wanted.size(), now);
    extension_->trees.on_graft(connection, *graft, now);
  }
  if (prune != nullptr) extension_->trees.on_prune(connection, *prune);
  if (declined != nullptr) extension_->trees.on_dont_want(connection, *declined, now);
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
    if (neighborhood.on_neighbor(connection, *neighbor)) extension_->trees.join_in(connection);
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

bool P2pController::on_hello(ConnectionId connection, const Hello& hello, TimePoint now) {
  Handshakes& handshakes = extension_->handshakes;
  if (handshakes.find(connection) != nullptr) {
    close_malformed(connection, "a second HELLO", now);
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
  const Handshakes::Extended* const other = handshakes.find(hello.node, connection);
  const auto twin = other == nullptr ? std::nullopt : std::optional(other->link);
  const bool stays = (other == nullptr || !close_double_link(connection, hello, *other)) &&
                     membership_.on_extended(connection, hello.server_address, twin);
  const bool took_over = forget_dropped() && stays;
  if (stays) {
    if (took_over) extension_->neighborhood.on_took_over(connection);
    extension_->liveness.add(connection, now);
    extension_->trees.add(connection, hello.frame_bytes_max);
    extension_->reconciliation.add(connection, hello.frame_bytes_max, now);
    // Whoever opened the link says whether it probes.
    const bool probes = (hello.features & Hello::probes) != 0 && !pool().find(connection)->dialled;
    if (probes || extension_->neighborhood.is_probe(connection)) extension_->trees.stand_by(connection);
    extension_->neighborhood.on_extended(connection, probes, now);
  }
  return true;
}

std::optional<NodeId> P2pController::node_id() const {
  if (!extension_) return std::nullopt;
  return extension_->self;
}

/// The first frame on a link of a node that speaks the overlay extension.
void P2pController::say_hello(ConnectionId connection, const ConnectionInfo& info) {
  if (!extension_) return;
  Hello hello;
  hello.node = extension_->self;
  if (extension_->neighborhood.is_probe(connection)) hello.features = Hello::probes;
  hello.server_address = membership_.own_address(info.local);
  state_.transport.send(connection, encode(hello));
}

/// What comes set out as to a base peer, before the other side knew that the link is extended: a DIGEST is
/// the first that it sends when it does. A message taken in now would leave its tree and fill another.
bool P2pController::is_early(ConnectionId connection) const {
  return is_extended(connection) && !extension_->reconciliation.has_told(connection);
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

/// True when this link to a node that has the other one, too, was closed. Where both are filed under one
/// address Membership sees that, too, and has a rule that base peers share; this is for a node with several,
/// and for one that was dialled at another than it tells.
bool P2pController::close_double_link(ConnectionId connection, const Hello& hello,
                                      const Handshakes::Extended& other) {
  const Peer* const peer = pool().find(connection);
  const Peer* const other_peer = pool().find(other.link);
  if (peer == nullptr || other_peer == nullptr) return false;
  const bool tells_one_address = other.server_address == hello.server_address;
  if (tells_one_address && other_peer->server_address == peer->server_address.value_or(hello.server_address))
    return false;
  // The other end decides by what this node has told it: by addresses where each has told one, else by ids.
  const Endpoint own = membership_.own_address(peer->local);
  const bool by_address = tells_one_address && own == membership_.own_address(other_peer->local);
  const bool own_link_stays = by_address ? own < hello.server_address : extension_->self < hello.node;
  // Of two that one node has opened the older stays: what was a peer first.
  const bool this_goes =
      peer->dialled == other_peer->dialled ? peer > other_peer : peer->dialled != own_link_stays;
  state_.statistics.duplicate_links += 1;
  membership_.drop(this_goes ? connection : other.link, CloseReason::duplicate_link);
  // It may have told its address while another had it.
  if (this_goes) (void)membership_.on_extended(other.link, other.server_address, std::nullopt);
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

/// A message of the extension on a link that is not extended.
void P2pController::close_out_of_place(ConnectionId connection, Code code, TimePoint now) {
  close_malformed(connection, std::string(to_string(code)) + " on a link that is not extended", now);
}

}  // namespace gossip
