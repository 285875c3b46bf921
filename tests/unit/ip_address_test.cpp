#include <gossip/ip_address.hpp>
#include <gossip/random.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <string>
#include <vector>

namespace gossip {
namespace {

IpAddress address_of(const std::string& text) {
  const auto address = parse_ip_address(text);
  REQUIRE_MESSAGE(address.has_value(), text);
  return *address;
}

/// As RFC 5952 has it.
std::string canonical(const std::string& text) {
  return to_string(address_of(text));
}

TEST_SUITE("IpAddress") {
  TEST_CASE("IpAddress: IPv4 is written as four decimal octets") {
    CHECK(to_string(IpAddress()) == "0.0.0.0");
    CHECK(to_string(IpAddress(0xc0000207)) == "192.0.2.7");
    CHECK(to_string(IpAddress(0xffffffff)) == "255.255.255.255");
  }

  TEST_CASE("IpAddress: IPv6 is written as RFC 5952 has it, in lower case and without leading zeros") {
    CHECK(canonical("2001:0DB8:0001:0a00:000F:0010:00aB:00c0") == "2001:db8:1:a00:f:10:ab:c0");
    CHECK(canonical("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff") == "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    CHECK(canonical("64:ff9b::192.0.2.33") == "64:ff9b::c000:221");
  }

  TEST_CASE(
      "IpAddress: the longest run of zeros is left out, of equal ones the first, and a single one stays") {
    CHECK(canonical("0:0:0:0:0:0:0:0") == "::");
    CHECK(canonical("0:0:0:0:0:0:0:1") == "::1");
    CHECK(canonical("1:0:0:0:0:0:0:0") == "1::");
    CHECK(canonical("1:0:0:0:0:0:0:2") == "1::2");
    CHECK(canonical("2001:db8:0:1:1:1:1:1") == "2001:db8:0:1:1:1:1:1");
    CHECK(canonical("2001:db8::1:1:1:1:1") == "2001:db8:0:1:1:1:1:1");
    CHECK(canonical("0:1:1:1:1:1:1:1") == "0:1:1:1:1:1:1:1");
    CHECK(canonical("::1:1:1:1:1:1:1") == "0:1:1:1:1:1:1:1");
    CHECK(canonical("1:1:1:1:1:1:1:0") == "1:1:1:1:1:1:1:0");
    CHECK(canonical("2001:0:0:1:0:0:0:1") == "2001:0:0:1::1");
    CHECK(canonical("2001:db8:0:0:1:0:0:1") == "2001:db8::1:0:0:1");
    CHECK(canonical("0:0:1:0:0:0:0:1") == "0:0:1::1");
    CHECK(canonical("0:0:0:1:1:0:0:0") == "::1:1:0:0:0");
  }

  TEST_CASE("IpAddress: ::ffff:a.b.c.d is the IPv4 address, and no other address with one at the end is") {
    for (const char* text :
         {"::ffff:192.0.2.7", "::FFFF:c000:207", "0:0:0:0:0:ffff:192.0.2.7", "192.0.2.7"}) {
      CAPTURE(text);
      CHECK(address_of(text).is_ipv4());
      CHECK(address_of(text) == IpAddress(0xc0000207));
      CHECK(canonical(text) == "192.0.2.7");
    }
    CHECK(IpAddress::v6(IpAddress(0xc0000207).bytes()) == IpAddress(0xc0000207));
    for (const char* text : {"::192.0.2.7", "::fffe:192.0.2.7", "::1:ffff:192.0.2.7", "1::ffff:192.0.2.7"}) {
      CAPTURE(text);
      CHECK_FALSE(address_of(text).is_ipv4());
    }
  }

  TEST_CASE("IpAddress: what is no address is none, and neither is one with a scope, a bracket or a port") {
    for (const char* text : {"",
                             ":",
                             ":::",
                             "1",
                             "1:2:3:4:5:6:7",
                             "1:2:3:4:5:6:7:",
                             ":1:2:3:4:5:6:7",
                             "1:2:3:4:5:6:7:8:9",
                             "1:2:3:4:5:6:7:8::",
                             "::1:2:3:4:5:6:7:8",
                             "1:2:3:4::5:6:7:8",
                             "1::2::3",
                             "1:::2",
                             "12345::",
                             "::00001",
                             "::g",
                             "::-1",
                             "::+1",
                             "::0x1",
                             ":: ",
                             " ::",
                             "::1 ",
                             "::1%eth0",
                             "fe80::1%1",
                             "[::1]",
                             "::1/64",
                             "1.2.3.4::",
                             "::1.2.3",
                             "::1.2.3.4.5",
                             "::1.2.3.256",
                             "::01.2.3.4",
                             "1:2:3:4:5:6:7:1.2.3.4",
                             "::1.2.3.4:1",
                             "1.2.3.4:80",
                             "node.example"}) {
      CAPTURE(text);
      CHECK_FALSE(parse_ip_address(text).has_value());
    }
    CHECK(canonical("1:2:3:4:5:6:1.2.3.4") == "1:2:3:4:5:6:102:304");
    CHECK(canonical("1:2:3:4:5:6:7::") == "1:2:3:4:5:6:7:0");
  }

  TEST_CASE("IpAddress: the system reads and writes addresses the same way") {
    Random random(6);
    constexpr std::string_view alphabet = "01f:::.2a";
    int addresses = 0;
    for (int round = 0; round < 200000; ++round) {
      std::string text(2 + random.below(14), ' ');
      for (char& character : text) character = alphabet[random.below(alphabet.size())];
      std::array<unsigned char, 16> system{};
      const bool is_address = text.find(':') != std::string::npos
                                  ? ::inet_pton(AF_INET6, text.c_str(), system.data()) == 1
                                  : ::inet_pton(AF_INET, text.c_str(), system.data()) == 1;
      CAPTURE(text);
      const auto address = parse_ip_address(text);
      REQUIRE(address.has_value() == is_address);
      if (!address || address->is_ipv4()) continue;
      addresses += 1;
      REQUIRE(std::ranges::equal(address->bytes(), system, {},
                                 [](std::byte byte) { return std::to_integer<unsigned char>(byte); }));
      std::array<char, INET6_ADDRSTRLEN> written{};
      REQUIRE(::inet_ntop(AF_INET6, system.data(), written.data(), written.size()) != nullptr);
      // ::a.b.c.d, which is out of use, is the one that the system writes in another way.
      if (std::string_view(written.data()).find('.') != std::string_view::npos) continue;
      REQUIRE(to_string(*address) == written.data());
      REQUIRE(parse_ip_address(to_string(*address)) == address);
    }
    CHECK(addresses > 2000);
  }

  TEST_CASE("IpAddress: 0.0.0.0 and :: are unspecified, 127.0.0.0/8 and ::1 are loopback, and no other is") {
    for (const char* text : {"0.0.0.0", "::", "::ffff:0.0.0.0"}) CHECK(address_of(text).unspecified());
    for (const char* text : {"0.0.0.1", "::1", "::fffe:0.0.0.0", "1::", "::1:0:0"})
      CHECK_FALSE(address_of(text).unspecified());
    for (const char* text : {"127.0.0.0", "127.255.255.255", "::1", "::ffff:127.0.0.1"})
      CHECK(address_of(text).loopback());
    for (const char* text : {"126.255.255.255", "128.0.0.0", "::", "::2", "1::1", "::127.0.0.1"})
      CHECK_FALSE(address_of(text).loopback());
  }

  TEST_CASE("IpAddress: of IPv6 ::, ff00::/8 and fe80::/10 cannot be used") {
    for (const char* text : {"::", "fe80::", "fe80::1", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                             "ff00::", "ff02::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}) {
      CAPTURE(text);
      CHECK_FALSE(address_of(text).usable());
    }
    for (const char* text : {"::1", "fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "fec0::", "fd00::1",
                             "2001:db8::1", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}) {
      CAPTURE(text);
      CHECK(address_of(text).usable());
    }
  }

  TEST_CASE("IpAddress: IPv4 comes before IPv6, and each family is in the order of its bytes") {
    const std::vector<const char*> ordered{"0.0.0.0",
                                           "1.0.0.0",
                                           "127.255.255.255",
                                           "128.0.0.0",
                                           "255.255.255.255",
                                           "::",
                                           "::1",
                                           "::fffe:0:0",
                                           "::1:0:0:0",
                                           "1::",
                                           "7fff::",
                                           "8000::",
                                           "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"};
    for (std::size_t left = 0; left < ordered.size(); ++left) {
      for (std::size_t right = 0; right < ordered.size(); ++right) {
        CAPTURE(ordered[left]);
        CAPTURE(ordered[right]);
        CHECK((address_of(ordered[left]) <=> address_of(ordered[right])) == (left <=> right));
        CHECK((address_of(ordered[left]) == address_of(ordered[right])) == (left == right));
      }
    }
  }
}

}  // namespace
}  // namespace gossip
