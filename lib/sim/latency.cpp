#include <gossip/sim/latency.hpp>

#include "mix.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <stdexcept>

namespace gossip::sim {
namespace {

std::string text_of(Duration time) {
  const std::int64_t nanoseconds = time.count();
  if (nanoseconds % 1'000'000 == 0) return std::to_string(nanoseconds / 1'000'000) + "ms";
  if (nanoseconds % 1'000 == 0) return std::to_string(nanoseconds / 1'000) + "us";
  return std::to_string(nanoseconds) + "ns";
}

void check(Duration time) {
  if (time < Duration::zero())
    throw std::invalid_argument("nothing arrives before it is sent: a latency is not negative");
  if (time > latency_max) throw std::invalid_argument("a latency is 24h at most, not " + text_of(time));
  static_assert(latency_max == std::chrono::hours(24));
}

}  // namespace

Latency fixed(Duration latency) {
  return uniform(latency, latency);
}

Latency uniform(Duration shortest, Duration longest) {
  check(shortest);
  if (longest < shortest)
    throw std::invalid_argument("the longest latency is no shorter than the shortest, " + text_of(shortest));
  check(longest);
  Latency latency;
  latency.shortest_ = shortest;
  latency.longest_ = longest;
  return latency;
}

Latency regions(std::vector<std::vector<Duration>> matrix) {
  if (matrix.empty()) throw std::invalid_argument("a matrix of latencies has at least one region");
  for (const auto& row : matrix) {
    if (row.size() != matrix.size())
      throw std::invalid_argument("a matrix of latencies has as many columns as rows: " +
                                  std::to_string(matrix.size()));
    std::ranges::for_each(row, check);
  }
  Latency latency;
  latency.matrix_ = std::move(matrix);
  return latency;
}

Duration Latency::between(NodeNumber from, NodeNumber to, std::uint64_t seed) const {
  if (!matrix_.empty()) return matrix_[region_of(from)][region_of(to)];
  const auto range = static_cast<std::uint64_t>((longest_ - shortest_).count()) + 1;
  const auto [lower, higher] = std::minmax(from, to);
  const std::uint64_t drawn = mix(mix(mix(seed) ^ lower) ^ higher);
  // Of nanoseconds so many that what is left over by the division does not show.
  return shortest_ + Duration(static_cast<std::int64_t>(drawn % range));
}

Duration Latency::longest() const {
  if (matrix_.empty()) return longest_;
  Duration longest{};
  for (const auto& row : matrix_) longest = std::max(longest, *std::ranges::max_element(row));
  return longest;
}

std::uint32_t Latency::region_count() const {
  return matrix_.empty() ? 1 : static_cast<std::uint32_t>(matrix_.size());
}

std::string Latency::text() const {
  if (matrix_.empty()) {
    return shortest_ == longest_ ? text_of(shortest_) : text_of(shortest_) + ".." + text_of(longest_);
  }
  std::string text;
  for (std::size_t row = 0; row < matrix_.size(); ++row) {
    if (row > 0) text += '/';
    for (std::size_t column = 0; column < matrix_[row].size(); ++column) {
      if (column > 0) text += ',';
      text += text_of(matrix_[row][column]);
    }
  }
  return text;
}

}  // namespace gossip::sim
