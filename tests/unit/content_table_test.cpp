#include <gossip/content_table.hpp>
#include <gossip/flat_map.hpp>

#include "fixture.hpp"
#include "live_bytes.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace gossip::test {
namespace {

using State = ContentTable::State;

/// Digests that share their lower half with others: the hash alone must not decide.
Digest digest(std::uint64_t number) {
  return {scatter(number / 4), number};
}

/// A table that gives its messages slots, the one that became free last before others.
class Table {
 public:
  explicit Table(const ContentTable::Limits& limits, std::size_t cached = 1024) : contents(limits, cached) {
    free_.reserve(cached);
  }

  State state(std::uint64_t number, TimePoint now = {}) const {
    const auto found = contents.find(digest(number), now, [&](std::uint32_t slot) {
      return slots_.contains({slot, number});
    });
    return found.state;
  }
  std::uint32_t put(std::uint64_t number) {
    std::uint32_t slot = 0;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(slots_.size());
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    contents.add(digest(number), slot);
    slots_.emplace(slot, number);
    return slot;
  }
  void evict(std::uint32_t slot, TimePoint now) { contents.evict(free(slot), now); }
  void reject(std::uint32_t slot) { contents.reject(free(slot)); }
  void forget(std::uint32_t slot) { contents.forget(free(slot)); }
  void evict_new(std::uint64_t number, TimePoint now = {}) { evict(put(number), now); }

  ContentTable contents;

 private:
  std::uint32_t free(std::uint32_t slot) {
    slots_.erase(slots_.lower_bound({slot, 0}));
    free_.push_back(slot);
    return slot;
  }

  std::set<std::pair<std::uint32_t, std::uint64_t>> slots_;
  std::vector<std::uint32_t> free_;
};

constexpr ContentTable::Limits roomy{1h, 100, 100};

/// Compares with lists after each step, with so many contents at most evicted, and half as many rejected.
void run_against_lists(std::size_t seen_max, std::uint64_t numbers) {
  Table table({10s, seen_max, seen_max / 2});
  std::map<std::uint64_t, std::uint32_t> cached;
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
    now += std::chrono::milliseconds(random.below(30000 / numbers));
    const std::uint64_t number = random.below(numbers);
    const State state = expected(number);
    REQUIRE(table.state(number, now) == state);
    if (state == State::unknown) {
      cached[number] = table.put(number);
    } else if (state == State::cached) {
      const auto slot = cached.extract(number).mapped();
      switch (random.below(3)) {
        case 0:
          table.evict(slot, now);
          seen.emplace_back(number, now);
          if (seen.size() > seen_max) seen.erase(seen.begin());
          break;
        case 1:
          table.reject(slot);
          rejected.push_back(number);
          if (rejected.size() > seen_max / 2) rejected.erase(rejected.begin());
          break;
        default:
          table.forget(slot);
      }
    }
  }
}

