#include "charts.hpp"
#include "numbers.hpp"
#include "plot.hpp"
#include "quantities.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace gossipd::simulation {
namespace {

constexpr double bins_wanted = 24;
/// A bar that stands for something is seen, however little that is.
constexpr double bar_height_min = 1.5;

struct Bin {
  double from = 0;
  double to = 0;
  std::size_t count = 0;
  std::string what{};  ///< "3 to 5 peers"
};

/// A value that is typical of them all, at a line of its own.
struct Mark {
  double at = 0;
  std::string text{};
};

std::string bars(const std::string& name, const Axis& x, const std::vector<Bin>& bins, const Mark& mark) {
  std::size_t most = 1;
  for (const Bin& bin : bins) most = std::max(most, bin.count);
  Axis y{"nodes", 0, round_above(static_cast<double>(most), 4)};
  y.whole = true;
  Plot plot(name, x, y);
  for (const Bin& bin : bins) {
    if (bin.count == 0) continue;
    const double height = std::max(plot.bottom() - plot.y(static_cast<double>(bin.count)), bar_height_min);
    const double width = plot.x(bin.to) - plot.x(bin.from);
    const double gap = std::min(1.0, width / 8);
    plot.svg().rectangle(plot.x(bin.from) + gap / 2, plot.bottom() - height, width - gap, height, "bar",
                         grouped(std::uint64_t{bin.count}) + " nodes: " + bin.what);
  }
  const double at = plot.x(mark.at);
  const bool left = at + text_width(mark.text) + 6 > plot.right();
  plot.svg().line(at, plot.top() - 4, at, plot.bottom(), "typical");
  plot.svg().text(at + (left ? -5 : 5), plot.top() + 5, mark.text, "label",
                  left ? Anchor::end : Anchor::start);
  return plot.markup();
}

}  // namespace

std::string compared_bars(const std::string& name, Style style, const std::vector<std::string>& protocols,
                          const std::vector<ComparedMeasure>& all) {
  constexpr std::array<std::string_view, 3> classes{"bar a", "bar b", "bar c"};
  constexpr double bar_height = 15;
  constexpr double row_height = 21;
  constexpr double label_height = 20;
  constexpr double values_width = 80;
  double names_width = 0;
  for (const std::string& protocol : protocols)
    names_width = std::max(names_width, text_width(protocol) + 12);
  double most = 0;
  double height = 4;
  for (const ComparedMeasure& measure : all) {
    height += row_height * static_cast<double>(protocols.size()) + (measure.label.empty() ? 0 : label_height);
    for (const Spread& span : measure.spans)
      if (!std::isnan(span.most)) most = std::max(most, span.most);
  }
  const Scale scale{0, most > 0 ? most : 1, names_width, plot_width - values_width, false};
  Svg svg(plot_width, height, name);
  double top = 2;
  for (const auto& [label, spans] : all) {
    if (!label.empty()) svg.text(0, top + 14, label, "title");
    if (!label.empty()) top += label_height;
    for (std::size_t index = 0; index < protocols.size(); ++index, top += row_height) {
      const Spread& span = spans[index];
      const double middle = top + bar_height / 2;
      svg.text(0, middle + 4, protocols[index], "tick");
      double end = names_width;
      if (!std::isnan(span.mean)) {
        const double width = std::max(scale(span.mean) - names_width, bar_height_min);
        svg.rectangle(names_width, top, width, bar_height, classes.at(index),
                      protocols[index] + ": " + to_text(style, span));
        if (span.most > span.least)
          svg.line(scale(span.least), middle, scale(span.most), middle, "typical solid");
        end = std::max(names_width + width, scale(span.most));
      }
      svg.text(end + 5, middle + 4, spread_text(style, span).mean, "label");
    }
  }
  return svg.markup();
}

std::string degree_chart(const GraphMeasures& overlay) {
  const std::size_t least = overlay.degree_min();
  const std::size_t most = overlay.degree_max();
  // A bar for each degree, or for as many of them as make no more than twice the bars.
  const auto degrees_per_bar =
      static_cast<std::size_t>(std::ceil(static_cast<double>(most - least + 1) / (bins_wanted * 2)));
  std::vector<Bin> bins;
  for (std::size_t first = least; first <= most; first += degrees_per_bar) {
    const std::size_t last = first + degrees_per_bar - 1;
    Bin bin{static_cast<double>(first) - 0.5, static_cast<double>(last) + 0.5, 0, std::to_string(first)};
    if (last != first) bin.what += " to " + std::to_string(last);
    bin.what += " peers";
    for (std::size_t degree = first; degree <= last && degree < overlay.degrees.size(); ++degree)
      bin.count += overlay.degrees[degree];
    bins.push_back(std::move(bin));
  }
  Axis x{"peers (degree)", bins.front().from, bins.back().to};
  x.whole = true;
  return bars("How many nodes have how many peers", x, bins,
              {overlay.degree_mean(), "mean " + decimal(overlay.degree_mean(), 1)});
}

std::string traffic_chart(const RunReport& run) {
  constexpr std::array<std::pair<const char*, double>, 4> units{
      {{"bytes", 1}, {"KiB", 1024}, {"MiB", 1024.0 * 1024}, {"GiB", 1024.0 * 1024 * 1024}}};
  std::vector<double> values = run.traffic_bytes;
  std::sort(values.begin(), values.end());
  if (values.empty()) values.push_back(0);
  const double median = values[values.size() / 2];
  auto unit = units.front();
  for (const auto& larger : units)
    if (median >= larger.second * 10) unit = larger;
  for (double& value : values) value /= unit.second;
  const std::string name = unit.first;
  const double span = std::max({values.back() - values.front(), values.back() / bins_wanted, 1e-3});
  const double step = round_ticks(0, span, static_cast<int>(bins_wanted)).at(1);
  std::vector<Bin> bins;
  const auto first = static_cast<std::int64_t>(values.front() / step);
  const auto last = static_cast<std::int64_t>(values.back() / step);
  for (std::int64_t number = first; number <= last; ++number) {
    const double from = static_cast<double>(number) * step;
    bins.push_back({from, from + step, 0, decimal(from) + " to " + decimal(from + step) + ' ' + name});
  }
  for (const double value : values) {
    const auto bin = static_cast<std::size_t>(std::max(0.0, (value - bins.front().from) / step));
    ++bins[std::min(bin, bins.size() - 1)].count;
  }
  return bars("How many nodes sent and received how much",
              {name + " sent and received", bins.front().from, bins.back().to}, bins,
              {median / unit.second, "median " + decimal(median / unit.second, 0) + ' ' + name});
}

}  // namespace gossipd::simulation
