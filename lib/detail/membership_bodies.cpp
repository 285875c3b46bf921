#include "membership_bodies.hpp"

#include "big_endian.hpp"
#include "overlay_body.hpp"
#include "wire_address.hpp"

#include <cassert>
#include <cstdint>
#include <string_view>

namespace gossip::detail {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t shuffle_fixed_bytes = 4;

// Where what is in a JOIN, and in an entry of a SHUFFLE, stands.
constexpr std::size_t family_at = 1;
constexpr std::size_t port_at = 2;
constexpr std::size_t address_at = 4;

// In an entry of a SHUFFLE the family comes first.
constexpr std::size_t entry_family_at = 0;

/// Of what consists of one choice out of several.
std::string choice_fault(Code code, std::string_view what, Bytes body, unsigned choices) {
  if (body.size() != choice_bytes) return wrong_size(code, body, "4 bytes");
  const unsigned choice = read_u8(body[0]);
  if (choice < choices) return {};
  return wrong_value(std::string(to_string(code)) + " of " + std::string(what), choice,
                     "at most " + std::to_string(choices - 1));
}

/// What a JOIN, and an entry of a SHUFFLE, takes.
constexpr std::size_t bytes_with(std::uint8_t family) {
  return address_at + address_bytes(family);
}

Endpoint endpoint_in(std::uint8_t family, Bytes bytes) {
  return {read_address(family, bytes.subspan(address_at)), read_u16(bytes.subspan(port_at))};
}

void write_endpoint(std::span<std::byte> bytes, const Endpoint& endpoint) {
  write_u16(bytes.subspan(port_at), endpoint.port);
  write_address(bytes.subspan(address_at), endpoint.address);
}

/// Of what the entries begin with; the others follow.
std::string entry_fault(Bytes entries, std::size_t number) {
  const std::string what = "SHUFFLE entry " + std::to_string(number);
  const std::uint8_t family = read_u8(entries[entry_family_at]);
  if (auto fault = family_fault(what, family); !fault.empty()) return fault;
  if (entries.size() < bytes_with(family)) {
    return what + " of " + std::to_string(entries.size()) + " bytes: it is " +
           std::to_string(bytes_with(family)) + " bytes";
  }
  return address_fault(what, family, entries.subspan(address_at));
}

}  // namespace

std::string join_fault(Bytes body) {
  if (body.size() != bytes_with(ipv4) && body.size() != bytes_with(ipv6))
    return wrong_size(Code::join, body, "8 bytes, or 20 with IPv6");
  const unsigned ttl = read_u8(body[0]);
  if (ttl > join_ttl_max) return wrong_value("JOIN of ttl", ttl, "at most 6");
  const std::uint8_t family = read_u8(body[family_at]);
  if (auto fault = family_fault("JOIN", family); !fault.empty()) return fault;
  if (body.size() != bytes_with(family))
    return wrong_size(Code::join, body, family == ipv4 ? "8 bytes with IPv4" : "20 bytes with IPv6");
  return address_fault("JOIN", family, body.subspan(address_at));
}

std::string neighbor_fault(Bytes body) {
  return choice_fault(Code::neighbor, "kind", body, 2);
}

std::string disconnect_fault(Bytes body) {
  return choice_fault(Code::disconnect, "reason", body, 3);
}

std::string shuffle_fault(Bytes body) {
  if (body.size() < shuffle_fixed_bytes) return wrong_size(Code::shuffle, body, "at least 4 bytes");
  const unsigned kind = read_u8(body[0]);
  if (kind > 1) return wrong_value("SHUFFLE of kind", kind, "0 for one that asks or 1 for one that answers");
  Bytes rest = body.subspan(shuffle_fixed_bytes);
  if (kind == 0 && rest.empty()) return "SHUFFLE that asks without an address: it names its sender's";
  for (std::size_t number = 0; !rest.empty(); ++number) {
    if (number == shuffle_addresses_max) return "SHUFFLE of more than 16 addresses: it has at most 16";
    if (auto fault = entry_fault(rest, number); !fault.empty()) return fault;
    rest = rest.subspan(bytes_with(read_u8(rest[entry_family_at])));
  }
  return {};
}

Join join_in(Bytes body) {
  return {read_u8(body[0]), endpoint_in(read_u8(body[family_at]), body)};
}

Neighbor neighbor_in(Bytes body) {
  return {Neighbor::Kind{read_u8(body[0])}};
}

Disconnect disconnect_in(Bytes body) {
  return {Disconnect::Reason{read_u8(body[0])}};
}

Shuffle shuffle_in(Bytes body) {
  Shuffle shuffle{Shuffle::Kind{read_u8(body[0])}, {}};
  for (Bytes rest = body.subspan(shuffle_fixed_bytes); !rest.empty();) {
    const std::uint8_t family = read_u8(rest[entry_family_at]);
    shuffle.server_addresses.push_back(endpoint_in(family, rest));
    rest = rest.subspan(bytes_with(family));
  }
  return shuffle;
}

std::vector<std::byte> body_of(const Join& join) {
  assert(join.ttl <= join_ttl_max);
  const std::uint8_t family = family_of(join.server_address);
  std::vector<std::byte> body(bytes_with(family));
  body[0] = std::byte{join.ttl};
  body[family_at] = std::byte{family};
  write_endpoint(body, join.server_address);
  return body;
}

std::vector<std::byte> body_of(const Shuffle& shuffle) {
  const auto& addresses = shuffle.server_addresses;
  assert(addresses.size() <= shuffle_addresses_max);
  assert(!addresses.empty() || shuffle.kind == Shuffle::Kind::answers);
  std::size_t bytes = shuffle_fixed_bytes;
  for (const Endpoint& address : addresses) bytes += bytes_with(family_of(address));
  std::vector<std::byte> body(bytes);
  body[0] = static_cast<std::byte>(shuffle.kind);
  std::span<std::byte> rest = std::span(body).subspan(shuffle_fixed_bytes);
  for (const Endpoint& address : addresses) {
    const std::uint8_t family = family_of(address);
    rest[entry_family_at] = std::byte{family};
    write_endpoint(rest, address);
    rest = rest.subspan(bytes_with(family));
  }
  return body;
}

}  // namespace gossip::detail
