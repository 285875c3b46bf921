/// \file
/// A busy life of a node again and again, each time with one thing more that has gone well before something
/// goes wrong, until nothing does. Whatever it is, what must hold holds, and the node goes on working.

#include "../support/node_world.hpp"
#include "live_bytes.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <new>
#include <string>

namespace gossip::test {
namespace {

using namespace std::chrono_literals;

/// Allocations from here on fail: tables that grow, lists of what is cached or owed. A payload is allocated
/// before it gets to a node, which shares it.
constexpr std::size_t large_bytes = 1024;

constexpr Endpoint server(std::uint32_t number) {
  return {0x0a000000U + number, 6001};
}

WorldSettings settings_with(std::size_t cache_size) {
  WorldSettings settings;
  settings.config.cache_size = cache_size;
  settings.config.max_connections = 5;
  settings.config.max_ttl = Ttl{6};
  settings.config.bootstrappers = {to_host_port(server(2)), to_host_port(server(3))};
  return settings;
}

/// The same events in the same order, whatever has gone wrong before. Where memory runs out in one of them,
/// the connection that it was about ends, as node.hpp asks for.
class BusyLife {
 public:
  explicit BusyLife(NodeWorld& world) : world_(world) {}

  void run(int messages) {
    join();
    open_clients();
    for (int i = 0; i < messages; ++i) talk(i);
    congest(messages);
    replay();
    leave();
    world_.heal();
  }

  /// A message of a peer gets to a client, is found valid, and gets to another peer.
  void check_working() {
    while (!world_.connections(Layer::p2p).empty()) {
      world_.closed(world_.connections(Layer::p2p).front(), CloseReason::remote_closed);
    }
    const ConnectionId client = world_.accept_client();
    world_.message(client, Notify{DataType{9}});
    const ConnectionId from = peer(20);
    peer(21);
    const std::size_t announced = world_.messages().announces();
    std::string text = "afterwards";
    while (NodeWorld::ttl_of(from, {DataType{9}, Payload(text)}) == Ttl{1})
      text += '.';  // that goes no further
    announce(from, DataType{9}, text);
    const auto id = world_.node().cache().find(DataType{9}, Payload(text));
    REQUIRE(id.has_value());
    world_.message(client, Validation{*id, true});
    CHECK(world_.node().cache().is_valid(*id));
    CHECK(world_.messages().announces() == announced + 1);
  }

 private:
  void attempt(ConnectionId about, const std::function<void()>& event) {
    try {
      event();
    } catch (const std::bad_alloc&) {
      world_.closed(about, CloseReason::out_of_memory);
    }
  }

  ConnectionId peer(std::uint32_t number) {
    ConnectionId id{};
    const std::size_t links = world_.links().size();
    const auto port = static_cast<std::uint16_t>(40000 + number);
    try {
      id = world_.accept_peer({server(99).address, port}, server(1));
    } catch (const std::bad_alloc&) {
      id = world_.links().at(links).connection;
      world_.closed(id, CloseReason::out_of_memory);
    }
    message(id, PeerInit{server(number)});
    return id;
  }

  ConnectionId client(std::initializer_list<int> types) {
    const ConnectionId id = world_.accept_client();
    for (const int type : types) message(id, Notify{DataType(static_cast<std::uint16_t>(type))});
    return id;
  }

  void message(ConnectionId connection, const Message& message) {
    attempt(connection, [&] { world_.message(connection, message); });
  }
  void announce(ConnectionId origin, DataType type, const std::string& text) {
    const Content content{type, Payload(text)};
    message(origin, Announce{NodeWorld::ttl_of(origin, content), type, content.data});
  }
  void relieve(ConnectionId connection) {
    attempt(connection, [&] { world_.relieve(connection); });
  }
  void pass(Duration time) {
    attempt({}, [&] { world_.pass(time); });
  }

  void join() {
    const auto dials = world_.dials();
    for (const auto& dialled : dials) {
      const auto to = *literal_endpoint(dialled.address);
      attempt(dialled.connection, [&] {
        world_.connected(dialled.connection, to, {server(1).address, 45000});
      });
      message(dialled.connection, PeerResponse{{server(4), server(5), server(2)}});
    }
    const auto more = world_.dials();
    for (const auto& [dial, address] : more) world_.connect_failed(dial);
    first_ = peer(6);
    second_ = peer(7);
    message(first_, PeerRequest{server(6)});
    message(second_, PeerUpdate{server(8), Ttl{2}, PeerUpdate::Kind::found});
  }

