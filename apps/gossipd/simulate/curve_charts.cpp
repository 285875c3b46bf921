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
constexpr std::array<std::string_view, 3> label_classes{"label a", "label b", "label c"};
/// Of series that are compared: paper may have no colours, so these are broken each in its way, too.
constexpr std::array<std::string_view, 3> compared_classes{"a", "b dashed", "c dotted"};
constexpr std::array<std::string_view, 3> sample_classes{"line a", "line b dashed", "line c dotted"};

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

/// From the left end of the axis to the highest share that was reached, and on to the right one.
Values quantile(const RunReport& run, double ReachedShare::*ms, double unit, double least, double end) {
  Values values{{least, 0}};
  for (const ReachedShare& place : run.reached)
    if (std::isfinite(place.*ms)) values.emplace_back(std::max(place.*ms / unit, least), place.share);
  values.emplace_back(std::max(end, values.back().first), values.back().second);
  return values;
}

double longest_of(const RunReport& run) {
  double longest = 0.001;
  for (const ReachedShare& place : run.reached)
    for (const double ms : {place.ms_50, place.ms_90})
      if (std::isfinite(ms)) longest = std::max(longest, ms);
  return longest;
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

std::vector<LegendEntry> legend_of(const ComparedRuns& runs) {
  std::vector<LegendEntry> entries;
  for (std::size_t index = 0; index < runs.size(); ++index)
    entries.push_back({runs[index]->protocol, sample_classes.at(index), label_classes.at(index)});
  return entries;
}

}  // namespace

std::string delivery_chart(const RunReport& run) {
  // Where some took much longer than most, equal steps would show nothing of most.
  constexpr double many_times = 4;
  constexpr double room = 1.3;  // beyond the end, where labels are
  const double longest = longest_of(run);
  const double soonest = run.reached.empty() ? 0 : run.reached.front().ms_10;
  const bool logarithmic = longest > many_times * run.delivery_ms.p50;
  const bool long_ones = !logarithmic && longest >= 10'000;
  const double unit = long_ones ? 1000 : 1;
  const double least = logarithmic ? std::clamp(soonest, longest / 1e4, longest / 2) : 0;
  const double end = logarithmic ? longest * std::pow(longest / least, room - 1) : longest / unit * room;
  Plot plot("Share of nodes reached against time since publication",
            {std::string(long_ones ? "seconds" : "milliseconds") + " since publication" +
                 (logarithmic ? ", logarithmic" : ""),
             least, end, logarithmic},
            {"nodes reached", 0, 1, false, 100, " %"}, head_for_names);
  Values band = quantile(run, &ReachedShare::ms_10, unit, least, end);
  const Values slow = quantile(run, &ReachedShare::ms_90, unit, least, end);
  band.insert(band.end(), slow.rbegin(), slow.rend());
  plot.curve(band, "band");
  const Values median = quantile(run, &ReachedShare::ms_50, unit, least, end);
  plot.curve(median, "line a");
  plot.svg().text(plot.x(crossing(slow, 0.2)) + label_distance, plot.y(0.2) + 4, "median message", "label a");
  plot.svg().text(plot.x(crossing(slow, 0.2)) + label_distance, plot.y(0.2) + 4 + line_height,
                  "10 to 90 % of them", "soft");
  return plot.markup();
}

std::string reliability_chart(const RunReport& run) {
  Values values = steps(run, [](const Stretch& step) { return step.reliability; });
  std::erase_if(values, [](const auto& place) { return std::isnan(place.second); });
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

std::string compared_delivery_chart(const ComparedRuns& runs) {
  constexpr double many_times = 4;
  double longest = 0.001;
  double soonest = std::numeric_limits<double>::infinity();
  double half = std::numeric_limits<double>::infinity();
  for (const RunReport* run : runs) {
    for (const ReachedShare& place : run->reached) {
      if (std::isfinite(place.ms_50)) longest = std::max(longest, place.ms_50);
      soonest = std::min(soonest, place.ms_50);
    }
    half = std::min(half, run->delivery_ms.p50);
  }
  const bool logarithmic = longest > many_times * half;
  const double unit = !logarithmic && longest >= 10'000 ? 1000 : 1;
  const double least = logarithmic ? std::clamp(soonest, longest / 1e4, longest / 2) : 0;
  const double end = longest / unit * 1.1;
  Plot plot("Share of nodes reached against time since publication, of each protocol",
            {std::string(unit > 1 ? "seconds" : "milliseconds") + " since publication" +
                 (logarithmic ? ", logarithmic" : ""),
             least, end, logarithmic},
            {"nodes reached", 0, 1, false, 100, " %"});
  for (std::size_t index = 0; index < runs.size(); ++index)
    plot.curve(quantile(*runs[index], &ReachedShare::ms_50, unit, least, end), sample_classes.at(index));
  plot.legend(legend_of(runs));
  return plot.markup();
}

std::string compared_redundancy_chart(const ComparedRuns& runs) {
  Axis time = time_axis(*runs.front());
  double most = 0;
  std::vector<Values> all;
  for (const RunReport* run : runs) {
    time.most = std::max(time.most, time_axis(*run).most);
    all.push_back(steps(*run, [](const Stretch& step) { return step.rmr; }));
    most = std::max(most, highest(all.back()));
  }
  Plot plot("Redundancy over virtual time, of each protocol", time,
            {"redundancy (RMR)", 0, round_above(most, 4)}, head_for_names);
  mark_failures(plot, *runs.front());
  for (std::size_t index = 0; index < runs.size(); ++index)
    draw_steps(plot, all[index], step_of(*runs[index]), compared_classes.at(index));
  plot.legend(legend_of(runs));
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
  std::vector<std::pair<std::string_view, std::string_view>> names;
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
    names.emplace_back(series[index].label, label_classes[index]);
  }
  std::reverse(names.begin(), names.end());  // as they are read from the left
  plot.key(names);
  return plot.markup();
}

}  // namespace gossipd::simulation
