#pragma once
/// \file
/// What is to be known of each kind of fault, in one table.

#include <gossip/sim/fault.hpp>

#include <cstdint>
#include <string_view>

namespace gossip::sim {

/// What a share of a fault is a share of.
enum class FaultTarget : std::uint8_t {
  nodes,    ///< those that it happens to
  sides,    ///< the nodes on one side
  links,    ///< those that it happens to
  turnover  ///< the nodes, in each minute
};

struct FaultTraits {
  std::string_view name;
  bool lasts = false;
  bool spares = false;  ///< publishers and bootstrappers are left alone unless nobody is to be spared
  FaultTarget target{};
};

[[nodiscard]] const FaultTraits& traits_of(FaultKind kind);

}  // namespace gossip::sim
