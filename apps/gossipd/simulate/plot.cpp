#include "plot.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace gossipd::simulation {
namespace {

constexpr double margin_left = 52;
constexpr double margin_right = 14;
constexpr double margin_top = 26;  // the title of the vertical axis stands there
constexpr double margin_bottom = 42;
constexpr int x_ticks = 6;
constexpr int y_ticks = 5;
constexpr double character_width = 6.3;

Scale scale_of(const Axis& axis, double from, double to) {
  const double most = axis.most > axis.least ? axis.most : axis.logarithmic ? axis.least * 2 : axis.least + 1;
  return {axis.least, most, from, to, axis.logarithmic};
}

struct Tick {
  double value = 0;
  std::string text;
};

std::vector<Tick> ticks_of(const Axis& axis, const Scale& scale, int wanted) {
  const auto values = axis.logarithmic
                          ? logarithmic_ticks(scale.least, scale.most)
                          : round_ticks(scale.least * axis.factor, scale.most * axis.factor, wanted);
  std::vector<Tick> ticks;
  for (std::size_t index = 0; index < values.size(); ++index) {
    if (axis.whole && values[index] != std::floor(values[index])) continue;
    double step = values[index];
    if (!axis.logarithmic) step = values.size() > 1 ? values[1] - values[0] : 1;
    const double value = axis.logarithmic ? values[index] : values[index] / axis.factor;
    ticks.push_back({value, tick_text(values[index], step) + axis.suffix});
  }
  return ticks;
}

}  // namespace

double text_width(std::string_view text) {
  const auto characters = std::count_if(text.begin(), text.end(), [](char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U;
  });
  return static_cast<double>(characters) * character_width;
}

Plot::Plot(std::string_view name, const Axis& x, const Axis& y, double head)
    : svg_(plot_width, plot_height + head, name),
      x_(scale_of(x, margin_left, plot_width - margin_right)),
      y_(scale_of(y, plot_height + head - margin_bottom, margin_top + head)) {
  draw_y(y);
  draw_x(x);
}

void Plot::key(const std::vector<std::pair<std::string_view, std::string_view>>& names_and_classes) {
  double end = right();
  for (const auto& [name, classes] : names_and_classes) {
    svg_.text(end, 13, name, classes, Anchor::end);
    end -= text_width(name) + 12;
  }
}

void Plot::legend(const std::vector<LegendEntry>& entries) {
  constexpr double height = 13;
  constexpr double sample = 24;
  constexpr double gap = 6;
  constexpr double bold = 1.25;  // labels are
  double end = right();
  for (std::size_t left = entries.size(); left > 0; --left) {
    const LegendEntry& entry = entries[left - 1];
    svg_.text(end, height, entry.name, entry.label_classes, Anchor::end);
    end -= text_width(entry.name) * bold + gap;
    svg_.line(end - sample, height - 4, end, height - 4, entry.line_classes);
    end -= sample + 2 * gap;
  }
}

void Plot::curve(const std::vector<std::pair<double, double>>& values, std::string_view classes) {
  std::string outline;
  for (const auto& [at, value] : values)
    outline += (outline.empty() ? "M" : "L") + coordinate(x(at)) + ' ' + coordinate(y(value));
  if (!outline.empty()) svg_.path(outline, classes);
}

void Plot::draw_x(const Axis& axis) {
  svg_.line(left(), bottom(), right(), bottom(), "axis");
  for (const auto& [value, text] : ticks_of(axis, x_, x_ticks)) {
    svg_.line(x(value), bottom(), x(value), bottom() + 4, "axis");
    // The last one would stick out of the picture.
    const double half = text_width(text) / 2;
    svg_.text(std::min(x(value), svg_.width() - half - 1), bottom() + 16, text, "tick", Anchor::middle);
  }
  svg_.text((left() + right()) / 2, bottom() + 34, axis.title, "title", Anchor::middle);
}

void Plot::draw_y(const Axis& axis) {
  for (const auto& [value, text] : ticks_of(axis, y_, y_ticks)) {
    svg_.line(left(), y(value), right(), y(value), "grid");
    svg_.text(left() - 6, y(value) + 4, text, "tick", Anchor::end);
  }
  svg_.text(2, 13, axis.title, "title");
}

}  // namespace gossipd::simulation
