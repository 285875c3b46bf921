/// \file
/// docs/protocol.md, 'The overlay extension', on nodes that are known from an earlier run.

#include "neighbor_bench.hpp"

#include <set>
#include <vector>

namespace gossip::test {
namespace {

Config knowing(std::vector<Endpoint> known, std::size_t degree = 4) {
  Config config = with_degree(degree);
  config.known_peers = std::move(known);
  return config;
}

struct KnownBench : NeighborBench {
  using NeighborBench::NeighborBench;

  /// Nothing that it has dialled or dials from now on can be reached, until it dials nobody. Where that was.
  std::set<Endpoint> refuse_all() {
    std::set<Endpoint> refused;
    while (!transport.dialled.empty()) {
      for (const auto& dialled : std::exchange(transport.dialled, {})) {
        refused.insert(*literal_endpoint(dialled.address));
        node.on_connect_failed(dialled.connection, "refused", now);
      }
    }
    return refused;
  }

  /// Time passes until it dials, at most a minute.
  void await_dial() {
    for (const TimePoint start = now; transport.dialled.empty();) {
      REQUIRE(now - start < 1min);
      REQUIRE(node.next_timer());
      pass(std::max<Duration>(*node.next_timer() - now, 0ns));
    }
  }
};

std::set<Endpoint> set_of(const std::vector<Endpoint>& addresses) {
  return {addresses.begin(), addresses.end()};
}

TEST_SUITE("Known peers: the start") {
  TEST_CASE("A node dials as many known peers as it opens links, and has the others in its passive view") {
    NeighborBench bench(knowing(servers(10, 19)));
    const std::vector<Endpoint> dialled = bench.dials();
    CHECK(dialled.size() == 2);
    CHECK(bench.passive().size() == 8);
    for (const Endpoint& address : dialled) CHECK_FALSE(bench.passive().contains(address));
  }

  TEST_CASE("Bootstrappers come first, and known peers in what room they leave") {
    Config config = knowing(servers(10, 19));
    config.bootstrappers = {to_host_port(server(50))};
    NeighborBench one(config);
    const std::vector<Endpoint> dialled = one.dials();
    REQUIRE(dialled.size() == 2);
    CHECK(dialled[1] == server(50));
    config.bootstrappers.push_back(to_host_port(server(51)));
    NeighborBench two(config);
    CHECK(two.dials() == servers(50, 51));
  }

  TEST_CASE("A node whose bootstrappers cannot be reached joins through a known peer at once") {
    Config config = knowing(servers(10, 10), 2);
    config.bootstrappers = {{"dead.example", 6001}};
    NeighborBench bench(config);
    REQUIRE(bench.transport.dialled.size() == 1);
    CHECK(bench.transport.dialled[0].address.host == "dead.example");
    bench.node.on_connect_failed(bench.last_dial(), "refused", bench.now);
    REQUIRE(bench.transport.dialled.size() == 2);
    CHECK(bench.transport.dialled[1].address == to_host_port(server(10)));
    const ConnectionId link = bench.last_dial();
    bench.answer(link, server(10));
    CHECK(bench.is_extended(link));
    CHECK(bench.transport.sent_to<PeerInit>(link).size() == 1);
  }

  TEST_CASE("What is this node itself, or no address of a node, is not known") {
    NeighborBench bench(knowing({own_server, {0, 6001}, {server(3).address, 0}, {0xe0000001, 6001}}));
    CHECK(bench.transport.dialled.empty());
    CHECK(bench.passive().size() == 0);
    CHECK(bench.node.remember_peers().empty());
  }

  TEST_CASE("The passive view takes the first 48, and all but those beyond 96 are known") {
    NeighborBench bench(knowing(servers(10, 120)));
    for (const Endpoint& address : bench.dials()) CHECK(address <= server(57));
    CHECK(bench.node.remember_peers() == servers(10, 105));
  }

  TEST_CASE("A node that speaks the base protocol only has no use for them") {
    Config config = knowing(servers(10, 19));
    Bench bench(config);
    CHECK(bench.transport.dialled.empty());
    CHECK(bench.node.remember_peers().empty());
  }
}

TEST_SUITE("Known peers: alone") {
  TEST_CASE(
      "Where none can be reached all are tried again, after 0.5 s doubling to 30 s, less up to a half") {
    KnownBench bench(knowing(servers(10, 19)));
    CHECK(bench.refuse_all() == set_of(servers(10, 19)));
    CHECK(bench.passive().size() == 0);
    for (const Duration pause : std::vector<Duration>{500ms, 1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
      CAPTURE(pause.count());
      const TimePoint before = bench.now;
      bench.await_dial();
      CHECK(bench.now - before >= pause / 2);
      CHECK(bench.now - before <= pause);
      CHECK(bench.transport.dialled.size() == 2);  // as ever, so many at a time
      CHECK(bench.refuse_all() == set_of(servers(10, 19)));
    }
  }

  TEST_CASE("With a peer, whoever opened the link, they are not tried again") {
    for (const bool accepted : {false, true}) {
      CAPTURE(accepted);
      KnownBench bench(knowing(servers(10, 19)));
      bench.refuse_all();
      if (accepted) {
        bench.extended(1);
      } else {
        bench.await_dial();
        const auto first = bench.transport.dialled.front();
        bench.transport.dialled.erase(bench.transport.dialled.begin());
        bench.answer(first.connection, *literal_endpoint(first.address));
        bench.refuse_all();
      }
      bench.live(29s);  // the first probe may go out 30 s behind the first extended link
      CHECK(bench.transport.dialled.empty());
    }
  }

  TEST_CASE("A base peer is company, too") {
    KnownBench bench(knowing(servers(10, 19)));
    bench.refuse_all();
    bench.stranger();
    bench.live(2min);
    CHECK(bench.transport.dialled.empty());
  }

  TEST_CASE("Whoever loses the last peer, however it goes, tries them again") {
    for (const int how : {0, 1, 2}) {
      CAPTURE(how);
      KnownBench bench(knowing(servers(10, 19)));
      bench.refuse_all();
      const ConnectionId link = bench.extended(1);
      bench.live(5s);
      bench.transport.dialled.clear();
      if (how == 0) bench.closed(link);
      if (how == 1) bench.from(link, Disconnect{Disconnect::Reason::leaving});
      if (how == 2) bench.from(link, Disconnect{Disconnect::Reason::no_room});
      bench.refuse_all();
      bench.await_dial();
      const std::set<Endpoint> tried = bench.refuse_all();
      for (const Endpoint& address : servers(10, 19)) CHECK(tried.contains(address));
    }
  }
}

TEST_SUITE("Known peers: probes") {
  TEST_CASE("A probe goes to known peers that are no longer in the passive view; one that fails forgets") {
    KnownBench bench(knowing(servers(10, 12), 2));
    bench.refuse_all();
    bench.extended(1);
    std::set<Endpoint> probed;
    for (int i = 0; i < 3; ++i) {
      const auto started = bench.counted().probes_started;
      bench.transport.dialled.clear();
      for (const TimePoint start = bench.now; bench.counted().probes_started == started;) {
        REQUIRE(bench.now - start < 3min);
        bench.live(500ms);
      }
      probed.merge(bench.refuse_all());
    }
    CHECK(probed == set_of(servers(10, 12)));
    CHECK(bench.node.remember_peers() == servers(2, 2));
    bench.live(5min);
    CHECK(bench.counted().probes_started == 3);
  }
}

TEST_SUITE("Known peers: what is remembered") {
  TEST_CASE("Peers that were dialled come first, then others, then the passive view, then what was known") {
    KnownBench bench(knowing(servers(10, 12), 2));
    const Endpoint lost = *bench.refuse_all().begin();
    CHECK(lost == server(10));
    bench.extended(1);
    bench.extended(2);
    bench.from(p(1), PeerResponse{servers(30, 32)});
    const auto dialled = bench.transport.dialled.at(0);
    bench.answer_all();
    std::vector<Endpoint> expected{*literal_endpoint(dialled.address), server(2), server(3)};
    for (const Endpoint& address : bench.passive().all()) expected.push_back(address);
    for (const Endpoint& address : servers(10, 12)) expected.push_back(address);
    CHECK(bench.passive().size() == 2);
    CHECK(bench.node.remember_peers() == expected);
    CHECK(bench.node.remember_peers() == expected);  // and no other order the next time
  }

  TEST_CASE("96 at most: 48 peers, and the passive view") {
    NeighborBench bench(with_degree(2, 100));
    for (int number = 1; number <= 60; ++number) bench.extended(number);
    bench.from(p(1), PeerResponse{servers(200, 260)});
    bench.from(p(1), PeerResponse{servers(300, 300)});  // for the one that was dialled
    const std::vector<Endpoint> remembered = bench.node.remember_peers();
    CHECK(remembered.size() == 96);
    CHECK(std::vector(remembered.begin(), remembered.begin() + 48) == servers(2, 49));
    CHECK(std::vector(remembered.begin() + 48, remembered.end()) == bench.passive().all());
  }

  TEST_CASE("A node that has lost everybody remembers whom it knew, and turns to them") {
    KnownBench bench(with_degree(2));
    bench.extended(1);
    bench.from(p(1), PeerResponse{servers(30, 32)});
    bench.answer_all();
    const std::vector<Endpoint> remembered = bench.node.remember_peers();
    CHECK(remembered.size() == 4);
    const auto peers = bench.node.pool().peers();
    for (const Peer& peer : std::vector(peers.begin(), peers.end())) bench.closed(peer.connection);
    bench.refuse_all();
    CHECK(bench.passive().size() == 0);
    CHECK(bench.node.remember_peers() == remembered);
    bench.await_dial();
    CHECK(bench.refuse_all() == set_of(remembered));
  }
}

}  // namespace
}  // namespace gossip::test
