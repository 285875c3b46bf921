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

std::string to_string(const Endpoint& endpoint) {
  return to_string(to_host_port(endpoint));
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const char* const end = text.data() + text.size();
  std::uint16_t port = 0;
  const auto [parsed, error] = std::from_chars(text.data() + colon + 1, end, port);
  if (error != std::errc{} || parsed != end) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool has_colon = host.find(':') != std::string_view::npos;
  if (has_colon != (host.starts_with('[') && host.ends_with(']'))) return std::nullopt;
  if (has_colon) host = host.substr(1, host.size() - 2);
  return literal_endpoint({std::string(host), port});
}

std::string to_string(const HostPort& address) {
  const std::string port = ':' + std::to_string(address.port);
  if (address.host.find(':') == std::string::npos) return address.host + port;
  return '[' + address.host + ']' + port;
}

HostPort to_host_port(const Endpoint& endpoint) {
  return {to_string(endpoint.address), endpoint.port};
}

std::optional<Endpoint> literal_endpoint(const HostPort& address) {
  if (is_localhost(address.host)) return Endpoint{0x7f000001U, address.port};
  if (const auto literal = parse_ip_address(address.host)) return Endpoint{*literal, address.port};
  return std::nullopt;
}

bool is_ipv6(const HostPort& address) {
  const auto literal = literal_endpoint(address);
  return literal && !literal->address.is_ipv4();
}

}  // namespace gossip
