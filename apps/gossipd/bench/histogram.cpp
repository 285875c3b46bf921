#include "histogram.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

namespace gossipd::load {

std::size_t Histogram::place_of(std::uint64_t value) {
  if (value < exact_values) return static_cast<std::size_t>(value);
  value = std::min(value, value_max);
  const auto power = static_cast<std::size_t>(std::bit_width(value)) - exact_bits;
  const auto step = static_cast<std::size_t>(value >> power) - places_per_power;
  return exact_values + (power - 1) * places_per_power + step;
}

std::uint64_t Histogram::upper_end(std::size_t place) {
  if (place < exact_values) return place;
  const std::size_t power = (place - exact_values) / places_per_power + 1;
  const std::uint64_t step = (place - exact_values) % places_per_power + places_per_power;
  return ((step + 1) << power) - 1;
}

void Histogram::record(std::uint64_t value, std::uint64_t times) {
  if (times == 0) return;
  times_[place_of(value)] += times;
  count_ += times;
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value) * static_cast<double>(times);
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t place = 0; place < places; ++place) times_[place] += other.times_[place];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

double Histogram::mean() const {
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

std::uint64_t Histogram::percentile(double percent) const {
  assert(percent >= 0 && percent <= 100);
  if (count_ == 0) return 0;
  // 99.9 has no exact binary form: a rank that ought to be whole may come out a trifle above.
  constexpr double nearly_one = 1 - 1e-12;
  const double exact = percent * static_cast<double>(count_) / 100;
  const auto wanted = static_cast<std::uint64_t>(std::ceil(exact * nearly_one));
  const std::uint64_t rank = std::clamp<std::uint64_t>(wanted, 1, count_);
  std::uint64_t passed = 0;
  std::size_t place = 0;
  while (passed + times_[place] < rank) passed += times_[place++];
  return place + 1 == places ? max_ : std::min(upper_end(place), max_);
}

}  // namespace gossipd::load
