#pragma once
/// \file
/// The charts of the page, each an SVG element. They show runs and decide nothing.

#include "measures.hpp"
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

/// \{
/// Runs with several protocols in one chart, each with a line of its own: how soon the median message spread,
/// and how often messages were sent too much over virtual time. Precondition: one to three runs.
using ComparedRuns = std::vector<const RunReport*>;
[[nodiscard]] std::string compared_delivery_chart(const ComparedRuns& runs);
[[nodiscard]] std::string compared_redundancy_chart(const ComparedRuns& runs);
/// \}

/// A measure of each protocol.
struct ComparedMeasure {
  std::string label{};        ///< above its bars; empty where there is only one measure
  std::vector<Spread> spans;  ///< as many as there are protocols
};

/// A bar for each protocol, which it is named beside, all of one style and on one scale; a line across its
/// end is from the least to the most of several seeds. `name` says what is to be seen. Precondition: one to
/// three protocols.
[[nodiscard]] std::string compared_bars(const std::string& name, Style style,
                                        const std::vector<std::string>& protocols,
                                        const std::vector<ComparedMeasure>& all);

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
