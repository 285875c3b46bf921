#include "charts.hpp"
#include "plot.hpp"
#include "quantities.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string_view>
#include <utility>

namespace gossipd::simulation {
namespace {

using Values = std::vector<std::pair<double, double>>;

/// Colours that are told apart by everybody; the page has them.
constexpr std::array<std::string_view, 3> series_classes{"a", "b", "c"};

constexpr double points_shown_max = 40;  ///< beyond that they would touch each other
constexpr double label_distance = 6;
constexpr double line_height = 13;

std::string with(std::string_view classes, std::string_view more) {
  return std::string(classes).append(" ").append(more);
}

double highest(const Values& values) {
  double most = 0;
  for (const auto& [at, value] : values) most = std::max(most, value);
  return most;
}

/// From the left end of the axis to the right one.
Values places(const std::vector<CurvePlace>& curve, double unit, double least, double end) {
  Values values{{least, 0}};
  for (const auto& [ms, share] : curve) values.emplace_back(std::max(ms / unit, least), share);
  values.emplace_back(end, values.back().second);
  return values;
}

/// Where a rising line crosses a height.
double crossing(const Values& values, double height) {
  for (std::size_t index = 1; index < values.size(); ++index) {
    const auto [before_x, before_y] = values[index - 1];
    const auto [x, y] = values[index];
    if (y >= height)
      return y > before_y ? before_x + (x - before_x) * (height - before_y) / (y - before_y) : x;
  }
  return values.back().first;
}

/// Beside a rising line, at a height of it: before it or behind.
void label_rising(Plot& plot, const Values& values, double height, Anchor anchor, std::string_view label,
                  std::string_view series) {
  const double distance = anchor == Anchor::end ? -label_distance : label_distance;
  plot.svg().text(plot.x(crossing(values, height)) + distance, plot.y(height) + 4, label,
                  with("label", series), anchor);
}

// -- over virtual time
// ------------------------------------------------------------------------------------------------

Axis time_axis(const RunReport& run) {
  return {"seconds since the first message", 0,
          std::max(run.timeline.empty() ? 1 : run.timeline.back().to, 0.001)};
}

/// Two rows of names above the values.
constexpr double head_for_names = 24;

/// Failures, behind everything else. A name stands where it runs into no other one; where there is no such
/// place it is left out, and the text beside the charts has it.
void mark_failures(Plot& plot, const RunReport& run) {
  std::array<double, 2> free_from{};
  for (const auto& [from, to, label] : run.failures) {
    const double left = std::min(plot.x(from), plot.right());
    const double right = std::min(plot.x(to), plot.right());
    if (right > left)
      plot.svg().rectangle(left, plot.top(), right - left, plot.bottom() - plot.top(), "trouble");
    plot.svg().line(left, plot.top(), left, plot.bottom(), "failure");
    const double start = std::min(left, plot.right() - text_width(label));
    for (std::size_t row = 0; row < free_from.size(); ++row) {
      if (start < free_from[row]) continue;
      plot.svg().text(start, plot.top() - 5 - line_height * static_cast<double>(row), label, "mark");
      free_from[row] = start + text_width(label) + label_distance;
      break;
    }
  }
}

/// A line with a point for each step of the timeline where they are few; interrupted where nothing was
/// published.
void draw_steps(Plot& plot, const Values& values, double step, std::string_view series) {
  Values stretch;
  const auto flush = [&] {
    plot.curve(stretch, with("line", series));
    const bool alone = stretch.size() == 1;
    if (alone || static_cast<double>(values.size()) <= points_shown_max)
      for (const auto& [at, value] : stretch)
        plot.svg().circle(plot.x(at), plot.y(value), 2, with("point", series));
    stretch.clear();
  };
  for (const auto& place : values) {
    if (!stretch.empty() && place.first - stretch.back().first > step * 1.5) flush();
    stretch.push_back(place);
  }
  flush();
}

template <typename Measure>
Values steps(const RunReport& run, Measure measure) {
  Values values;
  for (const Stretch& step : run.timeline) values.emplace_back((step.from + step.to) / 2, measure(step));
  return values;
}

double step_of(const RunReport& run) {
  return run.timeline.empty() ? 1 : run.timeline.front().to - run.timeline.front().from;
}

}  // namespace

std::string delivery_chart(const RunReport& run) {
  // Where a few took much longer than most, equal steps would show nothing of most.
  constexpr double many_times = 3;
  constexpr double room = 1.35;  // for a label, beyond the last delivery
  const double longest = std::max(run.delivery_ms.max, 0.001);
  const double soonest =
      std::clamp(run.reached.empty() ? 0 : run.reached.front().ms, longest / 1e4, longest / 2);
  const bool logarithmic = longest > many_times * run.delivery_ms.p50;
  const bool long_ones = !logarithmic && longest >= 10'000;
  const double unit = long_ones ? 1000 : 1;
  const double least = logarithmic ? soonest : 0;
  const double end = logarithmic ? longest * std::pow(longest / least, room - 1) : longest / unit * room;
  Plot plot("Share of deliveries and of complete messages against time since publication",
            {std::string(long_ones ? "seconds" : "milliseconds") + " since publication" +
                 (logarithmic ? ", logarithmic" : ""),
             least, end, logarithmic},
            {"share within that time", 0, 1, false, 100, " %"}, head_for_names);
  const Values reached = places(run.reached, unit, least, end);
  const Values completed = places(run.completed, unit, least, end);
  plot.curve(completed, "line b");
  plot.curve(reached, "line a");
  label_rising(plot, completed, 0.15, Anchor::start, "last deliveries", "b");
  label_rising(plot, reached, 0.6, Anchor::end, "deliveries", "a");
  return plot.markup();
}

std::string reliability_chart(const RunReport& run) {
  const Values values = steps(run, [](const Stretch& step) { return step.reliability; });
  double lowest = 1;
  for (const auto& [at, value] : values) lowest = std::min(lowest, value);
  double least = 0;
  for (const double start : {0.5, 0.9, 0.99})
    if (lowest >= start && lowest < 1) least = start;
  Plot plot("Reliability over virtual time", time_axis(run),
            {least > 0 ? "nodes reached (axis not from 0)" : "nodes reached", least, 1, false, 100, " %"},
            head_for_names);
  mark_failures(plot, run);
  draw_steps(plot, values, step_of(run), "a");
  return plot.markup();
}

std::string redundancy_chart(const RunReport& run) {
  const Values values = steps(run, [](const Stretch& step) { return step.rmr; });
  Plot plot("Redundancy over virtual time", time_axis(run),
            {"redundancy (RMR)", 0, round_above(highest(values), 4)}, head_for_names);
  mark_failures(plot, run);
  draw_steps(plot, values, step_of(run), "a");
  return plot.markup();
}

std::string delay_chart(const RunReport& run) {
  double unit = 1;
  const Values in_ms = steps(run, [](const Stretch& step) { return step.delivery_ms_max; });
  if (highest(in_ms) >= 10'000) unit = 1000;
  const Values longest = steps(run, [&](const Stretch& step) { return step.delivery_ms_max / unit; });
  const Values mean = steps(run, [&](const Stretch& step) { return step.delivery_ms_mean / unit; });
  Plot plot("Time to the last node over virtual time", time_axis(run),
            {unit > 1 ? "seconds to the last node" : "milliseconds to the last node", 0,
             round_above(highest(longest), 4)},
            head_for_names);
  mark_failures(plot, run);
  draw_steps(plot, longest, step_of(run), "b");
  draw_steps(plot, mean, step_of(run), "a");
  plot.key({{"slowest", "label b"}, {"mean", "label a"}});
  return plot.markup();
}

std::string cost_chart(const std::string& title, const std::vector<CostSeries>& series) {
  double most = 0;
  double fewest = std::numeric_limits<double>::max();
  double most_nodes = 0;
  for (const CostSeries& one : series) {
    most = std::max(most, highest(one.values));
    fewest = std::min(fewest, one.values.front().first);
    most_nodes = std::max(most_nodes, one.values.back().first);
  }
  // Room for the points at both ends.
  Plot plot(title + " against the number of nodes", {"nodes", fewest * 0.8, most_nodes * 1.25, true},
            {title, 0, round_above(most, 4)});
  double free_above = plot.bottom();
  for (std::size_t index = 0; index < series.size(); ++index) {
    const std::string_view colour = series_classes[index];
    Values means;
    for (std::size_t first = 0; first < series[index].values.size();) {
      const double nodes = series[index].values[first].first;
      double sum = 0;
      std::size_t count = 0;
      for (; first < series[index].values.size() && series[index].values[first].first == nodes;
           ++first, ++count) {
        sum += series[index].values[first].second;
        plot.svg().circle(plot.x(nodes), plot.y(series[index].values[first].second), 2.5,
                          with("point", colour));
      }
      means.emplace_back(nodes, sum / static_cast<double>(count));
    }
    plot.curve(means, with("line", colour));
    // Labels stand above the end of their lines, and not on one another.
    const double height = std::min(plot.y(means.back().second) - 7, free_above);
    plot.svg().text(plot.right(), height, series[index].label, with("label", colour), Anchor::end);
    free_above = height - line_height;
  }
  return plot.markup();
}

}  // namespace gossipd::simulation
