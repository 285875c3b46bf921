#include "bench/sequence_log.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <set>
#include <vector>

namespace gossipd::load {
namespace {

TEST_SUITE("sequence log") {
  TEST_CASE("In order, nothing is missing and nothing twice") {
    SequenceLog log;
    for (std::uint64_t number = 0; number < 1000; ++number) CHECK(log.add(number));
    CHECK(log.distinct() == 1000);
    CHECK(log.duplicates() == 0);
    CHECK(log.missing(1000) == 0);
    CHECK(log.missing(1001) == 1);
  }

  TEST_CASE("The same number again is a duplicate, the last one and any before it") {
    SequenceLog log;
    for (const std::uint64_t number : {0, 1, 2}) log.add(number);
    CHECK_FALSE(log.add(2));
    CHECK_FALSE(log.add(0));
    CHECK_FALSE(log.add(0));
    CHECK(log.distinct() == 3);
    CHECK(log.duplicates() == 3);
  }

  TEST_CASE("A gap is missing until it is filled, from either end or in its middle") {
    SequenceLog log;
    CHECK(log.add(10));
    CHECK(log.missing(11) == 10);
    for (const std::uint64_t number : {0, 9, 5, 4, 6}) {
      CHECK(log.add(number));
      CHECK_FALSE(log.add(number));
    }
    CHECK(log.missing(11) == 5);
    for (const std::uint64_t number : {1, 2, 3, 7, 8}) CHECK(log.add(number));
    CHECK(log.missing(11) == 0);
    CHECK(log.duplicates() == 5);
  }

  TEST_CASE("In any order, it agrees with a set of all numbers") {
    std::mt19937 random(7);
    std::vector<std::uint64_t> numbers;
    for (std::uint64_t number = 0; number < 3000; ++number) {
      for (auto times = random() % 3; times > 0; --times) numbers.push_back(number);
    }
    std::shuffle(numbers.begin(), numbers.end(), random);
    SequenceLog log;
    std::set<std::uint64_t> known;
    for (const std::uint64_t number : numbers) CHECK(log.add(number) == known.insert(number).second);
    CHECK(log.distinct() == known.size());
    CHECK(log.duplicates() == numbers.size() - known.size());
    CHECK(log.missing(3000) == 3000 - known.size());
  }

  TEST_CASE("Too many gaps: the lowest is given up, and only that") {
    SequenceLog log;
    for (std::uint64_t gap = 0; gap <= SequenceLog::gaps_max; ++gap) log.add(2 * gap + 1);
    const std::uint64_t count = 2 * SequenceLog::gaps_max + 2;
    CHECK(log.missing(count) == SequenceLog::gaps_max + 1);
    CHECK_FALSE(log.add(0));
    CHECK(log.add(2));
    CHECK(log.missing(count) == SequenceLog::gaps_max);
  }
}

}  // namespace
}  // namespace gossipd::load
