#include "bench/histogram.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace gossipd::load {
namespace {

/// The percentile that a single value, recorded below a larger one, comes back as.
std::uint64_t seen_as(std::uint64_t value) {
  const auto histogram = std::make_unique<Histogram>();
  histogram->record(value);
  histogram->record(UINT64_MAX);
  return histogram->percentile(50);
}

TEST_SUITE("histogram") {
  TEST_CASE("Without values everything is zero") {
    const auto histogram = std::make_unique<Histogram>();
    CHECK(histogram->count() == 0);
    CHECK(histogram->max() == 0);
    CHECK(histogram->mean() == 0);
    CHECK(histogram->percentile(0) == 0);
    CHECK(histogram->percentile(100) == 0);
  }

  TEST_CASE("Values below 2,048 are exact") {
    for (const std::uint64_t value : {0U, 1U, 1023U, 1024U, 2046U, 2047U}) CHECK(seen_as(value) == value);
  }

  TEST_CASE("Larger ones are known to within a thousandth, and never understated") {
    for (unsigned bits = 11; bits < 39; ++bits) {
      const std::uint64_t power = std::uint64_t{1} << bits;
      for (const std::uint64_t value : {power - 1, power, power + 1, power + power / 2, 2 * power - 1}) {
        CAPTURE(value);
        CHECK(seen_as(value) >= value);
        CHECK(seen_as(value) - value <= value / 1000);
      }
    }
  }

  TEST_CASE("A place ends where the next begins") {
    CHECK(seen_as(2048) == 2049);
    CHECK(seen_as(2049) == 2049);
    CHECK(seen_as(2050) == 2051);
    CHECK(seen_as(4095) == 4095);
    CHECK(seen_as(4096) == 4099);
  }

  TEST_CASE("Values beyond the largest share the last place, and the maximum stays exact") {
    const auto histogram = std::make_unique<Histogram>();
    histogram->record(Histogram::value_max);
    CHECK(histogram->percentile(100) == Histogram::value_max);
    histogram->record(Histogram::value_max + 1);
    histogram->record(UINT64_MAX);
    CHECK(histogram->count() == 3);
    CHECK(histogram->max() == UINT64_MAX);
    CHECK(histogram->percentile(100) == UINT64_MAX);
  }

  TEST_CASE("Percentiles count up to and including") {
    const auto histogram = std::make_unique<Histogram>();
    for (std::uint64_t value = 1; value <= 1000; ++value) histogram->record(value);
    CHECK(histogram->percentile(0) == 1);
    CHECK(histogram->percentile(50) == 500);
    CHECK(histogram->percentile(50.01) == 501);
    CHECK(histogram->percentile(99.9) == 999);
    CHECK(histogram->percentile(100) == 1000);
    CHECK(histogram->mean() == 500.5);
  }

  TEST_CASE("A percentile is never above the maximum") {
    const auto histogram = std::make_unique<Histogram>();
    histogram->record(1'000'000);
    CHECK(histogram->percentile(50) == 1'000'000);
  }

  TEST_CASE("Times count, none of them is none") {
    const auto histogram = std::make_unique<Histogram>();
    histogram->record(7, 0);
    CHECK(histogram->count() == 0);
    CHECK(histogram->max() == 0);
    histogram->record(7, 99);
    histogram->record(9);
    CHECK(histogram->count() == 100);
    CHECK(histogram->percentile(99) == 7);
    CHECK(histogram->percentile(99.5) == 9);
  }

  TEST_CASE("Merged, two are as if one had recorded everything") {
    const auto one = std::make_unique<Histogram>();
    const auto other = std::make_unique<Histogram>();
    const auto all = std::make_unique<Histogram>();
    const std::vector<std::uint64_t> values{3, 2047, 2048, 5'000'000, UINT64_MAX};
    for (std::size_t index = 0; index < values.size(); ++index) {
      (index % 2 == 0 ? one : other)->record(values[index], index + 1);
      all->record(values[index], index + 1);
    }
    one->merge(*other);
    CHECK(one->count() == all->count());
    CHECK(one->max() == all->max());
    CHECK(one->mean() == doctest::Approx(all->mean()));
    for (const double percent : {0.0, 10.0, 50.0, 66.0, 99.0, 100.0})
      CHECK(one->percentile(percent) == all->percentile(percent));
  }
}

}  // namespace
}  // namespace gossipd::load
