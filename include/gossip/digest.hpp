#pragma once
/// \file
/// The keyed fingerprint of a message's content. Whoever does not know the key cannot aim at a collision, so
/// the lower half serves as a hash for tables and the whole serves where the content itself is no longer at
/// hand.

#include <gossip/export.hpp>
#include <gossip/random.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace gossip {

/// 128 bits; equal content under the same key has equal digests.
struct Digest {
  std::uint64_t low = 0;   ///< serves as a hash by itself
  std::uint64_t high = 0;  ///< makes chance collisions too rare to matter

  /// Of digests under the same key.
  friend bool operator==(const Digest&, const Digest&) = default;
};

/// What digests are made with: a secret that never leaves the process.
struct DigestKey {
  std::uint64_t first = 0;   ///< the first half of SipHash's 128-bit key
  std::uint64_t second = 0;  ///< the second half

  /// A new one; takes two numbers from `random`, which must be as hard to guess as the key is to be.
  static DigestKey from(Random& random) {
    const std::uint64_t first = random.next();
    return {first, random.next()};
  }
};

/// SipHash-1-3 with 128 bits of output (Aumasson and Bernstein, 2012) over the data type and then the data:
/// the two that make a message the same message (docs/protocol.md, 'Identity of a message').
[[nodiscard]] GOSSIP_EXPORT Digest digest_of(const DigestKey& key, DataType type,
                                             std::span<const std::byte> data);

}  // namespace gossip
