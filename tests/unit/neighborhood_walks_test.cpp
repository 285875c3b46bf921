/// \file
/// docs/protocol.md, 'The overlay extension', on newcomers: JOIN, and who is told by PEER UPDATE.

#include "neighbor_bench.hpp"

#include <set>
#include <vector>

namespace gossip::test {
namespace {

/// Degree 2 and one link of its own, so that it lacks nobody; p1 and what else others have opened.
struct Full : NeighborBench {
  explicit Full(int accepted_links = 1) : NeighborBench(with_degree(2)) {
    extended(1);
    from(p(1), PeerResponse{{server(60)}});
    own = answer_all().at(0);
    for (int number = 2; number <= accepted_links; ++number) extended(number);
    transport.clear();
  }
  ConnectionId own{};
};

TEST_SUITE("JOIN of a newcomer") {
  TEST_CASE("A PEER REQUEST on an extended link sets out 4 walks of ttl 6, to 4 others at random") {
    std::set<ConnectionId> asked;
    for (int round = 0; round < 30; ++round) {
      Full bench(6);
      for (int i = 0; i < round; ++i) bench.from(p(1), Join{4, server(70)});  // makes the rounds differ
      bench.transport.clear();
      bench.from(p(6), PeerRequest{server(7)});
      const auto joins = bench.sent<Join>();
      REQUIRE(joins.size() == 4);
      std::set<ConnectionId> to;
      for (const auto& [link, join] : joins) {
        CHECK(join == Join{6, server(7)});
        to.insert(link);
      }
      CHECK(to.size() == 4);
      CHECK_FALSE(to.contains(p(6)));
      asked.insert(to.begin(), to.end());
    }
    CHECK(asked == std::set{p(1), p(2), p(3), p(4), p(5), d(1)});
  }

  TEST_CASE("With fewer neighbours there are fewer walks, and with none but the newcomer none") {
    Full bench;
    bench.from(p(1), PeerRequest{server(2)});
    CHECK(bench.sent<Join>().size() == 1);
    CHECK(bench.transport.sent_to<Join>(bench.own).size() == 1);
    NeighborBench alone;
    alone.extended(1);
    alone.from(p(1), PeerRequest{server(2)});
    CHECK(alone.sent<Join>().empty());
  }

  TEST_CASE("Only the first PEER REQUEST of a link is told of, each is answered") {
    Full bench;
    for (int i = 0; i < 3; ++i) bench.from(p(1), PeerRequest{server(2)});
    CHECK(bench.sent<Join>().size() == 1);
    CHECK(bench.transport.sent_to<PeerResponse>(p(1)).size() == 3);
  }

  TEST_CASE("The answer to a newcomer names the neighbours, then who else is known") {
    Full bench;
    bench.from(p(1), PeerResponse{servers(70, 72)});
    bench.from(p(1), PeerRequest{server(2)});
    const auto told = bench.transport.sent_to<PeerResponse>(p(1));
    REQUIRE(told.size() == 1);
    std::vector<Endpoint> named = told[0].server_addresses;
    REQUIRE(named.size() == 4);
    CHECK(named[0] == server(60));
    std::ranges::sort(named);
    CHECK(named == std::vector{server(60), server(70), server(71), server(72)});
  }

  TEST_CASE("An address that is not usable, or this node's own, sets out no walk") {
    for (const Endpoint address : {Endpoint{}, Endpoint{server(9).address, 0}, own_server}) {
      Full bench;
      bench.from(p(1), PeerRequest{address});
      CHECK(bench.sent<Join>().empty());
    }
  }

  TEST_CASE("A second link to the same node, which its PEER REQUEST shows, sets out no walk") {
    Full bench(2);
    bench.stranger();
    bench.from(p(3), hello(9, Endpoint{}));
    bench.from(p(3), PeerRequest{server(2)});
    CHECK_FALSE(bench.is_peer(p(3)));
    CHECK(bench.sent<Join>().empty());
  }

  TEST_CASE("A PEER REQUEST on a base link sets out no walk, nor does a PEER INIT on an extended one") {
    Full bench;
    const ConnectionId base = bench.stranger();
    bench.from(base, PeerRequest{server(8)});
    bench.from(p(1), PeerInit{server(2)});
    CHECK(bench.sent<Join>().empty());
  }

  TEST_CASE("No walk begins on a probe of another") {
    Full bench;
    bench.probed(2);
    bench.from(p(1), PeerRequest{server(2)});
    CHECK(bench.sent<Join>().size() == 1);
    CHECK(bench.transport.sent_to<Join>(bench.own).size() == 1);
  }
}

TEST_SUITE("JOIN on its way") {
  TEST_CASE("JOIN goes on to one other with a ttl less by one, and is counted") {
    for (const unsigned ttl : {6U, 5U, 4U, 3U, 2U, 1U}) {
      CAPTURE(ttl);
      Full bench;
      bench.from(p(1), Join{static_cast<std::uint8_t>(ttl), server(70)});
      const auto joins = bench.sent<Join>();
      REQUIRE(joins.size() == 1);
      CHECK(joins[0].first == bench.own);
      CHECK(joins[0].second == Join{static_cast<std::uint8_t>(ttl - 1), server(70)});
      CHECK(bench.counted().joins_passed_on == 1);
      CHECK(bench.passive().contains(server(70)) == (ttl == 3));
      CHECK(bench.dials().empty());
    }
  }

  TEST_CASE("JOIN goes to any other, and never back") {
    Full bench(4);
    for (int i = 0; i < 60; ++i) bench.from(p(2), Join{5, server(70)});
    std::set<ConnectionId> reached;
    for (const auto& [link, join] : bench.sent<Join>()) reached.insert(link);
    CHECK(reached == std::set{bench.own, p(1), p(3), p(4)});
  }

  TEST_CASE("JOIN of ttl 0 ends, and is remembered") {
    Full bench;
    bench.from(p(1), Join{0, server(70)});
    CHECK(bench.sent<Join>().empty());
    CHECK(bench.counted().joins_passed_on == 0);
    CHECK(bench.passive().contains(server(70)));
  }

  TEST_CASE("JOIN ends where a node lacks a link of its own: it dials the newcomer") {
    NeighborBench bench(with_degree(4));
    for (int number = 1; number <= 3; ++number) bench.extended(number);
    bench.from(p(1), Join{6, server(70)});
    CHECK(bench.sent<Join>().empty());
    CHECK(bench.dials() == servers(70, 70));
    bench.from(p(1), Join{6, server(71)});
    CHECK(bench.dials() == servers(71, 71));
    bench.from(p(1), Join{6, server(72)});
    CHECK(bench.dials().empty());
    CHECK(bench.sent<Join>().size() == 1);
  }

  TEST_CASE("JOIN ends where nobody else is there") {
    Full bench;
    bench.closed(p(1));
    bench.peer();  // base peers do not understand it
    bench.from(bench.own, Join{6, server(70)});
    CHECK(bench.sent<Join>().empty());
    CHECK(bench.passive().contains(server(70)));
  }

  TEST_CASE("JOIN that names oneself or a peer, or what cannot be dialled, is not remembered where it ends") {
    Full bench;
    for (const Endpoint address : {own_server, server(2), server(60), Endpoint{}, Endpoint{1, 0}}) {
      bench.from(p(1), Join{0, address});
    }
    CHECK(bench.passive().size() == 0);
    CHECK(bench.counted().addresses_skipped == 3);
    CHECK(bench.transport.closed.empty());
  }

  TEST_CASE("JOINs that are passed on faster than a neighbour reads hold up who sends them") {
    Full bench;
    bench.congest(bench.own);
    bench.from(p(1), Join{5, server(70)});
    CHECK(bench.paused(p(1)));
    bench.relieve(bench.own);
    CHECK_FALSE(bench.paused(p(1)));
  }
}

TEST_SUITE("PEER UPDATE about a newcomer") {
  TEST_CASE("Of one on an extended link only base links hear, of one on a base link all do") {
    Full bench;
    const ConnectionId base = bench.peer();
    bench.transport.clear();
    const ConnectionId newcomer = bench.stranger();
    bench.from(newcomer, hello(30, server(30)));
    bench.transport.clear();
    bench.from(newcomer, PeerRequest{server(30)});
    const auto told = bench.sent<PeerUpdate>();
    REQUIRE(told.size() == 1);
    CHECK(told[0].first == base);
    bench.transport.clear();
    bench.from(newcomer, PeerInit{server(30)});
    REQUIRE(bench.sent<PeerUpdate>().size() == 1);
    CHECK(bench.sent<PeerUpdate>()[0].first == base);
    bench.transport.clear();
    bench.from(bench.stranger(), PeerInit{server(31)});
    std::set<ConnectionId> heard;
    for (const auto& [link, update] : bench.sent<PeerUpdate>()) {
      CHECK(update.server_address == server(31));
      heard.insert(link);
    }
    CHECK(heard == std::set{base, p(1), bench.own, newcomer});
  }

  TEST_CASE("A PEER UPDATE that was on its way before the other side knew the link is not passed on") {
    for (const bool is_told : {false, true}) {
      CAPTURE(is_told);
      Full bench;
      bench.peer();
      if (is_told) bench.from(p(1), digest_of({}));
      bench.transport.clear();
      bench.from(p(1), found(server(70), 5));
      CHECK(bench.passive().contains(server(70)));
      CHECK(bench.sent<PeerUpdate>().empty() == !is_told);
    }
  }

  TEST_CASE("A PEER UPDATE is passed on to all links, extended ones among them") {
    Full bench;
    const ConnectionId base = bench.peer();
    bench.from(p(1), digest_of({}));
    bench.transport.clear();
    bench.from(p(1), found(server(70), 5));
    CHECK(bench.sent<PeerUpdate>().size() == 2);
    CHECK(bench.transport.sent_to<PeerUpdate>(base).size() == 1);
    CHECK(bench.transport.sent_to<PeerUpdate>(bench.own).size() == 1);
  }
}

}  // namespace
}  // namespace gossip::test
