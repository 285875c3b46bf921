#include "bench/body.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace gossipd::load {
namespace {

constexpr BodyHeader header{0x01020304, 5, 0, 0x0123456789abcdef, 1'000'000'007};

std::vector<std::byte> body_of(const BodyHeader& of, std::size_t bytes) {
  // One byte more on either side: writing stays within its bounds.
  std::vector<std::byte> body(bytes + 2, std::byte{0xee});
  write_body(body.data() + 1, bytes, of);
  CHECK(body.front() == std::byte{0xee});
  CHECK(body.back() == std::byte{0xee});
  return {body.begin() + 1, body.end() - 1};
}

TEST_SUITE("body") {
  TEST_CASE("A header comes back as it was written, whatever the size") {
    for (std::size_t bytes = body_bytes_min; bytes < body_bytes_min + 40; ++bytes) {
      const auto body = body_of(header, bytes);
      const BodyHeader read = read_header(body.data());
      CHECK(read.run == header.run);
      CHECK(read.publisher == header.publisher);
      CHECK(read.sequence == header.sequence);
      CHECK(read.sent == header.sent);
      CHECK(is_intact(body.data(), body.size(), read));
    }
  }

  TEST_CASE("Any bit that changes shows, in the header too") {
    for (const std::size_t bytes : {body_bytes_min, std::size_t{25}, std::size_t{32}, std::size_t{64},
                                    std::size_t{67}, std::size_t{1024}}) {
      auto body = body_of(header, bytes);
      for (std::size_t bit = 0; bit < 8 * bytes; ++bit) {
        body[bit / 8] ^= std::byte{1} << (bit % 8);
        CAPTURE(bit);
        CHECK_FALSE(is_intact(body.data(), bytes, read_header(body.data())));
        body[bit / 8] ^= std::byte{1} << (bit % 8);
      }
      CHECK(is_intact(body.data(), bytes, read_header(body.data())));
    }
  }

  TEST_CASE("The filler of one message is not that of the next") {
    auto body = body_of(header, 64);
    BodyHeader next = read_header(body.data());
    CHECK(is_intact(body.data(), body.size(), next));
    ++next.sequence;
    CHECK_FALSE(is_intact(body.data(), body.size(), next));
  }
}

}  // namespace
}  // namespace gossipd::load
