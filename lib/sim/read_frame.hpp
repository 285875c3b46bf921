#pragma once
/// \file
/// What a frame on its way says, to whom it is handed over.

#include <gossip/codec.hpp>
#include <gossip/config.hpp>
#include <gossip/message.hpp>

#include "frame_pool.hpp"

#include <cstdint>

namespace gossip::sim {

/// Precondition: the frame has a header, as every node's has and every frame that a Framer has cut.
[[nodiscard]] std::uint16_t code_of(const FlyingFrame& flying);

/// As decode_into() on a P2P connection, but the data of what no hostile node has sent is shared with the
/// frame.
[[nodiscard]] Decoded read_frame(Message& message, const FlyingFrame& flying, Overlay overlay);

}  // namespace gossip::sim
