#include <gossip/random.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>
#include <vector>

namespace gossip {
namespace {

TEST_SUITE("random") {
  TEST_CASE("Random: the numbers are those of the reference implementations") {
    // SplitMix64 from 0 begins with e220a8397b1dcdaf, 6e789e6aa1b965f4, 06c45d188009454f, f88bb8a8724c81ec
    // (prng.di.unimi.it); xoshiro256** on that state gives these.
    Random random(0);
    CHECK(random.next() == 0x99ec5f36cb75f2b4U);
    CHECK(random.next() == 0xbf6e1f784956452aU);
    CHECK(random.next() == 0x1a5f849d4933e6e0U);
  }

  TEST_CASE("Random: a seed replays, another one differs") {
    Random first(7);
    Random again(7);
    Random other(8);
    CHECK(first.next() == again.next());
    CHECK(first.next() != other.next());
  }

  TEST_CASE("below: it stays below, reaches every value and prefers none") {
    Random random(1);
    std::map<std::uint64_t, int> counts;
    for (int i = 0; i < 60000; ++i) counts[random.below(6)] += 1;
    REQUIRE(counts.size() == 6);
    CHECK(counts.rbegin()->first == 5);
    // 10,000 expected; the standard deviation is 91.
    for (const auto& [value, count] : counts) CHECK(std::abs(count - 10000) < 500);
  }

  TEST_CASE("below: 1 leaves only 0, and the largest bounds work") {
    Random random(2);
    CHECK(random.below(1) == 0);
    for (int i = 0; i < 100; ++i) CHECK(random.below((std::uint64_t{1} << 63) + 1) <= std::uint64_t{1} << 63);
  }

  TEST_CASE("fraction: from 0 to below 1, half on either side of the middle") {
    Random random(3);
    int low = 0;
    for (int i = 0; i < 10000; ++i) {
      const double fraction = random.fraction();
      REQUIRE(fraction >= 0);
      REQUIRE(fraction < 1);
      low += fraction < 0.5 ? 1 : 0;
    }
    CHECK(std::abs(low - 5000) < 300);  // six standard deviations of 50
  }

  TEST_CASE("shuffle: it keeps the items and can bring them into every order") {
    Random random(4);
    std::set<std::array<int, 3>> orders;
    for (int i = 0; i < 200; ++i) {
      std::array<int, 3> items{1, 2, 3};
      random.shuffle(std::span<int>(items));
      orders.insert(items);
      std::ranges::sort(items);
      CHECK(items == std::array<int, 3>{1, 2, 3});
    }
    CHECK(orders.size() == 6);
    std::vector<int> none;
    random.shuffle(std::span<int>(none));
    CHECK(none.empty());
  }
}

}  // namespace
}  // namespace gossip
