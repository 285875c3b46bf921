/// \file
/// docs/protocol.md, 'What a node does', on messages: identity, ttl, ANNOUNCE of clients and of peers.

#include "fixture.hpp"

#include <string>

namespace gossip::test {
namespace {

TEST_SUITE("Identity of a message") {
  TEST_CASE("Identity: the same type and data with another ttl is the same message") {
    Bench bench;
    bench.peer();
    const ConnectionId client = bench.client();
    bench.from(client, announce("a", 7, 3));
    CHECK(bench.take() == "p1 ANNOUNCE 7 a ttl 3");
    bench.from(client, announce("a", 7, 9));
    CHECK(bench.take() == "");
    bench.from(client, announce("a", 8, 3));
    CHECK(bench.take() == "p1 ANNOUNCE 8 a ttl 3");
    CHECK(bench.node.statistics().duplicates_cached == 1);
  }

  TEST_CASE("Identity: evicted content is known for seen_ttl, from clients and from peers") {
    Bench bench(config_with(1));
    const ConnectionId first = bench.peer();
    const ConnectionId client = bench.client();
    bench.from(client, announce("a"));
    bench.from(client, announce("b"));
    (void)bench.take();
    bench.now += 120s;
    bench.from(client, announce("a"));
    bench.from(first, announce("a"));
    CHECK(bench.take() == "");
    CHECK(bench.node.statistics().duplicates_seen == 2);
    bench.now += 3ms;
    bench.from(client, announce("a"));
    CHECK(bench.take() == "p1 ANNOUNCE 7 a ttl 0");
  }

  TEST_CASE("Identity: of evicted contents the last half a million are known") {
    Bench bench(config_with(1));
    const ConnectionId client = bench.client();
    bench.from(client, announce("first"));
    for (std::size_t i = 0; i < Config::seen_digests_usual; ++i)
      bench.from(client, announce(std::to_string(i)));
    bench.from(client, announce("first"));
    CHECK(bench.node.statistics().duplicates_seen == 1);
    bench.from(client, announce("one more"));
    bench.from(client, announce("first"));
    CHECK(bench.node.statistics().duplicates_seen == 1);
  }

  TEST_CASE("Identity: a seen_ttl of 0 switches the memory of evicted content off") {
    Config config = config_with(1);
    config.seen_ttl = 0s;
    Bench bench(config);
    bench.peer();
    const ConnectionId client = bench.client();
    bench.from(client, announce("a"));
    bench.from(client, announce("b"));
    bench.from(client, announce("a"));
    CHECK(bench.take() == "p1 ANNOUNCE 7 a ttl 0; p1 ANNOUNCE 7 b ttl 0; p1 ANNOUNCE 7 a ttl 0");
  }

  TEST_CASE("Identity: a burst larger than the cache does not circulate in a ring") {
    Bench bench(config_with(4));
    const ConnectionId left = bench.peer();
    const ConnectionId right = bench.peer();
    const ConnectionId client = bench.client({7});
    for (int i = 0; i < 20; ++i) {
      bench.from(left, announce(std::to_string(i)));
      bench.vote(client, std::to_string(i), true);
    }
    (void)bench.take();
    for (int i = 0; i < 20; ++i) bench.from(right, announce(std::to_string(i)));
    CHECK(bench.take() == "");
  }
}

TEST_SUITE("TTL") {
  TEST_CASE("TTL: a client's ANNOUNCE leaves its node with the ttl that the client gave, 1 included") {
    Bench bench;
    bench.peer();
    const ConnectionId client = bench.client();
    for (const int ttl : {0, 1, 2, 255}) bench.from(client, announce(std::to_string(ttl), 7, ttl));
    CHECK(bench.take() ==
          "p1 ANNOUNCE 7 0 ttl 0; p1 ANNOUNCE 7 1 ttl 1; p1 ANNOUNCE 7 2 ttl 2; p1 ANNOUNCE 7 255 ttl 255");
  }

  TEST_CASE("TTL: a peer's ANNOUNCE with ttl 1 is delivered to local clients and goes no further") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    bench.peer();
    const ConnectionId client = bench.client({7});
    bench.from(peer, announce("a", 7, 1));
    CHECK(bench.take() == "c1 NOTIFICATION 7 a");
    bench.vote(client, "a", true);
    CHECK(bench.take() == "");
    CHECK(bench.node.cache().is_valid(bench.id_of("a")));
  }