  void open_clients() {
    publisher_ = client({});
    voter_ = client({1, 2});
    listener_ = client({1});
    attempt({}, [&] { world_.subscribe(DataType{2}, NodeWorld::Validating::later); });
  }

  void talk(int number) {
    const std::string text = std::to_string(number);
    announce(publisher_, DataType{1}, "c" + text);
    announce(first_, DataType{2}, "f" + text);
    announce(second_, DataType{3}, "s" + text);
    announce(first_, DataType{1}, "c" + text);
    if (number % 3 == 0) attempt({}, [&] { world_.publish({DataType{2}, Payload("p" + text)}); });
    if (number % 4 != 0) vote(number % 4 != 3);
    if (number % 8 == 0) pass(300ms);
  }

  /// On the oldest message that the voter owes a verdict on.
  void vote(bool valid) {
    for (const MessageId id : world_.node().cache().ids()) {
      if (world_.messages().owes(voter_, id)) return message(voter_, Validation{id, valid});
    }
  }

  void congest(int number) {
    world_.congest(second_);
    world_.congest(listener_);
    announce(publisher_, DataType{1}, "held up");
    for (int i = 0; i < 4; ++i) announce(first_, DataType{2}, "more" + std::to_string(number + i));
    attempt(listener_, [&] { world_.stall(listener_); });
    relieve(second_);
    relieve(listener_);
  }

  /// Newcomers are sent what is cached.
  void replay() {
    client({1, 2, 3});
    attempt({}, [&] { world_.subscribe(DataType{2}, NodeWorld::Validating::accept); });
    const ConnectionId late = peer(9);
    world_.congest(late);
    peer(10);
    relieve(late);
  }

  void leave() {
    attempt(voter_, [&] { world_.closed(voter_, CloseReason::remote_closed); });
    attempt(first_, [&] { world_.closed(first_, CloseReason::remote_closed); });
    for (int i = 0; i < 6; ++i) pass(1s);
  }

  NodeWorld& world_;
  ConnectionId first_{};
  ConnectionId second_{};
  ConnectionId publisher_{};
  ConnectionId voter_{};
  ConnectionId listener_{};
};

/// Returns how often it could go wrong.
std::size_t fail_each(TransportFault::Kind kind) {
  for (std::size_t call = 1;; ++call) {
    CAPTURE(call);
    WorldSettings settings = settings_with(12);
    settings.fault = TransportFault{kind, call};
    NodeWorld world(settings);
    BusyLife life(world);
    life.run(24);
    if (!world.fault_happened()) return call - 1;
    life.check_working();
  }
}

TEST_SUITE("fault injection") {
  TEST_CASE("Node: whichever send meets a connection that has ended, the others go on") {
    CHECK(fail_each(TransportFault::Kind::gone) > 100);
  }

  TEST_CASE("Node: whichever send is congested, everything flows again once that is over") {
    CHECK(fail_each(TransportFault::Kind::congested) > 100);
  }

  TEST_CASE("Node: whichever send stalls, nobody is held up for good") {
    CHECK(fail_each(TransportFault::Kind::stalled) > 100);
  }

  TEST_CASE("Node: whichever connect fails at once, the node goes on") {
    CHECK(fail_each(TransportFault::Kind::refused) >= 4);
  }

  TEST_CASE("Node: whichever large allocation fails, one connection ends and the node is consistent") {
    std::size_t allocation = 0;
    bool failed = true;
    while (failed) {
      allocation += 1;
      CAPTURE(allocation);
      NodeWorld world(settings_with(300));
      BusyLife life(world);
      {
        const AllocationFault fault(
            {allocation, large_bytes, AllocationFault::Which{}.bytes_max, &world.inside_node()});
        life.run(200);
        failed = AllocationFault::happened();
      }
      life.check_working();
    }
    CHECK(allocation > 10);
  }
}

}  // namespace
}  // namespace gossip::test
