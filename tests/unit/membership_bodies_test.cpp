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

IpAddress ipv6(const char* text) {
  return parse_ip_address(text).value();
}

/// One of each family.
const Endpoint addresses[] = {{0x01020304, 0x0506}, {ipv6("2001:db8::7"), 6001}};

TEST_SUITE("membership_bodies") {
  TEST_CASE("JOIN: 8 bytes or 20, of ttl 0 to 6 and family 4 or 6") {
    CHECK(body_of(Join{6, {0x01020304, 0x0506}}) == from_hex("0604050601020304"));
    CHECK(body_of(Join{6, {ipv6("102:304:506:708:90a:b0c:d0e:f10"), 0x1112}}) ==
          from_hex("060611120102030405060708090a0b0c0d0e0f10"));
    for (const Endpoint& address : addresses) {
      const Bytes good = body_of(Join{6, address});
      const bool is_ipv4 = address.address.is_ipv4();
      for (std::size_t size = 0; size <= 42; ++size) {
        Bytes body = good;
        body.resize(size);
        std::string right = "8 bytes, or 20 with IPv6";
        if (size == 8 || size == 20) right = is_ipv4 ? "8 bytes with IPv4" : "20 bytes with IPv6";
        CHECK(outcome(Code::join, body) ==
              (size == good.size() ? "message"
                                   : "JOIN body of " + std::to_string(size) + " bytes: it is " + right));
      }
      for (unsigned value = 0; value <= 255; ++value) {
        Bytes body = good;
        body[0] = static_cast<std::byte>(value);
        CHECK(outcome(Code::join, body) ==
              (value <= 6 ? "message" : "JOIN of ttl " + std::to_string(value) + ": it is at most 6"));
        if (value == 4 || value == 6) continue;
        body = good;
        body[1] = static_cast<std::byte>(value);
        CHECK(outcome(Code::join, body) ==
              "JOIN of address family " + std::to_string(value) + ": it is 4 for IPv4 or 6 for IPv6");
      }
    }
  }

  TEST_CASE("JOIN, SHUFFLE: an IPv4 address is not of family 6") {
    Bytes join = body_of(Join{0, {ipv6("::fffe:102:304"), 1}});
    join[4 + 11] = std::byte{0xff};
    CHECK(outcome(Code::join, join) == "JOIN with an IPv4 address in family 6: it is of family 4");
    Bytes shuffle = body_of(Shuffle{Shuffle::Kind::asks, {{1, 2}, {ipv6("::fffe:102:304"), 1}}});
    shuffle[4 + 8 + 4 + 11] = std::byte{0xff};
    CHECK(outcome(Code::shuffle, shuffle) ==
          "SHUFFLE entry 1 with an IPv4 address in family 6: it is of family 4");
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

  TEST_CASE(
      "SHUFFLE: 4 bytes and 8 or 20 for each of up to 16 addresses, and one that asks has one at least") {
    for (const auto& [family, entry_bytes] : {std::pair{4U, 8U}, std::pair{6U, 20U}}) {
      for (const unsigned kind : {0U, 1U}) {
        for (std::size_t size = 0; size <= 4 + 18 * entry_bytes; ++size) {
          CAPTURE(size);
          Bytes body(size);
          for (std::size_t entry = 4; entry < size; entry += entry_bytes)
            body[entry] = static_cast<std::byte>(family);
          if (size > 0) body[0] = static_cast<std::byte>(kind);
          const std::size_t whole = size < 4 ? 0 : (size - 4) / entry_bytes;
          const std::size_t left = size < 4 ? 0 : (size - 4) % entry_bytes;
          std::string expected = "message";
          if (size < 4) {
            expected = "SHUFFLE body of " + std::to_string(size) + " bytes: it is at least 4 bytes";
          } else if (whole + (left > 0 ? 1 : 0) > 16) {
            expected = "SHUFFLE of more than 16 addresses: it has at most 16";
          } else if (left > 0) {
            expected = "SHUFFLE entry " + std::to_string(whole) + " of " + std::to_string(left) +
                       " bytes: it is " + std::to_string(entry_bytes) + " bytes";
          } else if (kind == 0 && whole == 0) {
            expected = "SHUFFLE that asks without an address: it names its sender's";
          }
          CHECK(outcome(Code::shuffle, body) == expected);
        }
      }
    }
    Bytes largest(4 + std::size_t{8} * 8190);
    for (std::size_t entry = 4; entry < largest.size(); entry += 8) largest[entry] = std::byte{4};
    CHECK(outcome(Code::shuffle, largest) == "SHUFFLE of more than 16 addresses: it has at most 16");
  }

  TEST_CASE("SHUFFLE: entries of both families stand one behind the other, 16 of them at most") {
    Shuffle shuffle{Shuffle::Kind::answers, {addresses[1], addresses[0], addresses[0], addresses[1]}};
    const Bytes body = body_of(shuffle);
    CHECK(body.size() == 4 + 20 + 8 + 8 + 20);
    CHECK(decode(Layer::p2p, {530, body}).value() == Message(shuffle));
    while (shuffle.server_addresses.size() < 16)
      shuffle.server_addresses.push_back(addresses[shuffle.server_addresses.size() % 2]);
    Bytes most = body_of(shuffle);
    CHECK(decode(Layer::p2p, {530, most}).value() == Message(shuffle));
    most.push_back(std::byte{4});
    CHECK(outcome(Code::shuffle, most) == "SHUFFLE of more than 16 addresses: it has at most 16");
  }

  TEST_CASE("SHUFFLE: kind 0 or 1, and each address of family 4 or 6") {
    const Bytes good = body_of(Shuffle{Shuffle::Kind::asks, {{1, 2}, {3, 4}, {5, 6}}});
    for (unsigned value = 0; value <= 255; ++value) {
      Bytes body = good;
      body[0] = static_cast<std::byte>(value);
      CHECK(outcome(Code::shuffle, body) ==
            (value <= 1 ? "message"
                        : "SHUFFLE of kind " + std::to_string(value) +
                              ": it is 0 for one that asks or 1 for one that answers"));
      if (value == 4 || value == 6) continue;
      for (std::size_t entry = 0; entry < 3; ++entry) {
        body = good;
        body[4 + 8 * entry] = static_cast<std::byte>(value);
        CHECK(outcome(Code::shuffle, body) == "SHUFFLE entry " + std::to_string(entry) +
                                                  " of address family " + std::to_string(value) +
                                                  ": it is 4 for IPv4 or 6 for IPv6");
      }
    }
    Bytes body = good;
    body[4 + 16] = std::byte{6};
    CHECK(outcome(Code::shuffle, body) == "SHUFFLE entry 2 of 8 bytes: it is 20 bytes");
  }

  TEST_CASE("What was decoded from random bodies is encoded to what decodes to the same") {
    Random random(5);
    int messages[4] = {};
    for (int round = 0; round < 40000; ++round) {
      const std::size_t which = random.below(4);
      const std::uint16_t code = static_cast<std::uint16_t>(527 + which);
      const std::size_t sizes[] = {8 + 12 * random.below(2), 4, 4, 4 + 4 * random.below(16)};
      Bytes body(sizes[which]);
      for (std::byte& byte : body) byte = static_cast<std::byte>(random.below(6));
      for (std::size_t entry = 4; which == 3 && entry < body.size();) {
        const bool is_ipv4 = random.below(2) == 0;
        body[entry] = std::byte{is_ipv4 ? std::uint8_t{4} : std::uint8_t{6}};
        entry += is_ipv4 ? 8 : 20;
      }
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
