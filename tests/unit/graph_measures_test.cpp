#include "simulate/graph_measures.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <numeric>
#include <vector>

namespace gossipd::simulation {
namespace {

using Sizes = std::vector<std::size_t>;
using Edges = std::vector<Edge>;

Graph ring(std::uint32_t nodes) {
  Edges edges;
  for (std::uint32_t node = 0; node < nodes; ++node) edges.push_back({node, (node + 1) % nodes});
  return {nodes, edges};
}

Graph complete(std::uint32_t nodes) {
  Edges edges;
  for (std::uint32_t node = 0; node < nodes; ++node)
    for (std::uint32_t other = 0; other < node; ++other) edges.push_back({node, other});
  return {nodes, edges};
}

/// Node 0 in the middle.
Graph star(std::uint32_t nodes) {
  Edges edges;
  for (std::uint32_t node = 1; node < nodes; ++node) edges.push_back({0, node});
  return {nodes, edges};
}

Graph path(std::uint32_t nodes) {
  Edges edges;
  for (std::uint32_t node = 1; node < nodes; ++node) edges.push_back({node - 1, node});
  return {nodes, edges};
}

/// A triangle 0, 1, 2 with 3 hanging from 2.
Graph paw() {
  return {4, Edges{{0, 1}, {1, 2}, {0, 2}, {2, 3}}};
}

TEST_SUITE("graph") {
  TEST_CASE("Links to oneself and links that are named twice, in either order, count for nothing") {
    const Graph graph(3, Edges{{1, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 1}});
    CHECK(graph.node_count() == 3);
    CHECK(graph.edge_count() == 2);
    CHECK(graph.edges() == Edges{{0, 1}, {1, 2}});
    CHECK(graph.degree(1) == 2);
    CHECK(graph.degree(2) == 1);
  }

  TEST_CASE("A graph without nodes has none, however it came to be") {
    for (const Graph& graph : {Graph(), Graph(0, {})}) {
      CHECK(graph.node_count() == 0);
      CHECK(graph.edge_count() == 0);
      CHECK(graph.edges().empty());
    }
  }

  TEST_CASE("A part has the links between those that are kept, and knows who they were") {
    const Subgraph part = subgraph(paw(), {false, true, true, true});
    CHECK(part.nodes == std::vector<std::uint32_t>{1, 2, 3});
    CHECK(part.graph.edges() == Edges{{0, 1}, {1, 2}});
    CHECK(subgraph(paw(), {false, false, false, false}).graph.node_count() == 0);
  }
}

TEST_SUITE("graph measures") {
  TEST_CASE("Degrees: a place for each up to the highest") {
    CHECK(degree_distribution(ring(7)) == Sizes{0, 0, 7});
    CHECK(degree_distribution(star(5)) == Sizes{0, 4, 0, 0, 1});
    CHECK(degree_distribution(paw()) == Sizes{0, 1, 2, 1});
    CHECK(degree_distribution(Graph(3, {})) == Sizes{3});
    CHECK(degree_distribution(Graph()).empty());
  }

  TEST_CASE("Components: the largest first, single nodes too") {
    CHECK(component_sizes(ring(7)) == Sizes{7});
    CHECK(component_sizes(Graph(6, Edges{{4, 5}, {1, 2}, {2, 3}})) == Sizes{3, 2, 1});
    CHECK(component_sizes(Graph(1, {})) == Sizes{1});
    CHECK(component_sizes(Graph()).empty());
  }

  TEST_CASE("Components are numbered by size, and where that is equal by their lowest node") {
    const Graph graph(7, Edges{{5, 6}, {1, 2}, {2, 3}});
    CHECK(components_of(graph) == std::vector<std::uint32_t>{2, 0, 0, 0, 3, 1, 1});
  }

  TEST_CASE("Path lengths of a ring, a complete graph, a star and a path") {
    // From each node of a ring of 6: 1, 1, 2, 2, 3.
    CHECK(path_lengths(ring(6), 1).average == doctest::Approx(9.0 / 5));
    CHECK(path_lengths(ring(6), 1).longest == 3);
    CHECK(path_lengths(complete(9), 1).average == doctest::Approx(1));
    CHECK(path_lengths(complete(9), 1).longest == 1);
    // 4 pairs at 1, 6 pairs at 2.
    CHECK(path_lengths(star(5), 1).average == doctest::Approx(16.0 / 10));
    // (n + 1) / 3.
    CHECK(path_lengths(path(8), 1).average == doctest::Approx(3));
    CHECK(path_lengths(path(8), 1).longest == 7);
  }

  TEST_CASE("Pairs without a path do not count") {
    // Within {0, 1, 2}: 1, 1, 2; within {3, 4}: 1.
    const Graph graph(5, Edges{{0, 1}, {1, 2}, {3, 4}});
    CHECK(path_lengths(graph, 1).average == doctest::Approx(5.0 / 4));
    CHECK(path_lengths(graph, 1).longest == 2);
    CHECK(path_lengths(Graph(3, {}), 1).average == 0);
    CHECK(path_lengths(Graph(1, {}), 1).longest == 0);
    CHECK(path_lengths(Graph(), 1).sources == 0);
  }

  TEST_CASE("Where there are too many nodes some of them are drawn, and it says so") {
    const Graph graph = path(50);
    CHECK(path_lengths(graph, 1, 50, 10).every_source);
    CHECK(path_lengths(graph, 1, 50, 10).sources == 50);
    const PathLengths drawn = path_lengths(graph, 1, 49, 10);
    CHECK_FALSE(drawn.every_source);
    CHECK(drawn.sources == 10);
    CHECK(drawn.average == path_lengths(graph, 1, 49, 10).average);
    CHECK(drawn.average != path_lengths(graph, 2, 49, 10).average);
    // From any node of a ring it looks the same, so that a drawn average is the exact one.
    CHECK(path_lengths(ring(60), 3, 59, 10).average == doctest::Approx(path_lengths(ring(60), 3).average));
  }

  TEST_CASE("Clustering: the share of neighbours that know each other") {
    CHECK(clustering_coefficient(complete(6)) == doctest::Approx(1));
    CHECK(clustering_coefficient(ring(3)) == doctest::Approx(1));
    CHECK(clustering_coefficient(ring(4)) == 0);
    CHECK(clustering_coefficient(star(6)) == 0);
    // 1 at nodes 0 and 1, a third at node 2, none at node 3.
    CHECK(clustering_coefficient(paw()) == doctest::Approx((1 + 1 + 1.0 / 3) / 4));
    CHECK(clustering_coefficient(Graph(2, {})) == 0);
    CHECK(clustering_coefficient(Graph()) == 0);
  }

  TEST_CASE("Assortativity: whether nodes are linked to their like") {
    CHECK(*degree_assortativity(star(6)) == doctest::Approx(-1));
    CHECK(*degree_assortativity(path(4)) == doctest::Approx(-0.5));
    // The ends of the links of the paw, both ways: 2-2, 2-3, 2-3, 3-1. Mean 18/8, mean square 44/8, mean
    // product 38/8: (38 * 8 - 18 * 18) / (44 * 8 - 18 * 18) = -20 / 28.
    CHECK(*degree_assortativity(paw()) == doctest::Approx(-5.0 / 7));
    // A triangle beside a pair: each node is linked to its like.
    CHECK(*degree_assortativity(Graph(5, Edges{{0, 1}, {1, 2}, {0, 2}, {3, 4}})) == doctest::Approx(1));
  }

  TEST_CASE("Assortativity is undefined where all degrees are equal, and without links") {
    CHECK_FALSE(degree_assortativity(ring(9)));
    CHECK_FALSE(degree_assortativity(complete(5)));
    CHECK_FALSE(degree_assortativity(Graph(4, {})));
    CHECK_FALSE(degree_assortativity(Graph()));
  }

  TEST_CASE("All measures of one graph") {
    const GraphMeasures measures = measure(paw(), 1);
    CHECK(measures.nodes == 4);
    CHECK(measures.edges == 4);
    CHECK(measures.degree_min() == 1);
    CHECK(measures.degree_max() == 3);
    CHECK(measures.degree_mean() == doctest::Approx(2));
    CHECK(measures.components == Sizes{4});
    CHECK(measures.paths.every_source);
    CHECK(std::accumulate(measures.degrees.begin(), measures.degrees.end(), std::size_t{0}) == 4);
    const GraphMeasures nothing = measure(Graph(), 1);
    CHECK(nothing.degree_min() == 0);
    CHECK(nothing.degree_max() == 0);
    CHECK(nothing.degree_mean() == 0);
  }
}

}  // namespace
}  // namespace gossipd::simulation
