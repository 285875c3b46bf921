/// \file
/// What peers of a node that speaks the overlay extension do.

#include <gossip/content_id.hpp>

#include "node_life.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace gossip::test {

void NodeLife::extended_step() {
  switch (below(21)) {
    case 0:
      return say_hello(any(Layer::p2p));
    case 1:
      return open_peer();
    case 2:
      return end_dial();
    case 3:
    case 4:
      return tell_of_messages();
    case 5:
    case 6:
      return ask_for_messages();
    case 7:
      return prune();
    case 8:
      return send_digest();
    case 9:
      return talk_of_neighbors();
    case 10:
      return shuffle();
    case 11:
      return world_.message(any(Layer::p2p), Ping{static_cast<std::uint32_t>(below(3))});
    case 12:
      return world_.message(any_extended(), Pong{static_cast<std::uint32_t>(below(3))});
    case 13:
    case 14:
      return pass_time();
    case 15:
      return decline();
    default:
      return send_data();
  }
}

/// One that has become extended, mostly: whatever comes over another ends it.
ConnectionId NodeLife::any_extended() {
  std::vector<ConnectionId> found = world_.connections(Layer::p2p);
  if (!one_in(32))
    std::erase_if(found, [this](ConnectionId id) { return !world_.overlay().is_extended(id); });
  return found.empty() ? ConnectionId{0} : found[below(found.size())];
}

/// Of few, so that they meet.
Tree NodeLife::any_tree() {
  const std::uint64_t tree = below(4);
  return Tree(static_cast<std::uint8_t>(tree == 3 ? trees_max - 1 : tree));
}

/// Of a message that there may be, or that never is.
Advert NodeLife::any_advert() {
  const Tree tree = one_in(3) ? no_tree : any_tree();
  if (!one_in(4)) {
    const Content content = any_content();
    return {tree, content_id(content.type, content.data.bytes())};
  }
  ContentId made_up;
  made_up.bytes.back() = static_cast<std::byte>(1 + below(20));
  return {tree, made_up};
}

/// As any of a few nodes; one of them is the node itself.
void NodeLife::say_hello(ConnectionId peer) {
  Hello hello;
  const std::uint64_t number = below(12);
  hello.node.bytes.back() = static_cast<std::byte>(number);
  hello.node.bytes.front() = static_cast<std::byte>(number * 20);  // smaller and larger than the node's own
  if (number == 0) hello.node = *world_.node().p2p().node_id();
  hello.server_address = number == 1 ? any_address() : any_of_both(number);
  if (one_in(5)) hello.features = Hello::probes;
  if (one_in(3)) hello.frame_bytes_max = accepted_frame_bytes_min;
  world_.message(peer, hello);
}

void NodeLife::send_data() {
  const ConnectionId peer = any_extended();
  const Content content = any_content();
  const std::uint64_t hops = below(5);
  const Ttl ttl = one_in(2) ? unlimited_ttl : Ttl(static_cast<std::uint8_t>(below(5)));
  world_.message(peer, Data{any_tree(), hops == 4 ? hops_max : static_cast<std::uint8_t>(hops), ttl,
                            content.type, content.data});
}

void NodeLife::tell_of_messages() {
  IHave told;
  const ConnectionId peer = any_extended();
  for (std::uint64_t i = 1 + below(3); i > 0; --i) told.adverts.push_back(any_advert());
  world_.message(peer, told);
}

/// For what is cached, mostly.
void NodeLife::ask_for_messages() {
  Graft graft;
  const ConnectionId peer = any_extended();
  const auto cached = world_.node().cache().messages();
  for (std::uint64_t i = 1 + below(3); i > 0; --i) {
    Advert wanted = any_advert();
    if (!cached.empty() && !one_in(4)) {
      const CachedMessage& message = cached[below(cached.size())];
      wanted.id = content_id(message.data_type, message.data.bytes());
    }
    graft.wanted.push_back(wanted);
  }
  world_.message(peer, graft);
}

void NodeLife::prune() {
  const ConnectionId peer = any_extended();
  const std::uint64_t mask = one_in(3) ? ~std::uint64_t{0} : std::uint64_t{1} << value_of(any_tree());
  world_.message(peer, Prune{mask});
}

/// What is large, mostly.
void NodeLife::decline() {
  const ConnectionId peer = any_extended();
  const Content content{any_type(), Payload(std::string(accepted_frame_bytes_min, 'z'))};
  const ContentId id = one_in(4) ? any_advert().id : content_id(content.type, content.data.bytes());
  world_.message(peer, DontWant{Ttl(static_cast<std::uint8_t>(1 + below(4))), id});
}

/// Like that of an empty cache, or like none.
void NodeLife::send_digest() {
  CacheDigest digest;
  const ConnectionId peer = any_extended();
  digest.salt = below(256);
  digest.wants_answer = one_in(2);
  digest.buckets.resize(std::size_t{1} << below(4));
  for (std::uint64_t& hash : digest.buckets) hash = below(2) * 0x9e3779b97f4a7c15;
  world_.message(peer, digest);
}

void NodeLife::talk_of_neighbors() {
  const ConnectionId peer = any_extended();
  switch (below(6)) {
    case 0:
      return world_.message(peer, Disconnect{Disconnect::Reason(below(3))});
    case 1:
    case 2:
      return world_.message(peer, Join{static_cast<std::uint8_t>(below(7)), any_of_both(below(12))});
    default:
      return world_.message(peer, Neighbor{Neighbor::Kind(below(2))});
  }
}

void NodeLife::shuffle() {
  const ConnectionId peer = any_extended();
  Shuffle shuffle{Shuffle::Kind(below(2)), {}};
  for (std::uint64_t i = 1 + below(5); i > 0; --i) shuffle.server_addresses.push_back(any_of_both(below(12)));
  world_.message(peer, shuffle);
}

}  // namespace gossip::test
