#pragma once
/// \file
/// Which codes are legal on a connection: the same for every transport here.

#include <gossip/config.hpp>
#include <gossip/framer.hpp>
#include <gossip/types.hpp>

namespace gossip::detail {

/// Of a new connection, which has not said yet what it speaks.
[[nodiscard]] inline Framer link_framer(Layer layer, Overlay overlay) {
  const bool extended = layer == Layer::p2p && overlay == Overlay::extended;
  return Framer(extended ? code_max_extended : code_max);
}

}  // namespace gossip::detail
