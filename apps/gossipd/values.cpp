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
  const std::size_t colon = text.rfind(':');
  if (text.starts_with('[') || text.find(':') != colon) {
    return wanted("HOST:PORT is needed; HOST is an IPv4 address or a name, IPv6 is not supported so far");
  }
  if (colon == std::string_view::npos) return wanted("HOST:PORT is needed, such as 127.0.0.1:6001");

  const auto port = digits_only(text.substr(colon + 1));
  if (!port || *port < port_min || *port > 65535) {
    return wanted("HOST:PORT with a port from " + std::to_string(port_min) + " to 65535 is needed");
  }
  HostPort address{std::string(text.substr(0, colon)), static_cast<std::uint16_t>(*port)};
  if (!is_host(address.host) || (ends_in_number(address.host) && !literal_endpoint(address))) {
    return wanted("HOST:PORT is needed, and HOST is an IPv4 address such as 127.0.0.1, or a name");
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
