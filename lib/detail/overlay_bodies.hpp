#pragma once
/// \file
/// The bodies of the overlay extension (docs/protocol.md, 'The overlay extension'): HELLO, DATA, IHAVE,
/// GRAFT, PRUNE, PING, PONG, DIGEST and IDONTWANT. Their frames are the codec's business.

#include <gossip/codec.hpp>
#include <gossip/message.hpp>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace gossip::detail {

inline constexpr std::size_t dont_want_bytes = 17;

/// Why `body` does not have the layout of `code`; empty where it has, and for what is not the extension's.
[[nodiscard]] std::string overlay_fault(Code code, std::span<const std::byte> body);

/// As decode_into(), for these; any other code is skipped.
[[nodiscard]] Decoded decode_overlay(Message& message, Code code, std::span<const std::byte> body);

/// \{
/// What decode_overlay() makes the same of. Precondition: what the structs say of their fields.
[[nodiscard]] std::vector<std::byte> body_of(const Hello& hello);
[[nodiscard]] std::vector<std::byte> body_of(std::span<const Advert> adverts);
[[nodiscard]] std::vector<std::byte> body_of(const CacheDigest& digest);
[[nodiscard]] std::array<std::byte, dont_want_bytes> body_of(const DontWant& message);
/// \}

}  // namespace gossip::detail