TEST_SUITE("content_table") {
  TEST_CASE("ContentTable: it knows what was added and nothing else") {
    Table table(roomy);
    CHECK(table.state(1) == State::unknown);
    const auto slot = table.put(1);
    CHECK(table.state(1) == State::cached);
    CHECK(table.state(2) == State::unknown);  // the same lower half
    CHECK(table.contents.slot_of(digest(1), [](std::uint32_t) { return true; }) == slot);
  }

  TEST_CASE("ContentTable: of a cached content the bytes decide, of the others the digest") {
    Table table(roomy);
    const auto differs = [](std::uint32_t) { return false; };
    const auto slot = table.put(1);
    CHECK(table.contents.find(digest(1), {}, differs).state == State::unknown);
    CHECK(table.contents.slot_of(digest(1), differs) == std::nullopt);
    table.evict(slot, {});
    CHECK(table.contents.find(digest(1), {}, differs).state == State::seen);
    CHECK(table.contents.slot_of(digest(1), [](std::uint32_t) { return true; }) == std::nullopt);
  }

  TEST_CASE("ContentTable: a content is cached, then evicted, rejected or forgotten") {
    Table table(roomy);
    table.evict(table.put(1), {});
    table.reject(table.put(2));
    table.forget(table.put(3));
    CHECK(table.state(1) == State::seen);
    CHECK(table.state(2) == State::rejected);
    CHECK(table.state(3) == State::unknown);
    CHECK(table.contents.seen() == 1);
    CHECK(table.contents.rejected() == 1);
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
    CHECK(table.contents.seen() == 3);
    CHECK(table.contents.rejected() == 2);
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
        // Who has looked at the clock before it was evicted, and comes later.
        CHECK_FALSE(ContentTable::is_over(ttl, TimePoint(evicted + step), TimePoint(evicted)));
        CHECK_FALSE(ContentTable::is_over(ttl, TimePoint(evicted + 1s), TimePoint(evicted)));
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
    CHECK(table.contents.seen() == 1);
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
      CHECK(table.contents.seen() + table.contents.rejected() == 0);
    }
  }

  TEST_CASE("ContentTable: where very many expire at once, nobody waits until they are dropped") {
    Table table({10s, 1000, 0});
    for (std::uint64_t i = 0; i < 1000; ++i) table.evict_new(i, at(0s));
    table.evict_new(5000, at(20s));
    CHECK(table.contents.seen() == 1000 - 4 + 1);
    for (std::uint64_t i = 0; i < 1000; ++i) CHECK(table.state(i, at(20s)) == State::unknown);
    for (std::uint64_t i = 0; i < 400; ++i) table.evict_new(6000 + i, at(20s));
    CHECK(table.contents.seen() == 401);
  }

  TEST_CASE("ContentTable: random use agrees with a plain model, within a chunk and over many") {
    run_against_lists(20, 100);
    run_against_lists(300, 1000);
  }

  TEST_CASE(
      "ContentTable: one may be evicted out of its turn, and all leave in the order of their evictions") {
    Table table({1h, 3, 3});
    std::vector<std::uint32_t> slots;
    for (std::uint64_t i = 0; i < 6; ++i) slots.push_back(table.put(i));
    for (const std::size_t i : {5U, 2U, 0U}) table.evict(slots[i], {});
    for (const std::uint64_t i : {5U, 2U, 0U}) CHECK(table.state(i) == State::seen);
    for (const std::uint64_t i : {1U, 3U, 4U}) CHECK(table.state(i) == State::cached);
    table.evict(slots[4], {});
    CHECK(table.state(5) == State::unknown);
    table.reject(slots[1]);
    table.forget(slots[3]);
    CHECK(table.state(1) == State::rejected);
    CHECK(table.state(3) == State::unknown);
    table.evict_new(7);
    CHECK(table.state(2) == State::unknown);
    for (const std::uint64_t i : {0U, 4U, 7U}) CHECK(table.state(i) == State::seen);
  }

  TEST_CASE("ContentTable: as many cached contents as it has room for, and one of each other kind") {
    for (const std::size_t cached : {1U, 2U, 3U, 4U, 65536U}) {
      CAPTURE(cached);
      Table table({1h, 1, 1}, cached);
      std::vector<std::uint32_t> slots;
      for (std::uint64_t i = 0; i < cached; ++i) slots.push_back(table.put(i));
      for (std::uint64_t i = 0; i < cached; ++i) REQUIRE(table.state(i) == State::cached);
      // From the newest to the oldest, so that each is out of its turn.
      for (std::uint64_t i = cached; i-- > 0;) {
        i % 3 == 0 ? table.evict(slots[i], {}) : i % 3 == 1 ? table.reject(slots[i]) : table.forget(slots[i]);
        REQUIRE(table.state(i) == (i % 3 == 0 ? State::seen : i % 3 == 1 ? State::rejected : State::unknown));
        if (i > 0) REQUIRE(table.state(i - 1) == State::cached);
      }
      CHECK(table.contents.seen() == 1);
      CHECK(table.contents.rejected() == (cached > 1 ? 1 : 0));
      for (std::uint64_t i = 0; i < cached; ++i) table.put(cached + i);
      for (std::uint64_t i = 0; i < cached; ++i) REQUIRE(table.state(cached + i) == State::cached);
    }
  }

  TEST_CASE("ContentTable: without memory what departs is forgotten, and nothing else") {
    for (const bool is_evicted : {true, false}) {
      CAPTURE(is_evicted);
      Table table(roomy);
      const auto oldest = table.put(0);
      const auto slot = table.put(1);
      table.put(2);
      {
        const AllocationFault fault({});
        is_evicted ? table.evict(slot, {}) : table.reject(slot);
        REQUIRE(AllocationFault::happened());
      }
      CHECK(table.state(0) == State::cached);
      CHECK(table.state(1) == State::unknown);
      CHECK(table.state(2) == State::cached);
      CHECK(table.contents.seen() + table.contents.rejected() == 0);
      is_evicted ? table.evict(oldest, {}) : table.reject(oldest);
      CHECK(table.state(0) == (is_evicted ? State::seen : State::rejected));
      CHECK(table.state(2) == State::cached);
    }
  }

  TEST_CASE("ContentTable: those that depart use the memory of those that were forgotten") {
    Table table({10s, 100, 50});
    const auto depart = [&](std::uint64_t begin, std::uint64_t end) {
      for (std::uint64_t i = begin; i < end; ++i) {
        table.contents.add(digest(i), 7);
        i % 3 == 0 ? table.contents.reject(7) : table.contents.evict(7, at(0s));
      }
    };
    depart(0, 1000);
    const std::size_t before = allocations();
    depart(1000, 5000);
    CHECK(table.contents.seen() == 100);
    CHECK(table.contents.rejected() == 50);
    CHECK(allocations() == before);
  }
}

}  // namespace
}  // namespace gossip::test
