#include "page_comparison.hpp"

#include "charts.hpp"
#include "html.hpp"
#include "measures.hpp"
#include "overlay_figure.hpp"

#include <string_view>
#include <utility>

namespace gossipd::simulation {
namespace {

/// A measure by its key, and what its bars are called.
using Named = std::pair<std::string_view, std::string_view>;

/// Precondition: the measures are of one style.
std::string bars(const SimulationReport& report, const std::vector<RunGroup>& groups,
                 const std::string& title, const std::vector<Named>& named, std::string_view caption) {
  std::vector<std::string> protocols;
  protocols.reserve(groups.size());
  for (const RunGroup& group : groups) protocols.push_back(report.runs[group.first].protocol);
  std::vector<ComparedMeasure> all;
  for (const auto& [key, label] : named) {
    ComparedMeasure one{std::string(label), {}};
    for (const RunGroup& group : groups) one.spans.push_back(spread(report, group, measure_of(key).value));
    all.push_back(std::move(one));
  }
  const Style style = measure_of(named.front().first).style;
  return figure(title, compared_bars(title + " of each protocol", style, protocols, all), caption);
}

}  // namespace

std::string comparison_section(const SimulationReport& report, const std::vector<RunGroup>& groups) {
  ComparedRuns runs;
  for (const RunGroup& group : groups) runs.push_back(&report.runs[group.first]);
  const RunReport& first = *runs.front();
  std::string text =
      element("h2 id=\"compared-" + std::to_string(first.nodes) + '"', "Side by side, " + nodes_of(first));
  text += element("p class=\"soft\"",
                  "The same scenario with each protocol: seed, latencies, publishers and what fails are the "
                  "same, and so are the first links where the overlay was there from the start.");
  if (groups.front().count > 1)
    text +=
        element("p class=\"soft\"", "Curves and overlays are those of seed " + std::to_string(first.seed) +
                                        "; bars are means over " + std::to_string(groups.front().count) +
                                        " seeds, with a line from the least to the most.");
  text += "<div class=\"charts\">\n";
  text += figure("Delivery", compared_delivery_chart(runs), "How soon the median message had come to nodes.");
  text += figure("Redundancy", compared_redundancy_chart(runs),
                 "0 would be every message once over every link that is needed.");
  text += bars(report, groups, "Redundancy over all messages", {{"rmr", ""}}, "RMR: less is better.");
  text += bars(report, groups, "Last delivery hop", {{"ldh_mean", "mean"}, {"ldh_max", "largest"}},
               "Hops to the node that delivered last.");
  text += bars(report, groups, "Delivery time",
               {{"delivery_ms.p50", "half"}, {"delivery_ms.p99", "99 %"}, {"delivery_ms.max", "longest"}},
               "From publication to the deliveries elsewhere.");
  text += bars(report, groups, "Traffic of a live node",
               {{"traffic_bytes.p50", "median node"}, {"traffic_bytes.max", "the one with most"}},
               "Sent and received since the first message.");
  text += "</div>\n<div class=\"charts three\">\n";
  for (const RunReport* run : runs) text += overlay_figure(*run, "The overlay, " + run->protocol, "overlay");
  return text + "</div>\n";
}

}  // namespace gossipd::simulation
