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

/// True for an ANNOUNCE or a DATA that no hostile node has sent: it need not be decoded.
[[nodiscard]] bool is_content(const FlyingFrame& flying, std::uint16_t code);
/// What it says, `body` being that of the frame: good for as long as that is.
[[nodiscard]] AnnounceView read_content(const FlyingFrame& flying, std::uint16_t code, const Payload& body);
/// Any other, as decode_into() on a P2P connection.
[[nodiscard]] Decoded read_frame(Message& message, const FlyingFrame& flying, std::uint16_t code,
                                 Overlay overlay);

}  // namespace gossip::sim
