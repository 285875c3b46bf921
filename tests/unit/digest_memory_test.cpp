#include <gossip/digest_memory.hpp>

#include "fixture.hpp"

#include <deque>

namespace gossip::test {
namespace {

/// Digests that share their lower half with others: the hash alone must not decide.
Digest digest(std::uint64_t number) {
  return {number / 4, number};
}

TEST_SUITE("digest_memory") {
  TEST_CASE("DigestMemory: it contains what was added and nothing else") {
    DigestMemory memory(10, std::nullopt);
    CHECK_FALSE(memory.contains(digest(1), at(0s)));
    memory.add(digest(1), at(0s));
    CHECK(memory.contains(digest(1), at(1000h)));
    CHECK_FALSE(memory.contains(digest(2), at(0s)));  // the same lower half
    CHECK(memory.size() == 1);
  }

  TEST_CASE("DigestMemory: when full it forgets the oldest") {
    DigestMemory memory(3, std::nullopt);
    for (std::uint64_t i = 0; i < 4; ++i) memory.add(digest(i), at(0s));
    CHECK_FALSE(memory.contains(digest(0), at(0s)));
    CHECK(memory.contains(digest(1), at(0s)));
    CHECK(memory.contains(digest(3), at(0s)));
    CHECK(memory.size() == 3);
  }

  TEST_CASE("DigestMemory: one is forgotten a lifetime after it was added") {
    DigestMemory memory(3, 10s);
    memory.add(digest(1), at(0s));
    CHECK(memory.contains(digest(1), at(10s - 1ns)));
    CHECK_FALSE(memory.contains(digest(1), at(10s)));
    CHECK(memory.size() == 0);
  }

  TEST_CASE("DigestMemory: a capacity or a lifetime of 0 remembers nothing") {
    DigestMemory no_room(0, 10s);
    DigestMemory no_time(10, 0s);
    no_room.add(digest(1), at(0s));
    no_time.add(digest(1), at(0s));
    CHECK_FALSE(no_room.contains(digest(1), at(0s)));
    CHECK_FALSE(no_time.contains(digest(1), at(0s)));
    CHECK(no_time.size() == 0);
  }

  TEST_CASE("DigestMemory: where very many expire at once, nobody waits until they are dropped") {
    DigestMemory memory(1000, 10s);
    for (std::uint64_t i = 0; i < 1000; ++i) memory.add(digest(i), at(0s));
    CHECK_FALSE(memory.contains(digest(999), at(10s)));
    CHECK(memory.size() > 900);
    memory.add(digest(999), at(10s));
    CHECK(memory.contains(digest(999), at(10s)));
    while (memory.size() > 1) (void)memory.contains(digest(0), at(11s));
    CHECK(memory.contains(digest(999), at(20s - 1ns)));
    CHECK_FALSE(memory.contains(digest(999), at(20s)));
    CHECK(memory.size() == 0);
  }

  TEST_CASE("DigestMemory: random operations against a list") {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      CAPTURE(seed);
      Random random(seed);
      const std::size_t capacity = 1 + random.below(60);
      DigestMemory memory(capacity, 100s);
      std::deque<std::pair<Digest, TimePoint>> model;
      TimePoint now = at(0s);
      for (int step = 0; step < 20000; ++step) {
        now += std::chrono::seconds(random.below(6));
        while (!model.empty() && now - model.front().second >= 100s) model.pop_front();
        const Digest any = digest(random.below(120));
        const bool known = std::ranges::any_of(model, [&](const auto& entry) { return entry.first == any; });
        REQUIRE(memory.contains(any, now) == known);
        if (random.below(2) == 0) continue;
        if (!known) memory.add(any, now);
        if (!known && model.size() == capacity) model.pop_front();
        if (!known) model.emplace_back(any, now);
        REQUIRE(memory.size() >= model.size());
        REQUIRE(memory.size() <= capacity);
      }
    }
  }
}

}  // namespace
}  // namespace gossip::test
