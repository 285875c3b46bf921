#include "node_life.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace gossip::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t clients_max = 5;
constexpr std::size_t peers_max = 12;
constexpr std::size_t subscriptions_max = 4;

constexpr Endpoint own_server{0x0a000001, 6001};

/// The server address of the n-th node; the node under test is the first.
constexpr Endpoint server(std::uint64_t number) {
  return {0x0a000000U + static_cast<std::uint32_t>(number), 6001};
}

IpAddress ipv6(std::uint8_t last) {
  IpAddress::Bytes bytes{};
  bytes.front() = std::byte{0xfd};
  bytes.back() = std::byte{last};
  return IpAddress::v6(bytes);
}

Config any_config(Choices& choices, Overlay overlay) {
  Config config;
  config.overlay = overlay;
  config.cache_size = 1 + choices.below(12);
  // Or so large that nothing is gone before it can be asked for.
  if (overlay == Overlay::extended && choices.below(2) == 0) config.cache_size = 1000;
  config.max_ttl = Ttl(static_cast<std::uint8_t>(choices.below(3) * 4));
  config.max_connections = 1 + choices.below(6);
  config.degree = choices.below(config.max_connections + 1);
  config.seen_ttl = std::chrono::seconds(choices.below(3) * 20);
  const std::uint64_t small = choices.below(8);
  if ((small & 1U) != 0) config.seen_digests_max = 3;
  if ((small & 2U) != 0) config.rejected_digests_max = 3;
  if ((small & 4U) != 0) config.updates_max = 2;
  const std::array known{to_host_port(server(2)), HostPort{"node.example", 6001}, to_host_port(own_server)};
  const std::uint64_t bootstrappers = choices.below(8);
  for (std::size_t i = 0; i < known.size(); ++i) {
    if ((bootstrappers >> i & 1U) != 0) config.bootstrappers.push_back(known[i]);
  }
  return config;
}

WorldSettings any_settings(Choices& choices, bool honours_pause, Overlay overlay) {
  WorldSettings settings;
  settings.config = any_config(choices, overlay);
  settings.honours_pause = honours_pause;
  settings.seed = choices.below(256);
  const std::uint64_t addresses = choices.below(8);
  if (addresses == 1) settings.listen = {0, 6001};
  if (addresses == 2) settings.advertise = server(7);
  if (addresses == 3) settings.advertise = Endpoint{server(1).address, 0};
  if (addresses == 4 && overlay == Overlay::extended) settings.listen = {IpAddress::v6({}), 6001};
  if (addresses == 5 && overlay == Overlay::extended) settings.advertise = Endpoint{ipv6(1), 6001};
  return settings;
}

}  // namespace

NodeLife::NodeLife(Choices& choices, bool honours_pause, Overlay overlay)
    : choices_(choices), world_(any_settings(choices, honours_pause, overlay)) {}

void NodeLife::step() {
  if (is_extended() && one_in(2)) return extended_step();
  switch (below(28)) {
    case 0:
      return open_client();
    case 1:
      return open_peer();
    case 2:
      return world_.closed(any(), CloseReason::remote_closed);
    case 3:
      return end_dial();
    case 4:
      return introduce();
    case 5:
      return talk_of_others();
    case 6:
      return world_.congest(any());
    case 7:
      return one_in(2) ? world_.stall(any()) : world_.lose(any());
    case 8:
      return world_.relieve(any());
    case 9:
      return pass_time();
    case 10:
      return world_.message(any(Layer::api), Notify{any_type()});
    case 11:
      return frame();
    case 12:
      return meet_itself();
    case 13:
    case 14:
    case 15:
      return announce_from(any(Layer::api));
    case 16:
    case 17:
    case 18:
    case 19:
      return announce_from(any(Layer::p2p));
    case 20:
    case 21:
    case 22:
      return use_program();
    default:
      return vote();
  }
}

/// A connection of that layer; one that is not there where there is none.
ConnectionId NodeLife::any(Layer layer) {
  const auto ids = world_.connections(layer);
  return ids.empty() ? ConnectionId{0} : ids[below(ids.size())];
}

ConnectionId NodeLife::any() {
  const auto& links = world_.links();
  return links.empty() ? ConnectionId{0} : links[below(links.size())].connection;
}

Endpoint NodeLife::any_address() {
  const std::uint64_t number = below(12);
  return number == 0 ? Endpoint{0, 6001} : server(number);
}

/// The server address of the n-th node where frames can say IPv6, as some of them have it; of the last, ::.
Endpoint NodeLife::any_of_both(std::uint64_t number) {
  if (number == 11) return {IpAddress::v6({}), 6001};
  return number < 8 ? server(number) : Endpoint{ipv6(static_cast<std::uint8_t>(number)), 6001};
}

