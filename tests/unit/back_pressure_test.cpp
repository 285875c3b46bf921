/// \file
/// Back-pressure: a destination that cannot keep up pauses who feeds it, and only that (docs/architecture.md,
/// 'Who runs where'; docs/protocol.md, 'Clients that owe verdicts are never paused themselves').

#include "fixture.hpp"

#include <string>

namespace gossip::test {
namespace {

TEST_SUITE("Back-pressure") {
  TEST_CASE("Back-pressure: a congested peer pauses the client that feeds it, and relieved it resumes it") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    const ConnectionId client = bench.client();
    const ConnectionId bystander = bench.client();
    bench.congest(peer);
    bench.from(client, announce("a"));
    CHECK(bench.take() == "p1 ANNOUNCE 7 a ttl 0; pause c1");
    CHECK_FALSE(bench.paused(bystander));
    bench.relieve(peer);
    CHECK(bench.take() == "resume c1");
  }

  TEST_CASE("Back-pressure: a congested peer that stalls holds up nobody any more") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    bench.peer();
    const ConnectionId client = bench.client();
    bench.congest(peer);
    bench.from(client, announce("a"));
    (void)bench.take();
    bench.stall(peer);
    CHECK(bench.take() == "resume c1");
    bench.from(client, announce("b"));
    CHECK(bench.take() == "p1 ANNOUNCE 7 b ttl 0; p2 ANNOUNCE 7 b ttl 0");
  }

