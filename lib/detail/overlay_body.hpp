#pragma once
/// \file
/// What the bodies of the overlay extension have in common.

#include <gossip/message.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace gossip::detail {

inline std::uint8_t read_u8(std::byte byte) {
  return std::to_integer<std::uint8_t>(byte);
}

/// \{
/// What is wrong, and what would be right.
inline std::string wrong_size(Code code, std::span<const std::byte> body, std::string_view right) {
  return std::string(to_string(code)) + " body of " + std::to_string(body.size()) + " bytes: it is " +
         std::string(right);
}
inline std::string wrong_value(std::string_view what, unsigned value, std::string_view right) {
  return std::string(what) + " " + std::to_string(value) + ": it is " + std::string(right);
}
/// \}

}  // namespace gossip::detail
