#include <gossip/flat_index.hpp>
#include <gossip/random.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace gossip {
namespace {

bool contains(const FlatIndex& index, std::uint64_t hash, std::uint32_t slot) {
  return index.find(hash, [&](std::uint32_t candidate) { return candidate == slot; }).has_value();
}

/// For tables in which all slots have one hash, or those with few slots, which never ask.
constexpr auto never_asked = [](std::uint32_t /*slot*/) -> std::uint64_t { throw std::logic_error("asked"); };

/// Far apart, as those of tables are: the upper bits say which bucket.
std::uint64_t spread(std::uint64_t number) {
  number *= 0x9e3779b97f4a7c15U;
  return number ^ number >> 32U;
}

/// Inserts and erases at random, `hashes` of them in use, and compares with the standard library after each
/// step.
void run_against_multimap(std::uint64_t seed, std::uint64_t hashes, int steps) {
  CAPTURE(seed);
  Random random(seed);
  FlatIndex index;
  std::unordered_multimap<std::uint64_t, std::uint32_t> model;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> present;
  std::vector<std::uint64_t> hash_by_slot;  // a step is a slot
  for (std::uint32_t step = 0; step < static_cast<std::uint32_t>(steps); ++step) {
    if (present.empty() || random.below(100) < (step / 1000 % 2 == 0 ? 60U : 40U)) {
      const std::uint64_t hash = spread(random.below(hashes));
      hash_by_slot.resize(step + 1);
      hash_by_slot[step] = hash;
      index.insert(hash, step, [&](std::uint32_t slot) { return hash_by_slot.at(slot); });
      model.emplace(hash, step);
      present.emplace_back(hash, step);
    } else {
      std::swap(present[random.below(present.size())], present.back());
      const auto [hash, slot] = present.back();
      present.pop_back();
      index.erase(hash, slot);
      model.erase(std::find(model.find(hash), model.end(),
                            std::pair<const std::uint64_t, std::uint32_t>(hash, slot)));
      REQUIRE_FALSE(contains(index, hash, slot));
    }
    REQUIRE(index.size() == model.size());
    if (step % 50 == 0) {
      for (const auto& [hash, slot] : model) REQUIRE(contains(index, hash, slot));
    }
  }
}

/// Slots that come and go in one order, as those of an owner that leaves their entries behind.
struct Window {
  static constexpr bool leaves = true;
  std::uint32_t oldest = 0;
  std::uint32_t next = 0;
  std::uint32_t same_bits = 0;  ///< of so many lower bits of slots hashes do not tell
  mutable std::unordered_set<std::uint32_t> strayed;

