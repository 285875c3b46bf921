/// \file
/// docs/protocol.md, 'The overlay extension', on messages: what goes where between base and extended links.

#include "overlay_bench.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace gossip::test {
namespace {

/// A node with base peer p1, extended peers p2 and p3, base peer p4, and client c1, who votes on type 7.
struct Mixed : OverlayBench {
  explicit Mixed(const Config& config = {}) : OverlayBench(config) {
    peer();
    extended(2);
    extended(3);
    peer();
    client({7});
    (void)take();
  }

  /// The node's own tree: the last byte of its id modulo 64.
  [[nodiscard]] int own_tree() const { return std::to_integer<int>(node.p2p().node_id()->bytes.back()) % 64; }
  /// It is found valid.
  void accept(std::string_view text) {
    (void)take();
    vote(c(1), text, true);
  }
  [[nodiscard]] bool adds_up() const { return !discrepancy(node.statistics(), node.stock()); }
};

TEST_SUITE("Trees between base and extended links") {
  TEST_CASE("Trees: what a client announces goes as ANNOUNCE to base links and as DATA to extended ones") {
    Mixed bench;
    bench.from(bench.client(), announce("a"));
    const std::string tree = std::to_string(bench.own_tree());
    CHECK(bench.take() ==
          "c1 NOTIFICATION 7 a; p1 ANNOUNCE 7 a ttl 0; p4 ANNOUNCE 7 a ttl 0; p2 DATA 7 a ttl 0 tree " +
              tree + " hops 0; p3 DATA 7 a ttl 0 tree " + tree + " hops 0");
    CHECK(bench.node.statistics().announces_sent == 2);
    CHECK(bench.node.statistics().data_sent == 2);
    CHECK(bench.adds_up());
  }

  TEST_CASE("Trees: what comes from a base peer enters the extension here, its ttl stepped") {
    Mixed bench;
    bench.from(p(1), announce("a", 7, 5));
    CHECK(bench.take() == "c1 NOTIFICATION 7 a");
    bench.accept("a");
    const std::string tree = std::to_string(bench.own_tree());
    CHECK(bench.take() == "p4 ANNOUNCE 7 a ttl 4; p2 DATA 7 a ttl 4 tree " + tree +
                              " hops 0; p3 DATA 7 a ttl 4 tree " + tree + " hops 0");
    CHECK(bench.adds_up());
  }

  TEST_CASE("Trees: what comes as DATA goes on by its tree, and to base links as ANNOUNCE, its ttl stepped") {
    Mixed bench;
    bench.from(p(2), data("a", 9, 0, 3));
    bench.accept("a");
    CHECK(bench.take() == "p1 ANNOUNCE 7 a ttl 0; p4 ANNOUNCE 7 a ttl 0; p3 DATA 7 a ttl 0 tree 9 hops 4");
    bench.from(p(2), data("b", 9, 5, 3));
    bench.accept("b");
    CHECK(bench.take() == "p1 ANNOUNCE 7 b ttl 4; p4 ANNOUNCE 7 b ttl 4; p3 DATA 7 b ttl 4 tree 9 hops 4");
    CHECK(bench.node.statistics().peer_announces == 2);
    CHECK(bench.adds_up());
  }

  TEST_CASE("Trees: a DATA with ttl 1 goes no further, and one that is found invalid does not, either") {
    Mixed bench;
    bench.from(p(2), data("a", 9, 1));
    bench.accept("a");
    CHECK(bench.take() == "");
    CHECK(bench.node.statistics().forwards_expired == 1);
    bench.from(p(2), data("b", 9));
    (void)bench.take();
    bench.vote(c(1), "b", false);
    CHECK(bench.take() == "");
    CHECK(bench.adds_up());
  }

  TEST_CASE("Trees: DATAs that a transport has not decoded are taken as they are") {
    Mixed bench;
    const std::vector<Data> sent{data("a", 9, 0, 3), data("b", 10)};
    const std::vector<AnnounceView> views(sent.begin(), sent.end());
    CHECK(bench.node.on_announces(p(2), views, bench.now) == 2);
    bench.accept("a");
    CHECK(bench.transport.sent_to<Data>(p(3)) == std::vector<Data>{data("a", 9, 0, 4)});
    bench.accept("b");
    CHECK(bench.transport.sent_to<Data>(p(3)) == std::vector<Data>{data("b", 10, 0, 1)});
    CHECK(bench.adds_up());
  }

  TEST_CASE("Trees: a duplicate from a base peer prunes nothing, one from an extended peer its link") {
    Mixed bench;
    bench.from(p(3), digest_of({}));
    bench.from(p(2), data("a", 9));
    bench.from(p(1), announce("a"));
    bench.from(p(3), announce("a"));
    CHECK(bench.take() == "c1 NOTIFICATION 7 a");
    bench.from(p(3), data("a", 9));
    CHECK(bench.take() == "p3 PRUNE 9");
    CHECK(bench.node.statistics().duplicates_cached == 3);
    CHECK(bench.adds_up());
  }

  TEST_CASE("Trees: a pruned link is told of what is valid, and asks for it") {
    Mixed bench;
    bench.from(p(3), Prune{bit(9)});
    bench.from(p(2), data("a", 9));
    bench.accept("a");
    CHECK(bench.take() == "p1 ANNOUNCE 7 a ttl 0; p4 ANNOUNCE 7 a ttl 0");
    CHECK(bench.node.statistics().messages_forwarded == 1);
    bench.pass(5ms);
    CHECK(bench.take() == "p3 IHAVE 9");
    bench.from(p(3), Graft{{{Tree{9}, content("a")}}});
    CHECK(bench.take() == "p3 DATA 7 a ttl 0 tree 9 hops 1");
    CHECK(bench.adds_up());
  }

  TEST_CASE("Repair: what is told of is asked for by the node's own timers") {
    Mixed bench;
    bench.from(p(2), IHave{{{Tree{9}, content("a")}}});
    bench.pass(1s - 1ns);
    CHECK(bench.take() == "");
    bench.pass(1ns);
    CHECK(bench.transport.sent_to<Graft>(p(2)) == std::vector<Graft>{{{{Tree{9}, content("a")}}}});
    bench.from(p(2), data("a", 9));
    bench.accept("a");
    CHECK(bench.transport.sent_to<Data>(p(3)).size() == 1);
    bench.pass(1s);
    CHECK(bench.transport.sent_to<Graft>(p(2)).empty());
    CHECK(bench.node.statistics().missing_given_up == 0);
    CHECK(bench.adds_up());
  }

  TEST_CASE("Trees: a DATA that has to wait for verdicts on others keeps its tree and its hops") {
    Mixed bench(config_with(4));  // three may be protected, one of each peer
    bench.from(p(2), data("a", 9, 0, 3));
    bench.from(p(2), data("b", 10, 0, 5));
    CHECK(bench.take() == "c1 NOTIFICATION 7 a; pause p2");
    CHECK(bench.node.p2p().waiting() == 1);
    CHECK(bench.adds_up());
    bench.vote(c(1), "a", true);
    bench.accept("b");
    CHECK(bench.transport.sent_to<Data>(p(3)) == std::vector<Data>{data("b", 10, 0, 6)});
    CHECK(bench.adds_up());
  }

  TEST_CASE("Trees: a link that has ended is no more, and its node comes back as a new one") {
    Mixed bench;
    bench.from(p(3), Prune{bit(9)});
    bench.closed(p(3));
    CHECK_FALSE(bench.is_extended(p(3)));
    const ConnectionId again = bench.extended(3);
    CHECK(bench.is_extended(again));
    CHECK(bench.node.p2p().trees()->eager_trees(again) == ~std::uint64_t{0});
    CHECK(bench.transport.closed.empty());
  }

  TEST_CASE(
      "Trees: what comes again with a ttl that leads further goes further, and is not delivered again") {
    Mixed bench;
    bench.from(p(2), data("a", 9, 2));
    bench.accept("a");
    CHECK(bench.take() == "p1 ANNOUNCE 7 a ttl 1; p4 ANNOUNCE 7 a ttl 1; p3 DATA 7 a ttl 1 tree 9 hops 1");
    bench.from(p(3), data("a", 9, 2));
    CHECK(bench.take() == "");
    bench.from(p(3), data("a", 9, 5));
    CHECK(bench.take() == "p1 ANNOUNCE 7 a ttl 4; p4 ANNOUNCE 7 a ttl 4; p2 DATA 7 a ttl 4 tree 9 hops 1");
    bench.from(p(3), data("a", 9, 4));
    CHECK(bench.take() == "");
    CHECK(bench.node.statistics().forwards_again == 1);
    CHECK(bench.node.statistics().notifications_sent == 1);
    CHECK(bench.adds_up());
  }

  TEST_CASE(
      "Trees: what leads further before the verdict goes to who brought it first, not to who brought it so") {
    Mixed bench;
    bench.from(p(2), data("a", 9, 1));
    bench.from(p(1), announce("a", 7, 3));
    CHECK(bench.take() == "c1 NOTIFICATION 7 a");
    bench.vote(c(1), "a", true);
    CHECK(bench.take() ==
          "p4 ANNOUNCE 7 a ttl 2; p2 DATA 7 a ttl 2 tree 9 hops 1; p3 DATA 7 a ttl 2 tree 9 hops 1");
    CHECK(bench.node.statistics().forwards_again == 0);
    CHECK(bench.adds_up());
  }

  TEST_CASE("Trees: what a newcomer of the base protocol brings so that it leads further does not go back") {
    for (const bool decided_first : {true, false}) {
      CAPTURE(decided_first);
      Mixed bench;
      bench.from(c(1), announce("fills its queue"));
      bench.from(p(2), data("a", 9, 2));
      if (decided_first) bench.vote(c(1), "a", true);
      (void)bench.take();
      bench.transport.congested = {p(5)};
      REQUIRE(bench.peer() == p(5));
      bench.from(p(5), announce("a", 7, 5));
      if (!decided_first) bench.vote(c(1), "a", true);
      bench.transport.congested.clear();
      bench.node.on_relieved(p(5), at(0s));
      CHECK(bench.transport.sent_to<Announce>(p(5)).empty());
      CHECK(bench.transport.sent_to<Announce>(p(1)).back().ttl == Ttl{4});
    }
  }

  TEST_CASE("Trees: of many that lead further before their verdicts each goes to all but who brought it so") {
    Mixed bench;
    // Few are valid in the end; those that are not are forgotten.
    for (int number = 0; number < 100; ++number) {
      const std::string text = std::to_string(number);
      bench.from(p(2), data(text, 9, 2));
      bench.from(p(3), data(text, 9, 5));
      bench.vote(c(1), text, number % 10 == 9);
      CHECK(bench.transport.sent_to<Data>(p(3)).empty());
      CHECK(bench.transport.sent_to<Data>(p(2)).size() == (number % 10 == 9 ? 1 : 0));
      bench.transport.clear();
    }
    CHECK(bench.adds_up());
  }

  TEST_CASE("Trees: what comes again with a higher ttl, again and again, never goes back to its bringer") {
    Mixed bench;
    bench.from(p(2), data("a", 9, 2));
    bench.accept("a");
    (void)bench.take();
    for (const ConnectionId bringer : {p(2), p(1)}) {
      for (int ttl = 3; ttl <= 5; ++ttl) {
        const int further = bringer == p(1) ? ttl + 10 : ttl;
        bench.from(bringer, bringer == p(1) ? Message(announce("a", 7, further)) : data("a", 9, further));
        CHECK(bench.transport.sent.size() == 3);
        for (const auto& sent : bench.transport.sent) CHECK(sent.to != bringer);
        (void)bench.take();
      }
    }
    CHECK(bench.node.statistics().forwards_again == 6);
    CHECK(bench.adds_up());
  }

  TEST_CASE("Liveness: a link that says nothing is asked, and closed after three seconds") {
    Mixed bench;
    bench.pass(1s);
    CHECK(bench.take() == "p2 PING 1; p3 PING 2");
    bench.from(p(2), Pong{1});
    CHECK(bench.node.p2p().round_trip(p(2)) == Duration::zero());
    bench.from(p(3), Ping{7});
    CHECK(bench.take() == "p3 PONG 7");
    bench.pass(1s);
    bench.from(p(2), announce("a"));
    (void)bench.take();
    bench.pass(2s - 1ns);
    CHECK(bench.transport.closed.empty());
    bench.pass(1ns);
    REQUIRE(bench.transport.closed.size() == 1);
    CHECK(bench.transport.closed[0].connection == p(3));
    CHECK(bench.transport.closed[0].reason == CloseReason::silent);
    CHECK_FALSE(bench.is_extended(p(3)));
    CHECK(bench.node.statistics().connections_silent == 1);
    CHECK(bench.node.pool().size() == 3);
  }

  TEST_CASE("Repair: what was published without a peer can be asked for by whoever comes") {
    OverlayBench bench;
    bench.extended(2);
    bench.from(p(1), Prune{bit(9)});
    bench.from(p(1), IHave{{{Tree{9}, content("z")}}});
    bench.closed(p(1));
    bench.from(bench.client(), announce("a"));
    const ConnectionId link = bench.extended(3);
    bench.pass(5ms);
    (void)bench.take();
    bench.from(link, Graft{{{no_tree, content("a")}}});
    CHECK(bench.transport.sent_to<Data>(link).size() == 1);
  }

  TEST_CASE("Trees: one that is closed for lack of room is sent nothing more") {
    Config config = config_with(30, 0, 1);
    OverlayBench bench(config);
    bench.extended(1);
    bench.stranger();
    CHECK_FALSE(bench.is_extended(p(1)));
    (void)bench.take();
    bench.from(bench.client(), announce("a"));
    CHECK(bench.take() == "p2 ANNOUNCE 7 a ttl 0");
  }
}

TEST_SUITE("Overlay: base") {
  TEST_CASE("Overlay: to a base node nothing of the extension exists") {
    Bench bench;
    bench.stranger();
    CHECK(bench.take() == "");
    CHECK_FALSE(bench.node.p2p().node_id());
    CHECK(bench.node.p2p().trees() == nullptr);
    bench.from(p(1), hello(1));
    CHECK(bench.node.statistics().frames_skipped == 1);
    bench.from(p(1), PeerInit{server(2)});
    (void)bench.take();
    bench.from(bench.client(), announce("a"));
    CHECK(bench.take() == "p1 ANNOUNCE 7 a ttl 0");
    CHECK(bench.node.statistics().links_extended == 0);
    CHECK_FALSE(bench.node.next_timer());
  }

  TEST_CASE("Overlay: a base node sends a newcomer the cache at once, and says no HELLO where it dials") {
    Bench bench(with_bootstrapper(server(2)));
    bench.from(bench.client(), announce("a"));
    (void)bench.take();
    bench.connected(d(1), server(2));
    CHECK(bench.take() == "d1 PEER REQUEST 10.0.0.1:6001; d1 ANNOUNCE 7 a ttl 0");
  }

  TEST_CASE("Overlay: a DATA that a transport lets through to a base node ends its link") {
    Bench bench;
    bench.peer();
    bench.from(p(1), data("a", 9));
    CHECK(bench.take() == "close p1: " + std::string(to_string(CloseReason::malformed)));
    CHECK_FALSE(bench.knows("a"));
    CHECK_FALSE(discrepancy(bench.node.statistics(), bench.node.stock()));
  }
}

}  // namespace
}  // namespace gossip::test
