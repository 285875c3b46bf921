#pragma once
/// \file
/// From what was asked to what gossip::sim is to do.

#include <gossip/sim/scenario.hpp>

#include "simulate_options.hpp"

#include <cstddef>

namespace gossipd::simulation {

/// \{
/// The scenario with so many nodes that speak this protocol, by default the first of those that were asked
/// for. A file of regions is not looked at: `latency` counts.
[[nodiscard]] gossip::sim::Scenario to_scenario(const SimulateOptions& options, std::size_t nodes,
                                                gossip::sim::Protocol protocol);
[[nodiscard]] gossip::sim::Scenario to_scenario(const SimulateOptions& options, std::size_t nodes);
/// \}

}  // namespace gossipd::simulation
