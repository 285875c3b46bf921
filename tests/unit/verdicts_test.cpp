/// \file
/// docs/protocol.md, 'NOTIFY', 'VALIDATION' and 'A client that disconnects'.

#include "fixture.hpp"

#include <vector>

namespace gossip::test {
namespace {

TEST_SUITE("NOTIFY") {
  TEST_CASE("NOTIFY: the client is notified of the type from then on") {
    Bench bench;
    bench.client({7});
    bench.from(bench.client(), announce("a", 7));
    bench.from(bench.client(), announce("b", 8));
    CHECK(bench.take() == "c1 NOTIFICATION 7 a");
  }

  TEST_CASE("NOTIFY: the first of a type brings what is in the cache of it, valid or not, oldest first") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    const ConnectionId announcer = bench.client();
    bench.from(announcer, announce("1"));
    bench.from(peer, announce("2"));
    bench.from(announcer, announce("other", 8));
    bench.from(announcer, announce("3"));
    (void)bench.take();
    bench.client({7});
    CHECK(bench.take() == "c2 NOTIFICATION 7 1; c2 NOTIFICATION 7 2; c2 NOTIFICATION 7 3");
  }

  TEST_CASE("NOTIFY: one's own earlier announcement is in the cache, too") {
    Bench bench;
    const ConnectionId client = bench.client();
    bench.from(client, announce("mine"));
    bench.notify(client, 7);
    CHECK(bench.take() == "c1 NOTIFICATION 7 mine");
  }

  TEST_CASE("NOTIFY: the second of a type brings nothing") {
    Bench bench;
    const ConnectionId client = bench.client({7});
    bench.from(bench.client(), announce("a"));
    (void)bench.take();
    bench.notify(client, 7);
    CHECK(bench.take() == "");
    bench.from(bench.client(), announce("b"));
    CHECK(bench.take() == "c1 NOTIFICATION 7 b");
  }

  TEST_CASE("NOTIFY: the first of another type brings what is in the cache of that") {
    Bench bench;
    const ConnectionId client = bench.client({7});
    bench.from(bench.client(), announce("b", 65535));
    bench.from(bench.client(), announce("c", 0));
    (void)bench.take();
    bench.notify(client, 65535);
    bench.notify(client, 0);
    CHECK(bench.take() == "c1 NOTIFICATION 65535 b; c1 NOTIFICATION 0 c");
  }

  TEST_CASE("NOTIFY: what was evicted or rejected is not in the cache") {
    Bench bench(config_with(2));
    const ConnectionId peer = bench.peer();
    const ConnectionId voter = bench.client({7});
    bench.from(peer, announce("bad"));
    bench.vote(voter, "bad", false);
    for (const char* data : {"old", "b", "c"}) bench.from(bench.client(), announce(data));
    (void)bench.take();
    bench.client({7});
    CHECK(bench.take() == "c5 NOTIFICATION 7 b; c5 NOTIFICATION 7 c");
  }