  TEST_CASE("Back-pressure: a congested destination that is lost holds up nobody any more") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    const ConnectionId client = bench.client();
    bench.congest(peer);
    bench.from(client, announce("a"));
    (void)bench.take();
    bench.closed(peer);
    CHECK(bench.take() == "resume c1");
  }

  TEST_CASE(
      "Back-pressure: a congested destination that is closed for lack of room holds up nobody any more") {
    Bench bench(config_with(30, 0, 1));
    const ConnectionId peer = bench.peer();
    const ConnectionId client = bench.client();
    bench.congest(peer);
    bench.from(client, announce("a"));
    (void)bench.take();
    bench.stranger();
    CHECK(bench.take() == "p2 ANNOUNCE 7 a ttl 0; close p1: no room in the pool; resume c1");
  }

  TEST_CASE("Back-pressure: a source waits for all of its congested destinations") {
    Bench bench;
    const ConnectionId one = bench.peer();
    const ConnectionId other = bench.peer();
    const ConnectionId client = bench.client();
    bench.congest(one);
    bench.congest(other);
    bench.from(client, announce("a"));
    (void)bench.take();
    bench.relieve(one);
    CHECK(bench.take() == "");
    bench.relieve(other);
    CHECK(bench.take() == "resume c1");
  }

  TEST_CASE("Back-pressure: a congested client pauses the peer that feeds it") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    const ConnectionId client = bench.client({7});
    bench.congest(client);
    bench.from(peer, announce("a"));
    CHECK(bench.take() == "c1 NOTIFICATION 7 a; pause p1");
    bench.relieve(client);
    CHECK(bench.take() == "resume p1");
  }

  TEST_CASE("Back-pressure: a congested peer pauses the peer whose message was forwarded, not who voted") {
    Bench bench;
    const ConnectionId source = bench.peer();
    const ConnectionId congested = bench.peer();
    const ConnectionId client = bench.client({7});
    bench.congest(congested);
    bench.from(source, announce("a"));
    bench.vote(client, "a", true);
    CHECK(bench.take() == "c1 NOTIFICATION 7 a; p2 ANNOUNCE 7 a ttl 0; pause p1");
    bench.relieve(congested);
    CHECK(bench.take() == "resume p1");
  }

  TEST_CASE("Back-pressure: a congested client that leaves resumes the peer") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    const ConnectionId client = bench.client({7});
    bench.congest(client);
    bench.from(peer, announce("a"));
    (void)bench.take();
    bench.closed(client);
    CHECK(bench.take() == "resume p1");
  }

  TEST_CASE("Back-pressure: a paused client that leaves is not resumed later") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    const ConnectionId client = bench.client();
    bench.congest(peer);
    bench.from(client, announce("a"));
    bench.closed(client);
    bench.transport.paused.clear();
    (void)bench.take();
    bench.relieve(peer);
    CHECK(bench.take() == "");
    CHECK(bench.observer.all<event::ReadingResumed>().empty());
  }

  TEST_CASE("Back-pressure: a source that has gone is not paused for what is forwarded of it later") {
    Bench bench;
    const ConnectionId source = bench.peer();
    const ConnectionId congested = bench.peer();
    const ConnectionId client = bench.client({7});
    bench.from(source, announce("a"));
    bench.closed(source);
    (void)bench.take();
    bench.congest(congested);
    bench.vote(client, "a", true);
    CHECK(bench.take() == "p2 ANNOUNCE 7 a ttl 0");
    CHECK(bench.observer.all<event::ReadingPaused>().empty());
  }

  TEST_CASE("Back-pressure: a source that has gone is not paused for what waited of it for verdicts") {
    Bench bench(config_with(1));
    const ConnectionId source = bench.peer();
    bench.peer();
    const ConnectionId client = bench.client({7});
    bench.from(source, announce("a"));
    bench.from(source, announce("waits"));
    bench.closed(source);
    bench.transport.paused.erase(source);
    (void)bench.take();
    bench.congest(client);
    bench.vote(client, "a", false);
    CHECK(bench.take() == "c1 NOTIFICATION 7 waits");
  }

  TEST_CASE("Back-pressure: a client that owes verdicts is never paused, congested before or after it owes") {
    for (const bool owes_first : {true, false}) {
      CAPTURE(owes_first);
      Bench bench;
      const ConnectionId source = bench.peer();
      const ConnectionId congested = bench.peer();
      const ConnectionId client = bench.client({7});
      bench.congest(congested);
      if (owes_first) bench.from(source, announce("owed"));
      bench.from(client, announce("a", 8));
      CHECK(bench.paused(client) == !owes_first);
      if (!owes_first) bench.from(source, announce("owed"));
      CHECK_FALSE(bench.paused(client));
      bench.from(client, announce("b", 8));
      CHECK_FALSE(bench.paused(client));
    }
  }

  TEST_CASE("Back-pressure: a paused client that is sent a pending message on a NOTIFY of before goes on") {
    Bench bench;
    const ConnectionId source = bench.peer();
    const ConnectionId congested = bench.peer();
    const ConnectionId client = bench.client({7});
    bench.congest(congested);
    bench.from(client, announce("a", 8));
    (void)bench.take();
    bench.from(source, announce("owed"));
    CHECK(bench.take() == "c1 NOTIFICATION 7 owed; resume c1");
  }

  TEST_CASE(
      "Back-pressure: a client that owed verdicts is paused once it owes none, while it feeds a congested "
      "peer") {
    Bench bench;
    const ConnectionId source = bench.peer();
    const ConnectionId congested = bench.peer();
    const ConnectionId client = bench.client({7});
    bench.from(source, announce("owed"));
    bench.congest(congested);
    bench.from(client, announce("a", 8));
    CHECK_FALSE(bench.paused(client));
    bench.vote(client, "owed", false);
    CHECK(bench.paused(client));
    bench.relieve(congested);
    CHECK_FALSE(bench.paused(client));
  }

  TEST_CASE("Back-pressure: a client that owed verdicts is paused once what it owed was decided by another") {
    Bench bench;
    const ConnectionId source = bench.peer();
    const ConnectionId congested = bench.peer();
    const ConnectionId client = bench.client({7});
    const ConnectionId quicker = bench.client({7});
    bench.from(source, announce("owed"));
    bench.congest(congested);
    bench.from(client, announce("a", 8));
    bench.vote(quicker, "owed", false);
    CHECK(bench.paused(client));
  }

  TEST_CASE("Back-pressure: the NOTIFICATIONs of a NOTIFY stop at congestion and go on when relieved") {
    Bench bench;
    const ConnectionId announcer = bench.client();
    for (const char* data : {"a", "b", "c"}) bench.from(announcer, announce(data));
    const ConnectionId client = bench.client();
    bench.congest(client);
    bench.notify(client, 7);
    CHECK(bench.take() == "c2 NOTIFICATION 7 a");
    bench.node.on_relieved(client, bench.now);  // and congested again by the next frame
    CHECK(bench.take() == "c2 NOTIFICATION 7 b");
    bench.relieve(client);
    CHECK(bench.take() == "c2 NOTIFICATION 7 c");
    bench.relieve(client);
    CHECK(bench.take() == "");
  }

  TEST_CASE("Back-pressure: a NOTIFY of another type waits its turn, and both are complete in the end") {
    Bench bench;
    const ConnectionId announcer = bench.client();
    for (const char* data : {"a", "b"}) bench.from(announcer, announce(data, 7));
    for (const char* data : {"x", "y"}) bench.from(announcer, announce(data, 8));
    const ConnectionId client = bench.client();
    bench.congest(client);
    bench.notify(client, 7);
    bench.notify(client, 8);
    CHECK(bench.take() == "c2 NOTIFICATION 7 a");
    bench.relieve(client);
    CHECK(bench.take() == "c2 NOTIFICATION 7 b; c2 NOTIFICATION 8 x; c2 NOTIFICATION 8 y");
  }

  TEST_CASE("Back-pressure: what is new while a client catches up is sent once, and not by the catching up") {
    Bench bench;
    const ConnectionId announcer = bench.client();
    for (const char* data : {"a", "b"}) bench.from(announcer, announce(data));
    const ConnectionId client = bench.client();
    bench.congest(client);
    bench.notify(client, 7);
    bench.from(announcer, announce("new"));
    CHECK(bench.take() == "c2 NOTIFICATION 7 a; c2 NOTIFICATION 7 new; pause c1");
    bench.relieve(client);
    CHECK(bench.take() == "c2 NOTIFICATION 7 b; resume c1");
  }

  TEST_CASE("Back-pressure: what is evicted or rejected while a client catches up is skipped") {
    Bench bench(config_with(3));
    const ConnectionId peer = bench.peer();
    const ConnectionId voter = bench.client({7});
    for (const char* data : {"a", "b", "c"}) bench.from(bench.client(), announce(data));
    const ConnectionId client = bench.client();
    bench.congest(client);
    bench.notify(client, 7);
    (void)bench.take();
    bench.from(peer, announce("d", 9));  // a goes
    bench.from(peer, announce("e", 9));  // b goes
    bench.relieve(client);
    CHECK(bench.take() == "c5 NOTIFICATION 7 c");
    CHECK_FALSE(bench.paused(voter));
  }

  TEST_CASE("Back-pressure: a client that leaves while it catches up is sent nothing more") {
    Bench bench;
    for (const char* data : {"a", "b"}) bench.from(bench.client(), announce(data));
    const ConnectionId client = bench.client();
    bench.congest(client);
    bench.notify(client, 7);
    bench.closed(client);
    (void)bench.take();
    bench.relieve(client);
    CHECK(bench.take() == "");
  }

  TEST_CASE("Back-pressure: a stalled client is not sent more of what it catches up on until relieved") {
    Bench bench;
    for (const char* data : {"a", "b"}) bench.from(bench.client(), announce(data));
    const ConnectionId client = bench.client();
    bench.transport.stalled.insert(client);
    bench.notify(client, 7);
    CHECK(bench.take() == "c3 NOTIFICATION 7 a");
    bench.stall(client);
    CHECK(bench.take() == "");
    bench.relieve(client);
    CHECK(bench.take() == "c3 NOTIFICATION 7 b");
  }

  TEST_CASE(
      "Back-pressure: a newcomer's announcements stop at congestion, go on when relieved, and pause nobody") {
    Bench bench;
    const ConnectionId client = bench.client();
    for (const char* data : {"a", "b", "c"}) bench.from(client, announce(data));
    bench.congest(p(1));
    bench.stranger();
    CHECK(bench.take() == "p1 ANNOUNCE 7 a ttl 0");
    bench.node.on_relieved(p(1), bench.now);
    CHECK(bench.take() == "p1 ANNOUNCE 7 b ttl 0");
    bench.relieve(p(1));
    CHECK(bench.take() == "p1 ANNOUNCE 7 c ttl 0");
    bench.relieve(p(1));
    CHECK(bench.take() == "");
  }

  TEST_CASE("Back-pressure: what is evicted while a newcomer catches up is skipped") {
    Bench bench(config_with(3));
    const ConnectionId client = bench.client();
    for (const char* data : {"a", "b", "c"}) bench.from(client, announce(data));
    bench.congest(p(1));
    bench.stranger();
    bench.relieve(p(1));
    (void)bench.take();
    bench.congest(p(2));
    bench.stranger();
    bench.from(client, announce("d"));
    bench.from(client, announce("e"));
    CHECK(bench.take() ==
          "p2 ANNOUNCE 7 a ttl 0; p1 ANNOUNCE 7 d ttl 0; p2 ANNOUNCE 7 d ttl 0; "
          "p1 ANNOUNCE 7 e ttl 0; p2 ANNOUNCE 7 e ttl 0; pause c1");
    bench.relieve(p(2));
    CHECK(bench.take() == "p2 ANNOUNCE 7 c ttl 0; resume c1");
  }

  TEST_CASE("Back-pressure: what becomes valid while a newcomer catches up is sent to it once") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    const ConnectionId client = bench.client({7});
    bench.from(client, announce("a"));
    bench.from(peer, announce("b"));
    bench.congest(p(2));
    bench.stranger();
    (void)bench.take();
    bench.vote(client, "b", true);
    bench.relieve(p(2));
    CHECK(bench.transport.sent_to<Announce>(p(2)).size() == 1);
  }

  TEST_CASE("Back-pressure: a newcomer that leaves while it catches up is sent nothing more") {
    Bench bench;
    for (const char* data : {"a", "b"}) bench.from(bench.client(), announce(data));
    bench.congest(p(1));
    bench.stranger();
    bench.closed(p(1));
    (void)bench.take();
    bench.relieve(p(1));
    CHECK(bench.take() == "");
  }

  TEST_CASE("Back-pressure: a newcomer that is evicted while it catches up is sent nothing more") {
    Bench bench(config_with(30, 0, 1));
    for (const char* data : {"a", "b"}) bench.from(bench.client(), announce(data));
    bench.congest(p(1));
    bench.stranger();
    bench.stranger();
    (void)bench.take();
    bench.relieve(p(1));
    CHECK(bench.take() == "");
  }

  TEST_CASE("Back-pressure: a large cache reaches a newcomer and a client whole and in order") {
    constexpr int count = 2500;  // more than the cache is read at a time
    Bench bench(config_with(count));
    const ConnectionId announcer = bench.client();
    for (int i = 0; i < count; ++i) bench.from(announcer, announce(std::to_string(i)));
    bench.stranger();
    const ConnectionId client = bench.client({7});
    const auto announces = bench.transport.sent_to<Announce>(p(1));
    const auto notifications = bench.transport.sent_to<Notification>(client);
    REQUIRE(announces.size() == count);
    REQUIRE(notifications.size() == count);
    for (int i = 0; i < count; ++i) {
      REQUIRE(announces[static_cast<std::size_t>(i)].data.text() == std::to_string(i));
      REQUIRE(notifications[static_cast<std::size_t>(i)].data.text() == std::to_string(i));
    }
  }
}

}  // namespace
}  // namespace gossip::test
