#include <gossip/content_table.hpp>

#include "fixture.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace gossip::test {
namespace {

using State = ContentTable::State;

/// Digests that share their lower half with others: the hash alone must not decide.
Digest digest(std::uint64_t number) {
  return {number / 4, number};
}

/// A table whose messages are equal where their digests are.
struct Table : ContentTable {
  explicit Table(const Limits& limits) : ContentTable(limits, 4) {}

  State state(std::uint64_t number, TimePoint now = {}) {
    return find(digest(number), now, [](std::uint32_t) { return true; }).state;
  }
  Record put(std::uint64_t number) { return add(digest(number), static_cast<std::uint32_t>(number)); }
  void evict_new(std::uint64_t number, TimePoint now = {}) { evict(put(number), now); }
};

constexpr ContentTable::Limits roomy{1h, 100, 100};

TEST_SUITE("content_table") {
  TEST_CASE("ContentTable: it knows what was added and nothing else") {
    Table table(roomy);
    CHECK(table.state(1) == State::unknown);
    table.put(1);
    CHECK(table.state(1) == State::cached);
    CHECK(table.state(2) == State::unknown);  // the same lower half
    CHECK(table.slot_of(digest(1), [](std::uint32_t slot) { return slot == 1; }) == 1);
  }

  TEST_CASE("ContentTable: of a cached content the bytes decide, of the others the digest") {
    Table table(roomy);
    const auto differs = [](std::uint32_t) { return false; };
    const auto record = table.put(1);
    CHECK(table.find(digest(1), {}, differs).state == State::unknown);
    CHECK(table.slot_of(digest(1), differs) == std::nullopt);
    table.evict(record, {});
    CHECK(table.find(digest(1), {}, differs).state == State::seen);
    CHECK(table.slot_of(digest(1), [](std::uint32_t) { return true; }) == std::nullopt);
  }

  TEST_CASE("ContentTable: a content is cached, then evicted, rejected or forgotten") {
    Table table(roomy);
    table.evict(table.put(1), {});
    table.reject(table.put(2));
    table.forget(table.put(3));
    CHECK(table.state(1) == State::seen);
    CHECK(table.state(2) == State::rejected);
    CHECK(table.state(3) == State::unknown);
    CHECK(table.seen() == 1);
    CHECK(table.rejected() == 1);
  }

  TEST_CASE("ContentTable: when there are too many of a kind the oldest is forgotten, and no other kind") {
    Table table({1h, 3, 2});
    const auto cached = table.put(100);
    for (std::uint64_t i = 0; i < 4; ++i) table.evict_new(i);
    for (std::uint64_t i = 10; i < 13; ++i) table.reject(table.put(i));
    CHECK(table.state(0) == State::unknown);
    for (const std::uint64_t i : {1U, 2U, 3U}) CHECK(table.state(i) == State::seen);
    CHECK(table.state(10) == State::unknown);
    for (const std::uint64_t i : {11U, 12U}) CHECK(table.state(i) == State::rejected);
    CHECK(table.state(100) == State::cached);
    CHECK(table.seen() == 3);
    CHECK(table.rejected() == 2);
    table.forget(cached);
  }

  TEST_CASE("ContentTable: an evicted content is known for its lifetime, a rejected one without limit") {
    Table table({10s, 3, 3});
    table.evict_new(1, at(0s));
    table.reject(table.put(2));
    CHECK(table.state(1, at(10s)) == State::seen);
    CHECK(table.state(1, at(10s + 3ms)) == State::unknown);
    CHECK(table.state(2, at(1000h)) == State::rejected);
  }

  TEST_CASE(
      "ContentTable: a lifetime is over after two steps of 2^20 ns more at the most, and never before") {
    constexpr Duration step{1 << 20};
    for (const Duration ttl : {Duration(1), step - 1ns, step, step + 1ns, Duration(120s), Duration(24h)}) {
      // Wherever in its step it is evicted, and where the count begins anew.
      for (const Duration evicted :
           {Duration::zero(), Duration(1), step - 1ns, step * (std::int64_t{1} << 36) - 1ns}) {
        CHECK_FALSE(ContentTable::is_over(ttl, TimePoint(evicted), TimePoint(evicted + ttl)));
        CHECK(ContentTable::is_over(ttl, TimePoint(evicted), TimePoint(evicted + ttl + 2 * step)));
      }
    }
  }

  TEST_CASE("ContentTable: what has expired may be added again, and lives its own life") {
    Table table({10s, 3, 3});
    table.evict_new(1, at(0s));
    CHECK(table.state(1, at(10s + 3ms)) == State::unknown);
    const auto again = table.put(1);
    CHECK(table.state(1, at(10s + 3ms)) == State::cached);
    table.evict_new(2, at(11s));  // drops the first, whose time is up
    CHECK(table.state(1, at(11s)) == State::cached);
    CHECK(table.seen() == 1);
    table.evict(again, at(12s));
    CHECK(table.state(1, at(21s)) == State::seen);
  }

  TEST_CASE("ContentTable: no room or no time remembers nothing") {
    for (const ContentTable::Limits limits :
         {ContentTable::Limits{0s, 10, 0}, ContentTable::Limits{1h, 0, 0}}) {
      Table table(limits);
      table.evict_new(1);
      table.reject(table.put(2));
      CHECK(table.state(1) == State::unknown);
      CHECK(table.state(2) == State::unknown);
      CHECK(table.seen() + table.rejected() == 0);
    }
  }

  TEST_CASE("ContentTable: where very many expire at once, nobody waits until they are dropped") {
    Table table({10s, 1000, 0});
    for (std::uint64_t i = 0; i < 1000; ++i) table.evict_new(i, at(0s));
    table.evict_new(5000, at(20s));
    CHECK(table.seen() == 1000 - 4 + 1);
    for (std::uint64_t i = 0; i < 1000; ++i) CHECK(table.state(i, at(20s)) == State::unknown);
    for (std::uint64_t i = 0; i < 400; ++i) table.evict_new(6000 + i, at(20s));
    CHECK(table.seen() == 401);
  }

  TEST_CASE("ContentTable: random use agrees with a plain model") {
    Table table({10s, 20, 15});
    std::map<std::uint64_t, ContentTable::Record> cached;
    std::vector<std::pair<std::uint64_t, TimePoint>> seen;
    std::vector<std::uint64_t> rejected;
    Random random(7);
    TimePoint now{};
    const auto expected = [&](std::uint64_t number) {
      if (cached.contains(number)) return State::cached;
      if (std::ranges::find(rejected, number) != rejected.end()) return State::rejected;
      const bool known = std::ranges::any_of(seen, [&](const auto& entry) {
        return entry.first == number && !ContentTable::is_over(10s, entry.second, now);
      });
      return known ? State::seen : State::unknown;
    };
    for (int step = 0; step < 20000; ++step) {
      now += std::chrono::milliseconds(random.below(300));
      const std::uint64_t number = random.below(100);
      const State state = expected(number);
      REQUIRE(table.state(number, now) == state);
      if (state == State::unknown) {
        cached[number] = table.put(number);
      } else if (state == State::cached) {
        const auto record = cached.extract(number).mapped();
        switch (random.below(3)) {
          case 0:
            table.evict(record, now);
            seen.emplace_back(number, now);
            if (seen.size() > 20) seen.erase(seen.begin());
            break;
          case 1:
            table.reject(record);
            rejected.push_back(number);
            if (rejected.size() > 15) rejected.erase(rejected.begin());
            break;
          default:
            table.forget(record);
        }
      }
    }
  }
}

}  // namespace
}  // namespace gossip::test
