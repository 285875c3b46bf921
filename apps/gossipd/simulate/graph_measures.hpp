#pragma once
/// \file
/// What is said of a graph in figures. Pure functions; each walks over the whole graph once unless it says
/// otherwise.

#include "graph.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace gossipd::simulation {

/// How many nodes have each degree: the first is for degree 0, the last is not 0. Empty without nodes.
[[nodiscard]] std::vector<std::size_t> degree_distribution(const Graph& graph);

/// The sizes of the connected components, largest first. A node without links is one of its own.
[[nodiscard]] std::vector<std::size_t> component_sizes(const Graph& graph);

/// The component of each node: components are numbered as component_sizes() orders them, and of those of one
/// size the one with the lowest node comes first.
[[nodiscard]] std::vector<std::uint32_t> components_of(const Graph& graph);

/// How far apart nodes are that have a path between them.
struct PathLengths {
  double average = 0;        ///< in links, over all pairs from a source that was looked at; 0 without any
  std::size_t longest = 0;   ///< of those
  std::size_t sources = 0;   ///< nodes from which all distances were measured
  bool every_source = true;  ///< whether those are all nodes, which makes the figures exact
};

/// Up to this many nodes every one of them is a source, and beyond this many are drawn.
inline constexpr std::size_t path_sources_max = 4000;
inline constexpr std::size_t path_sources_drawn = 100;

/// Pairs in different components do not count. A breadth-first search from each source; `seed` decides which
/// ones are drawn in a graph of more than `exact_max` nodes.
[[nodiscard]] PathLengths path_lengths(const Graph& graph, std::uint64_t seed,
                                       std::size_t exact_max = path_sources_max,
                                       std::size_t drawn = path_sources_drawn);

/// The average over all nodes of the share of pairs of a node's neighbours that are linked themselves (Watts
/// and Strogatz); a node with fewer than two neighbours counts as 0. 0 without nodes.
[[nodiscard]] double clustering_coefficient(const Graph& graph);

/// The correlation of the degrees at both ends of a link, -1 to 1 (Newman). Nothing where all ends have the
/// same degree, as in a ring, or where there is no link: it is undefined there.
[[nodiscard]] std::optional<double> degree_assortativity(const Graph& graph);

/// All of the above about one graph.
struct GraphMeasures {
  std::size_t nodes = 0;
  std::size_t edges = 0;
  std::vector<std::size_t> degrees;     ///< as degree_distribution() has it
  std::vector<std::size_t> components;  ///< as component_sizes() has it
  PathLengths paths;
  double clustering = 0;
  std::optional<double> assortativity;

  [[nodiscard]] std::size_t degree_min() const;
  [[nodiscard]] std::size_t degree_max() const { return degrees.empty() ? 0 : degrees.size() - 1; }
  [[nodiscard]] double degree_mean() const;
};

[[nodiscard]] GraphMeasures measure(const Graph& graph, std::uint64_t seed);

}  // namespace gossipd::simulation
