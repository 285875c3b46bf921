#pragma once
/// \file
/// What the load generator publishes: a header that says which message it is and when it was due, and a
/// filler by which the receiver sees that not a byte has changed. Everything is inline: it is done for each
/// message.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace gossipd::load {

static_assert(std::endian::native == std::endian::little, "bodies are little-endian as they lie in memory");

/// The beginning of each body, as it lies in memory.
struct BodyHeader {
  std::uint32_t run = 0;        ///< tells the messages of this run from all others
  std::uint16_t publisher = 0;  ///< from 0; `probe_publisher` for those that only see whether they arrive
  std::uint16_t check = 0;      ///< follows from the other members; write_body() sets it
  std::uint64_t sequence = 0;   ///< from 0 for each publisher
  std::uint64_t sent = 0;       ///< nanoseconds of CLOCK_MONOTONIC: when it was due, or written where unpaced
};

/// The smallest body: a header without filler.
inline constexpr std::size_t body_bytes_min = sizeof(BodyHeader);
static_assert(body_bytes_min == 24, "the help of bench tells this number");

/// No publisher has this number.
inline constexpr std::uint16_t probe_publisher = UINT16_MAX;

/// \{
/// The filler is a row of words, each by `filler_step` more than the one before. The first follows from all
/// of the header, so that a change there shows too.
inline constexpr std::uint64_t filler_step = 0x9e3779b97f4a7c15;

inline std::uint64_t filler_seed(const BodyHeader& header) {
  const std::uint64_t origin = std::uint64_t{header.run} << 32U | header.publisher;
  const std::uint64_t seed =
      (header.sequence + origin) * 0xff51afd7ed558ccd ^ header.sent * 0xc4ceb9fe1a85ec53;
  return seed ^ seed >> 32U;
}
/// \}

/// 16 bits of the seed.
inline std::uint16_t check_of(std::uint64_t seed) {
  return static_cast<std::uint16_t>(seed >> 48U);
}

/// Writes a body of `bytes` bytes. Precondition: these are at least `body_bytes_min`.
inline void write_body(std::byte* to, std::size_t bytes, BodyHeader header) {
  std::uint64_t word = filler_seed(header);
  header.check = check_of(word);
  std::memcpy(to, &header, sizeof header);
  std::size_t at = sizeof header;
  for (; at + sizeof word <= bytes; at += sizeof word) {
    word += filler_step;
    std::memcpy(to + at, &word, sizeof word);
  }
  word += filler_step;
  std::memcpy(to + at, &word, bytes - at);
}

/// The header of a body. Precondition: it has at least `body_bytes_min` bytes.
inline BodyHeader read_header(const std::byte* from) {
  BodyHeader header;
  std::memcpy(&header, from, sizeof header);
  return header;
}

/// True where header and filler are as write_body() makes them. Precondition: `header` was read from there.
inline bool is_intact(const std::byte* from, std::size_t bytes, const BodyHeader& header) {
  std::uint64_t word = filler_seed(header);
  std::uint64_t differences = header.check ^ check_of(word);
  std::size_t at = sizeof header;
  for (; at + sizeof word <= bytes; at += sizeof word) {
    std::uint64_t found = 0;
    std::memcpy(&found, from + at, sizeof found);
    word += filler_step;
    differences |= found ^ word;
  }
  word += filler_step;
  return differences == 0 && std::memcmp(from + at, &word, bytes - at) == 0;
}

}  // namespace gossipd::load
