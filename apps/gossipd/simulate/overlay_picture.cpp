#include "charts.hpp"
#include "force_layout.hpp"
#include "svg.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>
#include <utility>

namespace gossipd::simulation {
namespace {

constexpr double size = 640;
constexpr double margin = 12;
constexpr std::array<std::string_view, 5> class_names{"d0", "d1", "d2", "d3", "d4"};

/// Degrees in up to five classes with about as many nodes each; a degree is never in two.
std::vector<std::pair<std::size_t, std::size_t>> degree_classes(const Graph& graph,
                                                                const std::vector<std::uint32_t>& nodes) {
  std::vector<std::size_t> degrees;
  degrees.reserve(nodes.size());
  for (const std::uint32_t node : nodes) degrees.push_back(graph.degree(node));
  std::sort(degrees.begin(), degrees.end());
  std::vector<std::pair<std::size_t, std::size_t>> classes;
  for (std::size_t index = 0; index < class_names.size() && !degrees.empty(); ++index) {
    const std::size_t share = ((index + 1) * degrees.size() + class_names.size() - 1) / class_names.size();
    const std::size_t last = degrees[share - 1];
    const std::size_t least = classes.empty() ? degrees.front() : classes.back().second + 1;
    if (last >= least) classes.emplace_back(least, last);
  }
  if (!classes.empty()) classes.back().second = degrees.back();
  return classes;
}

double at(double share) {
  return margin + share * (size - 2 * margin);
}

std::string links(const Graph& graph, const std::vector<Place>& places) {
  std::string outline;
  for (const auto [first, second] : graph.edges()) {
    outline += 'M' + coordinate(at(places[first].x)) + ' ' + coordinate(at(places[first].y));
    outline += 'L' + coordinate(at(places[second].x)) + ' ' + coordinate(at(places[second].y));
  }
  return outline;
}

}  // namespace

OverlayPicture overlay_picture(const Graph& graph, std::uint64_t seed) {
  const Subgraph part = sample(graph, nodes_drawn_max, seed);
  const auto places = force_layout(part.graph, seed);
  const auto classes = degree_classes(graph, part.nodes);
  OverlayPicture picture;
  picture.drawn = part.nodes.size();
  Svg svg(size, size, "The overlay: nodes, and a line for each connection");
  const bool many = part.graph.edge_count() > 1500;
  if (part.graph.edge_count() != 0) svg.path(links(part.graph, places), many ? "links many" : "links");
  const double radius = std::clamp(90 / std::sqrt(static_cast<double>(part.nodes.size())), 3.2, 9.0);
  // The best connected ones come last, on top of the others.
  for (std::size_t index = 0; index < classes.size(); ++index) {
    const auto [least, most] = classes[index];
    const std::string shade(class_names[index + class_names.size() - classes.size()]);
    picture.shades.push_back(
        {shade, std::to_string(least) + (least == most ? "" : " to " + std::to_string(most))});
    for (std::size_t node = 0; node < part.nodes.size(); ++node) {
      const std::size_t degree = graph.degree(part.nodes[node]);
      if (degree < least || degree > most) continue;
      svg.circle(at(places[node].x), at(places[node].y), radius, "node " + shade,
                 std::to_string(degree) + (degree == 1 ? " peer" : " peers"));
    }
  }
  picture.svg = svg.markup();
  return picture;
}

}  // namespace gossipd::simulation