  [[nodiscard]] bool holds(std::uint32_t slot) const { return slot >= oldest && slot < next; }
  [[nodiscard]] std::uint64_t hash_of(std::uint32_t slot) const {
    REQUIRE(holds(slot));
    return hash_of_any(slot);
  }
  [[nodiscard]] std::uint64_t hash_of_any(std::uint32_t slot) const {
    return spread(std::uint64_t{slot} >> same_bits);
  }
  [[nodiscard]] auto liveness() const {
    return [begin = oldest, count = next - oldest](auto slots) {
      return 0U - ((((slots - begin) & (FlatIndex::slots_max - 1)) - count) >> 31U);
    };
  }
  void on_strayed(std::uint32_t slot) const {
    REQUIRE(holds(slot));
    strayed.insert(slot);
  }
  void leave_oldest(FlatIndex& index) {
    const std::uint64_t hash = hash_of(oldest);
    const bool has_strayed = strayed.erase(oldest) > 0;
    index.leave(hash, oldest++, has_strayed);
  }
};

TEST_SUITE("flat_index") {
  TEST_CASE("FlatIndex: what was inserted is found, and not under another hash") {
    FlatIndex index;
    index.insert(spread(5), 1, never_asked);
    index.insert(spread(6), 2, never_asked);
    CHECK(contains(index, spread(5), 1));
    CHECK(contains(index, spread(6), 2));
    CHECK_FALSE(contains(index, spread(6), 1));
    CHECK_FALSE(contains(index, spread(7), 1));
    CHECK(index.size() == 2);
  }

  TEST_CASE("FlatIndex: a search ends where something has gone past each bucket") {
    FlatIndex index(20);                           // two buckets
    constexpr std::uint64_t second = 0x80000000U;  // a hash that belongs into that one
    for (std::uint32_t slot = 0; slot < 13; ++slot) index.insert(0, slot, never_asked);
    for (std::uint32_t slot = 0; slot < 11; ++slot) index.erase(0, slot);
    for (std::uint32_t slot = 20; slot < 32; ++slot) index.insert(second, slot, never_asked);
    CHECK_FALSE(contains(index, 0, 99));
    CHECK_FALSE(contains(index, second, 99));
    for (std::uint32_t slot = 20; slot < 32; ++slot) CHECK(contains(index, second, slot));
    CHECK(contains(index, 0, 12));
  }

  TEST_CASE("FlatIndex: slot 0 and hash 0 are as good as others") {
    FlatIndex index;
    CHECK_FALSE(contains(index, 0, 0));
    index.insert(0, 0, never_asked);
    CHECK(contains(index, 0, 0));
    index.erase(0, 0);
    CHECK_FALSE(contains(index, 0, 0));
  }

  TEST_CASE("FlatIndex: equality decides among equal hashes") {
    FlatIndex index;
    for (std::uint32_t slot = 0; slot < 20; ++slot) index.insert(42, slot, [](std::uint32_t) { return 42U; });
    for (std::uint32_t slot = 0; slot < 20; ++slot) CHECK(contains(index, 42, slot));
    CHECK_FALSE(contains(index, 42, 20));
  }

  TEST_CASE("FlatIndex: it grows beyond what was reserved") {
    FlatIndex index(3);
    const auto hash_of = [](std::uint32_t slot) { return spread(slot); };
    for (std::uint32_t slot = 0; slot < 10000; ++slot) {
      index.insert(hash_of(slot), slot, hash_of);
      // In the middle of moving, too.
      REQUIRE(contains(index, hash_of(slot / 2), slot / 2));
    }
    for (std::uint32_t slot = 0; slot < 10000; ++slot) REQUIRE(contains(index, spread(slot), slot));
  }

  TEST_CASE("FlatIndex: one slot under two hashes is two entries, and each is erased by its own hash") {
    FlatIndex index;
    index.insert(0, 1, never_asked);
    index.insert(1, 2, never_asked);
    index.insert(8, 1, never_asked);
    index.erase(8, 1);
    CHECK(index.size() == 2);
    index.erase(0, 1);
    CHECK(contains(index, 1, 2));
    CHECK_FALSE(contains(index, 0, 1));
  }

  TEST_CASE("FlatIndex: what has gone past full buckets is found, and so is what stays when others go") {
    // All belong into the first bucket of twelve, but for the last, which belongs into the second, which they
    // have filled.
    FlatIndex index(1000);
    for (std::uint32_t slot = 0; slot < 40; ++slot) index.insert(7, slot, never_asked);
    const std::uint64_t next = (std::uint64_t{1} << 32U) / 100 + 1;  // of 100 buckets
    index.insert(next, 40, never_asked);
    for (std::uint32_t slot = 0; slot < 40; slot += 2) index.erase(7, slot);
    for (std::uint32_t slot = 0; slot < 40; ++slot) CHECK(contains(index, 7, slot) == (slot % 2 == 1));
    CHECK(contains(index, next, 40));
    for (std::uint32_t slot = 1; slot < 40; slot += 2) index.erase(7, slot);
    index.erase(next, 40);
    CHECK(index.size() == 0);
    CHECK_FALSE(contains(index, 7, 1));
  }

  TEST_CASE("FlatIndex: a few entries, and the first that is too many") {
    FlatIndex index;
    const auto hash_of = [](std::uint32_t slot) { return spread(slot % 5); };
    for (std::uint32_t slot = 0; slot < 8; ++slot) index.insert(hash_of(slot), slot, never_asked);
    index.erase(hash_of(3), 3);
    CHECK_FALSE(contains(index, hash_of(3), 3));
    index.insert(hash_of(8), 8, never_asked);
    index.insert(hash_of(9), 9, hash_of);
    CHECK(index.size() == 9);
    for (std::uint32_t slot = 0; slot < 10; ++slot)
      CHECK(contains(index, hash_of(slot), slot) == (slot != 3));
  }

  TEST_CASE("FlatIndex: a slot that takes the place of another, among few, in a table and while that grows") {
    FlatIndex index;
    constexpr std::uint32_t count = 3000;
    const auto hash_of = [](std::uint32_t slot) { return spread(slot % count); };
    for (std::uint32_t slot = 0; slot < count; ++slot) {
      index.insert(hash_of(slot), slot, hash_of);
      const std::uint32_t earlier = slot / 2;
      if (slot % 2 == 0) index.replace(hash_of(earlier), earlier, earlier + count);
      REQUIRE(contains(index, hash_of(earlier), earlier + count));
      REQUIRE_FALSE(contains(index, hash_of(earlier), earlier));
    }
    for (std::uint32_t slot = 0; slot < count; ++slot)
      REQUIRE(contains(index, hash_of(slot), slot < count / 2 ? slot + count : slot));
    CHECK(index.size() == count);
  }

  TEST_CASE("FlatIndex: what was sent for is what may be meant") {
    FlatIndex index(1000);
    std::vector<std::uint32_t> touched;
    for (std::uint32_t slot = 0; slot < 500; ++slot) index.insert(spread(slot), slot, never_asked);
    index.prefetch_slots(spread(77), [&](std::uint32_t slot) { touched.push_back(slot); });
    CHECK(touched == std::vector<std::uint32_t>{77});
  }

  TEST_CASE("FlatIndex: within what was reserved it does not grow") {
    FlatIndex index;
    index.reserve(5000, never_asked);
    for (std::uint32_t slot = 0; slot < 5000; ++slot) index.insert(spread(slot), slot, never_asked);
    CHECK(index.size() == 5000);
  }

  TEST_CASE("FlatIndex: where it ceases to be dense it has the room that was reserved, and grows as before") {
    const auto hash_of = [](std::uint32_t slot) { return spread(slot); };
    for (const std::uint32_t reserved : {1279U, 1280U, 1281U, 1536U, 1537U}) {
      FlatIndex index(reserved);
      for (std::uint32_t slot = 0; slot < reserved; ++slot) index.insert(hash_of(slot), slot, never_asked);
      for (std::uint32_t slot = reserved; slot < 3 * reserved; ++slot) {
        index.insert(hash_of(slot), slot, hash_of);
        // In the middle of moving, too.
        REQUIRE(contains(index, hash_of(slot - reserved), slot - reserved));
      }
      for (std::uint32_t slot = 0; slot < 3 * reserved; slot += 2) index.erase(hash_of(slot), slot);
      for (std::uint32_t slot = 0; slot < 3 * reserved; ++slot)
        REQUIRE(contains(index, hash_of(slot), slot) == (slot % 2 == 1));
    }
  }

  TEST_CASE("FlatIndex: 20,000 random operations, few hashes and many collisions") {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) run_against_multimap(seed, 40, 20000);
  }

