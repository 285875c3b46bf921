#pragma once
/// \file
/// How many adverts an IHAVE or a GRAFT has at most.

#include <gossip/message.hpp>

#include <algorithm>
#include <cstddef>

namespace gossip::detail {

/// So that others have their turn on the link.
inline constexpr std::size_t adverts_at_once = 1024;

/// Those that a node takes which accepts frames of so many bytes.
[[nodiscard]] inline std::size_t adverts_of_frame(std::size_t accepted_bytes) {
  return std::min(adverts_at_once, (accepted_bytes - frame_header_bytes) / advert_bytes);
}

}  // namespace gossip::detail