  TEST_CASE("TTL: a peer's ANNOUNCE with ttl n above 1 is forwarded as n - 1") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    bench.peer();
    const ConnectionId client = bench.client({7});
    for (const int ttl : {2, 3, 255}) {
      const std::string data = std::to_string(ttl);
      bench.from(peer, announce(data, 7, ttl));
      (void)bench.take();
      bench.vote(client, data, true);
      CHECK(bench.take() == "p2 ANNOUNCE 7 " + data + " ttl " + std::to_string(ttl - 1));
    }
  }

  TEST_CASE("TTL: a peer's ANNOUNCE with ttl 0 is unlimited and forwarded as 0") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    bench.peer();
    const ConnectionId client = bench.client({7});
    bench.from(peer, announce("a", 7, 0));
    (void)bench.take();
    bench.vote(client, "a", true);
    CHECK(bench.take() == "p2 ANNOUNCE 7 a ttl 0");
  }

  TEST_CASE("TTL: max_ttl m caps what enters from clients: 0 becomes m, larger becomes m") {
    Bench bench(config_with(30, 4));
    bench.peer();
    const ConnectionId client = bench.client();
    for (const int ttl : {0, 1, 4, 5, 255}) bench.from(client, announce(std::to_string(ttl), 7, ttl));
    CHECK(bench.take() ==
          "p1 ANNOUNCE 7 0 ttl 4; p1 ANNOUNCE 7 1 ttl 1; p1 ANNOUNCE 7 4 ttl 4; p1 ANNOUNCE 7 5 ttl 4; "
          "p1 ANNOUNCE 7 255 ttl 4");
  }

  TEST_CASE("TTL: max_ttl caps nothing that comes from peers") {
    Bench bench(config_with(30, 4));
    const ConnectionId peer = bench.peer();
    bench.peer();
    const ConnectionId client = bench.client({7});
    bench.from(peer, announce("far", 7, 200));
    bench.from(peer, announce("unlimited", 7, 0));
    bench.take();
    bench.vote(client, "far", true);
    bench.vote(client, "unlimited", true);
    CHECK(bench.take() == "p2 ANNOUNCE 7 far ttl 199; p2 ANNOUNCE 7 unlimited ttl 0");
  }
}

TEST_SUITE("Client ANNOUNCE") {
  TEST_CASE("Client ANNOUNCE: a NOTIFICATION to every other client of the type, an ANNOUNCE to every peer") {
    Bench bench;
    bench.peer();
    bench.stranger();
    const ConnectionId announcer = bench.client({7});
    bench.client({7});
    bench.client({8});
    bench.client({8, 7});
    bench.from(announcer, announce("a", 7, 5));
    CHECK(bench.take() ==
          "c2 NOTIFICATION 7 a; c4 NOTIFICATION 7 a; p1 ANNOUNCE 7 a ttl 5; p2 ANNOUNCE 7 a ttl 5");
  }

  TEST_CASE("Client ANNOUNCE: it is cached as valid at once") {
    Bench bench;
    bench.from(bench.client(), announce("a"));
    CHECK(bench.node.cache().is_valid(bench.id_of("a")));
  }

  TEST_CASE("Client ANNOUNCE: if it was cached as valid already, nothing happens") {
    Bench bench;
    bench.peer();
    const ConnectionId client = bench.client();
    bench.client({7});
    bench.from(client, announce("a"));
    (void)bench.take();
    bench.from(client, announce("a"));
    bench.from(bench.client(), announce("a"));
    CHECK(bench.take() == "");
  }

  TEST_CASE("Client ANNOUNCE: if it was cached as pending already, nothing happens") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    bench.peer();
    bench.from(peer, announce("a"));
    bench.from(bench.client(), announce("a"));
    CHECK(bench.take() == "");
    CHECK_FALSE(bench.node.cache().is_valid(bench.id_of("a")));
  }

  TEST_CASE("Client ANNOUNCE: all clients of a type are told the same id, and the largest data fits") {
    Bench bench;
    const std::string data(data_bytes_max, 'x');
    const ConnectionId one = bench.client({7});
    const ConnectionId other = bench.client({7});
    bench.peer();
    bench.from(bench.client(), announce(data));
    CHECK(bench.notified(one) == std::vector{bench.id_of(data)});
    CHECK(bench.notified(other) == std::vector{bench.id_of(data)});
    CHECK(bench.transport.sent_to<Announce>(p(1)).at(0).data.size() == data_bytes_max);
  }

  TEST_CASE("Client ANNOUNCE: the verdict of whoever was notified changes nothing, for it is valid") {
    Bench bench;
    bench.peer();
    const ConnectionId other = bench.client({7});
    bench.from(bench.client(), announce("a"));
    (void)bench.take();
    bench.vote(other, "a", true);
    bench.vote(other, "a", false);
    CHECK(bench.take() == "");
    CHECK(bench.node.cache().is_valid(bench.id_of("a")));
    CHECK(bench.node.statistics().verdicts_ignored == 2);
  }
}

