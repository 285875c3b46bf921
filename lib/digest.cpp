#include <gossip/digest.hpp>

#include "detail/siphash.hpp"

#include <bit>
#include <cstring>

namespace gossip {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t prime = (std::uint64_t{1} << 61U) - 1;
constexpr std::size_t pair_bytes = 16;

/// Congruent modulo the prime, and below 2^61 + 8 for anything below 2^124.
std::uint64_t folded(Wide value) {
  const std::uint64_t once =
      (static_cast<std::uint64_t>(value) & prime) + static_cast<std::uint64_t>(value >> 61U);
  return (once & prime) + (once >> 61U);
}
std::uint64_t folded(std::uint64_t value) {
  return (value & prime) + (value >> 61U);
}

template <typename Word>
std::uint64_t load(const std::byte* bytes) {
  Word word = 0;
  std::memcpy(&word, bytes, sizeof word);
  if constexpr (std::endian::native == std::endian::big) {
    word = static_cast<Word>(__builtin_bswap64(word) >> (64U - 8U * sizeof word));
  }
  return word;
}

/// Two NH hashes side by side; the second uses each pair of keys with the pair of words before that of the
/// first.
struct Compressed {
  Wide first = 0;
  Wide second = 0;

  void add(const std::uint64_t* keys, std::uint64_t low, std::uint64_t high) {
    first += Wide{low + keys[0]} * (high + keys[1]);
    second += Wide{low + keys[2]} * (high + keys[3]);
  }
  void add(const std::uint64_t* keys, const std::byte* bytes) {
    add(keys, load<std::uint64_t>(bytes), load<std::uint64_t>(bytes + 8));
  }
};

/// What is shorter than a pair of words, or what is left behind the last whole one: then it is read from the
/// last 16 bytes of all, of which some were read already. With the length known both tell all of the content.
void add_rest(Compressed& block, const std::uint64_t* keys, const std::byte* end, std::size_t total) {
  if (total >= pair_bytes) return block.add(keys, end - pair_bytes);
  const std::byte* begin = end - total;
  if (total >= 8) return block.add(keys, load<std::uint64_t>(begin), load<std::uint64_t>(end - 8));
  if (total >= 4) return block.add(keys, load<std::uint32_t>(begin), load<std::uint32_t>(end - 4));
  if (total == 0) return;
  block.add(keys, load<std::uint8_t>(begin),
            load<std::uint8_t>(begin + total / 2) << 8U | load<std::uint8_t>(end - 1));
}

Wide product(std::uint64_t left, std::uint64_t right) {
  return Wide{left} * right;
}

}  // namespace

DigestKey::DigestKey(std::uint64_t first, std::uint64_t second) {
  std::uint64_t counter = 0;
  const auto draw = [&] {
    detail::SipHash128<2, 4> hash(first, second);
    hash.word(counter++);
    return hash.finish({}).front();
  };
  for (std::uint64_t& word : words_) word = draw();
  for (Half& half : halves_) {
    for (Half::Wide& factor : half.factors) factor = {draw(), draw()};
    half.offset = {draw(), draw()};
    do half.point = draw() & prime;
    while (half.point == prime);
    half.square = folded(product(half.point, half.point));
  }
}

void make_digest(Digest& digest, const DigestKey& key, DataType type, std::span<const std::byte> data) {
  using Half = DigestKey::Half;
  const std::uint64_t* const words = key.words_.data();
  const auto& [one, other] = key.halves_;
  const std::byte* at = data.data();
  std::size_t left = data.size();
  std::uint64_t before_one = 0;
  std::uint64_t before_other = 0;
  for (; left > DigestKey::block_bytes; left -= DigestKey::block_bytes) {
    Compressed block;
    for (std::size_t i = 0; i < DigestKey::block_bytes / 8; i += 2, at += pair_bytes)
      block.add(words + i, at);
    // Horner's rule for two coefficients.
    const auto step = [](const Half& half, std::uint64_t before, Wide value) {
      return folded(product(half.square, folded(before + folded(static_cast<std::uint64_t>(value >> 64U)))) +
                    product(half.point, folded(static_cast<std::uint64_t>(value))));
    };
    before_one = step(one, before_one, block.first);
    before_other = step(other, before_other, block.second);
  }

  Compressed block;
  const std::uint64_t* keys = words;
  for (; left >= pair_bytes; left -= pair_bytes, at += pair_bytes, keys += 2) block.add(keys, at);
  if (left > 0) add_rest(block, keys, at + left, data.size());
  const std::uint64_t kind = std::uint64_t{data.size()} << 16U | value_of(type);
  // The upper half of a sum modulo 2^128.
  const auto last = [kind](const Half& half, Wide value, std::uint64_t before) {
    const auto wide = [](const Half::Wide& of) { return Wide{of.high} << 64U | of.low; };
    const auto& [of_high, of_low, of_kind, of_before] = half.factors;
    Wide sum = wide(half.offset) + wide(of_high) * static_cast<std::uint64_t>(value >> 64U) +
               wide(of_low) * static_cast<std::uint64_t>(value) + wide(of_kind) * kind;
    if (before != 0) sum += wide(of_before) * before;
    return static_cast<std::uint64_t>(sum >> 64U);
  };
  digest.low = last(one, block.first, before_one);
  digest.high = last(other, block.second, before_other);
}

}  // namespace gossip
