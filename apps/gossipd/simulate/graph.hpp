#pragma once
/// \file
/// An undirected graph that does not change: who is linked to whom. What it says about itself is in
/// graph_measures.hpp.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gossipd::simulation {

/// A link between two nodes, in either order.
struct Edge {
  std::uint32_t first = 0;
  std::uint32_t second = 0;

  friend bool operator==(const Edge&, const Edge&) = default;
};

/// Nodes are numbered from 0. Not modifiable, so it may be read by any number of threads.
class Graph {
 public:
  Graph() = default;

  /// Links of a node to itself are left out, and so are those that are named before. Precondition: both ends
  /// of each are below `nodes`.
  Graph(std::size_t nodes, std::span<const Edge> edges);

  [[nodiscard]] std::size_t node_count() const { return starts_.size() - 1; }
  [[nodiscard]] std::size_t edge_count() const { return neighbours_.size() / 2; }
  [[nodiscard]] std::size_t degree(std::size_t node) const { return starts_[node + 1] - starts_[node]; }

  /// In ascending order. Valid for as long as the graph.
  [[nodiscard]] std::span<const std::uint32_t> neighbours(std::size_t node) const {
    return std::span(neighbours_).subspan(starts_[node], degree(node));
  }

  /// Each link once, the lower number first, in ascending order.
  [[nodiscard]] std::vector<Edge> edges() const;

 private:
  std::vector<std::size_t> starts_ = {0};  ///< where the neighbours of each node begin, and the end of all
  std::vector<std::uint32_t> neighbours_;
};

/// Part of another graph: some of its nodes, numbered anew, and the links between them.
struct Subgraph {
  Graph graph;
  std::vector<std::uint32_t> nodes;  ///< what each of them is called in the other graph
};

/// The nodes for which `keep` holds true. Precondition: `keep` has a value for each node.
[[nodiscard]] Subgraph subgraph(const Graph& graph, const std::vector<bool>& keep);

}  // namespace gossipd::simulation
