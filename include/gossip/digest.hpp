#pragma once
/// \file
/// The keyed fingerprint of a message's content. Whoever does not know the key cannot aim at a collision, so
/// the lower half serves as a hash for tables and the whole serves where the content itself is no longer at
/// hand.

#include <gossip/export.hpp>
#include <gossip/random.hpp>
#include <gossip/types.hpp>

#include <array>
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

/// What digests are made with: a secret that never leaves the process. It is large, so pass it by reference.
class GOSSIP_EXPORT DigestKey {
 public:
  /// Expands 128 bits with SipHash-2-4: equal halves make equal keys.
  DigestKey(std::uint64_t first, std::uint64_t second);

  /// A new one; takes two numbers from `random`, which must be as hard to guess as the key is to be.
  static DigestKey from(Random& random) {
    const std::uint64_t first = random.next();
    return {first, random.next()};
  }

  /// Bytes that are compressed at a time.
  static constexpr std::size_t block_bytes = 256;

 private:
  friend GOSSIP_EXPORT void make_digest(Digest& digest, const DigestKey& key, DataType type,
                                        std::span<const std::byte> data);

  /// What one half of a digest is made with.
  struct Half {
    /// 128 bits.
    struct Wide {
      std::uint64_t high = 0;  ///< the upper 64
      std::uint64_t low = 0;   ///< the lower 64
    };

    std::array<Wide, 4> factors;  ///< of what the words of a content come to
    Wide offset;                  ///< what their sum begins with
    std::uint64_t point = 0;      ///< a secret point of a polynomial over the integers modulo 2^61 - 1, ...
    std::uint64_t square = 0;     ///< and its square
  };

  std::array<Half, 2> halves_;
  std::array<std::uint64_t, block_bytes / 8 + 2> words_;
};

/// digest_of() in its place: what is returned in two registers is put into memory by detours.
GOSSIP_EXPORT void make_digest(Digest& digest, const DigestKey& key, DataType type,
                               std::span<const std::byte> data);

/// The fingerprint of a data type and data: the two that make a message the same message (docs/protocol.md,
/// 'Identity of a message'). Each block of 256 bytes is compressed by two NH hashes (Black, Halevi, Krawczyk,
/// Krovetz, Rogaway: UMAC, 1999) whose keys are shifted against each other. Of all blocks but the last the
/// results are the coefficients of two polynomials at secret points; what these come to, the last block,
/// length and type are hashed by multiply-shift (Dietzfelbinger, 1996), which is strongly universal. Two
/// different contents of at most 64 KiB that were chosen without knowledge of the key have the same digest
/// with a probability below 2^-100.
[[nodiscard]] inline Digest digest_of(const DigestKey& key, DataType type, std::span<const std::byte> data) {
  Digest digest;
  make_digest(digest, key, type, data);
  return digest;
}

}  // namespace gossip