  TEST_CASE("FlatIndex: 20,000 random operations, many hashes") {
    for (std::uint64_t seed = 4; seed <= 6; ++seed) run_against_multimap(seed, 5000, 20000);
  }

  TEST_CASE("FlatIndex: an entry that is left stays until its bucket is full, and then makes way") {
    FlatIndex index(20);  // two buckets
    Window window;
    window.same_bits = 32;  // one hash for all
    const auto is_there = [&](std::uint32_t slot) { return contains(index, window.hash_of_any(slot), slot); };
    const auto insert = [&] {
      const std::uint32_t slot = window.next++;
      index.insert_among(window.hash_of(slot), slot, window);
    };
    for (int i = 0; i < 12; ++i) insert();
    for (int i = 0; i < 3; ++i) window.leave_oldest(index);
    CHECK(index.size() == 9);
    for (std::uint32_t slot = 0; slot < 12; ++slot) CHECK(is_there(slot));
    insert();
    CHECK(window.strayed.empty());
    for (std::uint32_t slot = 0; slot < 13; ++slot) CHECK(is_there(slot) == window.holds(slot));
    // Where all of a bucket are there the next stands elsewhere, and is erased when it goes.
    for (int i = 0; i < 3; ++i) insert();
    CHECK(window.strayed == std::unordered_set<std::uint32_t>{15});
    CHECK(is_there(15));
    for (int i = 0; i < 13; ++i) window.leave_oldest(index);
    CHECK(index.size() == 0);
    CHECK(is_there(14));
    CHECK_FALSE(is_there(15));
  }

  TEST_CASE("FlatIndex: entries that are left behind make way, and those that are there are found") {
    // Few, few that become a table, a dense one that grows, a sparse one; hashes by themselves, and in fours.
    for (const std::uint32_t same_bits : {0U, 2U}) {
      for (const std::size_t held_max : {5U, 20U, 700U, 3000U}) {
        CAPTURE(same_bits);
        CAPTURE(held_max);
        FlatIndex index;
        Window window;
        window.same_bits = same_bits;
        Random random(held_max);
        const auto is_found = [&](std::uint32_t slot) {
          const auto equal = [&](std::uint32_t candidate) {
            return window.holds(candidate) && candidate == slot;
          };
          return index.find(window.hash_of_any(slot), equal).has_value();
        };
        for (std::uint32_t step = 0; step < 20000; ++step) {
          window.next += 1;
          index.insert_among(window.hash_of(step), step, window);
          const std::size_t held = step < 10000 ? held_max / 3 : held_max;
          while (window.next - window.oldest > held) window.leave_oldest(index);
          REQUIRE(index.size() == window.next - window.oldest);
          REQUIRE(is_found(step));
          const auto any = static_cast<std::uint32_t>(random.below(window.next));
          REQUIRE(is_found(any) == window.holds(any));
        }
        while (window.oldest != window.next) window.leave_oldest(index);
        CHECK(index.size() == 0);
        CHECK(window.strayed.empty());
      }
    }
  }

  TEST_CASE("FlatIndex: in a table of huge pages all is found that was inserted") {
    constexpr std::uint32_t many = 300000;  // 3.2 MB
    FlatIndex index(many);
    for (std::uint32_t slot = 0; slot < many; ++slot) index.insert(spread(slot), slot, never_asked);
    std::uint32_t found = 0;
    for (std::uint32_t slot = 0; slot < many; ++slot) found += contains(index, spread(slot), slot) ? 1 : 0;
    CHECK(found == many);
    CHECK_FALSE(contains(index, spread(many), many));
  }
}

}  // namespace
}  // namespace gossip
