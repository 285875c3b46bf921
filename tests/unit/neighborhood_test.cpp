/// \file
/// docs/protocol.md, 'The overlay extension', on neighbours: how many links a node opens itself, and how it
/// replaces them.

#include "neighbor_bench.hpp"

#include <vector>

namespace gossip::test {
namespace {

using Reason = Disconnect::Reason;

TEST_SUITE("Neighborhood: own links") {
  TEST_CASE("A node opens half of degree itself, rounded up; of degree 0, which stands for 8, four") {
    const std::vector<std::pair<std::size_t, std::size_t>> own{{0, 4}, {1, 1}, {2, 1},  {3, 2},
                                                               {8, 4}, {9, 5}, {30, 15}};
    for (const auto& row : own) {
      CAPTURE(row.first);
      NeighborBench bench(with_degree(row.first));
      bench.extended(1);
      bench.from(p(1), PeerResponse{servers(10, 40)});
      CHECK(bench.dials().size() == row.second);
    }
    NeighborBench small(with_degree(0, 3));
    small.extended(1);
    small.from(p(1), PeerResponse{servers(10, 40)});
    CHECK(small.dials().size() == 2);
  }

  TEST_CASE("Links that others open do not count: however many there are, a node opens its own") {
    NeighborBench bench(with_degree(4));
    for (int number = 1; number <= 10; ++number) bench.extended(number);
    bench.from(p(1), PeerResponse{servers(20, 30)});
    CHECK(bench.dials().size() == 2);
  }

  TEST_CASE("What is dialled counts as a link of one's own while it is not decided") {
    NeighborBench bench(with_degree(4));
    bench.extended(1);
    bench.from(p(1), PeerResponse{servers(20, 30)});
    CHECK(bench.dials().size() == 2);
    bench.from(p(1), PeerResponse{servers(40, 50)});
    CHECK(bench.dials().empty());
    bench.live(15s);
    CHECK(bench.dials().empty());
  }

  TEST_CASE("Of a PEER RESPONSE all is remembered that is not dialled") {
    NeighborBench bench(with_degree(2));
    bench.extended(1);
    bench.from(p(1), PeerResponse{servers(20, 30)});
    const std::vector<Endpoint> dialled = bench.dials();
    REQUIRE(dialled.size() == 1);
    for (const Endpoint& address : servers(20, 30)) {
      CHECK((bench.passive().contains(address) || address == dialled[0]));
    }
  }

  TEST_CASE("A PEER RESPONSE that names oneself, peers, and what cannot be: nothing of it is remembered") {
    NeighborBench bench(with_degree(2));
    bench.extended(1);
    bench.from(p(1), PeerResponse{{own_server, server(2), Endpoint{}, Endpoint{server(9).address, 0}}});
    CHECK(bench.passive().size() == 0);
    CHECK(bench.dials().empty());
    CHECK(bench.counted().addresses_skipped == 3);
  }

  TEST_CASE("A PEER UPDATE of a node that is found is remembered; of one that is lost, not") {
    NeighborBench bench(with_degree(2));
    bench.extended(1);
    bench.from(p(1), PeerResponse{{server(20)}});
    bench.transport.dialled.clear();
    bench.from(p(1), found(server(30), 3));
    CHECK(bench.passive().contains(server(30)));
    bench.from(p(1), lost(server(31), 3));
    bench.from(p(1), found(server(2), 3));
    bench.from(p(1), found(own_server, 3));
    bench.from(p(1), found(Endpoint{}, 3));
    bench.from(p(1), found(server(20), 3));
    CHECK(bench.passive().size() == 1);
    CHECK(bench.dials().empty());
  }

  TEST_CASE("A neighbour is told that it is wanted: high up to half of degree, low from there on") {
    NeighborBench bench;
    bench.extended(1);
    bench.from(p(1), PeerResponse{servers(20, 23)});
    const std::vector<ConnectionId> links = bench.answer_all();
    REQUIRE(links.size() == 4);
    const auto told = bench.sent<Neighbor>();
    REQUIRE(told.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
      CHECK(told[i].first == links[i]);
      // With p1 it is the second link, and so on: four are half of eight.
      CHECK(told[i].second.kind == (i < 3 ? Neighbor::Kind::high : Neighbor::Kind::low));
    }
  }

  TEST_CASE("Whoever was accepted is not told NEIGHBOR, nor is a base peer") {
    NeighborBench bench;
    bench.extended(1);
    bench.from(p(1), PeerResponse{{server(20)}});
    bench.connected(bench.last_dial(), server(20));
    bench.from(bench.last_dial(), PeerInit{server(20)});
    CHECK(bench.sent<Neighbor>().empty());
  }
}

TEST_SUITE("Neighborhood: replacement") {
  /// Two links of its own, p1, and one or more addresses besides.
  struct Two : NeighborBench {
    explicit Two(std::uint32_t others, const Config& config = with_degree(4)) : NeighborBench(config) {
      extended(1);
      from(p(1), PeerResponse{servers(20, 21)});
      own = answer_all();
      if (others > 0) from(p(1), PeerResponse{servers(30, 29 + others)});
      transport.clear();
    }
    std::vector<ConnectionId> own;
  };

  TEST_CASE("A lost link of one's own is replaced from the passive view at once") {
    Two bench(1);
    bench.closed(bench.own[0]);
    CHECK(bench.dials() == servers(30, 30));
  }

  TEST_CASE("A link that broke the protocol is replaced as any that is lost") {
    Two bench(1);
    bench.from(bench.own[0], hello(9));  // the second
    CHECK_FALSE(bench.is_peer(bench.own[0]));
    CHECK(bench.dials() == servers(30, 30));
  }

  TEST_CASE("Who broke the protocol is not dialled again within 10 s, whoever names him") {
    Two bench(0);
    const Endpoint broke = *bench.node.pool().find(bench.own[0])->server_address;
    bench.from(bench.own[0], hello(9));  // the second
    bench.from(p(1), PeerResponse{{broke}});
    CHECK(bench.dials().empty());
    bench.live(10s - 1ns);
    CHECK(bench.dials().empty());
    bench.live(1ns);
    bench.from(p(1), PeerResponse{{server(40)}});
    CHECK_FALSE(bench.dials().empty());
  }

  TEST_CASE("A lost link that another opened is not replaced") {
    Two bench(1);
    bench.closed(p(1));
    CHECK(bench.dials().empty());
    CHECK(bench.passive().contains(server(30)));
  }

  TEST_CASE("A lost node leaves the passive view: it is not dialled again") {
    Two bench(0);
    const Endpoint gone = *bench.node.pool().find(bench.own[0])->server_address;
    bench.closed(bench.own[0]);
    CHECK_FALSE(bench.passive().contains(gone));
    bench.live(20s);
    CHECK(bench.dials().empty());
  }

  TEST_CASE("What cannot be reached leaves the passive view, and the next is dialled at once") {
    Two bench(2);
    bench.closed(bench.own[0]);
    const ConnectionId first = bench.last_dial();
    const std::vector<Endpoint> dialled = bench.dials();
    REQUIRE(dialled.size() == 1);
    bench.node.on_connect_failed(first, "refused", bench.now);
    CHECK_FALSE(bench.passive().contains(dialled[0]));
    const std::vector<Endpoint> next = bench.dials();
    REQUIRE(next.size() == 1);
    CHECK(next != dialled);
  }

  TEST_CASE("What is dialled is not named as a node that could be dialled, whether it answers or not") {
    Two bench(1);
    bench.closed(bench.own[0]);
    REQUIRE(bench.dials() == servers(30, 30));
    bench.connected(d(3), server(30));
    bench.from(d(3), PeerInit{server(30)});  // a base peer
    bench.transport.clear();
    bench.from(p(1), PeerRequest{server(2)});
    const auto told = bench.transport.sent_to<PeerResponse>(p(1));
    REQUIRE(told.size() == 1);
    CHECK(std::ranges::count(told[0].server_addresses, server(30)) == 1);
  }

  TEST_CASE("A second address of a neighbour is dialled once and not again") {
    Two bench(1);
    bench.closed(bench.own[0]);
    REQUIRE(bench.dials() == servers(30, 30));
    bench.connected(d(3), server(30));
    const Endpoint other = *bench.node.pool().find(bench.own[1])->server_address;
    bench.from(d(3), hello(static_cast<int>(other.address.ipv4() - own_server.address.ipv4()), server(30)));
    CHECK_FALSE(bench.is_peer(d(3)));
    bench.transport.clear();
    bench.live(25s);
    CHECK(bench.dials().empty());
  }
}

TEST_SUITE("Neighborhood: bootstrappers") {
  /// Of whose own links three are the least of which two may be lost without a sign of a network in pieces.
  Config joining() {
    Config config = with_degree(5);
    config.bootstrappers = {to_host_port(server(50))};
    config.retry_pause_max = 4s;
    return config;
  }

  TEST_CASE("While others are dialled no bootstrapper is, and when nothing is left they are") {
    NeighborBench bench(joining());
    bench.answer(d(1), server(50));
    bench.extended(1);
    bench.from(p(1), PeerResponse{servers(20, 21)});
    bench.transport.dialled.erase(bench.transport.dialled.begin());
    bench.answer_all();
    bench.from(p(1), PeerResponse{{server(30)}});
    bench.closed(d(1));
    const ConnectionId dialled = bench.last_dial();
    CHECK(bench.dials() == servers(30, 30));
    bench.live(8s);
    CHECK(bench.dials().empty());
    bench.node.on_connect_failed(dialled, "refused", bench.now);
    CHECK(bench.dials().empty());
    bench.live(2s - 1ns);
    CHECK(bench.dials().empty());
    bench.live(2s);
    CHECK(bench.dials() == servers(50, 50));
  }

  TEST_CASE("More links are lost than others are known: the bootstrappers wait for what comes of those") {
    NeighborBench bench(joining());
    bench.answer(d(1), server(50));
    bench.extended(1);
    bench.from(p(1), PeerResponse{servers(20, 21)});
    bench.transport.dialled.erase(bench.transport.dialled.begin());
    const std::vector<ConnectionId> own = bench.answer_all();
    bench.from(p(1), PeerResponse{{server(30)}});
    bench.closed(d(1));
    const ConnectionId dialled = bench.last_dial();
    bench.closed(own[0]);
    CHECK(bench.dials() == servers(30, 30));
    bench.live(8s);
    CHECK(bench.dials().empty());
    bench.answer(dialled, server(30));
    bench.closed(dialled);
    bench.live(4s);
    CHECK(bench.dials() == servers(50, 50));
  }

  TEST_CASE("A link is lost, and nobody else is known: it is replaced by a bootstrapper") {
    NeighborBench bench(joining());
    bench.answer(d(1), server(50));
    bench.extended(1);
    bench.transport.clear();
    bench.closed(d(1));
    CHECK(bench.dials().empty());
    bench.live(4s);
    CHECK(bench.dials() == servers(50, 50));
  }

  TEST_CASE("A node without peers goes back to its bootstrappers by the base protocol's pauses") {
    NeighborBench bench(with_bootstrapper(server(50)));
    bench.answer(d(1), server(50));
    bench.transport.clear();
    bench.closed(d(1));
    CHECK(bench.dials().empty());
    bench.pass(500ms);
    CHECK(bench.dials() == servers(50, 50));
  }

  TEST_CASE("The last neighbour leaves: the node goes back to its bootstrappers") {
    for (const Reason reason : {Reason::no_room, Reason::probe_over, Reason::leaving}) {
      NeighborBench bench(with_bootstrapper(server(50)));
      bench.answer(d(1), server(50));
      bench.transport.clear();
      bench.from(d(1), Disconnect{reason});
      CHECK(bench.node.pool().empty());
      bench.pass(500ms);
      CHECK(bench.dials() == servers(50, 50));
    }
  }

  TEST_CASE("The only peer broke the protocol before its link was extended: the bootstrappers are tried") {
    NeighborBench bench(with_bootstrapper(server(50)));
    bench.connected(d(1), server(50));
    bench.pass(2s);
    bench.transport.clear();
    bench.from(d(1), hello(9));  // too late
    bench.from(d(1), digest_of({}));
    CHECK(bench.node.pool().empty());
    bench.pass(500ms);
    CHECK(bench.dials() == servers(50, 50));
  }

  /// A node whose only peer names others that cannot be reached, whenever it is asked.
  struct Misled : NeighborBench {
    Misled() : NeighborBench(with_degree(2)) { extended(1); }

    /// How often it asks meanwhile: the peer answers, and what is dialled fails, at once.
    std::size_t requests_within(Duration time) {
      std::size_t requests = 0;
      const TimePoint end = now + time;
      while (true) {
        for (const auto& dialled : std::exchange(transport.dialled, {}))
          node.on_connect_failed(dialled.connection, "refused", now);
        if (!sent<PeerRequest>().empty()) {
          requests += sent<PeerRequest>().size();
          transport.sent.clear();
          from(p(1), PeerResponse{{server(30)}});
        } else if (now < end) {
          live(500ms);
        } else {
          return requests;
        }
      }
    }
  };

  TEST_CASE("Whoever is named nobody but who cannot be reached asks at leisure") {
    Misled bench;
    bench.from(p(1), PeerResponse{{server(30)}});
    CHECK(bench.requests_within(0s) == Neighborhood::asked_at_once);
    CHECK(bench.requests_within(1s) == 1);
    CHECK(bench.requests_within(2s) == 1);
    CHECK(bench.requests_within(60s) <= 10);
  }

  TEST_CASE("A neighbour leaves, and nobody else is known: it is replaced by a bootstrapper") {
    NeighborBench bench(joining());
    bench.answer(d(1), server(50));
    bench.peer();  // which is no link of its own, and tells of nobody
    bench.transport.clear();
    bench.from(d(1), Disconnect{Reason::leaving});
    CHECK(bench.dials().empty());
    bench.live(4s);
    CHECK(bench.dials() == servers(50, 50));
  }
}

}  // namespace
}  // namespace gossip::test
