#include "graph.hpp"

#include <algorithm>
#include <cassert>

namespace gossipd::simulation {

Graph::Graph(std::size_t nodes, std::span<const Edge> edges) : starts_(nodes + 1) {
  std::vector<Edge> directed;
  directed.reserve(2 * edges.size());
  for (const auto [first, second] : edges) {
    assert(first < nodes && second < nodes);
    if (first == second) continue;
    directed.push_back({first, second});
    directed.push_back({second, first});
  }
  const auto before = [](const Edge& left, const Edge& right) {
    return left.first != right.first ? left.first < right.first : left.second < right.second;
  };
  std::sort(directed.begin(), directed.end(), before);
  directed.erase(std::unique(directed.begin(), directed.end()), directed.end());
  neighbours_.reserve(directed.size());
  for (const auto [from, to] : directed) {
    ++starts_[from + 1];
    neighbours_.push_back(to);
  }
  for (std::size_t node = 0; node < nodes; ++node) starts_[node + 1] += starts_[node];
}

std::vector<Edge> Graph::edges() const {
  std::vector<Edge> edges;
  edges.reserve(edge_count());
  for (std::uint32_t node = 0; node < node_count(); ++node)
    for (const std::uint32_t other : neighbours(node))
      if (node < other) edges.push_back({node, other});
  return edges;
}

Subgraph subgraph(const Graph& graph, const std::vector<bool>& keep) {
  assert(keep.size() == graph.node_count());
  Subgraph part;
  std::vector<std::uint32_t> numbers(graph.node_count());
  for (std::uint32_t node = 0; node < graph.node_count(); ++node) {
    if (!keep[node]) continue;
    numbers[node] = static_cast<std::uint32_t>(part.nodes.size());
    part.nodes.push_back(node);
  }
  std::vector<Edge> edges;
  for (const auto [first, second] : graph.edges())
    if (keep[first] && keep[second]) edges.push_back({numbers[first], numbers[second]});
  part.graph = Graph(part.nodes.size(), edges);
  return part;
}

}  // namespace gossipd::simulation
