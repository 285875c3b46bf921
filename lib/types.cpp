#include <gossip/types.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>

namespace gossip {
namespace {

bool is_localhost(std::string_view host) {
  constexpr std::string_view localhost = "localhost";
  return std::equal(host.begin(), host.end(), localhost.begin(), localhost.end(), [](char left, char right) {
    return std::tolower(static_cast<unsigned char>(left)) == right;
  });
}

/// Four decimal octets and nothing else; octal and shortened forms are names, not addresses.
std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  std::uint32_t address = 0;
  for (int octet = 0; octet < 4; ++octet) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const auto digits = static_cast<std::size_t>(end - text.data());
    if (error != std::errc{} || value > 255 || digits > 3 || (digits > 1 && text.front() == '0'))
      return std::nullopt;
    address = address << 8U | value;
    text.remove_prefix(digits);
    if (octet < 3) {
      if (!text.starts_with('.')) return std::nullopt;
      text.remove_prefix(1);
    }
  }
  if (!text.empty()) return std::nullopt;
  return address;
}

std::string hex_of(const std::array<std::byte, 16>& bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const std::byte byte : bytes) {
    hex += digits[std::to_integer<std::size_t>(byte >> 4U)];
    hex += digits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
  return hex;
}

}  // namespace

std::string to_string(const NodeId& id) {
  return hex_of(id.bytes);
}

std::string to_string(const ContentId& id) {
  return hex_of(id.bytes);
}

std::string to_string(Endpoint endpoint) {
  return to_string(to_host_port(endpoint));
}

std::string to_string(const HostPort& address) {
  return address.host + ':' + std::to_string(address.port);
}

HostPort to_host_port(Endpoint endpoint) {
  std::string host;
  for (unsigned shift = 32; shift > 0; shift -= 8) {
    if (!host.empty()) host += '.';
    host += std::to_string(endpoint.address >> (shift - 8) & 0xffU);
  }
  return {host, endpoint.port};
}

std::optional<Endpoint> literal_endpoint(const HostPort& address) {
  if (is_localhost(address.host)) return Endpoint{0x7f000001U, address.port};
  if (const auto ipv4 = parse_ipv4(address.host)) return Endpoint{*ipv4, address.port};
  return std::nullopt;
}

}  // namespace gossip
