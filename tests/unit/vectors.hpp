#pragma once
/// \file
/// tests/vectors.json and tests/overlay_vectors.json as plain values. Boost's JSON parser is heavy, so only
/// vectors.cpp includes it.

#include <gossip/message.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace gossip::test {

struct FrameVector {
  std::string name;
  Message message;
  std::vector<std::byte> bytes;
};

struct MalformedVector {
  std::string name;
  std::vector<std::byte> bytes;
  bool closes = false;  ///< false: the frame is skipped
};

std::vector<FrameVector> frame_vectors();
std::vector<MalformedVector> malformed_vectors();

/// What becomes of a frame on a P2P connection.
struct OverlayMalformedVector {
  std::string name;
  std::vector<std::byte> bytes;
  bool closes_base = false;      ///< of a node that speaks the base protocol only; false: it is skipped
  bool closes_extended = false;  ///< of one that speaks the overlay extension
};

std::vector<FrameVector> overlay_vectors();
/// They are read so, and would be sent otherwise.
std::vector<FrameVector> lenient_overlay_vectors();
std::vector<OverlayMalformedVector> malformed_overlay_vectors();

std::vector<std::byte> from_hex(const std::string& hex);

}  // namespace gossip::test
