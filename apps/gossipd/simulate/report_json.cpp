#include "json_object.hpp"
#include "measures.hpp"
#include "report_text.hpp"
#include "text.hpp"
#include "yardstick.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>

namespace gossipd::simulation {
namespace {

constexpr std::size_t components_shown_max = 100;

/// So that what is not everything never looks like it.
std::string share(double value) {
  const std::string text = json_number(value);
  return text == "1.000000" && value < 1 ? "0.999999" : text;
}

std::string number(Style style, double value) {
  return style == Style::share ? share(value) : json_number(value);
}

std::string truth(bool value) {
  return value ? "true" : "false";
}

std::string count_json(std::size_t count) {
  return std::to_string(count);
}

std::string failure_json(const FailureMark& failure) {
  JsonObject object;
  object.add("from_seconds", failure.from).add("to_seconds", failure.to);
  object.add("what", gossipd::to_json(failure.label));
  return object.text();
}

std::string phase_json(const Stretch& phase) {
  JsonObject object;
  object.add("from_seconds", phase.from).add("to_seconds", phase.to);
  object.add("what", gossipd::to_json(phase.label)).add("messages", std::uint64_t{phase.messages});
  object.add("reliability", share(phase.reliability)).add("rmr", phase.rmr).add("ldh_mean", phase.last_hop);
  object.add("delivery_ms_mean", phase.delivery_ms_mean).add("delivery_ms_max", phase.delivery_ms_max);
  return object.text();
}

/// All measures of the text report; those with a point in their key are members of an object.
template <typename ToJson>
void add_measures(JsonObject& object, ToJson to_json_of) {
  const auto& all = measures();
  for (std::size_t index = 0; index < all.size();) {
    const std::string_view group = all[index].key.substr(0, all[index].key.find('.'));
    if (group.size() == all[index].key.size()) {
      object.add(group, to_json_of(all[index++]));
      continue;
    }
    JsonObject members;
    for (; index < all.size() && all[index].key.starts_with(std::string(group) + '.'); ++index)
      members.add(all[index].key.substr(group.size() + 1), to_json_of(all[index]));
    object.add(group, members.text());
  }
}

/// `compared`: with other protocols.
std::string run_json(const RunReport& run, bool compared) {
  const GraphMeasures& overlay = run.overlay;
  JsonObject object;
  object.add("nodes", std::uint64_t{run.nodes});
  if (compared) object.add("protocol", gossipd::to_json(run.protocol));
  object.add("seed", run.seed);
  object.add("command", gossipd::to_json(run.command));
  add_measures(object, [&](const Measure& measure) {
    const double value = measure.value(run);
    return measure.style == Style::whole ? std::to_string(static_cast<std::uint64_t>(value))
                                         : number(measure.style, value);
  });
  object.add("deliveries", run.deliveries).add("transmissions", run.transmissions);
  object.add("frames", run.frames).add("bytes", run.bytes).add("virtual_seconds", run.seconds);
  object.add("degree_distribution", json_array(overlay.degrees, overlay.degrees.size(), count_json));
  object.add("component_sizes", json_array(overlay.components, components_shown_max, count_json));
  object.add("longest_shortest_path", std::uint64_t{overlay.paths.longest});
  object.add("path_sources", std::uint64_t{overlay.paths.sources});
  object.add("trace_hash", gossipd::to_json(run.trace_hash)).add("wall_seconds", run.wall_seconds);
  object.add("cpu_seconds", run.cpu_seconds);
  object.add("failures", json_array(run.failures, run.failures.size(), failure_json));
  object.add("phases", json_array(run.phases, run.phases.size(), phase_json));
  if (run.yardstick) object.add("yardstick", to_json(*run.yardstick));
  object.add("ok", truth(run.violations_in_all == 0)).add("violations", run.violations_in_all);
  object.add("violation_texts", json_array(run.violations, run.violations.size(),
                                           [](const std::string& text) { return gossipd::to_json(text); }));
  return object.text();
}

std::string aggregate_json(const SimulationReport& report, const RunGroup& group, bool compared) {
  JsonObject object;
  object.add("nodes", std::uint64_t{report.runs[group.first].nodes});
  if (compared) object.add("protocol", gossipd::to_json(report.runs[group.first].protocol));
  object.add("runs", std::uint64_t{group.count});
  add_measures(object, [&](const Measure& measure) {
    const Spread over_runs = spread(report, group, measure.value);
    if (std::isnan(over_runs.mean)) return std::string("null");
    JsonObject members;
    members.add("mean", number(measure.style, over_runs.mean));
    members.add("min", number(measure.style, over_runs.least));
    members.add("max", number(measure.style, over_runs.most));
    return members.text();
  });
  return object.text();
}

}  // namespace

std::string to_json(const SimulationReport& report) {
  if (report.runs.size() == 1) return run_json(report.runs.front(), false);
  const auto groups = groups_of(report);
  const bool compared = !compared_protocols(report).empty();
  const bool ok = std::all_of(report.runs.begin(), report.runs.end(),
                              [](const RunReport& run) { return run.violations_in_all == 0; });
  JsonObject object;
  object.add("ok", truth(ok));
  object.add("runs", json_array(report.runs, report.runs.size(),
                                [&](const RunReport& run) { return run_json(run, compared); }));
  object.add("aggregates", json_array(groups, groups.size(), [&](const RunGroup& group) {
               return aggregate_json(report, group, compared);
             }));
  return object.text();
}

}  // namespace gossipd::simulation
