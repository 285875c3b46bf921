/// \file
/// docs/protocol.md, 'PEER REQUEST and PEER INIT' and 'PEER UPDATE', and what only Membership itself shows.

#include <gossip/membership.hpp>

#include "fixture.hpp"

namespace gossip::test {
namespace {

TEST_SUITE("PEER REQUEST") {
  TEST_CASE(
      "PEER REQUEST: the answer is the server addresses of the peers, without the asker and without itself") {
    Bench bench;
    bench.peer();
    bench.peer();
    bench.stranger();  // has none to tell
    const ConnectionId asker = bench.stranger();
    bench.from(asker, PeerRequest{server(9)});
    CHECK(bench.transport.sent_to<PeerResponse>(asker) == std::vector{PeerResponse{{server(2), server(3)}}});
    bench.transport.clear();
    bench.from(asker, PeerRequest{server(9)});
    CHECK(bench.transport.sent_to<PeerResponse>(asker) == std::vector{PeerResponse{{server(2), server(3)}}});
  }

  TEST_CASE("PEER REQUEST: the answer does not name the asker by an address that it gave before") {
    Bench bench;
    const ConnectionId asker = bench.peer();
    bench.from(asker, PeerRequest{server(9)});
    CHECK(bench.take() == "p1 PEER RESPONSE");
  }

  TEST_CASE("PEER REQUEST: the answer of a node without other peers is empty") {
    Bench bench;
    bench.from(bench.stranger(), PeerRequest{server(9)});
    CHECK(bench.take() == "p1 PEER RESPONSE");
  }

  TEST_CASE(
      "PEER REQUEST: the receiver files it and spreads a PEER UPDATE found with ttl max_ttl to all other "
      "peers") {
    Bench bench(config_with(30, 6));
    bench.peer();
    bench.stranger();
    const ConnectionId asker = bench.stranger();
    bench.from(asker, PeerRequest{server(9)});
    CHECK(bench.take() ==
          "p3 PEER RESPONSE 10.0.0.2:6001; p1 PEER UPDATE found 10.0.0.9:6001 ttl 6; "
          "p2 PEER UPDATE found 10.0.0.9:6001 ttl 6");
    CHECK(bench.node.pool().find(asker)->server_address == server(9));
  }

  TEST_CASE("PEER REQUEST: one with an unusable address is answered, filed nowhere and spread to nobody") {
    for (const Endpoint& address :
         {Endpoint{server(9).address, 0}, Endpoint{0, 6001}, Endpoint{0xffffffff, 1}}) {
      Bench bench;
      bench.peer();
      const ConnectionId asker = bench.stranger();
      bench.from(asker, PeerRequest{address});
      CHECK(bench.take() == "p2 PEER RESPONSE 10.0.0.2:6001");
      CHECK_FALSE(bench.node.pool().find(asker)->server_address);
      CHECK(bench.observer.all<event::AddressSkipped>().size() == 1);
    }
  }

  TEST_CASE("PEER REQUEST: one that names this node's own address is answered, and the connection stays") {
    Bench bench;
    bench.peer();
    const ConnectionId asker = bench.stranger();
    bench.from(asker, PeerRequest{own_server});
    CHECK(bench.take() == "p2 PEER RESPONSE 10.0.0.2:6001");
    CHECK(bench.node.pool().size() == 2);
    CHECK(bench.node.statistics().addresses_skipped == 1);
  }

  TEST_CASE("PEER REQUEST: where an address is known twice it is told once") {
    Bench bench;
    bench.connected(d(1), server(2));  // nothing dialled: no peer
    CHECK(bench.node.pool().empty());
    bench.peer();
    const ConnectionId asker = bench.stranger();
    bench.from(asker, PeerRequest{server(2)});  // the asker says that it is the first
    CHECK(bench.transport.sent_to<PeerResponse>(asker) == std::vector{PeerResponse{}});
  }
}

TEST_SUITE("PEER INIT") {
  TEST_CASE(
      "PEER INIT: the receiver files it and spreads a PEER UPDATE found with ttl max_ttl to all other "
      "peers") {
    Bench bench(config_with(30, 0));
    bench.peer();
    const ConnectionId newcomer = bench.stranger();
    bench.from(newcomer, PeerInit{server(9)});
    CHECK(bench.take() == "p1 PEER UPDATE found 10.0.0.9:6001 ttl 0");
    CHECK(bench.node.pool().find(newcomer)->server_address == server(9));
    REQUIRE(bench.observer.all<event::PeerIntroduced>().size() == 2);
    CHECK_FALSE(bench.observer.all<event::PeerIntroduced>()[1].again);
  }

  TEST_CASE("PEER INIT: one that names another address than before is told apart for the log") {
    Bench bench;
    const ConnectionId newcomer = bench.stranger();
    bench.from(newcomer, PeerInit{server(9)});
    bench.from(newcomer, PeerInit{server(9)});
    bench.from(newcomer, PeerInit{server(10)});
    const auto introduced = bench.observer.all<event::PeerIntroduced>();
    REQUIRE(introduced.size() == 2);
    CHECK(introduced[1].again);
    CHECK(introduced[1].server_address == server(10));
  }

  TEST_CASE("PEER INIT: unusable addresses and one's own are skipped and the connection stays") {
    Bench bench;
    bench.peer();
    const ConnectionId newcomer = bench.stranger();
    for (const Endpoint& address : {Endpoint{server(9).address, 0}, Endpoint{0, 6001}, own_server}) {
      bench.from(newcomer, PeerInit{address});
    }
    CHECK(bench.take() == "");
    CHECK(bench.node.pool().size() == 2);
    CHECK(bench.node.statistics().addresses_skipped == 3);
  }

  TEST_CASE("PEER INIT: the server address of a dialled connection is the dialled one, whatever it says") {
    Bench bench(with_bootstrapper());
    bench.connected(d(1), server(2));
    bench.from(d(1), PeerInit{server(9)});
    CHECK(bench.node.pool().find(d(1))->server_address == server(2));
  }

  TEST_CASE("PEER INIT: the server address of an accepted connection is what it said last") {
    Bench bench;
    const ConnectionId peer = bench.stranger();
    bench.from(peer, PeerInit{server(8)});
    bench.from(peer, PeerRequest{server(9)});
    CHECK(bench.node.pool().find(peer)->server_address == server(9));
  }

  TEST_CASE(
      "PEER INIT: it is spread to all other peers, those included that came since the same was spread last") {
    Bench bench;
    bench.from(bench.stranger(), PeerInit{server(9)});
    bench.closed(p(1));
    bench.stranger();
    (void)bench.take();
    bench.from(bench.stranger(), PeerInit{server(9)});
    CHECK(bench.take() == "p2 PEER UPDATE found 10.0.0.9:6001 ttl 0");
  }
}

TEST_SUITE("PEER UPDATE") {
  TEST_CASE(
      "PEER UPDATE: found: connect if there is room and the address is new, then pass it on with ttl - 1") {
    Bench bench(config_with(30, 8));
    const ConnectionId peer = bench.peer();
    bench.peer();
    bench.stranger();
    bench.from(peer, found(server(9), 3));
    CHECK(bench.take() ==
          "p2 PEER UPDATE found 10.0.0.9:6001 ttl 2; p3 PEER UPDATE found 10.0.0.9:6001 ttl 2; "
          "dial 10.0.0.9:6001");
    bench.connected(d(1), server(9));
    CHECK(bench.take() == "d1 PEER INIT 10.0.0.1:6001");
  }

  TEST_CASE("PEER UPDATE: found connects only below half of max_ttl") {
    struct Edge {
      int max_ttl, ttl;
      bool connects;
    };
    for (const Edge& edge : {Edge{8, 4, false}, Edge{8, 3, true}, Edge{7, 4, false}, Edge{7, 3, true},
                             Edge{8, 8, false}, Edge{2, 1, false}, Edge{3, 1, true}, Edge{255, 127, true},
                             Edge{255, 128, false}, Edge{8, 0, true}}) {
      CAPTURE(edge.max_ttl);
      CAPTURE(edge.ttl);
      Bench bench(config_with(30, edge.max_ttl));
      bench.from(bench.peer(), found(server(9), edge.ttl));
      CHECK(bench.transport.dialled.size() == (edge.connects ? 1 : 0));
    }
  }

  TEST_CASE("PEER UPDATE: found connects at every ttl where max_ttl is 0") {
    for (const int ttl : {0, 1, 2, 255}) {
      Bench bench(config_with(30, 0));
      bench.from(bench.peer(), found(server(9), ttl));
      CHECK(bench.transport.dialled.size() == 1);
    }
  }

  TEST_CASE(
      "PEER UPDATE: found connects to nobody who is known, being connected to, or oneself, and is passed "
      "on") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    bench.peer();
    bench.peer();
    bench.from(peer, PeerResponse{{server(9)}});
    (void)bench.take();
    bench.now += 60s;  // what the introductions spread is no repetition any more
    bench.from(peer, found(server(3), 2));
    bench.from(peer, found(server(9), 2));
    bench.from(peer, found(own_server, 2));
    CHECK(bench.take() ==
          "p3 PEER UPDATE found 10.0.0.3:6001 ttl 1; p2 PEER UPDATE found 10.0.0.9:6001 ttl 1; "
          "p3 PEER UPDATE found 10.0.0.9:6001 ttl 1; p2 PEER UPDATE found 10.0.0.1:6001 ttl 1; "
          "p3 PEER UPDATE found 10.0.0.1:6001 ttl 1");
  }

