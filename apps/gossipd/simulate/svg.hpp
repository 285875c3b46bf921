#pragma once
/// \file
/// Writes SVG that stands inside of an HTML page and is well-formed XML too. Colours, lines and fonts are the
/// page's: elements have classes.

#include <cstddef>
#include <string>
#include <string_view>

namespace gossipd::simulation {

/// Text with `&`, `<`, `>`, `"` and control characters so that it can stand anywhere in the page; what is not
/// UTF-8 becomes U+FFFD.
[[nodiscard]] std::string escaped(std::string_view text);

/// A coordinate: at most one digit behind the point.
[[nodiscard]] std::string coordinate(double value);

/// Where a text stands in relation to its place.
enum class Anchor { start, middle, end };

/// One picture. What is drawn later covers what was drawn before.
class Svg {
 public:
  /// `name` says what is to be seen, for those who do not see it.
  Svg(double width, double height, std::string_view name);

  void line(double from_x, double from_y, double to_x, double to_y, std::string_view classes);
  void rectangle(double x, double y, double width, double height, std::string_view classes,
                 std::string_view tip = {});
  void circle(double x, double y, double radius, std::string_view classes, std::string_view tip = {});
  /// `outline` is in the words of SVG: "M0 0L10 10".
  void path(std::string_view outline, std::string_view classes);
  void text(double x, double y, std::string_view text, std::string_view classes,
            Anchor anchor = Anchor::start);

  [[nodiscard]] double width() const { return width_; }
  [[nodiscard]] double height() const { return height_; }

  /// The whole element.
  [[nodiscard]] std::string markup() const { return text_ + "</svg>\n"; }

 private:
  /// Ends an element, with a tip that a pointer brings up where there is one.
  void end(std::string_view element, std::string_view tip);

  double width_;
  double height_;
  std::string text_;
};

}  // namespace gossipd::simulation
