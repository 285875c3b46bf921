#include "page.hpp"

#include "charts.hpp"
#include "html.hpp"
#include "measures.hpp"
#include "numbers.hpp"
#include "overlay_figure.hpp"
#include "page_comparison.hpp"
#include "page_style.hpp"
#include "quantities.hpp"
#include "svg.hpp"
#include "yardstick.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace gossipd::simulation {
namespace {

constexpr std::size_t violations_shown_max = 20;  ///< of all runs together

// -- the whole of it
// ---------------------------------------------------------------------------------------------------

/// "10, 100 and 1 000".
std::string list_of(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t index = 0; index < items.size(); ++index)
    text += (index == 0 ? "" : index + 1 == items.size() ? " and " : ", ") + items[index];
  return text;
}

std::string title_of(const SimulationReport& report) {
  std::vector<std::string> sizes;
  for (const auto& groups : groups_by_size(report))
    sizes.push_back(grouped(std::uint64_t{report.runs[groups.front().first].nodes}));
  const auto protocols = compared_protocols(report);
  return "A simulated network of " + list_of(sizes) + " nodes" +
         (protocols.empty() ? "" : ": " + list_of(protocols) + " compared");
}

/// What tells a column from the others.
std::string name_of(const SimulationReport& report, const RunGroup& group) {
  const RunReport& run = report.runs[group.first];
  if (compared_protocols(report).empty()) return nodes_of(run);
  return groups_by_size(report).size() == 1 ? run.protocol : nodes_of(run) + ", " + run.protocol;
}

std::string all_is_well(const SimulationReport& report) {
  std::uint64_t promised = 0;
  for (const RunReport& run : report.runs) promised += run.promised;
  return element("p",
                 "Nothing was violated: no message was delivered twice, none was passed on unvalidated, no "
                 "bound was exceeded, and " +
                     (promised == 0 ? "no delivery was promised that could have failed to come."
                                    : "all " + grouped(promised) + " deliveries that were promised came."));
}

/// Its first violations, how many more there are, and how to see them again.
std::string wrong_in(const RunReport& run, std::size_t shown) {
  std::string text = element("h3", nodes_of(run) + ", seed " + std::to_string(run.seed)) + "<ul>";
  for (std::size_t index = 0; index < shown; ++index) text += element("li", run.violations[index]);
  if (run.violations_in_all > shown)
    text += element("li", "and " + grouped(run.violations_in_all - shown) + " more");
  return text + "</ul>\n" + element("pre", run.command);
}

std::string verdict(const SimulationReport& report) {
  std::uint64_t violations = 0;
  for (const RunReport& run : report.runs) violations += run.violations_in_all;
  if (violations == 0) return all_is_well(report);
  std::string text = "<div class=\"alarm\">\n" +
                     element("p", grouped(violations) + (violations == 1 ? " violation" : " violations") +
                                      " of what must always hold, in " + std::to_string(report.runs.size()) +
                                      (report.runs.size() == 1 ? " run:" : " runs:"));
  std::size_t left = violations_shown_max;
  for (const RunReport& run : report.runs) {
    if (run.violations_in_all == 0) continue;
    const std::size_t shown = std::min(run.violations.size(), left);
    left -= shown;
    text += wrong_in(run, shown);
  }
  return text + "</div>\n";
}

std::string measures_tables(const SimulationReport& report, const std::vector<RunGroup>& groups) {
  std::string text = groups.size() > 2 ? "<div class=\"wide\">" : "<div class=\"wide charts\">";
  std::string_view end;
  for (const Measure& measure : measures()) {
    if (!measure.heading.empty()) {
      text.append(end).append("<table>\n<thead><tr>").append(head(measure.heading, "col"));
      for (const RunGroup& group : groups) text += head(name_of(report, group), "col");
      text += "</tr></thead>\n<tbody>\n";
      end = "</tbody></table>\n";
    }
    text += "<tr>" + head(measure.name, "row");
    for (const RunGroup& group : groups)
      text += cell(spread_text(measure.style, spread(report, group, measure.value)));
    text += "</tr>\n";
  }
  return text.append(end).append("</div>\n");
}