  TEST_CASE("NOTIFY: the ids are those under which the messages are cached") {
    Bench bench;
    for (const char* data : {"a", "b"}) bench.from(bench.client(), announce(data));
    const ConnectionId client = bench.client({7});
    CHECK(bench.notified(client) == std::vector{bench.id_of("a"), bench.id_of("b")});
  }
}

TEST_SUITE("VALIDATION") {
  struct Pending : Bench {
    Pending() : origin(peer()), other(peer()), third(stranger()), voter(client({7})), second(client({7})) {
      from(origin, announce("a", 7, 5));
      (void)take();
    }
    ConnectionId origin, other, third, voter, second;
  };

  TEST_CASE(
      "VALIDATION: valid: the message is marked and forwarded to every peer except the one it came from") {
    Pending bench;
    bench.vote(bench.voter, "a", true);
    CHECK(bench.take() == "p2 ANNOUNCE 7 a ttl 4; p3 ANNOUNCE 7 a ttl 4");
    CHECK(bench.node.cache().is_valid(bench.id_of("a")));
  }

  TEST_CASE(
      "VALIDATION: invalid: it is removed; arriving again, it is dropped without a second NOTIFICATION") {
    Pending bench;
    bench.vote(bench.voter, "a", false);
    CHECK(bench.take() == "");
    CHECK_FALSE(bench.knows("a"));
    bench.now += 1h;
    bench.from(bench.origin, announce("a", 7, 5));
    bench.from(bench.other, announce("a", 7, 2));
    bench.from(bench.client(), announce("a"));
    CHECK(bench.take() == "");
    CHECK_FALSE(bench.knows("a"));
    CHECK(bench.node.statistics().duplicates_rejected == 3);
  }

  TEST_CASE("VALIDATION: the first verdict counts, later ones are ignored") {
    Pending bench;
    const MessageId id = bench.id_of("a");
    bench.vote(bench.voter, id, true);
    (void)bench.take();
    bench.vote(bench.voter, id, true);
    bench.vote(bench.second, id, false);
    bench.vote(bench.voter, id, false);
    CHECK(bench.take() == "");
    CHECK(bench.node.cache().is_valid(id));
    CHECK(bench.node.statistics().verdicts_ignored == 3);
  }

  TEST_CASE("VALIDATION: after an invalid one, a valid one is ignored") {
    Pending bench;
    const MessageId id = bench.id_of("a");
    bench.vote(bench.voter, id, false);
    bench.vote(bench.second, id, true);
    CHECK(bench.take() == "");
    CHECK_FALSE(bench.knows("a"));
  }

  TEST_CASE("VALIDATION: it counts only from a client that was sent that NOTIFICATION") {
    Pending bench;
    const ConnectionId unregistered = bench.client();
    const ConnectionId of_another_type = bench.client({8});
    bench.vote(unregistered, "a", true);
    bench.vote(of_another_type, "a", false);
    CHECK(bench.take() == "");
    CHECK(bench.knows("a"));
    CHECK_FALSE(bench.node.cache().is_valid(bench.id_of("a")));
    CHECK(bench.node.statistics().verdicts_ignored == 2);
  }

  TEST_CASE("VALIDATION: a client that was sent the NOTIFICATION on registering late counts") {
    Pending bench;
    const ConnectionId late = bench.client({7});
    (void)bench.take();
    bench.vote(late, "a", true);
    CHECK(bench.take() == "p2 ANNOUNCE 7 a ttl 4; p3 ANNOUNCE 7 a ttl 4");
  }

  TEST_CASE("VALIDATION: on an id that nobody has it is ignored, and the connection stays") {
    Pending bench;
    for (int id = 0; id <= 65535; ++id) {
      if (MessageId(id) != bench.id_of("a")) bench.vote(bench.voter, MessageId(id), id % 2 == 0);
    }
    CHECK(bench.take() == "");
    bench.vote(bench.voter, "a", true);
    CHECK(bench.take() == "p2 ANNOUNCE 7 a ttl 4; p3 ANNOUNCE 7 a ttl 4");
  }

  TEST_CASE("VALIDATION: after eviction it is ignored") {
    Bench bench(config_with(1));
    const ConnectionId peer = bench.peer();
    bench.peer();
    const ConnectionId voter = bench.client({7});
    bench.from(peer, announce("a"));
    const MessageId id = bench.id_of("a");
    bench.pass(2s);  // a listener protects nothing
    bench.from(bench.client(), announce("b", 8));
    (void)bench.take();
    REQUIRE_FALSE(bench.knows("a"));
    bench.vote(voter, id, true);
    bench.vote(voter, id, false);
    CHECK(bench.take() == "");
    CHECK(bench.knows("b", 8));
    CHECK(bench.node.statistics().evicted_pending == 1);
  }

  TEST_CASE("VALIDATION: a message with an id of 0 can be validated as well") {
    // Ids differ with the seed: this one gives the id 0 early.
    for (std::uint64_t seed = 1; seed < 1000000; ++seed) {
      Random random(seed);
      MessageCache cache({30, 0s, 0, 0}, random);
      std::vector<Evicted> evicted;
      const auto added = cache.add({DataType{7}, Payload("a"), false, p(1), Ttl{5}}, at(0s), evicted);
      if (added.message->id != MessageId{0}) continue;
      CAPTURE(seed);
      Bench bench(Config{}, seed);
      const ConnectionId peer = bench.peer();
      bench.peer();
      const ConnectionId client = bench.client({7});
      bench.from(peer, announce("a"));
      REQUIRE(bench.id_of("a") == MessageId{0});
      CHECK(bench.take() == "c1 NOTIFICATION 7 a");
      bench.vote(client, MessageId{0}, true);
      CHECK(bench.take() == "p2 ANNOUNCE 7 a ttl 0");
      return;
    }
    FAIL("no seed gives the id 0");
  }

  TEST_CASE("VALIDATION: it is forwarded where its origin has gone meanwhile") {
    Pending bench;
    bench.closed(bench.origin);
    (void)bench.take();
    bench.vote(bench.voter, "a", true);
    CHECK(bench.take() == "p2 ANNOUNCE 7 a ttl 4; p3 ANNOUNCE 7 a ttl 4");
  }
}

TEST_SUITE("A client that disconnects") {
  TEST_CASE("A client that disconnects loses its registrations") {
    Bench bench;
    const ConnectionId client = bench.client({7, 8});
    bench.closed(client);
    bench.from(bench.client(), announce("a"));
    bench.from(bench.stranger(), announce("b", 8));
    CHECK(bench.take() == "p1 ANNOUNCE 7 a ttl 0");  // to the newcomer
    CHECK(bench.node.registrations().registrations(DataType{7})->empty());
    CHECK(bench.node.registrations().registrations(DataType{8})->empty());
    CHECK(bench.node.api().fetch_identifiers() == std::vector{c(2)});
  }

  TEST_CASE("A client that disconnects has no verdict any more") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    bench.peer();
    const ConnectionId client = bench.client({7});
    bench.from(peer, announce("a"));
    bench.closed(client);
    (void)bench.take();
    bench.vote(client, "a", true);
    CHECK(bench.take() == "");
    CHECK_FALSE(bench.node.cache().is_valid(bench.id_of("a")));
  }

  TEST_CASE("A client that disconnects leaves its announcements behind") {
    Bench bench;
    const ConnectionId client = bench.client();
    bench.from(client, announce("a"));
    bench.closed(client);
    bench.client({7});
    CHECK(bench.take() == "c2 NOTIFICATION 7 a");
  }
}

}  // namespace
}  // namespace gossip::test
