#include "graph_measures.hpp"

#include <gossip/random.hpp>

#include <algorithm>
#include <limits>
#include <numeric>
#include <span>

namespace gossipd::simulation {
namespace {

constexpr std::uint32_t unknown = std::numeric_limits<std::uint32_t>::max();

/// Breadth-first search, with what it needs kept from one start to the next.
class Search {
 public:
  explicit Search(const Graph& graph) : graph_(graph), distances_(graph.node_count(), unknown) {}

  /// The nodes that `source` has a path to, itself included, nearest first. Valid until the next start.
  std::span<const std::uint32_t> from(std::uint32_t source) {
    for (const std::uint32_t node : reached_) distances_[node] = unknown;
    reached_.assign(1, source);
    distances_[source] = 0;
    for (std::size_t next = 0; next < reached_.size(); ++next) {
      const std::uint32_t node = reached_[next];
      for (const std::uint32_t other : graph_.neighbours(node)) {
        if (distances_[other] != unknown) continue;
        distances_[other] = distances_[node] + 1;
        reached_.push_back(other);
      }
    }
    return reached_;
  }

  /// Of a node that the last start reached.
  [[nodiscard]] std::uint32_t distance(std::uint32_t node) const { return distances_[node]; }

 private:
  const Graph& graph_;
  std::vector<std::uint32_t> distances_;
  std::vector<std::uint32_t> reached_;
};

/// All nodes, or as many of them as are drawn.
std::vector<std::uint32_t> sources_of(const Graph& graph, std::uint64_t seed, std::size_t exact_max,
                                      std::size_t drawn) {
  std::vector<std::uint32_t> sources(graph.node_count());
  std::iota(sources.begin(), sources.end(), 0U);
  if (sources.size() <= exact_max) return sources;
  gossip::Random random(seed);
  random.shuffle(std::span(sources));
  sources.resize(std::min(sources.size(), drawn));
  return sources;
}

/// How many there are in both of two ascending sequences.
std::size_t common(std::span<const std::uint32_t> left, std::span<const std::uint32_t> right) {
  std::size_t count = 0;
  while (!left.empty() && !right.empty()) {
    if (left.front() == right.front()) {
      ++count;
      left = left.subspan(1);
      right = right.subspan(1);
    } else {
      auto& lower = left.front() < right.front() ? left : right;
      lower = lower.subspan(1);
    }
  }
  return count;
}

}  // namespace

std::vector<std::size_t> degree_distribution(const Graph& graph) {
  std::vector<std::size_t> counts;
  for (std::size_t node = 0; node < graph.node_count(); ++node) {
    const std::size_t degree = graph.degree(node);
    if (degree >= counts.size()) counts.resize(degree + 1);
    ++counts[degree];
  }
  return counts;
}

std::vector<std::uint32_t> components_of(const Graph& graph) {
  std::vector<std::uint32_t> found(graph.node_count(), unknown);
  std::vector<std::size_t> sizes;
  Search search(graph);
  for (std::uint32_t node = 0; node < graph.node_count(); ++node) {
    if (found[node] != unknown) continue;
    const auto members = search.from(node);
    for (const std::uint32_t member : members) found[member] = static_cast<std::uint32_t>(sizes.size());
    sizes.push_back(members.size());
  }
  std::vector<std::uint32_t> order(sizes.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t left, std::uint32_t right) { return sizes[left] > sizes[right]; });
  std::vector<std::uint32_t> ranks(order.size());
  for (std::uint32_t rank = 0; rank < order.size(); ++rank) ranks[order[rank]] = rank;
  for (std::uint32_t& component : found) component = ranks[component];
  return found;
}

std::vector<std::size_t> component_sizes(const Graph& graph) {
  std::vector<std::size_t> sizes;
  for (const std::uint32_t component : components_of(graph)) {
    if (component >= sizes.size()) sizes.resize(component + 1);
    ++sizes[component];
  }
  return sizes;
}

PathLengths path_lengths(const Graph& graph, std::uint64_t seed, std::size_t exact_max, std::size_t drawn) {
  const auto sources = sources_of(graph, seed, exact_max, drawn);
  PathLengths lengths;
  lengths.sources = sources.size();
  lengths.every_source = sources.size() == graph.node_count();
  double total = 0;
  std::size_t pairs = 0;
  Search search(graph);
  for (const std::uint32_t source : sources) {
    const auto reached = search.from(source);
    for (const std::uint32_t node : reached) total += search.distance(node);
    pairs += reached.size() - 1;
    lengths.longest = std::max<std::size_t>(lengths.longest, search.distance(reached.back()));
  }
  if (pairs != 0) lengths.average = total / static_cast<double>(pairs);
  return lengths;
}

double clustering_coefficient(const Graph& graph) {
  double total = 0;
  for (std::size_t node = 0; node < graph.node_count(); ++node) {
    const auto neighbours = graph.neighbours(node);
    if (neighbours.size() < 2) continue;
    std::size_t linked = 0;  // each pair counts twice, once from each of its ends
    for (const std::uint32_t neighbour : neighbours)
      linked += common(neighbours, graph.neighbours(neighbour));
    const double pairs = static_cast<double>(neighbours.size()) * static_cast<double>(neighbours.size() - 1);
    total += static_cast<double>(linked) / pairs;
  }
  return graph.node_count() == 0 ? 0 : total / static_cast<double>(graph.node_count());
}

std::optional<double> degree_assortativity(const Graph& graph) {
  double ends = 0;
  double sum = 0;
  double squares = 0;
  double products = 0;
  for (std::size_t node = 0; node < graph.node_count(); ++node) {
    const auto degree = static_cast<double>(graph.degree(node));
    ends += degree;
    sum += degree * degree;
    squares += degree * degree * degree;
    for (const std::uint32_t other : graph.neighbours(node))
      products += degree * static_cast<double>(graph.degree(other));
  }
  // The sums are exact, so that where all degrees are equal both products are the same number, rounded alike.
  const double variance = ends * squares - sum * sum;
  if (variance <= 0) return std::nullopt;
  return (ends * products - sum * sum) / variance;
}

std::size_t GraphMeasures::degree_min() const {
  const auto first =
      std::find_if(degrees.begin(), degrees.end(), [](std::size_t count) { return count != 0; });
  return first == degrees.end() ? 0 : static_cast<std::size_t>(first - degrees.begin());
}

double GraphMeasures::degree_mean() const {
  return nodes == 0 ? 0 : 2 * static_cast<double>(edges) / static_cast<double>(nodes);
}

GraphMeasures measure(const Graph& graph, std::uint64_t seed) {
  GraphMeasures measures;
  measures.nodes = graph.node_count();
  measures.edges = graph.edge_count();
  measures.degrees = degree_distribution(graph);
  measures.components = component_sizes(graph);
  measures.paths = path_lengths(graph, seed);
  measures.clustering = clustering_coefficient(graph);
  measures.assortativity = degree_assortativity(graph);
  return measures;
}

}  // namespace gossipd::simulation
