#pragma once
/// \file
/// Overlays that are there from the start.

#include <gossip/random.hpp>
#include <gossip/sim/result.hpp>

#include <cstddef>
#include <vector>

namespace gossip::sim {

/// A random graph in which each node has `degree` neighbours, or one or two fewer where no partner was left:
/// a random ring through all, so that it is connected, and random links besides. Nobody is linked to itself
/// or twice to the same. Preconditions: degree is at least 2, or there are at most two nodes.
[[nodiscard]] std::vector<Edge> random_overlay(NodeNumber nodes, std::size_t degree, Random& random);

}  // namespace gossip::sim
