#include "simulate/force_layout.hpp"

#include "simulate/graph_measures.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace gossipd::simulation {
namespace {

double distance(const Place& left, const Place& right) {
  return std::hypot(left.x - right.x, left.y - right.y);
}

/// Two rings beside each other.
Graph two_rings(std::uint32_t first, std::uint32_t second) {
  std::vector<Edge> edges;
  for (std::uint32_t node = 0; node < first; ++node) edges.push_back({node, (node + 1) % first});
  for (std::uint32_t node = 0; node < second; ++node)
    edges.push_back({first + node, first + (node + 1) % second});
  return {std::size_t{first} + second, edges};
}

TEST_SUITE("force layout") {
  TEST_CASE("All places are in the square, which they fill in one direction at least") {
    double most = 0;
    const auto places = force_layout(two_rings(10, 5), 1);
    REQUIRE(places.size() == 15);
    for (const Place& place : places) {
      CHECK(place.x >= -1e-9);
      CHECK(place.x <= 1 + 1e-9);
      CHECK(place.y >= -1e-9);
      CHECK(place.y <= 1 + 1e-9);
      most = std::max({most, place.x, place.y});
    }
    CHECK(most == doctest::Approx(1));
  }

  TEST_CASE("Who is linked stands together") {
    const auto places = force_layout(two_rings(12, 12), 3);
    double linked = 0;
    double apart = 0;
    for (std::size_t node = 0; node < 12; ++node) {
      linked += distance(places[node], places[(node + 1) % 12]);
      apart += distance(places[node], places[12 + node]);
    }
    CHECK(linked < apart / 2);
  }

  TEST_CASE("The same seed gives the same picture, another one another") {
    const auto first = force_layout(two_rings(5, 5), 1);
    const auto again = force_layout(two_rings(5, 5), 1);
    const auto other = force_layout(two_rings(5, 5), 2);
    CHECK(distance(first[3], again[3]) == 0);
    CHECK(distance(first[3], other[3]) > 0);
  }

  TEST_CASE("None and one have places too") {
    CHECK(force_layout(Graph(), 1).empty());
    const auto alone = force_layout(Graph(1, {}), 1);
    REQUIRE(alone.size() == 1);
    CHECK(alone.front().x == doctest::Approx(0.5));
    CHECK(alone.front().y == doctest::Approx(0.5));
  }
}

TEST_SUITE("sample of a graph") {
  TEST_CASE("A small graph is taken whole") {
    CHECK(sample(two_rings(10, 5), 15, 1).graph.edge_count() == 15);
  }

  TEST_CASE("Of a large one, each component has its share, and stays together") {
    const Subgraph part = sample(two_rings(200, 100), 30, 1);
    CHECK(part.nodes.size() == 30);
    CHECK(component_sizes(part.graph) == std::vector<std::size_t>{20, 10});
  }

  TEST_CASE("Small components are not forgotten, and never more nodes are taken than asked for") {
    const Subgraph part = sample(two_rings(1000, 3), 10, 1);
    CHECK(part.nodes.size() == 10);
    CHECK(component_sizes(part.graph) == std::vector<std::size_t>{9, 1});
    CHECK(sample(Graph(50, {}), 7, 1).nodes.size() == 7);
  }
}

}  // namespace
}  // namespace gossipd::simulation