std::string measures_section(const SimulationReport& report, const std::vector<RunGroup>& groups) {
  std::string text = element("h2 id=\"measures\"", "Measures") + measures_tables(report, groups);
  if (groups.front().count > 1)
    text += element("p class=\"soft\"", "Mean over " + std::to_string(groups.front().count) +
                                            " seeds, with least and most where they differ.");
  const bool sampled = std::any_of(report.runs.begin(), report.runs.end(),
                                   [](const RunReport& run) { return !run.overlay.paths.every_source; });
  if (sampled)
    text += element("p class=\"soft\"", "The average shortest path is measured from " +
                                            std::to_string(path_sources_drawn) +
                                            " nodes, drawn by the seed, where there are more than " +
                                            grouped(std::uint64_t{path_sources_max}) + ".");
  return text +
         element(
             "p class=\"soft\"",
             "Reliability: share of the nodes alive throughout that delivered, over all messages. RMR: "
             "payload transmissions / (nodes delivering - 1) - 1, so 0 is every message once. Last delivery "
             "hop: hops to the node that delivered last. The overlay is that of the live nodes at the end.");
}

/// A chart with a series for each measure, over all runs.
std::string cost(const SimulationReport& report, std::string_view heading, const std::string& title,
                 const std::vector<std::pair<std::string, double (*)(const RunReport&)>>& wanted) {
  std::vector<CostSeries> series;
  for (const auto& [label, value] : wanted) {
    CostSeries one{label, {}};
    for (const RunReport& run : report.runs)
      one.values.emplace_back(static_cast<double>(run.nodes), value(run));
    series.push_back(std::move(one));
  }
  return figure(heading, cost_chart(title, series), {});
}

std::string cost_section(const SimulationReport& report, const std::string& protocol) {
  using Run = const RunReport&;
  std::string text = protocol.empty()
                         ? element("h2 id=\"cost\"", "Cost against size")
                         : element("h2 id=\"cost-" + protocol + '"', "Cost against size, " + protocol);
  text += element("p class=\"soft\"",
                  "A point is a run; lines join the means. The horizontal axis is logarithmic.");
  text += "<div class=\"charts\">\n";
  text += cost(report, "Delivery time", "milliseconds to deliver",
               {{"half", [](Run run) { return run.delivery_ms.p50; }},
                {"99 %", [](Run run) { return run.delivery_ms.p99; }},
                {"longest", [](Run run) { return run.delivery_ms.max; }}});
  text += cost(report, "Last delivery hop", "hops to the last delivery",
               {{"mean", [](Run run) { return run.ldh_mean; }},
                {"largest", [](Run run) { return static_cast<double>(run.ldh_max); }}});
  text += cost(report, "Redundancy", "redundancy (RMR)", {{"", [](Run run) { return run.rmr; }}});
  text += cost(report, "Memory", "KiB of memory per node",
               {{"", [](Run run) { return run.bytes_per_node / 1024; }}});
  text += cost(report, "Speed of the simulation", "thousand events per second",
               {{"", [](Run run) { return run.events_per_second() / 1000; }}});
  return text + "</div>\n";
}

// -- one run
// -----------------------------------------------------------------------------------------------------------

std::string failures_of(const RunReport& run) {
  std::string text;
  for (const FailureMark& failure : run.failures) {
    text += (text.empty() ? "Marked: " : "; ") + failure.label + " at " + decimal(failure.from, 1) + " s";
    if (failure.to > failure.from) text += " to " + decimal(failure.to, 1) + " s";
  }
  return text.empty() ? "Nothing failed in this run." : text + ".";
}

