#pragma once
/// \file
/// The address of a host, IPv4 or IPv6. A value only: nobody is looked up and nothing is connected to here.

#include <gossip/export.hpp>

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gossip {

/// An IPv4 or an IPv6 address. An IPv4-mapped one, as which a socket for both shows an IPv4 address, is
/// that IPv4 address: there is no second spelling of it. An IPv6 address has no scope here (the %eth0 behind
/// a link-local one), as it has none on the wire.
class IpAddress {
 public:
  /// In the order of the wire.
  using Bytes = std::array<std::byte, 16>;

  /// 0.0.0.0.
  constexpr IpAddress() : IpAddress(0) {}
  /// IPv4, in host byte order: 127.0.0.1 is 0x7f000001.
  constexpr IpAddress(std::uint32_t ipv4)  // NOLINT(google-explicit-constructor): it is one
      : bytes_{{{},
                {},
                {},
                {},
                {},
                {},
                {},
                {},
                {},
                {},
                ones,
                ones,
                octet(ipv4, 24),
                octet(ipv4, 16),
                octet(ipv4, 8),
                octet(ipv4, 0)}} {}
  /// The address with these bytes: IPv6, unless they are those of an IPv4-mapped one.
  [[nodiscard]] static constexpr IpAddress v6(const Bytes& bytes) {
    IpAddress address;
    address.bytes_ = bytes;
    return address;
  }

  /// True for IPv4, false for IPv6.
  [[nodiscard]] constexpr bool is_ipv4() const { return high() == 0 && low() >> 32U == mapped; }
  /// In host byte order. Precondition: is_ipv4().
  [[nodiscard]] constexpr std::uint32_t ipv4() const { return static_cast<std::uint32_t>(low()); }
  /// As an IPv6 address has them; an IPv4 address has those of the mapped one.
  [[nodiscard]] constexpr const Bytes& bytes() const { return bytes_; }
  /// \{
  /// The first and the last 8 of the bytes, each as one number.
  [[nodiscard]] constexpr std::uint64_t high() const { return half(0); }
  [[nodiscard]] constexpr std::uint64_t low() const { return half(8); }
  /// \}

  /// True for 0.0.0.0 and ::, which mean every local address where a node listens.
  [[nodiscard]] constexpr bool unspecified() const {
    return high() == 0 && (low() == 0 || low() == std::uint64_t{mapped} << 32U);
  }
  /// True for 127.0.0.0/8 and ::1.
  [[nodiscard]] constexpr bool loopback() const {
    return is_ipv4() ? ipv4() >> 24U == 127 : high() == 0 && low() == 1;
  }
  /// True for one that a node can be reached at: IPv4 but for 0.0.0.0/8, multicast, reserved and broadcast,
  /// IPv6 but for ::, multicast (ff00::/8) and link-local addresses (fe80::/10), which need a scope.
  [[nodiscard]] constexpr bool usable() const {
    if (is_ipv4()) return ipv4() >> 24U != 0 && ipv4() >> 24U < 224;
    return !unspecified() && high() >> 56U != 0xff && high() >> 54U != 0xfe80U >> 6U;
  }

  /// Of the same family, and with the same bytes.
  friend constexpr bool operator==(const IpAddress& left, const IpAddress& right) {
    using Halves = std::array<std::uint64_t, 2>;
    return std::bit_cast<Halves>(left.bytes_) == std::bit_cast<Halves>(right.bytes_);
  }
  /// IPv4 before IPv6; in each family as unsigned bytes, the first one first.
  friend constexpr std::strong_ordering operator<=>(const IpAddress& left, const IpAddress& right) {
    if (left.is_ipv4() != right.is_ipv4())
      return left.is_ipv4() ? std::strong_ordering::less : std::strong_ordering::greater;
    if (left.high() != right.high()) return left.high() <=> right.high();
    return left.low() <=> right.low();
  }

 private:
  static constexpr std::byte ones{0xff};
  static constexpr std::uint32_t mapped = 0xffff;

  [[nodiscard]] static constexpr std::byte octet(std::uint32_t ipv4, unsigned shift) {
    return std::byte(ipv4 >> shift & 0xffU);
  }
  [[nodiscard]] constexpr std::uint64_t half(std::size_t first) const {
    std::uint64_t value = 0;
    for (std::size_t at = first; at < first + 8; ++at)
      value = value << 8U | std::to_integer<unsigned>(bytes_[at]);
    return value;
  }

  Bytes bytes_;
};

/// "192.0.2.7", or "2001:db8::7" as RFC 5952 has it: lower case, the longest run of zeros left out.
[[nodiscard]] GOSSIP_EXPORT std::string to_string(const IpAddress& address);

/// What to_string() writes, and any other spelling of an IPv6 address that RFC 4291 allows; nothing for
/// anything else. Of IPv4 four decimal octets: octal and shortened forms are names, not addresses.
[[nodiscard]] GOSSIP_EXPORT std::optional<IpAddress> parse_ip_address(std::string_view text);

}  // namespace gossip
