#include "yardstick.hpp"

#include "json_object.hpp"
#include "measures.hpp"
#include "numbers.hpp"
#include "quantities.hpp"
#include "text.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>

namespace gossipd::simulation {
namespace {

using gossip::Duration;
using gossip::sim::MessageRecord;

YardstickFigures figures_of(const gossip::sim::Result& result, Duration from) {
  YardstickFigures figures;
  std::vector<double> times;
  for (const MessageRecord& message : result.messages) {
    if (!message.valid || message.hostile || message.published < from) continue;
    const bool everywhere = message.survivors > 0 && message.missed == 0;
    if (!everywhere) ++figures.not_everywhere;
    times.push_back(everywhere ? std::chrono::duration<double, std::milli>(message.last_delivery).count()
                               : std::numeric_limits<double>::infinity());
  }
  figures.operations = operations_per_message * times.size();
  const auto first = static_cast<std::size_t>(std::chrono::floor<std::chrono::seconds>(from).count());
  for (std::size_t second = first; second < result.seconds.size(); ++second)
    figures.frames += result.seconds[second].frames;
  if (times.empty()) {
    figures.median_ms = figures.max_ms = std::numeric_limits<double>::quiet_NaN();
    return figures;
  }
  std::sort(times.begin(), times.end());
  figures.median_ms = times[(times.size() - 1) / 2];
  figures.max_ms = times.back();
  return figures;
}

bool is_met(const YardstickTargets& targets, const YardstickFigures& figures) {
  return figures.frames_per_operation() < targets.frames_per_operation &&
         figures.median_ms < targets.median_ms && figures.max_ms < targets.max_ms;
}

/// What is no number is never met.
std::string judged(Style style, double value, double target) {
  const std::string text = std::isinf(value) ? "never" : to_text(style, value);
  return text + (value < target ? ", met" : ", missed");
}

std::string figures_json(const YardstickTargets& targets, const YardstickFigures& figures) {
  JsonObject object;
  object.add("operations", figures.operations).add("frames", figures.frames);
  object.add("frames_per_operation", figures.frames_per_operation());
  object.add("last_node_ms_median", figures.median_ms);
  object.add("last_node_ms_max", figures.max_ms);
  object.add("not_everywhere", std::uint64_t{figures.not_everywhere});
  object.add("met", std::string(is_met(targets, figures) ? "true" : "false"));
  return object.text();
}

}  // namespace

double YardstickFigures::frames_per_operation() const {
  return operations == 0 ? std::numeric_limits<double>::quiet_NaN()
                         : static_cast<double>(frames) / static_cast<double>(operations);
}

Yardstick measure_by(const YardstickTargets& targets, const gossip::sim::Result& result, Duration settle) {
  return {targets, std::chrono::duration<double>(settle).count(), figures_of(result, Duration::zero()),
          figures_of(result, settle)};
}

YardstickRow yardstick_head(const Yardstick& yardstick) {
  YardstickRow head{
      yardstick.targets.name, "target", "all " + grouped(yardstick.all.operations) + " operations", {}};
  if (yardstick.settle_seconds > 0)
    head.settled =
        grouped(yardstick.settled.operations) + " after " + decimal(yardstick.settle_seconds) + " s";
  return head;
}

std::vector<YardstickRow> yardstick_rows(const Yardstick& yardstick) {
  const YardstickTargets& targets = yardstick.targets;
  std::vector<YardstickRow> rows;
  const auto add = [&](const char* name, Style style, double target, auto value) {
    rows.push_back({name, "< " + to_text(style, target), judged(style, value(yardstick.all), target), {}});
    if (yardstick.settle_seconds > 0) rows.back().settled = judged(style, value(yardstick.settled), target);
  };
  using Figures = const YardstickFigures&;
  add("frames between nodes, per operation", Style::number, targets.frames_per_operation,
      [](Figures figures) { return figures.frames_per_operation(); });
  add("time to the last node, median", Style::ms, targets.median_ms,
      [](Figures figures) { return figures.median_ms; });
  add("time to the last node, longest", Style::ms, targets.max_ms,
      [](Figures figures) { return figures.max_ms; });
  return rows;
}

std::string to_json(const Yardstick& yardstick) {
  const YardstickTargets& targets = yardstick.targets;
  JsonObject below;
  below.add("frames_per_operation", targets.frames_per_operation);
  below.add("last_node_ms_median", targets.median_ms).add("last_node_ms_max", targets.max_ms);
  JsonObject object;
  object.add("name", gossipd::to_json(targets.name)).add("settle_seconds", yardstick.settle_seconds);
  object.add("below", below.text()).add("all", figures_json(targets, yardstick.all));
  object.add("settled", figures_json(targets, yardstick.settled));
  return object.text();
}

}  // namespace gossipd::simulation
