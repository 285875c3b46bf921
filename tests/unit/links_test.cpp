/// \file
/// docs/protocol.md on links: two to the same address, lost ones, and one more than max_connections.

#include "fixture.hpp"

#include <string>
#include <vector>

namespace gossip::test {
namespace {

TEST_SUITE("Two connections to the same server address") {
  TEST_CASE(
      "Two connections from opposite ends: the one opened by the smaller address stays, here one's own") {
    Bench bench(with_bootstrapper(server(2)));
    bench.connected(d(1), server(2));
    bench.stranger();
    (void)bench.take();
    bench.from(p(1), PeerInit{server(2)});
    CHECK(bench.transport.closed ==
          std::vector<RecordingTransport::Closed>{{p(1), CloseReason::duplicate_link}});
    CHECK(bench.node.pool().peers()[0].connection == d(1));
  }

  TEST_CASE(
      "Two connections from opposite ends: the one opened by the smaller address stays, here the other's") {
    const Endpoint smaller{0x09000001, 6001};
    Bench bench(with_bootstrapper(smaller));
    bench.connected(d(1), smaller);
    bench.stranger();
    (void)bench.take();
    bench.from(p(1), PeerInit{smaller});
    CHECK(bench.transport.closed ==
          std::vector<RecordingTransport::Closed>{{d(1), CloseReason::duplicate_link}});
    CHECK(bench.node.pool().peers()[0].connection == p(1));
  }

  TEST_CASE("Two connections from opposite ends: the port decides where the addresses are equal") {
    for (const std::uint16_t port : {std::uint16_t{6000}, std::uint16_t{6002}}) {
      const Endpoint other{own_server.address, port};
      Bench bench(with_bootstrapper(other));
      bench.connected(d(1), other);
      bench.stranger();
      bench.from(p(1), PeerInit{other});
      REQUIRE(bench.transport.closed.size() == 1);
      CHECK(bench.transport.closed[0].connection == (port < own_server.port ? d(1) : p(1)));
    }
  }

  TEST_CASE("Two connections from opposite ends: the rule is the same where the dialled one comes second") {
    for (const Endpoint other : {server(2), Endpoint{0x09000001, 6001}}) {
      Bench bench(with_bootstrapper(other));
      bench.stranger();
      bench.from(p(1), PeerInit{other});
      (void)bench.take();
      bench.connected(d(1), other);
      const ConnectionId stays = own_server < other ? d(1) : p(1);
      REQUIRE(bench.node.pool().size() == 1);
      CHECK(bench.node.pool().peers()[0].connection == stays);
      CHECK(bench.transport.sent_to<PeerRequest>(stays).size() == 1);
      CHECK(bench.transport.sent.size() == 1);
    }
  }

  TEST_CASE("Two connections from the same end: the older stays") {
    Bench bench;
    bench.stranger();
    bench.stranger();
    bench.from(p(2), PeerInit{server(2)});
    bench.from(p(1), PeerInit{server(2)});
    CHECK(bench.transport.closed ==
          std::vector<RecordingTransport::Closed>{{p(2), CloseReason::duplicate_link}});
  }

  TEST_CASE("Two connections to the same server address: the loss of the second asks for no replacement") {
    Bench bench;
    bench.peer();
    bench.peer();
    bench.stranger();
    bench.from(p(3), PeerInit{server(2)});
    (void)bench.take();
    bench.pass(1h);
    CHECK(bench.take() == "");
    CHECK(bench.node.statistics().duplicate_links == 1);
  }

  TEST_CASE("Two connections to the same server address: what comes on the closed one is ignored") {
    Bench bench;
    bench.client({7});
    bench.peer();
    bench.stranger();
    bench.from(p(2), PeerInit{server(2)});
    (void)bench.take();
    bench.from(p(2), announce("a"));
    bench.from(p(2), PeerRequest{server(2)});
    CHECK(bench.take() == "");
  }

  TEST_CASE("Two strangers are not two connections to the same node") {
    Bench bench;
    bench.stranger();
    bench.stranger();
    CHECK(bench.node.pool().size() == 2);
    CHECK(bench.take() == "");
  }
}

TEST_SUITE("A peer that disconnects") {
  TEST_CASE("A peer that disconnects is dropped, and a random remaining one is asked for a replacement") {
    std::set<std::string> asked;
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      Bench bench(Config{}, seed);
      for (int i = 0; i < 3; ++i) bench.peer();
      bench.closed(p(2));
      CHECK(bench.node.pool().size() == 2);
      asked.insert(bench.take());
    }
    CHECK(asked == std::set<std::string>{"p1 PEER REQUEST 10.0.0.1:6001", "p3 PEER REQUEST 10.0.0.1:6001"});
  }

  TEST_CASE("A peer that disconnects is replaced by one of the answer") {
    Bench bench;
    bench.peer();
    bench.peer();
    bench.closed(p(1));
    (void)bench.take();
    bench.from(p(2), PeerResponse{{server(9)}});
    CHECK(bench.take() == "dial 10.0.0.9:6001");
  }

  TEST_CASE("A peer that disconnects as the last: the bootstrapper is tried again, after a pause") {
    Bench bench(with_bootstrapper());
    bench.connected(d(1), server(2));
    (void)bench.take();
    bench.closed(d(1));
    CHECK(bench.take() == "");
    bench.pass(500ms);
    CHECK(bench.take() == "dial 10.0.0.2:6001");
    bench.connected(d(2), server(2));
    CHECK(bench.take() == "d2 PEER REQUEST 10.0.0.1:6001");
  }

