#include <gossip/overlay/cache_walk.hpp>

#include "fixture.hpp"

#include <string>

namespace gossip::test {
namespace {

/// A cache with the messages 0, 1, 2, ...
struct Shelf {
  explicit Shelf(int count, std::size_t size = 1000) : cache({size, 0s}, random) {
    for (int number = 0; number < count; ++number) add(number);
  }
  MessageId add(int number) {
    evicted.clear();
    return cache.add({DataType{7}, Payload(std::to_string(number)), true, c(1), Ttl{0}}, at(0s), evicted).id;
  }
  /// "3 4 5" for what the next `count` visits are to; behind the last of all "end".
  std::string visit(CacheWalk& walk, int count) {
    std::string text;
    const bool ended = walk.go_on(cache, [&](const CachedMessage& message) {
      text.append(message.data.text()).append(" ");
      return --count > 0;
    });
    return text + (ended ? "end" : "");
  }

  Random random{1};
  std::vector<Evicted> evicted;
  MessageCache cache;
};

TEST_SUITE("cache_walk") {
  TEST_CASE("CacheWalk: it visits every message, oldest first, and ends") {
    Shelf shelf(3);
    CacheWalk walk;
    CHECK(shelf.visit(walk, 100) == "0 1 2 end");
    CHECK(shelf.visit(walk, 100) == "end");
    CacheWalk nowhere;
    CHECK(Shelf(0).visit(nowhere, 100) == "end");
  }

  TEST_CASE("CacheWalk: it goes on behind the one at which it stopped, the last one, too") {
    Shelf shelf(5);
    CacheWalk walk;
    CHECK(shelf.visit(walk, 2) == "0 1 ");
    CHECK(shelf.visit(walk, 3) == "2 3 4 ");
    CHECK(shelf.visit(walk, 1) == "end");
  }

  TEST_CASE("CacheWalk: over a cache of many pages it comes to each once") {
    Shelf shelf(1000);
    for (const int step : {1, 63, 64, 65, 1000}) {
      CAPTURE(step);
      CacheWalk walk;
      std::string all;
      std::string part;
      do {
        part = shelf.visit(walk, step);
        all += part;
      } while (!part.ends_with("end"));
      std::string expected;
      for (int number = 0; number < 1000; ++number) expected += std::to_string(number) + " ";
      CHECK(all == expected + "end");
    }
  }

  TEST_CASE("CacheWalk: what comes behind its end is not visited, and what has gone is left out") {
    Shelf shelf(4, 4);
    CacheWalk walk(shelf.cache.next_sequence());
    CHECK(shelf.visit(walk, 1) == "0 ");
    for (int number = 4; number < 6; ++number) shelf.add(number);  // 0 and 1 are evicted
    CHECK(shelf.visit(walk, 100) == "2 3 end");
  }

  TEST_CASE("CacheWalk: what is ahead is neither what was visited nor what lies behind the end") {
    Shelf shelf(4);
    CacheWalk walk(3);
    CHECK(walk.is_ahead(0));
    CHECK(shelf.visit(walk, 2) == "0 1 ");
    CHECK_FALSE(walk.is_ahead(1));
    CHECK(walk.is_ahead(2));
    CHECK_FALSE(walk.is_ahead(3));
    CHECK(shelf.visit(walk, 100) == "2 end");
  }
}

}  // namespace
}  // namespace gossip::test
