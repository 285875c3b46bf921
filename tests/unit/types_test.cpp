#include <gossip/types.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>

namespace gossip {
namespace {

Endpoint ipv6(const char* address, std::uint16_t port) {
  return {parse_ip_address(address).value(), port};
}

TEST_SUITE("types") {
  TEST_CASE("Endpoint: it is written as address:port") {
    CHECK(to_string(Endpoint{0xc0000207, 6001}) == "192.0.2.7:6001");
    CHECK(to_string(Endpoint{}) == "0.0.0.0:0");
    CHECK(to_string(Endpoint{0xffffffff, 65535}) == "255.255.255.255:65535");
  }

  TEST_CASE("Endpoint: an IPv6 address is in brackets") {
    CHECK(to_string(ipv6("2001:db8::7", 6001)) == "[2001:db8::7]:6001");
    CHECK(to_string(ipv6("::", 0)) == "[::]:0");
    CHECK(to_string(ipv6("::ffff:192.0.2.7", 1)) == "192.0.2.7:1");
  }

  TEST_CASE("Endpoint: one of either family takes 18 bytes, since simulated nodes hold many") {
    CHECK(sizeof(Endpoint) == 18);
    CHECK(alignof(Endpoint) == 2);
  }

  TEST_CASE(
      "parse_endpoint: what to_string() writes, and nothing without a port or with a bracket too many") {
    CHECK(parse_endpoint("192.0.2.7:6001") == Endpoint{0xc0000207, 6001});
    CHECK(parse_endpoint("localhost:0") == Endpoint{0x7f000001, 0});
    CHECK(parse_endpoint("[2001:DB8::7]:65535") == ipv6("2001:db8::7", 65535));
    CHECK(parse_endpoint("[::ffff:192.0.2.7]:1") == Endpoint{0xc0000207, 1});
    for (const char* text : {"",
                             ":",
                             "::",
                             "::1",
                             "::1:6001",
                             "[::1]",
                             "[::1]6001",
                             "[::1]:",
                             "[::1]:65536",
                             "[::1]:-1",
                             "[::1]:1 ",
                             "[::1:1",
                             "::1]:1",
                             "[]:1",
                             "[:]:1",
                             "[[::1]]:1",
                             "[192.0.2.7]:1",
                             "[localhost]:1",
                             "192.0.2.7",
                             "192.0.2.7:",
                             "192.0.2.7:x",
                             "node.example:1",
                             "[fe80::1%eth0]:1"}) {
      CAPTURE(text);
      CHECK_FALSE(parse_endpoint(text).has_value());
    }
  }

  TEST_CASE("Endpoint: port 0, 0.0.0.0, multicast, reserved and broadcast cannot be used") {
    CHECK_FALSE(Endpoint{0x7f000001, 0}.usable());
    CHECK_FALSE(Endpoint{0, 6001}.usable());
    CHECK_FALSE(Endpoint{0x00ffffff, 6001}.usable());
    CHECK_FALSE(Endpoint{0xe0000000, 6001}.usable());  // 224.0.0.0, the first multicast address
    CHECK_FALSE(Endpoint{0xffffffff, 6001}.usable());
    CHECK(Endpoint{0xdfffffff, 6001}.usable());  // the last one below it
    CHECK(Endpoint{0x01000000, 1}.usable());
    CHECK(Endpoint{0x7f000001, 65535}.usable());
    CHECK(ipv6("::1", 1).usable());
    CHECK_FALSE(ipv6("::1", 0).usable());
    CHECK_FALSE(ipv6("fe80::1", 1).usable());
  }

  TEST_CASE("Endpoint: the order is that of the address, then of the port") {
    CHECK(Endpoint{1, 65535} < Endpoint{2, 1});
    CHECK(Endpoint{0x0a000001, 6001} < Endpoint{0x0a000001, 6002});
    CHECK(Endpoint{0x7fffffff, 1} < Endpoint{0x80000000, 1});
    CHECK(Endpoint{0xffffffff, 65535} < ipv6("::", 0));
    CHECK(ipv6("::1", 65535) < ipv6("::2", 1));
    CHECK(ipv6("::1", 6001) < ipv6("::1", 6002));
  }

  TEST_CASE("Endpoint: equal ones have equal hashes, and ports count") {
    const std::unordered_set<Endpoint> endpoints{{1, 1}, {1, 1}, {1, 2}, {2, 1}};
    CHECK(endpoints.size() == 3);
    std::unordered_set<std::size_t> hashes;
    for (const char* text : {"::1", "::2", "1::", "2::", "1::1", "::1:0:0:0"}) {
      for (const std::uint16_t port : {std::uint16_t{1}, std::uint16_t{2}})
        hashes.insert(std::hash<Endpoint>{}(ipv6(text, port)));
    }
    CHECK(hashes.size() == 12);
  }

  TEST_CASE("NodeId, ContentId: they are written as 32 hexadecimal digits, the first byte first") {
    NodeId node;
    ContentId content;
    CHECK(to_string(node) == "00000000000000000000000000000000");
    for (unsigned i = 0; i < 16; ++i) {
      node.bytes[i] = static_cast<std::byte>(i * 16 + 15 - i);
      content.bytes[i] = static_cast<std::byte>(i);
    }
    CHECK(to_string(node) == "0f1e2d3c4b5a69788796a5b4c3d2e1f0");
    CHECK(to_string(content) == "000102030405060708090a0b0c0d0e0f");
  }

  TEST_CASE("NodeId, ContentId: the order is that of unsigned bytes, the first one first") {
    NodeId low;
    NodeId high;
    low.bytes[15] = std::byte{0xff};
    high.bytes[0] = std::byte{1};
    CHECK(low < high);
    low.bytes[0] = std::byte{0x7f};
    high.bytes[0] = std::byte{0x80};
    CHECK(low < high);
    CHECK(low == NodeId(low));
    ContentId other;
    other.bytes[15] = std::byte{1};
    CHECK(ContentId{} < other);
  }

  TEST_CASE("literal_endpoint: an address or localhost, and nothing else") {
    CHECK(literal_endpoint({"192.0.2.7", 6001}) == Endpoint{0xc0000207, 6001});
    CHECK(literal_endpoint({"0.0.0.0", 0}) == Endpoint{});
    CHECK(literal_endpoint({"255.255.255.255", 1}) == Endpoint{0xffffffff, 1});
    CHECK(literal_endpoint({"localhost", 7}) == Endpoint{0x7f000001, 7});
    CHECK(literal_endpoint({"LocalHost", 7}) == Endpoint{0x7f000001, 7});
    for (const char* name : {"",          "node.example",      "localhost.", "localhos", "1.2.3",
                             "1.2.3.4.5", "1.2.3.256",         "1.2.3.",     ".1.2.3",   "1..2.3",
                             "01.2.3.4",  "1.2.3.4 ",          " 1.2.3.4",   "+1.2.3.4", "-1.2.3.4",
                             "0x1.2.3.4", "99999999999.1.1.1", "1.2.3.4x",   "[::1]",    "::1%lo"}) {
      CAPTURE(name);
      CHECK_FALSE(literal_endpoint({name, 1}).has_value());
    }
  }

  TEST_CASE("HostPort: an endpoint as one, and back") {
    const Endpoint endpoint{0x0a0b0c0d, 6001};
    CHECK(to_host_port(endpoint) == HostPort{"10.11.12.13", 6001});
    CHECK(literal_endpoint(to_host_port(endpoint)) == endpoint);
    CHECK(to_string(HostPort{"node.example", 80}) == "node.example:80");
    CHECK(to_host_port(ipv6("2001:db8::7", 6001)) == HostPort{"2001:db8::7", 6001});
    CHECK(literal_endpoint({"2001:DB8:0::7", 6001}) == ipv6("2001:db8::7", 6001));
    CHECK(to_string(HostPort{"::1", 80}) == "[::1]:80");
    CHECK(is_ipv6({"::1", 80}));
    CHECK_FALSE(is_ipv6({"::ffff:127.0.0.1", 80}));
    CHECK_FALSE(is_ipv6({"127.0.0.1", 80}));
    CHECK_FALSE(is_ipv6({"node.example", 80}));
  }

  TEST_CASE("Layer: it has a name") {
    CHECK(to_string(Layer::api) == "api");
    CHECK(to_string(Layer::p2p) == "p2p");
  }

  TEST_CASE("earlier: of two timers the one that is due first, of one that one, of none none") {
    const TimePoint one(std::chrono::seconds(1));
    const TimePoint other(std::chrono::seconds(2));
    CHECK(earlier(one, other) == one);
    CHECK(earlier(other, one) == one);
    CHECK(earlier(std::nullopt, other) == other);
    CHECK(earlier(one, std::nullopt) == one);
    CHECK_FALSE(earlier(std::nullopt, std::nullopt));
  }
}

}  // namespace
}  // namespace gossip
