/// \file
/// docs/protocol.md, 'Nothing is lost to haste': what waits for verdicts stays, and holds up who sends more
/// of it.

#include "fixture.hpp"

#include <string>
#include <vector>

namespace gossip::test {
namespace {

/// `count` announcements from a peer, numbered on from the last.
struct Hasty : Bench {
  using Bench::Bench;

  void announce_from(ConnectionId peer, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      if (!paused(peer)) from(peer, announce(std::to_string(++announced)));
    }
  }
  /// The verdict on the n-th announcement.
  void decide(ConnectionId client, int number, bool valid = true) {
    vote(client, std::to_string(number), valid);
  }
  int announced = 0;
};

TEST_SUITE("Nothing is lost to haste") {
  TEST_CASE(
      "Haste: pending messages that a voter owes on may fill three quarters of the cache, one peer's half of "
      "it") {
    // Cache size, three quarters of it, and half of that; a cache too small for a part of it still holds one.
    struct Bounds {
      std::size_t cache, all, one;
    };
    for (const Bounds& of : {Bounds{1, 1, 1}, Bounds{2, 1, 1}, Bounds{3, 2, 1}, Bounds{4, 3, 1},
                             Bounds{8, 6, 3}, Bounds{30, 22, 11}}) {
      CAPTURE(of.cache);
      Hasty bench(config_with(of.cache));
      bench.client({7});
      for (std::size_t peers = 0; peers < 5; ++peers) bench.announce_from(bench.peer(), of.cache + 1);
      CHECK(bench.node.cache().size() == of.all);
      CHECK(bench.node.statistics().evicted_pending == 0);
      // A peer that has filled its part is paused, and so is one whose first announcement finds no room.
      Hasty single(config_with(of.cache));
      single.client({7});
      const ConnectionId peer = single.peer();
      single.announce_from(peer, of.cache + 1);
      CHECK(single.node.cache().size() == of.one);
      CHECK(single.paused(peer));
    }
  }

  TEST_CASE("Haste: at the edge of its half a peer is paused, one below it is not") {
    Hasty bench(config_with(30));
    bench.client({7});
    const ConnectionId peer = bench.peer();
    const ConnectionId other = bench.peer();
    bench.announce_from(peer, 10);
    CHECK_FALSE(bench.paused(peer));
    bench.announce_from(peer, 1);
    CHECK(bench.paused(peer));
    CHECK_FALSE(bench.paused(other));
  }

  TEST_CASE("Haste: a verdict on one of them resumes the peer") {
    Hasty bench(config_with(30));
    const ConnectionId client = bench.client({7});
    const ConnectionId peer = bench.peer();
    bench.announce_from(peer, 11);
    (void)bench.take();
    bench.decide(client, 4, false);
    CHECK(bench.take() == "resume p1");
    bench.announce_from(peer, 1);
    CHECK(bench.take() == "c1 NOTIFICATION 7 12; pause p1");
    bench.decide(client, 1);
    CHECK(bench.take() == "resume p1");
  }

  TEST_CASE("Haste: at three quarters everybody who fills them is paused, and nobody else") {
    Hasty bench(config_with(30));
    const ConnectionId client = bench.client({7});
    bench.client({8});
    for (int i = 0; i < 4; ++i) bench.peer();
    bench.announce_from(p(1), 9);
    bench.announce_from(p(2), 9);
    bench.announce_from(p(3), 3);
    (void)bench.take();
    bench.announce_from(p(3), 1);
    CHECK(bench.take() == "c1 NOTIFICATION 7 22; pause p1; pause p2; pause p3");
    bench.decide(client, 20, false);
    CHECK(bench.take() == "resume p1; resume p2; resume p3");
  }

  TEST_CASE(
      "Haste: at three quarters, who has nothing pending is paused once it adds to them, and loses nothing") {
    Hasty bench(config_with(30));
    const ConnectionId client = bench.client({7});
    for (int i = 0; i < 3; ++i) bench.peer();
    bench.announce_from(p(1), 11);
    bench.announce_from(p(2), 11);
    (void)bench.take();
    bench.from(p(3), announce("late"));
    CHECK(bench.take() == "pause p3");
    CHECK_FALSE(bench.knows("late"));
    bench.decide(client, 1, false);
    CHECK(bench.knows("late"));
    CHECK(bench.take() == "c1 NOTIFICATION 7 late");  // full again
    bench.decide(client, 2, false);
    CHECK(bench.take() == "resume p1; resume p3");
  }

  TEST_CASE("Haste: a burst of ten caches is delivered, whole and in order, as verdicts come") {
    for (const std::size_t cache : {1, 2, 4, 30}) {
      CAPTURE(cache);
      Hasty bench(config_with(cache));
      const ConnectionId client = bench.client({7});
      bench.peer();
      bench.peer();
      const int burst = static_cast<int>(cache) * 10;
      std::vector<std::string> delivered;
      std::size_t voted = 0;
      for (int sent = 0; sent < burst || voted < delivered.size();) {
        while (sent < burst && !bench.paused(p(1))) bench.from(p(1), announce(std::to_string(sent++)));
        delivered.clear();
        for (const auto& told : bench.transport.sent_to<Notification>(client))
          delivered.emplace_back(told.data.text());
        REQUIRE(voted < delivered.size());
        bench.vote(client, delivered[voted++], true);
        delivered.clear();
        for (const auto& told : bench.transport.sent_to<Notification>(client))
          delivered.emplace_back(told.data.text());
      }
      REQUIRE(delivered.size() == static_cast<std::size_t>(burst));
      for (int i = 0; i < burst; ++i) CHECK(delivered[static_cast<std::size_t>(i)] == std::to_string(i));
      CHECK(bench.transport.sent_to<Announce>(p(2)).size() == delivered.size());
    }
  }

  TEST_CASE(
      "Haste: what arrives from a peer that was paused already is kept, up to a bound, and then counted") {
    Hasty bench(config_with(4, 0, 3));
    const ConnectionId client = bench.client({7});
    const ConnectionId peer = bench.peer();
    for (int i = 1; i <= 6; ++i) bench.from(peer, announce(std::to_string(i)));
    CHECK(bench.node.statistics().announces_refused ==
          2);  // one was cached, three wait: one for each connection
    for (int i = 1; i <= 4; ++i) bench.decide(client, i);
    CHECK(bench.transport.sent_to<Notification>(client).size() == 4);
    CHECK_FALSE(bench.paused(peer));
  }

  TEST_CASE("Haste: what waits of peers that have gone leaves room for one of every peer that is there") {
    Hasty bench(config_with(1, 0, 2));
    const ConnectionId client = bench.client({7});
    bench.from(bench.peer(), announce("first"));
    for (const char* data : {"1", "2", "3"}) {
      bench.from(bench.peer(), announce(data));
      bench.closed(p(static_cast<std::uint64_t>(data[0] - '0' + 1)));
    }
    const ConnectionId alive = bench.peer();
    bench.from(alive, announce("mine"));
    CHECK(bench.paused(alive));
    for (int i = 0; i < 4; ++i) {
      for (const CachedMessage& cached : bench.node.cache().messages()) bench.vote(client, cached.id, true);
    }
    CHECK(bench.node.cache().messages()[0].data.text() == "mine");
    CHECK_FALSE(bench.paused(alive));
  }

  TEST_CASE("Haste: messages of clients are not held up, and evict what nobody owes on") {
    Hasty bench(config_with(4));
    bench.client({7});
    bench.peer();
    bench.peer();
    bench.peer();
    for (int i = 1; i <= 3; ++i) bench.announce_from(p(static_cast<std::uint64_t>(i)), 1);
    const ConnectionId announcer = bench.client();
    for (const char* data : {"a", "b", "c"}) bench.from(announcer, announce(data, 9));
    CHECK(bench.knows("1"));
    CHECK(bench.knows("2"));
    CHECK(bench.knows("3"));
    CHECK(bench.knows("c", 9));
    CHECK(bench.node.statistics().evicted_pending == 0);
    CHECK(bench.node.statistics().evicted_valid == 2);
    CHECK_FALSE(bench.paused(announcer));
  }

  TEST_CASE("Haste: what no client is registered for needs no room and pauses nobody") {
    Hasty bench(config_with(4));
    bench.client({8});
    const ConnectionId peer = bench.peer();
    for (int i = 0; i < 10; ++i) bench.from(peer, announce(std::to_string(i)));
    CHECK(bench.take() == "");
    CHECK(bench.knows("9"));
    CHECK(bench.node.statistics().evicted_pending == 6);
  }

  TEST_CASE("Haste: a full share of one type does not hold up what nobody votes on") {
    Hasty bench(config_with(30));
    bench.client({7});
    const ConnectionId peer = bench.peer();
    bench.announce_from(peer, 11);
    bench.from(peer, announce("other", 8));
    CHECK(bench.knows("other", 8));
  }

  TEST_CASE("Haste: a client that owes and has cast no verdict for 2 s holds nothing up") {
    Hasty bench(config_with(30));
    bench.client({7});
    const ConnectionId peer = bench.peer();
    bench.announce_from(peer, 11);
    bench.from(peer, announce("waits"));
    (void)bench.take();
    bench.pass(2s - 1ns);
    CHECK(bench.take() == "");
    bench.pass(1ns);
    CHECK(bench.take() == "c1 NOTIFICATION 7 waits; resume p1");
    REQUIRE(bench.observer.all<event::ClientFellSilent>().size() == 1);
    CHECK(bench.observer.all<event::ClientFellSilent>()[0].verdicts_owed == 11);
    bench.announce_from(peer, 100);
    CHECK_FALSE(bench.paused(peer));
    CHECK(bench.transport.sent_to<Notification>(c(1)).size() == 100);
  }

  TEST_CASE("Haste: a listener is a voter again from its next verdict on, whatever that is on") {
    Hasty bench(config_with(30));
    const ConnectionId client = bench.client({7});
    const ConnectionId peer = bench.peer();
    bench.announce_from(peer, 5);
    bench.pass(2s);
    bench.announce_from(peer, 5);
    bench.decide(client, 1);
    bench.announce_from(peer, 1);
    CHECK_FALSE(bench.paused(peer));
    bench.announce_from(peer, 1);
    CHECK(bench.paused(peer));  // 9 of before and 2 new ones
    CHECK(bench.node.next_timer() == bench.now + 2s);
  }

  TEST_CASE("Haste: a listener's verdict counts") {
    Hasty bench;
    const ConnectionId client = bench.client({7});
    bench.peer();
    bench.peer();
    bench.announce_from(p(1), 1);
    bench.pass(10s);
    (void)bench.take();
    bench.decide(client, 1);
    CHECK(bench.take() == "p2 ANNOUNCE 7 1 ttl 0");
  }

  TEST_CASE(
      "Haste: where a listener comes back to more than three quarters, none of that is evicted by peers") {
    Hasty bench(config_with(8));
    const ConnectionId client = bench.client({7});
    const ConnectionId peer = bench.peer();
    bench.announce_from(peer, 1);
    bench.pass(2s);
    bench.announce_from(peer, 7);
    bench.decide(client, 3);
    bench.from(peer, announce("more"));
    CHECK(bench.paused(peer));
    CHECK_FALSE(bench.knows("more"));
    for (const int number : {1, 2, 4, 5, 6, 7, 8}) CHECK(bench.knows(std::to_string(number)));
  }

  TEST_CASE("Haste: one voter is enough to keep a message, whatever the listeners do") {
    Hasty bench(config_with(4));
    bench.client({7});
    const ConnectionId peer = bench.peer();
    bench.announce_from(peer, 1);
    bench.pass(1s);
    const ConnectionId voter = bench.client({7});
    bench.pass(1s);  // the first falls silent, the second has a second left
    bench.from(peer, announce("more"));
    CHECK(bench.paused(peer));
    bench.vote(voter, "1", true);
    CHECK(bench.knows("more"));
  }

  TEST_CASE("Haste: the last voter of a type that leaves lets everything go on") {
    Hasty bench(config_with(30));
    const ConnectionId client = bench.client({7});
    const ConnectionId peer = bench.peer();
    bench.announce_from(peer, 11);
    bench.from(peer, announce("waits"));
    (void)bench.take();
    bench.closed(client);
    CHECK(bench.take() == "resume p1");
    CHECK(bench.knows("waits"));
  }

  TEST_CASE("Haste: a peer that fills its half and leaves frees nothing that still waits for verdicts") {
    Hasty bench(config_with(30));
    const ConnectionId client = bench.client({7});
    bench.peer();
    bench.peer();
    bench.announce_from(p(1), 11);
    bench.from(p(1), announce("waits"));
    bench.closed(p(1));
    bench.announce_from(p(2), 11);
    CHECK(bench.node.cache().size() == 22);
    (void)bench.take();
    bench.decide(client, 1);
    CHECK(bench.take() == "p2 ANNOUNCE 7 1 ttl 0; c1 NOTIFICATION 7 waits");
  }

  TEST_CASE("Haste: a duplicate of what is cached needs no room and pauses nobody") {
    Hasty bench(config_with(30));
    bench.client({7});
    bench.peer();
    bench.peer();
    bench.peer();
    bench.announce_from(p(1), 11);
    bench.announce_from(p(2), 11);
    bench.from(p(3), announce("1"));
    CHECK(bench.node.statistics().duplicates_cached == 1);
    CHECK_FALSE(bench.paused(p(3)));
  }

  TEST_CASE(
      "Haste: NOTIFY for more than three quarters that are pending protects that much, and goes on with "
      "verdicts") {
    Hasty bench(config_with(8));
    const ConnectionId peer = bench.peer();
    bench.announce_from(peer, 8);
    const ConnectionId client = bench.client({7});
    // One peer's may be half of three quarters of eight.
    CHECK(bench.transport.sent_to<Notification>(client).size() == 3);
    bench.decide(client, 1, false);
    CHECK(bench.transport.sent_to<Notification>(client).size() == 4);
    for (int i = 2; i <= 8; ++i) bench.decide(client, i, false);
    CHECK(bench.transport.sent_to<Notification>(client).size() == 8);
    CHECK(bench.node.cache().size() == 0);
  }

  TEST_CASE("Haste: NOTIFY sends valid messages however many are pending") {
    Hasty bench(config_with(4));
    bench.client({8});
    for (int i = 0; i < 3; ++i) bench.from(bench.peer(), announce("x" + std::to_string(i), 8));
    bench.from(bench.client(), announce("valid"));
    (void)bench.take();
    bench.client({7});
    CHECK(bench.take() == "c3 NOTIFICATION 7 valid");
  }

  TEST_CASE("Haste: NOTIFY sends at once what another client's debt keeps in the cache already") {
    Hasty bench(config_with(8));
    bench.client({7});
    bench.announce_from(bench.peer(), 3);
    bench.announce_from(bench.peer(), 3);  // three quarters of eight
    (void)bench.take();
    bench.client({7});
    CHECK(bench.take() ==
          "c2 NOTIFICATION 7 1; c2 NOTIFICATION 7 2; c2 NOTIFICATION 7 3; c2 NOTIFICATION 7 4; "
          "c2 NOTIFICATION 7 5; c2 NOTIFICATION 7 6");
  }

  TEST_CASE("Haste: a NOTIFY that waits for room is not starved by peers that go on sending") {
    Hasty bench(config_with(8));
    const ConnectionId voter = bench.client({7});
    for (int i = 0; i < 3; ++i) bench.peer();
    bench.from(p(1), announce("old", 8));
    for (std::uint64_t i = 1; i <= 3; ++i) bench.announce_from(p(i), 2);
    const ConnectionId late = bench.client({8});
    for (int round = 0; round < 20; ++round) {
      for (std::uint64_t i = 1; i <= 3; ++i) bench.announce_from(p(i), 1);
      const auto told = bench.transport.sent_to<Notification>(voter);
      for (std::size_t i = static_cast<std::size_t>(round) * 3; i < static_cast<std::size_t>(round) * 3 + 3;
           ++i) {
        bench.vote(voter, told.at(i).message_id, false);
      }
    }
    CHECK(bench.transport.sent_to<Notification>(late).size() == 1);
  }

  TEST_CASE("Haste: NOTIFY that fills a peer's part stops reading from that peer") {
    Hasty bench(config_with(8));
    const ConnectionId peer = bench.peer();
    bench.announce_from(peer, 8);
    bench.client({7});
    CHECK(bench.paused(peer));
  }

  TEST_CASE("Haste: NOTIFY evicts nothing, and what is evicted while it waits is skipped") {
    Hasty bench(config_with(8));
    const ConnectionId peer = bench.peer();
    bench.announce_from(peer, 8);
    const ConnectionId client = bench.client({7});
    const std::size_t before = bench.transport.sent_to<Notification>(client).size();
    REQUIRE(before < 8);
    const ConnectionId announcer = bench.client();
    for (std::size_t i = before; i < 8; ++i) bench.from(announcer, announce("x" + std::to_string(i), 9));
    for (std::size_t i = 1; i <= before; ++i) bench.decide(client, static_cast<int>(i), false);
    CHECK(bench.transport.sent_to<Notification>(client).size() == before);
  }

  TEST_CASE("Haste: a client that leaves while its NOTIFY waits is sent nothing more") {
    Hasty bench(config_with(8));
    bench.announce_from(bench.peer(), 8);
    const ConnectionId client = bench.client({7});
    bench.closed(client);
    (void)bench.take();
    bench.pass(10s);
    CHECK(bench.take() == "");
  }
}

}  // namespace
}  // namespace gossip::test
