#pragma once
/// \file
/// tests/vectors.json as plain values. Boost's JSON parser is heavy, so only vectors.cpp includes it.

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

std::vector<std::byte> from_hex(const std::string& hex);

}  // namespace gossip::test
