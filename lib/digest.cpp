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
std::uint64_t reduced(Wide value) {
  const std::uint64_t rest = folded(value);
  return rest >= prime ? rest - prime : rest;
}

/// A bijection: what differs goes on to differ.
std::uint64_t scattered(std::uint64_t value) {
  value = (value ^ value >> 32U) * 0xd6e8feb86659fd93U;
  value = (value ^ value >> 32U) * 0xd6e8feb86659fd93U;
  return value ^ value >> 32U;
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

/// One step of Horner's rule for two coefficients.
struct Evaluation {
  std::uint64_t at_first = 0;
  std::uint64_t at_second = 0;
};

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
  for (Point& point : points_) {
    do point.first = draw() & prime;
    while (point.first == prime);
    point.second = reduced(product(point.first, point.first));
    point.third = reduced(product(point.second, point.first));
  }
  for (std::uint64_t& mask : masks_) mask = draw();
}

Digest digest_of(const DigestKey& key, DataType type, std::span<const std::byte> data) {
  const std::uint64_t* const words = key.words_.data();
  const auto& [point, other] = key.points_;
  const std::byte* at = data.data();
  const std::byte* const end = at + data.size();
  Evaluation sum;
  std::size_t left = data.size();
  for (; left > DigestKey::block_bytes; left -= DigestKey::block_bytes) {
    Compressed block;
    for (std::size_t i = 0; i < DigestKey::block_bytes / 8; i += 2, at += pair_bytes)
      block.add(words + i, at);
    const auto step = [](const DigestKey::Point& p, std::uint64_t before, Wide value) {
      return folded(product(p.second, folded(before + folded(static_cast<std::uint64_t>(value >> 64U)))) +
                    product(p.first, folded(static_cast<std::uint64_t>(value))));
    };
    sum = {step(point, sum.at_first, block.first), step(other, sum.at_second, block.second)};
  }

  Compressed block;
  const std::uint64_t* keys = words;
  for (; left >= pair_bytes; left -= pair_bytes, at += pair_bytes, keys += 2) block.add(keys, at);
  if (left > 0) add_rest(block, keys, end, data.size());
  const std::uint64_t kind = std::uint64_t{data.size()} << 16U | value_of(type);
  const auto last = [kind](const DigestKey::Point& p, std::uint64_t before, Wide value) {
    return reduced(product(p.third, folded(before + folded(static_cast<std::uint64_t>(value >> 64U)))) +
                   product(p.second, folded(static_cast<std::uint64_t>(value))) + product(p.first, kind));
  };
  return {scattered(last(point, sum.at_first, block.first) ^ key.masks_[0]),
          scattered(last(other, sum.at_second, block.second) ^ key.masks_[1])};
}

}  // namespace gossip