std::string phases_table(const RunReport& run) {
  std::string text = "<div class=\"wide\"><table>\n<thead><tr>" + head("messages published", "col");
  for (const std::string_view name :
       {"when", "count", "reliability", "RMR", "last hop", "to the last node", "slowest"})
    text += head(name, "col");
  text += "</tr></thead>\n<tbody>\n";
  for (const Stretch& phase : run.phases) {
    text += "<tr>" + head(phase.label, "row") +
            cell(decimal(phase.from, 1) + " to " + decimal(phase.to, 1) + " s") +
            cell(grouped(std::uint64_t{phase.messages})) + cell(to_text(Style::share, phase.reliability)) +
            cell(to_text(Style::number, phase.rmr)) + cell(to_text(Style::number, phase.last_hop)) +
            cell(to_text(Style::ms, phase.delivery_ms_mean)) +
            cell(to_text(Style::ms, phase.delivery_ms_max)) + "</tr>\n";
  }
  return text + "</tbody></table></div>\n";
}

std::string yardstick_table(const Yardstick& yardstick) {
  const auto cells = [](const YardstickRow& row, auto to_cell) {
    return to_cell(row.target) + to_cell(row.all) + (row.settled.empty() ? "" : to_cell(row.settled));
  };
  const YardstickRow top = yardstick_head(yardstick);
  std::string text = "<div class=\"wide\"><table>\n<thead><tr>" + head(top.name, "col") +
                     cells(top, [](const std::string& name) { return head(name, "col"); }) +
                     "</tr></thead>\n<tbody>\n";
  for (const YardstickRow& row : yardstick_rows(yardstick))
    text += "<tr>" + head(row.name, "row") +
            cells(row, [](const std::string& value) { return cell(value); }) + "</tr>\n";
  return text + "</tbody></table></div>\n";
}

/// Beside others the overlay has been shown before.
std::string run_section(const RunReport& run, bool one_of_several, bool compared) {
  const std::string id = std::to_string(run.nodes) + (compared ? "-" + run.protocol : "");
  std::string text =
      element("h2 id=\"run-" + id + '"',
              nodes_of(run) + (compared ? ", " + run.protocol : "") + ", seed " + std::to_string(run.seed));
  text += element("p class=\"soft\"", failures_of(run));
  if (one_of_several) text += element("p class=\"soft\"", "The charts show this seed only.");
  text += element("pre", run.command + "\ntrace " + run.trace_hash);
  if (run.yardstick) text += yardstick_table(*run.yardstick);
  text += "<div class=\"charts\">\n";
  text += figure("Delivery", delivery_chart(run), "How soon after publication nodes had a message.");
  text += figure("Reliability", reliability_chart(run), "Nodes alive throughout that each message reached.");
  text += figure("Redundancy", redundancy_chart(run),
                 "0 would be every message once over every link that is needed.");
  text += figure("Delay", delay_chart(run),
                 "From publication to the last node, by when a message was published.");
  text += figure("Degree distribution", degree_chart(run.overlay), "Live nodes at the end.");
  text += figure("Traffic per node", traffic_chart(run), "Live nodes at the end, since each was started.");
  text += "</div>\n";
  if (run.phases.size() > 1)
    text += element("h3", run.failures.empty() ? "Before and after settling" : "Before and after failures") +
            phases_table(run);
  return compared ? text : text + overlay_figure(run, "The overlay", "large");
}

}  // namespace

std::string to_page(const SimulationReport& report) {
  const auto groups = groups_of(report);
  const auto protocols = compared_protocols(report);
  const std::string title = title_of(report);
  std::string text =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n";
  text += element("title", title) + "<style>" + std::string(page_style) + "</style>\n</head>\n<body>\n";
  text += element("h1", title) + element("pre", report.command) + verdict(report);
  const auto sizes = groups_by_size(report);
  if (!protocols.empty())
    for (const auto& size : sizes) text += comparison_section(report, size);
  text += measures_section(report, groups);
  if (sizes.size() > 1) {
    if (protocols.empty()) text += cost_section(report, {});
    for (const std::string& protocol : protocols)
      text += cost_section(with_protocol(report, protocol), protocol);
  }
  for (const RunGroup& group : groups)
    text += run_section(report.runs[group.first], group.count > 1, !protocols.empty());
  return text + "</body>\n</html>\n";
}

}  // namespace gossipd::simulation
