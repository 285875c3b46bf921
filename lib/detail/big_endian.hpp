#pragma once
/// \file
/// Big-endian integers in byte spans. The spans must be long enough: who calls has checked.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace gossip::detail {

inline std::uint16_t read_u16(std::span<const std::byte> bytes) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[0]) << 8U |
                                    std::to_integer<unsigned>(bytes[1]));
}

inline std::uint32_t read_u32(std::span<const std::byte> bytes) {
  return std::uint32_t{read_u16(bytes)} << 16U | read_u16(bytes.subspan(2));
}

inline std::uint64_t read_u64(std::span<const std::byte> bytes) {
  return std::uint64_t{read_u32(bytes)} << 32U | read_u32(bytes.subspan(4));
}

inline void write_u16(std::span<std::byte> bytes, std::uint16_t value) {
  bytes[0] = static_cast<std::byte>(value >> 8U);
  bytes[1] = static_cast<std::byte>(value);
}

inline void write_u32(std::span<std::byte> bytes, std::uint32_t value) {
  write_u16(bytes, static_cast<std::uint16_t>(value >> 16U));
  write_u16(bytes.subspan(2), static_cast<std::uint16_t>(value));
}

inline void write_u64(std::span<std::byte> bytes, std::uint64_t value) {
  if constexpr (std::endian::native == std::endian::little) value = __builtin_bswap64(value);
  std::memcpy(bytes.data(), &value, sizeof value);
}

}  // namespace gossip::detail
