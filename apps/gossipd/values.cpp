#include "values.hpp"

#include "text.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

namespace gossipd {
namespace {

using gossip::Condition;
using gossip::Error;
using gossip::HostPort;
using gossip::Result;

/// RFC 1035.
constexpr std::size_t host_bytes_max = 253;

Error wanted(std::string what) {
  return {Condition::invalid_argument, std::move(what)};
}

std::optional<std::uint64_t> digits_only(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_name_character(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9') || character == '-' || character == '.' || character == '_';
}

bool is_host(std::string_view text) {
  if (text.empty() || text.size() > host_bytes_max || text.front() == '-' || text.front() == '.')
    return false;
  return std::all_of(text.begin(), text.end(), is_name_character);
}

Result<std::uint16_t> parse_port(std::string_view text, std::uint16_t port_min) {
  const auto port = digits_only(text);
  if (port && *port >= port_min && *port <= 65535) return static_cast<std::uint16_t>(*port);
  return wanted("HOST:PORT with a port from " + std::to_string(port_min) + " to 65535 is needed");
}

/// Of what can only be meant as one: with a bracket, or more than one colon.
Result<HostPort> parse_ipv6(std::string_view text, std::uint16_t port_min) {
  if (text.find('%') != std::string_view::npos)
    return wanted("HOST:PORT with an address without a scope is needed; link-local addresses cannot be used");
  if (!text.starts_with('['))
    return wanted("HOST:PORT is needed, and an IPv6 address is in brackets, such as [::1]:6001");
  const std::size_t end = text.find(']');
  if (end == std::string_view::npos)
    return wanted("HOST:PORT is needed, and the bracket is closed: [::1]:6001");
  const auto literal = gossip::parse_ip_address(text.substr(1, end - 1));
  if (!literal || text.substr(1, end - 1).find(':') == std::string_view::npos)
    return wanted("HOST:PORT is needed, and in the brackets is an IPv6 address, such as [::1]:6001");
  if (text.substr(end + 1, 1) != ":") return wanted("HOST:PORT is needed, such as [::1]:6001");
  const auto port = parse_port(text.substr(end + 2), port_min);
  if (!port) return port.error();
  if (!literal->usable() && !literal->unspecified())
    return wanted("HOST:PORT is needed, and HOST is neither a link-local nor a multicast address");
  return HostPort{to_string(*literal), *port};
}

/// No name ends in a number, so this can only be meant as an address.
bool ends_in_number(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);
  return !last.empty() && last.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t least, std::uint64_t most) {
  const auto value = digits_only(text);
  if (value && *value >= least && *value <= most) return *value;
  return wanted("a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
                " is needed");
}

Result<HostPort> parse_address(std::string_view text, std::uint16_t port_min) {
  if (text.starts_with('[') || std::count(text.begin(), text.end(), ':') > 1)
    return parse_ipv6(text, port_min);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return wanted("HOST:PORT is needed, such as 127.0.0.1:6001");
  const auto port = parse_port(text.substr(colon + 1), port_min);
  if (!port) return port.error();
  HostPort address{std::string(text.substr(0, colon)), *port};
  if (!is_host(address.host) || (ends_in_number(address.host) && !literal_endpoint(address))) {
    return wanted(
        "HOST:PORT is needed, and HOST is an IPv4 address such as 127.0.0.1, an IPv6 address in "
        "brackets such as [::1], or a name");
  }
  return address;
}

Result<std::vector<HostPort>> parse_addresses(std::string_view text) {
  std::vector<HostPort> addresses;
  if (text.empty()) return addresses;
  std::optional<Error> error;
  for_each_part(text, [&](std::string_view part) {
    auto address = parse_address(part, 1);
    if (address) {
      addresses.push_back(std::move(*address));
    } else if (!error) {
      error = wanted(quoted(part) + " is no address: " + address.error().message);
    }
  });
  if (error) return *std::move(error);
  return addresses;
}

Result<std::vector<gossip::DataType>> parse_data_types(std::string_view text) {
  std::vector<gossip::DataType> types;
  bool well_formed = true;
  for_each_part(text, [&](std::string_view part) {
    const auto number = parse_number(part, 0, 65535);
    if (!number) {
      well_formed = false;
      return;
    }
    const gossip::DataType type{static_cast<std::uint16_t>(*number)};
    if (std::find(types.begin(), types.end(), type) == types.end()) types.push_back(type);
  });
  if (!well_formed) return wanted("whole numbers from 0 to 65535, separated by commas, are needed");
  return types;
}

}  // namespace gossipd
