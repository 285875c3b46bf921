#pragma once
/// \file
/// How often each value occurred, in a table of fixed size: what percentiles of latencies are read from.

#include <array>
#include <cstddef>
#include <cstdint>

namespace gossipd::load {

/// Log-linear, as HdrHistogram is: below 2,048 each value has a place of its own, and above each power of two
/// is cut into 1,024 places, so that a value is known to within a thousandth of itself. Values beyond
/// `value_max` share the last place. 249 KiB, whatever is recorded. Not synchronised: each thread has its
/// own, and merge() brings them together.
class Histogram {
 public:
  /// The largest value that has its own place: 2^40 - 1, eighteen minutes in nanoseconds.
  static constexpr std::uint64_t value_max = (std::uint64_t{1} << 40U) - 1;

  /// `value` occurred `times` times.
  void record(std::uint64_t value, std::uint64_t times = 1);

  /// Adds what `other` has recorded.
  void merge(const Histogram& other);

  /// How many values were recorded.
  [[nodiscard]] std::uint64_t count() const { return count_; }

  /// The largest value, exactly; 0 where there is none.
  [[nodiscard]] std::uint64_t max() const { return max_; }

  /// The exact mean; 0 where there is none.
  [[nodiscard]] double mean() const;

  /// The value that `percent` of all are at or below: the upper end of its place, though never more than
  /// max(). 0 where there is none. Precondition: `percent` is from 0 to 100; 0 asks for the smallest.
  [[nodiscard]] std::uint64_t percentile(double percent) const;

 private:
  static constexpr std::size_t exact_values = 2048;
  static constexpr std::size_t places_per_power = exact_values / 2;
  static constexpr std::size_t exact_bits = 11;
  static constexpr std::size_t value_bits = 40;
  static constexpr std::size_t places = exact_values + (value_bits - exact_bits) * places_per_power;

  static std::size_t place_of(std::uint64_t value);
  static std::uint64_t upper_end(std::size_t place);

  std::array<std::uint64_t, places> times_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace gossipd::load