  TEST_CASE("PEER UPDATE: found connects to nobody without room, and is passed on") {
    Config config = config_with(30, 0, 10);
    config.degree = 2;
    Bench bench(config);
    const ConnectionId peer = bench.peer();
    bench.peer();
    bench.from(peer, found(server(9), 0));
    CHECK(bench.take() == "p2 PEER UPDATE found 10.0.0.9:6001 ttl 0");
  }

  TEST_CASE("PEER UPDATE: ttl 1 goes no further, 2 goes on as 1, 0 as 0") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    bench.peer();
    bench.from(peer, lost(server(7), 1));
    CHECK(bench.take() == "");
    bench.from(peer, lost(server(8), 2));
    CHECK(bench.take() == "p2 PEER UPDATE lost 10.0.0.8:6001 ttl 1");
    bench.from(peer, lost(server(9), 0));
    CHECK(bench.take() == "p2 PEER UPDATE lost 10.0.0.9:6001 ttl 0");
  }

  TEST_CASE("PEER UPDATE: lost is passed on as lost and connects to nobody") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    bench.peer();
    bench.from(peer, lost(server(9), 5));
    CHECK(bench.take() == "p2 PEER UPDATE lost 10.0.0.9:6001 ttl 4");
  }

  TEST_CASE("PEER UPDATE: lost is never originated") {
    Bench bench;
    bench.peer();
    bench.peer();
    bench.closed(p(1));
    CHECK(bench.take() == "p2 PEER REQUEST 10.0.0.1:6001");
  }

  TEST_CASE("PEER UPDATE: one seen within the last 60 s is dropped, from whomever it comes") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    const ConnectionId other = bench.peer();
    bench.from(peer, lost(server(9), 5));
    (void)bench.take();
    bench.now += 60s - 1ns;
    bench.from(peer, lost(server(9), 5));
    bench.from(other, lost(server(9), 200));
    CHECK(bench.take() == "");
    CHECK(bench.node.statistics().updates_repeated == 2);
    bench.now += 1ns;
    bench.from(peer, lost(server(9), 5));
    CHECK(bench.take() == "p2 PEER UPDATE lost 10.0.0.9:6001 ttl 4");
  }

  TEST_CASE("PEER UPDATE: the opposite kind clears the entry") {
    Config config = config_with(30, 0, 2);  // no room: it is only passed on
    Bench bench(config);
    const ConnectionId peer = bench.peer();
    bench.peer();
    bench.from(peer, found(server(9), 0));
    bench.from(peer, lost(server(9), 0));
    bench.from(peer, found(server(9), 0));
    CHECK(bench.take() ==
          "p2 PEER UPDATE found 10.0.0.9:6001 ttl 0; p2 PEER UPDATE lost 10.0.0.9:6001 ttl 0; "
          "p2 PEER UPDATE found 10.0.0.9:6001 ttl 0");
  }

  TEST_CASE("PEER UPDATE: an echo of what the node spread itself is dropped") {
    Bench bench;
    bench.peer();
    bench.peer();
    bench.stranger();
    bench.from(p(3), PeerInit{server(9)});
    (void)bench.take();
    bench.from(p(1), found(server(9), 3));
    CHECK(bench.take() == "");
  }

  TEST_CASE("PEER UPDATE: unusable addresses are skipped, passed on to nobody, and the connection stays") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    bench.peer();
    for (const Endpoint& address :
         {Endpoint{server(9).address, 0}, Endpoint{0, 6001}, Endpoint{0xefffffff, 1}}) {
      bench.from(peer, found(address, 0));
      bench.from(peer, lost(address, 0));
    }
    CHECK(bench.take() == "");
    CHECK(bench.node.pool().size() == 2);
    CHECK(bench.node.statistics().addresses_skipped == 6);
  }

  TEST_CASE("PEER UPDATE: 10,000 addresses are remembered within bounds and all passed on") {
    Bench bench(config_with(30, 0, 2));
    const ConnectionId peer = bench.peer();
    bench.peer();
    for (std::uint32_t i = 0; i < 10000; ++i) bench.from(peer, found({0x0b000000 + i, 1}, 0));
    CHECK(bench.transport.sent.size() == 10000);
    bench.from(peer, found({0x0b000000 + 9999, 1}, 0));
    CHECK(bench.transport.sent.size() == 10000);
  }
}

