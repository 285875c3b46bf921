#pragma once
/// \file
/// SipHash with 128 bits of output, fed in 64-bit words, so that a prefix can be hashed without copying the
/// data behind it. The number of rounds is a parameter because the published test vectors are for 2 and 4.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace gossip::detail {

template <int compression_rounds, int finalization_rounds>
class SipHash128 {
 public:
  /// The two halves of the 128-bit key, read little-endian.
  SipHash128(std::uint64_t first, std::uint64_t second)
      : v0_(first ^ 0x736f6d6570736575U),
        v1_(second ^ 0x646f72616e646f6dU ^ 0xeeU),
        v2_(first ^ 0x6c7967656e657261U),
        v3_(second ^ 0x7465646279746573U) {}

  /// Only before finish(), and only whole words: the tail belongs to finish().
  void word(std::uint64_t word) {
    v3_ ^= word;
    for (int i = 0; i < compression_rounds; ++i) round();
    v0_ ^= word;
    words_ += 1;
  }

  /// The two halves of the output: the first eight bytes and the last, read little-endian.
  [[nodiscard]] std::array<std::uint64_t, 2> finish(std::span<const std::byte> bytes) {
    const std::size_t whole = bytes.size() / 8;
    for (std::size_t i = 0; i < whole; ++i) word(load(bytes.subspan(i * 8, 8)));
    const auto tail = bytes.subspan(whole * 8);
    const std::uint64_t length = words_ * 8 + tail.size();
    word(length << 56 | load(tail));

    v2_ ^= 0xeeU;
    for (int i = 0; i < finalization_rounds; ++i) round();
    const std::uint64_t low = v0_ ^ v1_ ^ v2_ ^ v3_;
    v1_ ^= 0xddU;
    for (int i = 0; i < finalization_rounds; ++i) round();
    return {low, v0_ ^ v1_ ^ v2_ ^ v3_};
  }

 private:
  static std::uint64_t load(std::span<const std::byte> bytes) {
    std::uint64_t word = 0;
    if (!bytes.empty()) std::memcpy(&word, bytes.data(), bytes.size());
    if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
    return word;
  }

  void round() {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
  std::uint64_t words_ = 0;
};

}  // namespace gossip::detail