  TEST_CASE("A peer that disconnects as the last, an accepted one: the bootstrapper is tried again") {
    Bench bench(with_bootstrapper());
    bench.connected(d(1), server(2));
    bench.closed(d(1));
    bench.pass(500ms);
    bench.node.on_connect_failed(d(2), "refused", bench.now);
    bench.peer();
    bench.closed(p(1));
    (void)bench.take();
    bench.pass(30s);
    CHECK(bench.take() == "dial 10.0.0.2:6001");
  }

  TEST_CASE(
      "A peer that disconnects, and with it half of those sought: the bootstrapper is tried, without room") {
    Config config = with_bootstrapper(server(99));
    config.degree = 4;
    Bench bench(config);
    bench.connected(d(1), server(99));
    for (int i = 0; i < 4; ++i) bench.peer();
    bench.closed(d(1));
    bench.pass(10s);
    (void)bench.take();
    bench.closed(p(1));
    bench.peer();
    CHECK(bench.node.pool().size() == 4);
    (void)bench.take();
    bench.pass(1s);
    CHECK(bench.take() == "dial 10.0.0.99:6001");
  }

  TEST_CASE("A peer that disconnects and leaves room: the bootstrapper is tried again after half a minute") {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      CAPTURE(seed);
      Bench bench(with_bootstrapper(server(99)), seed);
      bench.connected(d(1), server(99));
      bench.peer();
      bench.closed(d(1));
      (void)bench.take();
      bench.pass(15s - 1ns);
      CHECK(bench.take() == "");
      bench.pass(15s + 1ns);
      CHECK(bench.take() == "dial 10.0.0.99:6001");
    }
  }

  TEST_CASE("A peer that disconnects and leaves no room: the bootstrapper is tried after every second loss") {
    int dialled = 0;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
      Config config = with_bootstrapper(server(99));
      config.degree = 4;
      Bench bench(config, seed);
      bench.connected(d(1), server(99));
      for (int i = 0; i < 4; ++i) bench.peer();
      bench.closed(d(1));
      (void)bench.take();
      bench.pass(30s);
      dialled += bench.take() == "dial 10.0.0.99:6001" ? 1 : 0;
    }
    CHECK(dialled > 30);  // of 100 tosses of a coin
    CHECK(dialled < 70);
  }

  TEST_CASE("A peer that disconnects as the last, without a bootstrapper: the node waits") {
    Bench bench;
    bench.peer();
    bench.closed(p(1));
    bench.pass(1h);
    CHECK(bench.take() == "");
  }

  TEST_CASE("A peer that disconnects and comes back is a new peer") {
    Bench bench;
    bench.peer();
    bench.closed(p(1));
    const ConnectionId again = bench.stranger();
    bench.from(again, PeerInit{server(2)});
    CHECK(bench.node.pool().find(again)->server_address == server(2));
    CHECK(bench.transport.closed.empty());
  }

  TEST_CASE("A connection that opened and closed at once harms nobody") {
    Bench bench;
    bench.peer();
    bench.closed(bench.stranger());
    (void)bench.take();
    CHECK(bench.node.pool().size() == 1);
    bench.from(bench.client(), announce("a"));
    CHECK(bench.take() == "p1 ANNOUNCE 7 a ttl 0");
  }
}

TEST_SUITE("A pool over max_connections") {
  TEST_CASE(
      "A pool over max_connections closes a random connection, never the newest, and asks for no "
      "replacement") {
    std::set<ConnectionId> closed;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      Bench bench(config_with(30, 0, 3), seed);
      for (int i = 0; i < 3; ++i) bench.peer();
      const ConnectionId newest = bench.stranger();
      REQUIRE(bench.transport.closed.size() == 1);
      CHECK(bench.transport.closed[0].reason == CloseReason::no_room);
      CHECK(bench.transport.sent.empty());
      CHECK(bench.node.pool().size() == 3);
      CHECK(bench.node.pool().find(newest) != nullptr);
      closed.insert(bench.transport.closed[0].connection);
      bench.pass(1h);
      CHECK(bench.transport.sent.empty());
    }
    CHECK(closed == std::set<ConnectionId>{p(1), p(2), p(3)});
  }

  TEST_CASE("A pool over max_connections: a connection that the node dialled gets in as well") {
    Bench bench(config_with(30, 0, 1));
    const ConnectionId first = bench.peer();
    bench.closed(first);
    bench.from(first, PeerResponse{{server(9)}});
    CHECK(bench.transport.dialled.empty());
    Config config = with_bootstrapper();
    config.max_connections = 1;
    Bench other(config);
    other.stranger();
    (void)other.take();
    other.connected(d(1), server(2));
    CHECK(other.take() == "d1 PEER REQUEST 10.0.0.1:6001; close p1: no room in the pool");
  }

  TEST_CASE("A pool over max_connections: 1,000 connections beyond the limit leave the limit") {
    Bench bench(config_with(30, 0, 30));
    for (int i = 0; i < 1030; ++i) bench.stranger();
    CHECK(bench.node.pool().size() == 30);
    CHECK(bench.transport.closed.size() == 1000);
    CHECK(bench.node.statistics().connections_evicted == 1000);
    bench.transport.clear();
    bench.from(bench.client(), announce("a"));
    CHECK(bench.transport.sent.size() == 30);
  }

  TEST_CASE("A pool over max_connections: a max_connections of 1 holds the newest") {
    Bench bench(config_with(30, 0, 1));
    bench.stranger();
    bench.stranger();
    CHECK(bench.take() == "close p1: no room in the pool");
  }

  TEST_CASE("A pool over max_connections: degree does not close anything") {
    Config config = config_with(30, 0, 5);
    config.degree = 1;
    Bench bench(config);
    for (int i = 0; i < 5; ++i) bench.stranger();
    CHECK(bench.take() == "");
  }
}

}  // namespace
}  // namespace gossip::test
