#pragma once
/// \file
/// The core's only source of chance. It is seeded from outside and has its own uniform and shuffle, since
/// those of the standard library differ between implementations and a seed must replay everywhere.

#include <gossip/export.hpp>

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace gossip {

/// A sequence of numbers that a seed decides: xoshiro256** (Blackman and Vigna), its state filled by
/// SplitMix64. Not for secrets that a peer could reconstruct from what it sees. Not thread-safe.
class GOSSIP_EXPORT Random {
 public:
  /// Equal seeds give equal sequences, on every platform.
  explicit Random(std::uint64_t seed);

  /// 64 uniformly distributed bits.
  std::uint64_t next();

  /// Uniform in [0, bound). Precondition: bound > 0. Without modulo bias.
  std::uint64_t below(std::uint64_t bound);

  /// Uniform in [0, 1).
  double fraction();

  /// Fisher-Yates.
  template <typename T>
  void shuffle(std::span<T> items) {
    for (std::size_t last = items.size(); last > 1; --last) std::swap(items[last - 1], items[below(last)]);
  }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace gossip
