#pragma once
/// \file
/// A chart's frame: axes with round ticks, what they mean, and where values are inside of it.

#include "axis.hpp"
#include "svg.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gossipd::simulation {

/// All charts are as wide as a narrow phone and grow from there.
inline constexpr double plot_width = 380;
inline constexpr double plot_height = 230;

struct Axis {
  std::string title{};  ///< with its unit
  double least = 0;
  double most = 1;  ///< where it is not above `least`, it is moved there
  bool logarithmic = false;
  double factor = 1;     ///< what values are multiplied with before they are written: 100 for percent
  std::string suffix{};  ///< after each written value
  bool whole = false;    ///< only whole values are written
};

/// A line that is told apart by its colour and by how it is broken.
struct LegendEntry {
  std::string_view name;
  std::string_view line_classes;
  std::string_view label_classes;
};

/// Draws the axes at once; then the values may be drawn into `svg()`.
class Plot {
 public:
  /// `head` is room above the values, besides that for the title of the vertical axis.
  Plot(std::string_view name, const Axis& x, const Axis& y, double head = 0);

  [[nodiscard]] double x(double value) const { return x_(value); }
  [[nodiscard]] double y(double value) const { return y_(value); }
  [[nodiscard]] double left() const { return x_.from; }
  [[nodiscard]] double right() const { return x_.to; }
  [[nodiscard]] double top() const { return y_.to; }
  [[nodiscard]] double bottom() const { return y_.from; }
  [[nodiscard]] Svg& svg() { return svg_; }

  /// Names series at the upper right, each in its colour: first the last one. Classes are those of the
  /// labels.
  void key(const std::vector<std::pair<std::string_view, std::string_view>>& names_and_classes);

  /// The same with a piece of each line before its name; here the first stands left.
  void legend(const std::vector<LegendEntry>& entries);

  /// A line through the values, in their order.
  void curve(const std::vector<std::pair<double, double>>& values, std::string_view classes);

  [[nodiscard]] std::string markup() const { return svg_.markup(); }

 private:
  void draw_x(const Axis& axis);
  void draw_y(const Axis& axis);

  Svg svg_;
  Scale x_;
  Scale y_;
};

/// About how wide a text is in a chart.
[[nodiscard]] double text_width(std::string_view text);

}  // namespace gossipd::simulation
