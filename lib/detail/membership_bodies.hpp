#pragma once
/// \file
/// The bodies by which nodes of the overlay extension choose their neighbours (docs/protocol.md, 'The overlay
/// extension'): JOIN, NEIGHBOR, DISCONNECT and SHUFFLE. Their frames are the codec's business.

#include <gossip/message.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace gossip::detail {

inline constexpr std::size_t choice_bytes = 4;  ///< of a NEIGHBOR, and of a DISCONNECT

/// \{
/// Why `body` does not have the layout of the code; empty where it has.
[[nodiscard]] std::string join_fault(std::span<const std::byte> body);
[[nodiscard]] std::string neighbor_fault(std::span<const std::byte> body);
[[nodiscard]] std::string disconnect_fault(std::span<const std::byte> body);
[[nodiscard]] std::string shuffle_fault(std::span<const std::byte> body);
/// \}

/// \{
/// Precondition: the body has the layout.
[[nodiscard]] Join join_in(std::span<const std::byte> body);
[[nodiscard]] Neighbor neighbor_in(std::span<const std::byte> body);
[[nodiscard]] Disconnect disconnect_in(std::span<const std::byte> body);
[[nodiscard]] Shuffle shuffle_in(std::span<const std::byte> body);
/// \}

/// \{
/// What the same is read from. Precondition: what the structs say of their fields.
[[nodiscard]] std::vector<std::byte> body_of(const Join& join);
[[nodiscard]] std::vector<std::byte> body_of(const Shuffle& shuffle);
/// \}

}  // namespace gossip::detail
