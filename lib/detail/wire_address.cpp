#include "wire_address.hpp"

#include "big_endian.hpp"
#include "overlay_body.hpp"

#include <algorithm>

namespace gossip::detail {

std::string family_fault(std::string_view what, std::uint8_t family) {
  if (family == ipv4 || family == ipv6) return {};
  return wrong_value(std::string(what) + " of address family", family, "4 for IPv4 or 6 for IPv6");
}

std::string address_fault(std::string_view what, std::uint8_t family, std::span<const std::byte> bytes) {
  if (family == ipv4 || !read_address(family, bytes).is_ipv4()) return {};
  return std::string(what) + " with an IPv4 address in family 6: it is of family 4";
}

IpAddress read_address(std::uint8_t family, std::span<const std::byte> bytes) {
  if (family == ipv4) return read_u32(bytes);
  IpAddress::Bytes address{};
  std::ranges::copy(bytes.first<ipv6_bytes>(), address.begin());
  return IpAddress::v6(address);
}

void write_address(std::span<std::byte> bytes, const IpAddress& address) {
  if (address.is_ipv4()) return write_u32(bytes, address.ipv4());
  std::ranges::copy(address.bytes(), bytes.begin());
}

}  // namespace gossip::detail
