#pragma once
/// \file
/// Chance that nobody outside can foresee.

#include <cstdint>
#include <random>

namespace gossip::detail {

/// From the system's entropy.
[[nodiscard]] inline std::uint64_t system_seed() {
  std::random_device device;
  const std::uint64_t high = device();
  return high << 32U | device();
}

}  // namespace gossip::detail