TEST_SUITE("Peer ANNOUNCE") {
  TEST_CASE("Peer ANNOUNCE: a NOTIFICATION to every client of the type, and it is not forwarded yet") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    bench.peer();
    bench.client({7});
    bench.client({8});
    bench.client({7});
    bench.from(peer, announce("a", 7, 5));
    CHECK(bench.take() == "c1 NOTIFICATION 7 a; c3 NOTIFICATION 7 a");
    CHECK_FALSE(bench.node.cache().is_valid(bench.id_of("a")));
  }

  TEST_CASE("Peer ANNOUNCE: one that is cached already brings nothing, from whomever it comes") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    const ConnectionId other = bench.peer();
    bench.client({7});
    bench.from(peer, announce("a"));
    (void)bench.take();
    bench.from(peer, announce("a"));
    bench.from(other, announce("a", 7, 9));
    CHECK(bench.take() == "");
    CHECK(bench.node.statistics().duplicates_cached == 2);
  }

  TEST_CASE("Peer ANNOUNCE: a stranger's counts as much") {
    Bench bench;
    bench.client({7});
    bench.from(bench.stranger(), announce("a"));
    CHECK(bench.take() == "c1 NOTIFICATION 7 a");
  }

  TEST_CASE("Peer ANNOUNCE: where no client is registered it waits, unforwarded, until one registers") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    bench.peer();
    bench.from(peer, announce("a"));
    bench.pass(60s);
    CHECK(bench.take() == "");
    const ConnectionId client = bench.client({7});
    CHECK(bench.take() == "c1 NOTIFICATION 7 a");
    bench.vote(client, "a", true);
    CHECK(bench.take() == "p2 ANNOUNCE 7 a ttl 0");
  }
}

TEST_SUITE("A new connection") {
  TEST_CASE(
      "A new connection is sent every valid announcement, oldest first, with the ttl it is forwarded with") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    const ConnectionId client = bench.client({7});
    bench.from(client, announce("own", 7, 9));
    for (const int ttl : {0, 1, 2, 5}) {
      bench.from(peer, announce(std::to_string(ttl), 7, ttl));
      bench.vote(client, std::to_string(ttl), true);
    }
    bench.from(client, announce("own and last hop", 7, 1));
    (void)bench.take();
    bench.stranger();
    CHECK(bench.take() ==
          "p2 ANNOUNCE 7 own ttl 9; p2 ANNOUNCE 7 0 ttl 0; p2 ANNOUNCE 7 2 ttl 1; p2 ANNOUNCE 7 5 ttl 4; "
          "p2 ANNOUNCE 7 own and last hop ttl 1");
  }

  TEST_CASE("A new connection is sent nothing that is pending or was rejected") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    const ConnectionId client = bench.client({7});
    bench.from(peer, announce("pending"));
    bench.from(peer, announce("rejected"));
    bench.from(peer, announce("unregistered", 8));
    bench.vote(client, "rejected", false);
    (void)bench.take();
    bench.stranger();
    CHECK(bench.take() == "");
  }

  TEST_CASE("A new connection that the node dialled is sent them, too, after its PEER REQUEST or PEER INIT") {
    Config config;
    config.bootstrappers = {{"10.0.0.2", 6001}};
    Bench bench(config);
    bench.from(bench.client(), announce("a"));
    CHECK(bench.take() == "dial 10.0.0.2:6001");
    bench.connected(d(1), server(2));
    CHECK(bench.take() == "d1 PEER REQUEST 10.0.0.1:6001; d1 ANNOUNCE 7 a ttl 0");
    bench.from(d(1), PeerResponse{{server(3)}});
    bench.connected(d(2), server(3));
    CHECK(bench.take() == "d2 PEER INIT 10.0.0.1:6001; d2 ANNOUNCE 7 a ttl 0; dial 10.0.0.3:6001");
  }

  TEST_CASE("A new connection gets what is validated later once") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    const ConnectionId client = bench.client({7});
    bench.from(peer, announce("a"));
    bench.stranger();
    (void)bench.take();
    bench.vote(client, "a", true);
    CHECK(bench.take() == "p2 ANNOUNCE 7 a ttl 0");
  }
}

}  // namespace
}  // namespace gossip::test
