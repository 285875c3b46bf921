#include "force_layout.hpp"

#include <gossip/random.hpp>

#include "graph_measures.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace gossipd::simulation {
namespace {

constexpr int rounds = 300;
constexpr double heat_at_start = 0.1;  ///< how far a node moves in a round at most; it falls to nothing
constexpr double pull_to_middle = 0.35;

double length_of(const Place& vector) {
  return std::hypot(vector.x, vector.y);
}

/// Each node pushes all others away, so that they spread evenly.
void push_apart(const std::vector<Place>& places, double spacing, std::vector<Place>& forces) {
  const double strength = spacing * spacing;
  for (std::size_t node = 0; node < places.size(); ++node) {
    Place force;
    for (std::size_t other = 0; other < node; ++other) {
      const double x = places[node].x - places[other].x;
      const double y = places[node].y - places[other].y;
      const double factor = strength / (x * x + y * y + 1e-9);
      force.x += x * factor;
      force.y += y * factor;
      forces[other].x -= x * factor;
      forces[other].y -= y * factor;
    }
    forces[node].x += force.x;
    forces[node].y += force.y;
  }
}

void pull_together(const std::vector<Edge>& edges, const std::vector<Place>& places, double spacing,
                   std::vector<Place>& forces) {
  for (const auto [first, second] : edges) {
    const Place apart{places[first].x - places[second].x, places[first].y - places[second].y};
    const double factor = length_of(apart) / spacing;
    forces[first].x -= apart.x * factor;
    forces[first].y -= apart.y * factor;
    forces[second].x += apart.x * factor;
    forces[second].y += apart.y * factor;
  }
}

void move(std::vector<Place>& places, const std::vector<Place>& forces, double heat) {
  for (std::size_t node = 0; node < places.size(); ++node) {
    const Place force{forces[node].x - places[node].x * pull_to_middle,
                      forces[node].y - places[node].y * pull_to_middle};
    const double length = length_of(force);
    if (length == 0) continue;
    const double step = std::min(length, heat) / length;
    places[node].x += force.x * step;
    places[node].y += force.y * step;
  }
}

/// Into the square from 0 to 1, as large as fits, its proportions kept.
void fit(std::vector<Place>& places) {
  Place least = places.front();
  Place most = places.front();
  for (const Place& place : places) {
    least = {std::min(least.x, place.x), std::min(least.y, place.y)};
    most = {std::max(most.x, place.x), std::max(most.y, place.y)};
  }
  const double size = std::max({most.x - least.x, most.y - least.y, 1e-9});
  for (Place& place : places) {
    place.x = 0.5 + (place.x - (least.x + most.x) / 2) / size;
    place.y = 0.5 + (place.y - (least.y + most.y) / 2) / size;
  }
}

/// A node that is drawn and those nearest to it, up to so many.
void keep_nearest(const Graph& graph, std::uint32_t start, std::size_t count, std::vector<bool>& keep) {
  std::vector<std::uint32_t> reached{start};
  keep[start] = true;
  for (std::size_t next = 0; next < reached.size(); ++next) {
    for (const std::uint32_t other : graph.neighbours(reached[next])) {
      if (reached.size() >= count) return;
      if (keep[other]) continue;
      keep[other] = true;
      reached.push_back(other);
    }
  }
}

}  // namespace

std::vector<Place> force_layout(const Graph& graph, std::uint64_t seed) {
  const std::size_t nodes = graph.node_count();
  if (nodes == 0) return {};
  gossip::Random random(seed);
  std::vector<Place> places(nodes);
  for (Place& place : places) place = {random.fraction() - 0.5, random.fraction() - 0.5};
  const double spacing = 1 / std::sqrt(static_cast<double>(nodes));
  const std::vector<Edge> edges = graph.edges();
  std::vector<Place> forces;
  for (int round = 0; round < rounds; ++round) {
    forces.assign(nodes, {});
    push_apart(places, spacing, forces);
    pull_together(edges, places, spacing, forces);
    move(places, forces, heat_at_start * (1 - static_cast<double>(round) / rounds));
  }
  fit(places);
  return places;
}

Subgraph sample(const Graph& graph, std::size_t nodes_max, std::uint64_t seed) {
  const std::size_t nodes = graph.node_count();
  if (nodes == 0 || nodes <= nodes_max) return subgraph(graph, std::vector<bool>(nodes, true));
  std::vector<std::vector<std::uint32_t>> members;
  const auto components = components_of(graph);
  for (std::uint32_t node = 0; node < nodes; ++node) {
    if (components[node] >= members.size()) members.resize(components[node] + 1);
    members[components[node]].push_back(node);
  }
  gossip::Random random(seed);
  std::vector<bool> keep(nodes, false);
  std::size_t room = nodes_max;
  std::size_t left = members.size();
  for (const auto& component : members) {
    if (room == 0) break;
    const std::size_t share = std::max<std::size_t>(component.size() * nodes_max / nodes, 1);
    // Room for one of each of the others, as far as there is.
    const std::size_t spare = room > left - 1 ? room - (left - 1) : 1;
    const std::size_t count = std::min({share, spare, component.size()});
    keep_nearest(graph, component[random.below(component.size())], count, keep);
    room -= count;
    --left;
  }
  return subgraph(graph, keep);
}

}  // namespace gossipd::simulation
