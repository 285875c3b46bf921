#pragma once
/// \file
/// Addresses in the bodies of the overlay extension, which say of what family they are (docs/protocol.md,
/// 'The overlay extension').

#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gossip::detail {

/// \{
/// The address families, as they are on the wire.
inline constexpr std::uint8_t ipv4 = 4;
inline constexpr std::uint8_t ipv6 = 6;
/// \}

inline constexpr std::size_t ipv4_bytes = 4;
inline constexpr std::size_t ipv6_bytes = 16;

/// What says so of this one.
[[nodiscard]] constexpr std::uint8_t family_of(const Endpoint& endpoint) {
  return endpoint.address.is_ipv4() ? ipv4 : ipv6;
}

/// What an address of the family takes.
[[nodiscard]] constexpr std::size_t address_bytes(std::uint8_t family) {
  return family == ipv6 ? ipv6_bytes : ipv4_bytes;
}

/// Why there is no such family; empty where there is. `what` is what has it.
[[nodiscard]] std::string family_fault(std::string_view what, std::uint8_t family);

/// Why this is no address of the family: an IPv4 address has no second spelling. Empty where it is one.
/// Preconditions: there is such a family, and the address is there as a whole.
[[nodiscard]] std::string address_fault(std::string_view what, std::uint8_t family,
                                        std::span<const std::byte> bytes);

/// Precondition: neither of the two finds a fault.
[[nodiscard]] IpAddress read_address(std::uint8_t family, std::span<const std::byte> bytes);

/// Precondition: room for address_bytes(family_of(endpoint)).
void write_address(std::span<std::byte> bytes, const IpAddress& address);

}  // namespace gossip::detail
