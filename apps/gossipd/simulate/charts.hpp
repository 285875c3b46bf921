#pragma once
/// \file
/// The charts of the page, each an SVG element. They show runs and decide nothing.

#include "run_report.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gossipd::simulation {

/// Share of nodes reached against time since publication: the median message, and what most lie between.
[[nodiscard]] std::string delivery_chart(const RunReport& run);

/// \{
/// Over virtual time, failures marked: how many nodes a message reached, how often it was sent too much, how
/// long it took to the last node.
[[nodiscard]] std::string reliability_chart(const RunReport& run);
[[nodiscard]] std::string redundancy_chart(const RunReport& run);
[[nodiscard]] std::string delay_chart(const RunReport& run);
/// \}

/// How many nodes have each degree.
[[nodiscard]] std::string degree_chart(const GraphMeasures& overlay);

/// How many nodes sent and received how much.
[[nodiscard]] std::string traffic_chart(const RunReport& run);

/// A colour in the picture of the overlay.
struct Shade {
  std::string name{};     ///< its class in the page
  std::string degrees{};  ///< of nodes that have it: "3 to 5"
};

/// The overlay as drawn: what of it, and the picture.
struct OverlayPicture {
  std::string svg;
  std::size_t drawn = 0;      ///< nodes
  std::vector<Shade> shades;  ///< lowest degrees first
};

inline constexpr std::size_t nodes_drawn_max = 1000;

[[nodiscard]] OverlayPicture overlay_picture(const Graph& graph, std::uint64_t seed);

/// A measure against the size of the network, for reports with several sizes.
struct CostSeries {
  std::string label{};                            ///< beside its line; empty where there is only one
  std::vector<std::pair<double, double>> values;  ///< of each run: nodes and measure, nodes ascending
};

/// `title` has the unit. At most three series.
[[nodiscard]] std::string cost_chart(const std::string& title, const std::vector<CostSeries>& series);

}  // namespace gossipd::simulation
