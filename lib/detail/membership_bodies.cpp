#include "membership_bodies.hpp"

#include "big_endian.hpp"
#include "overlay_body.hpp"

#include <cassert>
#include <cstdint>
#include <string_view>

namespace gossip::detail {
namespace {

using Bytes = std::span<const std::byte>;

constexpr std::size_t shuffle_fixed_bytes = 4;
constexpr std::size_t entry_bytes = 8;

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

Endpoint endpoint_in(Bytes bytes) {
  return {read_u32(bytes.subspan(address_at)), read_u16(bytes.subspan(port_at))};
}

void write_endpoint(std::span<std::byte> bytes, const Endpoint& endpoint) {
  write_u16(bytes.subspan(port_at), endpoint.port);
  write_u32(bytes.subspan(address_at), endpoint.address);
}

}  // namespace

std::string join_fault(Bytes body) {
  if (body.size() != join_bytes) return wrong_size(Code::join, body, "8 bytes");
  const unsigned ttl = read_u8(body[0]);
  if (ttl > join_ttl_max) return wrong_value("JOIN of ttl", ttl, "at most 6");
  const unsigned family = read_u8(body[family_at]);
  return family == ipv4 ? "" : wrong_value("JOIN of address family", family, "4 for IPv4");
}

std::string neighbor_fault(Bytes body) {
  return choice_fault(Code::neighbor, "kind", body, 2);
}

std::string disconnect_fault(Bytes body) {
  return choice_fault(Code::disconnect, "reason", body, 3);
}

std::string shuffle_fault(Bytes body) {
  if (body.size() < shuffle_fixed_bytes || body.size() % entry_bytes != shuffle_fixed_bytes) {
    return wrong_size(Code::shuffle, body, "4 bytes and 8 for each address");
  }
  const unsigned kind = read_u8(body[0]);
  if (kind > 1) return wrong_value("SHUFFLE of kind", kind, "0 for one that asks or 1 for one that answers");
  const auto entries = body.subspan(shuffle_fixed_bytes);
  const std::size_t count = entries.size() / entry_bytes;
  if (count > shuffle_addresses_max) {
    return "SHUFFLE of " + std::to_string(count) + " addresses: it has at most 16";
  }
  if (kind == 0 && count == 0) return "SHUFFLE that asks without an address: it names its sender's";
  for (std::size_t at = 0; at < entries.size(); at += entry_bytes) {
    const unsigned family = read_u8(entries[at + entry_family_at]);
    if (family == ipv4) continue;
    return wrong_value("SHUFFLE entry " + std::to_string(at / entry_bytes) + " of address family", family,
                       "4 for IPv4");
  }
  return {};
}

Join join_in(Bytes body) {
  return {read_u8(body[0]), endpoint_in(body)};
}

Neighbor neighbor_in(Bytes body) {
  return {Neighbor::Kind{read_u8(body[0])}};
}

Disconnect disconnect_in(Bytes body) {
  return {Disconnect::Reason{read_u8(body[0])}};
}

Shuffle shuffle_in(Bytes body) {
  Shuffle shuffle{Shuffle::Kind{read_u8(body[0])}, {}};
  for (Bytes rest = body.subspan(shuffle_fixed_bytes); !rest.empty(); rest = rest.subspan(entry_bytes)) {
    shuffle.server_addresses.push_back(endpoint_in(rest));
  }
  return shuffle;
}

std::array<std::byte, join_bytes> body_of(const Join& join) {
  assert(join.ttl <= join_ttl_max);
  std::array<std::byte, join_bytes> body{};
  body[0] = std::byte{join.ttl};
  body[family_at] = std::byte{ipv4};
  write_endpoint(body, join.server_address);
  return body;
}

std::vector<std::byte> body_of(const Shuffle& shuffle) {
  const auto& addresses = shuffle.server_addresses;
  assert(addresses.size() <= shuffle_addresses_max);
  assert(!addresses.empty() || shuffle.kind == Shuffle::Kind::answers);
  std::vector<std::byte> body(shuffle_fixed_bytes + addresses.size() * entry_bytes);
  body[0] = static_cast<std::byte>(shuffle.kind);
  std::span<std::byte> rest = std::span(body).subspan(shuffle_fixed_bytes);
  for (const Endpoint& address : addresses) {
    rest[entry_family_at] = std::byte{ipv4};
    write_endpoint(rest, address);
    rest = rest.subspan(entry_bytes);
  }
  return body;
}

}  // namespace gossip::detail
