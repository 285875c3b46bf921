#include "report_text.hpp"

#include "measures.hpp"
#include "numbers.hpp"
#include "quantities.hpp"
#include "text.hpp"
#include "yardstick.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace gossipd::simulation {
namespace {

constexpr std::size_t violations_shown_max = 10;
constexpr std::size_t columns_max = 5;  ///< beside that of the names

using Cells = std::vector<std::string>;

/// The first column stands left, the others right.
std::string table(const std::vector<Cells>& rows) {
  std::vector<std::size_t> widths;
  for (const Cells& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t column = 0; column < row.size(); ++column)
      widths[column] = std::max(widths[column], row[column].size());
  }
  std::string text;
  for (const Cells& row : rows) {
    for (std::size_t column = 0; column < row.size(); ++column) {
      const std::string padding(widths[column] - row[column].size(), ' ');
      text += column == 0 ? row[column] + padding : "  " + padding + row[column];
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

std::string measures_text(const SimulationReport& report, const std::vector<RunGroup>& groups) {
  std::vector<Cells> rows;
  for (const Measure& measure : measures()) {
    if (!measure.heading.empty()) {
      if (!rows.empty()) rows.emplace_back();
      rows.push_back({std::string(measure.heading)});
      for (const RunGroup& group : groups)
        rows.back().push_back(grouped(std::uint64_t{report.runs[group.first].nodes}) + " nodes");
    }
    rows.push_back({"  " + std::string(measure.name)});
    for (const RunGroup& group : groups)
      rows.back().push_back(to_text(measure.style, spread(report, group, measure.value)));
  }
  return table(rows);
}

/// A row for each size: more columns than fit nobody can read.
std::string sizes_text(const SimulationReport& report, const std::vector<RunGroup>& groups) {
  constexpr std::array<std::string_view, 9> shown{
      "reliability",     "rmr",        "ldh_mean",    "delivery_ms.p50", "delivery_ms.p99",
      "delivery_ms.max", "live_nodes", "degree.mean", "components"};
  std::vector<Cells> rows{{"nodes", "runs"}};
  for (const std::string_view key : shown) rows.front().emplace_back(key);
  for (const RunGroup& group : groups) {
    rows.push_back({grouped(std::uint64_t{report.runs[group.first].nodes}), std::to_string(group.count)});
    for (const std::string_view key : shown) {
      const Measure& measure = measure_of(key);
      rows.back().push_back(to_text(measure.style, spread(report, group, measure.value)));
    }
  }
  return table(rows);
}

std::string phases_text(const RunReport& run) {
  std::vector<Cells> rows{
      {"messages of", "from", "to", "count", "reliability", "RMR", "last hop", "last delivery"}};
  for (const Stretch& phase : run.phases) {
    rows.push_back({phase.label, decimal(phase.from, 1) + " s", decimal(phase.to, 1) + " s",
                    grouped(std::uint64_t{phase.messages}), to_text(Style::share, phase.reliability),
                    to_text(Style::number, phase.rmr), to_text(Style::number, phase.last_hop),
                    to_text(Style::ms, phase.delivery_ms_mean)});
  }
  return table(rows);
}

std::string yardstick_text(const Yardstick& yardstick) {
  std::vector<Cells> rows;
  const auto add = [&](const std::string& indent, const YardstickRow& row) {
    rows.push_back({indent + row.name, row.target, row.all, row.settled});
  };
  add("", yardstick_head(yardstick));
  for (const YardstickRow& row : yardstick_rows(yardstick)) add("  ", row);
  return table(rows);
}

std::string run_text(const RunReport& run) {
  std::string text = grouped(std::uint64_t{run.nodes}) + " nodes, seed " + std::to_string(run.seed) +
                     ": trace " + run.trace_hash + '\n';
  const std::size_t shown = std::min(run.violations.size(), violations_shown_max);
  for (std::size_t index = 0; index < shown; ++index)
    text += "  wrong: " + to_one_line(run.violations[index]) + '\n';
  if (run.violations_in_all > shown)
    text += "  and " + grouped(run.violations_in_all - shown) + " more violations\n";
  if (run.violations_in_all != 0) text += "  again: " + run.command + '\n';
  return text;
}

/// A column for each protocol. Of several seeds the means: what they lie between stands above.
std::string side_by_side(const SimulationReport& report, const std::vector<RunGroup>& groups) {
  constexpr std::array<std::string_view, 10> shown{"promised",         "reliability",     "rmr",
                                                   "ldh_mean",         "ldh_max",         "delivery_ms.p50",
                                                   "delivery_ms.p99",  "delivery_ms.max", "traffic_bytes.p50",
                                                   "traffic_bytes.max"};
  std::string heading =
      "Side by side, " + grouped(std::uint64_t{report.runs[groups.front().first].nodes}) + " nodes";
  if (groups.front().count > 1) heading += ", means of " + std::to_string(groups.front().count) + " seeds";
  std::vector<Cells> rows{{heading}};
  for (const RunGroup& group : groups) rows.front().push_back(report.runs[group.first].protocol);
  for (const std::string_view key : shown) {
    const Measure& measure = measure_of(key);
    rows.push_back({"  " + std::string(measure.name)});
    for (const RunGroup& group : groups)
      rows.back().push_back(spread_text(measure.style, spread(report, group, measure.value)).mean);
  }
  return table(rows);
}

std::string one_protocol_text(const SimulationReport& report) {
  const auto groups = groups_of(report);
  const bool few = groups.size() <= columns_max;
  std::string text = few ? measures_text(report, groups) : sizes_text(report, groups);
  const bool sampled = std::any_of(report.runs.begin(), report.runs.end(),
                                   [](const RunReport& run) { return !run.overlay.paths.every_source; });
  if (sampled)
    text += "average shortest path: from " + std::to_string(path_sources_drawn) +
            " nodes, drawn, where there are more than " + grouped(std::uint64_t{path_sources_max}) + '\n';
  for (const RunGroup& group : groups) {
    const RunReport& run = report.runs[group.first];
    if (few && run.phases.size() > 1)
      text += "\n" + grouped(std::uint64_t{run.nodes}) + " nodes, seed " + std::to_string(run.seed) + "\n" +
              phases_text(run);
  }
  for (const RunReport& run : report.runs) {
    if (run.yardstick)
      text += "\n" + grouped(std::uint64_t{run.nodes}) + " nodes, seed " + std::to_string(run.seed) + "\n" +
              yardstick_text(*run.yardstick);
  }
  text += '\n';
  for (const RunReport& run : report.runs) text += run_text(run);
  return text;
}

}  // namespace

std::string to_text(const SimulationReport& report) {
  const auto protocols = compared_protocols(report);
  if (protocols.empty()) return one_protocol_text(report);
  std::string text;
  for (const std::string& protocol : protocols)
    text += "Protocol " + protocol + "\n\n" + one_protocol_text(with_protocol(report, protocol)) + '\n';
  const auto sizes = groups_by_size(report);
  for (const auto& groups : sizes)
    text.append(&groups == &sizes.front() ? "" : "\n").append(side_by_side(report, groups));
  return text;
}

}  // namespace gossipd::simulation
