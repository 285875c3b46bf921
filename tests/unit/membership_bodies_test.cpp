/// \file
/// docs/protocol.md, 'The overlay extension': the layouts of JOIN, NEIGHBOR, DISCONNECT and SHUFFLE, each at
/// its edges. As vectors they are in overlay_codec_test.cpp.

#include <gossip/codec.hpp>
#include <gossip/random.hpp>

#include "vectors.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace gossip::test {
namespace {

using Bytes = std::vector<std::byte>;

Bytes body_of(const Message& message) {
  const Bytes bytes = bytes_of(encode(message));
  return {bytes.begin() + frame_header_bytes, bytes.end()};
}

TEST_SUITE("membership_bodies") {
  TEST_CASE("JOIN: 8 bytes, of ttl 0 to 6 and family 4") {
    const Bytes good = body_of(Join{6, {0x01020304, 0x0506}});
    CHECK(good == from_hex("0604050601020304"));
    for (std::size_t size = 0; size <= 17; ++size) {
      Bytes body = good;
      body.resize(size);
      CHECK(outcome(Code::join, body) ==
            (size == 8 ? "message" : "JOIN body of " + std::to_string(size) + " bytes: it is 8 bytes"));
    }
    for (unsigned value = 0; value <= 255; ++value) {
      Bytes body = good;
      body[0] = static_cast<std::byte>(value);
      CHECK(outcome(Code::join, body) ==
            (value <= 6 ? "message" : "JOIN of ttl " + std::to_string(value) + ": it is at most 6"));
      body = good;
      body[1] = static_cast<std::byte>(value);
      CHECK(outcome(Code::join, body) ==
            (value == 4 ? "message"
                        : "JOIN of address family " + std::to_string(value) + ": it is 4 for IPv4"));
    }
  }

  TEST_CASE(
      "NEIGHBOR and DISCONNECT: 4 bytes, of which the first is 0 to 1 or 2 and the others are not looked "
      "at") {
    for (const auto& [code, of, most] : {std::tuple{Code::neighbor, "NEIGHBOR of kind ", 1U},
                                         std::tuple{Code::disconnect, "DISCONNECT of reason ", 2U}}) {
      for (std::size_t size = 0; size <= 9; ++size) {
        CHECK(outcome(code, Bytes(size)) == (size == 4 ? "message"
                                                       : std::string(to_string(code)) + " body of " +
                                                             std::to_string(size) + " bytes: it is 4 bytes"));
      }
      for (unsigned value = 0; value <= 255; ++value) {
        const Bytes body{static_cast<std::byte>(value), std::byte{1}, std::byte{2}, std::byte{3}};
        CHECK(outcome(code, body) ==
              (value <= most ? "message"
                             : of + std::to_string(value) + ": it is at most " + std::to_string(most)));
      }
    }
  }

  TEST_CASE("SHUFFLE: 4 bytes and 8 for each of up to 16 addresses, and one that asks has one at least") {
    for (const unsigned kind : {0U, 1U}) {
      for (std::size_t size = 0; size <= 160; ++size) {
        CAPTURE(size);
        Bytes body(size);
        for (std::size_t entry = 4; entry < size; entry += 8) body[entry] = std::byte{4};
        if (size > 0) body[0] = static_cast<std::byte>(kind);
        const std::size_t count = size < 4 ? 0 : (size - 4) / 8;
        std::string expected = "message";
        if (size % 8 != 4) {
          expected =
              "SHUFFLE body of " + std::to_string(size) + " bytes: it is 4 bytes and 8 for each address";
        } else if (count > 16) {
          expected = "SHUFFLE of " + std::to_string(count) + " addresses: it has at most 16";
        } else if (kind == 0 && count == 0) {
          expected = "SHUFFLE that asks without an address: it names its sender's";
        }
        CHECK(outcome(Code::shuffle, body) == expected);
      }
      Bytes largest(4 + std::size_t{8} * 8190);
      largest[0] = static_cast<std::byte>(kind);
      CHECK(outcome(Code::shuffle, largest) == "SHUFFLE of 8190 addresses: it has at most 16");
    }
  }

  TEST_CASE("SHUFFLE: kind 0 or 1, and each address of family 4") {
    const Bytes good = body_of(Shuffle{Shuffle::Kind::asks, {{1, 2}, {3, 4}, {5, 6}}});
    for (unsigned value = 0; value <= 255; ++value) {
      Bytes body = good;
      body[0] = static_cast<std::byte>(value);
      CHECK(outcome(Code::shuffle, body) ==
            (value <= 1 ? "message"
                        : "SHUFFLE of kind " + std::to_string(value) +
                              ": it is 0 for one that asks or 1 for one that answers"));
      for (std::size_t entry = 0; entry < 3; ++entry) {
        body = good;
        body[4 + 8 * entry] = static_cast<std::byte>(value);
        CHECK(outcome(Code::shuffle, body) ==
              (value == 4 ? "message"
                          : "SHUFFLE entry " + std::to_string(entry) + " of address family " +
                                std::to_string(value) + ": it is 4 for IPv4"));
      }
    }
  }

  TEST_CASE("What was decoded from random bodies is encoded to what decodes to the same") {
    Random random(5);
    int messages[4] = {};
    for (int round = 0; round < 20000; ++round) {
      const std::size_t which = random.below(4);
      const std::uint16_t code = static_cast<std::uint16_t>(527 + which);
      const std::size_t sizes[] = {8, 4, 4, 4 + 8 * random.below(4)};
      Bytes body(sizes[which]);
      for (std::byte& byte : body) byte = static_cast<std::byte>(random.below(6));
      for (std::size_t entry = 4; which == 3 && entry < body.size(); entry += 8) body[entry] = std::byte{4};
      const auto message = decode(Layer::p2p, {code, body});
      if (!message) continue;
      REQUIRE(message.value());
      messages[which] += 1;
      const Bytes again = body_of(*message.value());
      REQUIRE(again.size() == body.size());
      REQUIRE(again[0] == body[0]);
      REQUIRE(decode(Layer::p2p, {code, again}).value() == *message.value());
    }
    for (const int count : messages) CHECK(count > 500);
  }
}

}  // namespace
}  // namespace gossip::test
