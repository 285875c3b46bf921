#include <gossip/digest.hpp>

#include "detail/siphash.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <set>
#include <string>
#include <vector>

namespace gossip {
namespace {

/// The key 00 01 .. 0f of the published vectors, read little-endian.
constexpr std::uint64_t vector_key[] = {0x0706050403020100U, 0x0f0e0d0c0b0a0908U};

/// 00 01 02 ...
std::vector<std::byte> counting_bytes(std::size_t count) {
  std::vector<std::byte> bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::byte>(i);
  return bytes;
}

/// As openssl prints it: sixteen bytes, the lower half first, each half little-endian.
std::string hex(const std::array<std::uint64_t, 2>& halves) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::uint64_t half : halves) {
    for (int byte = 0; byte < 8; ++byte, half >>= 8U) {
      text += digits[half >> 4U & 15U];
      text += digits[half & 15U];
    }
  }
  return text;
}

Digest digest(std::string_view data, int type = 1, const DigestKey& key = {vector_key[0], vector_key[1]}) {
  return digest_of(key, DataType(type), std::as_bytes(std::span(data.data(), data.size())));
}

TEST_SUITE("digest") {
  TEST_CASE("SipHash-2-4-128: the published vectors") {
    // openssl mac -macopt hexkey:000102030405060708090a0b0c0d0e0f -macopt size:16 -in FILE SIPHASH
    const std::pair<std::size_t, std::string> vectors[] = {
        {0, "a3817f04ba25a8e66df67214c7550293"},  {1, "da87c1d86b99af44347659119b22fc45"},
        {7, "a1f1ebbed8dbc153c0b84aa61ff08239"},  {8, "3b62a9ba6258f5610f83e264f31497b4"},
        {15, "5493e99933b0a8117e08ec0f97cfc3d9"}, {16, "6ee2a4ca67b054bbfd3315bf85230577"},
        {63, "5150d1772f50834a503e069a973fbd7c"},
    };
    for (const auto& vector : vectors) {
      CAPTURE(vector.first);
      detail::SipHash128<2, 4> hash(vector_key[0], vector_key[1]);
      CHECK(hex(hash.finish(counting_bytes(vector.first))) == vector.second);
    }
  }

  TEST_CASE("SipHash-1-3-128: as openssl computes it with -macopt c-rounds:1 -macopt d-rounds:3") {
    detail::SipHash128<1, 3> nothing(vector_key[0], vector_key[1]);
    CHECK(hex(nothing.finish({})) == "e77ebcb22788a5befd62db6add303001");
    detail::SipHash128<1, 3> hash(vector_key[0], vector_key[1]);
    CHECK(hex(hash.finish(counting_bytes(15))) == "c17e5505b2bd526c2921cdec1e7e0109");
  }

  TEST_CASE("SipHash: a whole word as a prefix is the same as its bytes") {
    detail::SipHash128<2, 4> hash(vector_key[0], vector_key[1]);
    hash.word(0x0706050403020100U);
    const std::vector<std::byte> bytes = counting_bytes(63);
    CHECK(hex(hash.finish(std::span(bytes).subspan(8))) == "5150d1772f50834a503e069a973fbd7c");
  }

  TEST_CASE("digest_of: type, data and key each make a difference") {
    CHECK(digest("data") == digest("data"));
    CHECK(digest("data") != digest("datA"));
    CHECK(digest("data", 1) != digest("data", 2));
    CHECK(digest("data", 1) != digest("data", 1, {1, 2}));
    CHECK(digest("", 1) != digest("", 256));
    CHECK(digest(std::string_view("\0", 1)) != digest(std::string_view("\0\0", 2)));
  }

  TEST_CASE("digest_of: each byte of each length makes a difference, at the edges of words and blocks") {
    const DigestKey key(1, 2);
    std::set<std::pair<std::uint64_t, std::uint64_t>> digests;
    std::size_t contents = 0;
    for (const std::size_t length :
         {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 255, 256, 257, 271, 512, 513, 1030}) {
      std::vector<std::byte> data(length);
      for (std::size_t changed = 0; changed <= length; ++changed) {
        if (changed > 0) data[changed - 1] ^= std::byte{0x80};
        const Digest made = digest_of(key, DataType{1}, data);
        CHECK(made == digest_of(key, DataType{1}, std::vector<std::byte>(data)));  // wherever it stands
        digests.emplace(made.low, made.high);
        contents += 1;
      }
    }
    CHECK(digests.size() == contents);
  }

  TEST_CASE("DigestKey: two of one generator differ") {
    Random random(1);
    const DigestKey first = DigestKey::from(random);
    const DigestKey second = DigestKey::from(random);
    CHECK(digest("data", 1, first) != digest("data", 1, second));
  }
}

}  // namespace
}  // namespace gossip
