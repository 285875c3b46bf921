#pragma once
/// \file
/// Where to draw the nodes of a graph so that those who are linked stand together.

#include "graph.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gossipd::simulation {

struct Place {
  double x = 0;
  double y = 0;
};

/// A place for each node, in a square from 0 to 1: Fruchterman and Reingold's springs, with a pull to the
/// middle that keeps what is not linked in sight. The same graph and seed give the same places. Each of 300
/// rounds takes time that grows with the square of the nodes: for a thousand of them it is about a second.
[[nodiscard]] std::vector<Place> force_layout(const Graph& graph, std::uint64_t seed);

/// At most `nodes_max` nodes of a graph: from each component its share, at least one while there is room, and
/// of each component those nearest to a node that is drawn.
[[nodiscard]] Subgraph sample(const Graph& graph, std::size_t nodes_max, std::uint64_t seed);

}  // namespace gossipd::simulation