Content NodeLife::any_content() {
  const DataType type = any_type();
  const std::uint64_t choice = below(is_extended() ? 86 : 81);
  if (choice == 80) return {type, {}};
  if (choice > 80) return {type, Payload(std::string(accepted_frame_bytes_min, 'z'))};
  return {type, Payload(std::string(choice / 20 + 1, static_cast<char>('a' + choice % 20)))};
}

DataType NodeLife::any_type() {
  return DataType{static_cast<std::uint16_t>(below(3))};
}

void NodeLife::open_client() {
  if (world_.connections(Layer::api).size() < clients_max) world_.accept_client();
}

void NodeLife::open_peer() {
  if (world_.links().size() >= peers_max) return;
  const auto port = static_cast<std::uint16_t>(40000 + world_.links().size());
  const ConnectionId peer = world_.accept_peer({server(99).address, port}, own_server);
  if (is_extended() && !one_in(3)) say_hello(peer);
}

/// A name leads anywhere, to the node itself too.
void NodeLife::end_dial() {
  if (world_.dials().empty()) return;
  const auto [dial, address] = world_.dials()[below(world_.dials().size())];
  if (one_in(3)) return world_.connect_failed(dial);
  const auto port = static_cast<std::uint16_t>(45000 + value_of(dial) % 1000);
  const auto literal = literal_endpoint(address);
  world_.connected(dial, literal ? *literal : server(1 + below(12)), {own_server.address, port});
  if (is_extended() && !one_in(3)) say_hello(dial);
}

/// The far end of one of the node's own connections, which introduces itself with the node's own address.
void NodeLife::meet_itself() {
  const auto& links = world_.links();
  const auto near_end = std::ranges::find_if(links, &NodeWorld::Link::dialled);
  if (near_end == links.end() || links.size() >= peers_max) return;
  const ConnectionInfo near_info = near_end->info;
  const ConnectionId far_end = world_.accept_peer(near_info.local, near_info.remote);
  world_.message(far_end, PeerInit{own_server});
}

void NodeLife::introduce() {
  const ConnectionId peer = any(Layer::p2p);
  const Endpoint address = any_address();
  one_in(2) ? world_.message(peer, PeerRequest{address}) : world_.message(peer, PeerInit{address});
}

void NodeLife::talk_of_others() {
  const ConnectionId peer = any(Layer::p2p);
  const std::uint64_t kind = below(3);
  if (kind == 0) {
    PeerResponse response;
    for (std::uint64_t i = below(6); i > 0; --i) response.server_addresses.push_back(any_address());
    return world_.message(peer, response);
  }
  const Ttl ttl{static_cast<std::uint8_t>(below(5))};
  world_.message(
      peer, PeerUpdate{any_address(), ttl, kind == 1 ? PeerUpdate::Kind::found : PeerUpdate::Kind::lost});
}

void NodeLife::pass_time() {
  const auto pause = std::chrono::milliseconds(below(900));
  if (!is_extended()) return world_.pass(pause);
  if (one_in(24)) {  // who does not answer in all that time is given up
    for (int i = 0; i < 8; ++i) world_.pass(pause);
  } else {
    for (const ConnectionId peer : world_.connections(Layer::p2p)) world_.answer_pings(peer);
    world_.pass(pause);
  }
}

void NodeLife::announce_from(ConnectionId connection) {
  const Content content = any_content();
  world_.message(connection, Announce{NodeWorld::ttl_of(connection, content), content.type, content.data});
}

void NodeLife::vote() {
  const ConnectionId client = any(Layer::api);
  const auto ids = world_.node().cache().ids();
  const std::uint64_t choice = below(256);
  const bool made_up = ids.empty() || choice % 16 == 0;
  const MessageId id =
      made_up ? MessageId(static_cast<std::uint16_t>(choice)) : ids[choice / 16 % ids.size()];
  world_.message(client, Validation{id, !one_in(4)});
}

/// What the program that the node runs in does.
void NodeLife::use_program() {
  const std::uint64_t what = below(8);
  if (what == 0 && world_.subscriptions().size() < subscriptions_max) {
    world_.subscribe(any_type(), NodeWorld::Validating(below(6)));
  } else if (what == 1 && !world_.subscriptions().empty()) {
    world_.unsubscribe(below(world_.subscriptions().size()));
  } else if (what < 5 && !world_.tickets().empty()) {
    world_.decide(below(world_.tickets().size()), Verdict(below(3)));
  } else {
    world_.publish(any_content());
  }
}

/// Any code, on either layer, with a short body of any bytes; but not an ANNOUNCE, whose ttl the world has to
/// know.
void NodeLife::frame() {
  const ConnectionId connection = any();
  const std::uint16_t highest = is_extended() ? code_max_extended : code_max;
  const auto code = static_cast<std::uint16_t>(code_min + 1 + below(highest - code_min));
  std::vector<std::byte> body(below(14));
  for (std::byte& byte : body) byte = static_cast<std::byte>(below(256));
  world_.frame(connection, {code, body});
}

}  // namespace gossip::test
