#pragma once
/// \file
/// Numbers scattered over all 64 bits, the same on every machine.

#include <bit>
#include <cstdint>

namespace gossip::sim {

/// SplitMix64's finisher: close numbers become far ones.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ value >> 30U) * 0xbf58476d1ce4e5b9U;
  value = (value ^ value >> 27U) * 0x94d049bb133111ebU;
  return value ^ value >> 31U;
}

/// A running hash of what happened: equal sequences give equal values. Not for secrets.
class Trace {
 public:
  void add(std::uint64_t value) { hash_ = std::rotl(hash_ ^ value, 29) * 0x9fb21c651e98df25U; }

  [[nodiscard]] std::uint64_t value() const { return mix(hash_); }

 private:
  std::uint64_t hash_ = 0x6a09e667f3bcc908U;
};

}  // namespace gossip::sim
