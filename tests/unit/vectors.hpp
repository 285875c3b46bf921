#pragma once
/// \file
/// tests/vectors.json and tests/overlay_vectors.json as plain values, and what else the tests of layouts
/// share. Boost's JSON parser is heavy, so only vectors.cpp includes it.

#include <gossip/message.hpp>
#include <gossip/payload.hpp>

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
/// As it goes over the wire.
std::vector<std::byte> bytes_of(const Frame& frame);
/// What becomes of a body on a P2P connection: "message", "skipped", or what is wrong where it closes.
std::string outcome(Code code, const std::vector<std::byte>& body);

}  // namespace gossip::test
