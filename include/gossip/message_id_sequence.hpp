#pragma once
/// \file
/// Ids that look random, never collide with a recent one, and need no memory; drawing at random until an id
/// is free would take 65,536 tries in a full cache.

#include <gossip/random.hpp>
#include <gossip/types.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace gossip {

/// A keyed permutation of 0..65535: walking through the numbers gives each id once. Immutable.
class MessageIdSequence {
 public:
  /// Takes two numbers from `random`.
  explicit MessageIdSequence(Random& random) : MessageIdSequence(random.next(), random.next()) {}

  /// The id of a number.
  [[nodiscard]] MessageId id_of(std::uint16_t number) const {
    std::uint32_t id = number;
    for (const Round& round : rounds_) {
      id = (id * round.factor + round.offset) & 0xffffU;
      id ^= id >> 8U;  // its own inverse
    }
    return MessageId{static_cast<std::uint16_t>((id + offset_) & 0xffffU)};
  }

  /// The way back.
  [[nodiscard]] std::uint16_t number_of(MessageId id) const {
    std::uint32_t number = (value_of(id) - offset_) & 0xffffU;
    for (std::size_t i = 2; i-- > 0;) {
      number ^= number >> 8U;
      number = (number - rounds_[i].offset) * rounds_[i].inverse & 0xffffU;
    }
    return static_cast<std::uint16_t>(number);
  }

 private:
  struct Round {
    std::uint32_t factor = 1;  ///< odd, so that multiplying is a bijection
    std::uint32_t inverse = 1;
    std::uint32_t offset = 0;
  };

  MessageIdSequence(std::uint64_t first, std::uint64_t second)
      : rounds_{round_of(first), round_of(second)}, offset_(static_cast<std::uint32_t>(first >> 48U)) {}

  static Round round_of(std::uint64_t key) {
    const auto factor = static_cast<std::uint32_t>(key & 0xffffU) | 1U;
    std::uint32_t inverse = factor;  // right in the lowest 3 bits; each step doubles them
    for (int i = 0; i < 3; ++i) inverse *= 2 - factor * inverse;
    return {factor, inverse & 0xffffU, static_cast<std::uint32_t>(key >> 16U & 0xffffU)};
  }

  std::array<Round, 2> rounds_;
  std::uint32_t offset_;
};

}  // namespace gossip
