/// \file
/// docs/protocol.md, 'Where messages are gone before they can be asked for'.

#include <gossip/overlay/turnover.hpp>

#include "trees_fixture.hpp"

#include <string>

namespace gossip::test {
namespace {

/// So many messages a second, evenly, for `time`, into a cache of 100.
struct Stream {
  void run(std::uint64_t per_second, Duration time) {
    const TimePoint end = now + time;
    for (; now < end; now += Duration(1s) / static_cast<Duration::rep>(per_second))
      turnover.note(sequence++, now);
  }
  Turnover turnover{100};
  std::uint64_t sequence = 0;
  TimePoint now = at(0s);
};

TEST_SUITE("Turnover") {
  TEST_CASE("Turnover: too fast is what fills the cache in less than 2 s") {
    for (const std::uint64_t per_second : {1, 10, 50, 51, 1000, 1000000}) {
      CAPTURE(per_second);
      Stream stream;
      stream.run(per_second, 4s);
      CHECK(stream.turnover.is_too_fast(stream.now) == (per_second > 50));
    }
  }

  TEST_CASE("Turnover: nothing is too fast that lasts for less than two seconds, wherever sequences begin") {
    Stream stream;
    stream.sequence = 1000000;
    stream.run(1000, 2s);
    CHECK_FALSE(stream.turnover.is_too_fast(stream.now));
    stream.run(1000, 1ms);
    CHECK(stream.turnover.is_too_fast(stream.now));
  }

  TEST_CASE("Turnover: it follows the rate within two seconds, and a second of silence ends it") {
    Stream stream;
    stream.run(1000, 3s);
    CHECK(stream.turnover.is_too_fast(stream.now));
    stream.run(10, 2s);
    CHECK_FALSE(stream.turnover.is_too_fast(stream.now));
    stream.run(1000, 3s);
    CHECK(stream.turnover.is_too_fast(stream.now));
    CHECK_FALSE(stream.turnover.is_too_fast(stream.now + 2s));
  }

  TEST_CASE("Turnover: one whose verdict comes late makes nothing too fast") {
    Stream stream;
    stream.run(10, 3s);
    stream.turnover.note(1, stream.now);
    CHECK_FALSE(stream.turnover.is_too_fast(stream.now));
    stream.run(10, 3s);
    CHECK_FALSE(stream.turnover.is_too_fast(stream.now));
  }

  TEST_CASE("Turnover: a pause is a part of the time, however long it is") {
    Stream stream;
    stream.run(1000, 500ms);
    stream.now += 24h * 365;
    stream.run(1000, 1ms);
    CHECK_FALSE(stream.turnover.is_too_fast(stream.now));
  }
}

/// A cache of 4 messages, three links, and so much traffic that it is of no use to ask.
struct Torrent : Grove {
  Torrent() : Grove(2, 4) {
    greet();
    pour(3s);
    transport.sent.clear();
  }
  void pour(Duration time) {
    const TimePoint end = now + time;
    while (now < end) {
      publish(std::to_string(count_++));
      pass(100ms);
    }
  }
  int count_ = 0;
};

TEST_SUITE("Too fast for asking") {
  TEST_CASE("Too fast: a lazy link gets DATA and no IHAVE; when the rate is low again it is lazy as before") {
    Torrent grove;
    grove.prune(p(1), own);
    grove.publish("a");
    CHECK(grove.take() == "p1 DATA 7 a ttl 0 tree 5 hops 0; p2 DATA 7 a ttl 0 tree 5 hops 0; " +
                              std::string("p3 DATA 7 a ttl 0 tree 5 hops 0"));
    CHECK(grove.names.made() == 0);
    grove.pass(5s);
    (void)grove.take();
    grove.publish("b");
    CHECK(grove.take() == "p2 DATA 7 b ttl 0 tree 5 hops 0; p3 DATA 7 b ttl 0 tree 5 hops 0");
    grove.pass(5ms);
    CHECK(grove.take() == "p1 IHAVE 5");
  }

  TEST_CASE("Too fast: a duplicate prunes nothing, and later it does") {
    for (const bool is_later : {false, true}) {
      CAPTURE(is_later);
      Torrent grove;
      if (is_later) grove.pass(5s);
      (void)grove.take();
      grove.comes(p(1), data("a", other));
      grove.comes(p(2), data("a", other));
      CHECK(grove.take() == (is_later ? "p2 PRUNE 9" : ""));
    }
  }

  TEST_CASE("Too fast: no ids are made, whoever has asked, but while a message is missed") {
    Torrent grove;
    grove.wants(p(1), content("gone"), own);
    const std::uint64_t of_cache = grove.names.made();
    grove.pour(2s);
    CHECK(grove.names.made() == of_cache);
    grove.tells(p(1), content("a"), other);
    const std::uint64_t of_both = grove.names.made();
    grove.publish("b");
    CHECK(grove.names.made() == of_both + 1);
  }

  TEST_CASE("Too fast: what a link tells of is asked for all the same, since its other side may hold more") {
    Torrent grove;
    grove.tells(p(1), content("a"), other);
    grove.pour(2s);
    CHECK(grove.transport.sent_to<Graft>(p(1)) == std::vector<Graft>{{{{Tree(other), content("a")}}}});
  }

  TEST_CASE("Too fast: no DIGEST goes out or is answered but the first on a link") {
    Torrent grove;
    grove.digests(p(3), {"another's"}, 1, true);
    CHECK(grove.take() == "");
    CHECK(grove.counted().digests_unanswered == 1);
    const auto sent = grove.counted().digests_sent;
    grove.pour(61s);
    CHECK(grove.counted().digests_sent == sent);
    (void)grove.take();
    const ConnectionId link = grove.greet();
    CHECK(grove.transport.sent_to<CacheDigest>(link).size() == 1);
    grove.pass(61s);
    CHECK(grove.counted().digests_sent > sent + 1);
  }
}

}  // namespace
}  // namespace gossip::test