TEST_SUITE("membership") {
  TEST_CASE("Membership: connections that it chose to close are handed out once, those that ended are not") {
    RecordingTransport transport;
    NullObserver observer;
    NodeState state(config_with(30, 0, 1), transport, observer, 1);
    Membership membership(state);
    membership.start(own_server, std::nullopt, at(0s));
    CHECK(membership.on_accepted(p(1), {Layer::p2p, server(2), own_server}));
    CHECK(membership.on_accepted(p(2), {Layer::p2p, server(3), own_server}));
    membership.evict_surplus();
    CHECK(membership.take_dropped() == std::vector{p(1)});
    CHECK(membership.take_dropped().empty());
    REQUIRE(membership.on_closed(p(2), CloseReason::remote_closed, "gone"));
    membership.replace_lost(at(0s));
    CHECK(membership.take_dropped().empty());
  }

  TEST_CASE("Membership: a connection that is a peer only for a moment is no peer") {
    RecordingTransport transport;
    NullObserver observer;
    NodeState state(with_bootstrapper(), transport, observer, 1);
    Membership membership(state);
    membership.start(own_server, std::nullopt, at(0s));
    CHECK_FALSE(membership.on_connected(d(1), {Layer::p2p, own_server, server(1)}, at(0s)));
    CHECK_FALSE(membership.on_connected(d(9), {Layer::p2p, server(9), server(1)}, at(0s)));
    CHECK(membership.pool().empty());
  }
}

}  // namespace
}  // namespace gossip::test
