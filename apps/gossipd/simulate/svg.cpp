#include "svg.hpp"

#include "quantities.hpp"
#include "text.hpp"

namespace gossipd::simulation {
namespace {

std::string attribute(std::string_view name, double value) {
  return " " + std::string(name) + "=\"" + coordinate(value) + '"';
}

std::string class_attribute(std::string_view classes) {
  return classes.empty() ? std::string() : " class=\"" + std::string(classes) + '"';
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto character = first_code_point(text);
    const std::size_t bytes = character ? character->bytes : 1;
    const char32_t value = character ? character->value : U'\ufffd';
    if (value == U'&') {
      result += "&amp;";
    } else if (value == U'<') {
      result += "&lt;";
    } else if (value == U'>') {
      result += "&gt;";
    } else if (value == U'"') {
      result += "&quot;";
    } else if (!character || (value < U' ' && value != U'\n') || value == U'\ufffe' || value == U'\uffff') {
      result += "\ufffd";  // XML has no place for control characters, however they are written
    } else {
      result += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
  return result;
}

std::string coordinate(double value) {
  return decimal(value, 1);
}

Svg::Svg(double width, double height, std::string_view name) : width_(width), height_(height) {
  const std::string label = escaped(name);
  text_ = R"(<svg viewBox="0 0 )" + coordinate(width) + ' ' + coordinate(height) +
          R"(" role="img" aria-label=")" + label + "\">\n";
}

void Svg::line(double from_x, double from_y, double to_x, double to_y, std::string_view classes) {
  text_ += "<line" + attribute("x1", from_x) + attribute("y1", from_y) + attribute("x2", to_x) +
           attribute("y2", to_y) + class_attribute(classes) + "/>\n";
}

void Svg::rectangle(double x, double y, double width, double height, std::string_view classes,
                    std::string_view tip) {
  text_ += "<rect" + attribute("x", x) + attribute("y", y) + attribute("width", width) +
           attribute("height", height) + class_attribute(classes);
  end("rect", tip);
}

void Svg::circle(double x, double y, double radius, std::string_view classes, std::string_view tip) {
  text_ +=
      "<circle" + attribute("cx", x) + attribute("cy", y) + attribute("r", radius) + class_attribute(classes);
  end("circle", tip);
}

void Svg::path(std::string_view outline, std::string_view classes) {
  text_.append("<path d=\"").append(outline).append("\"").append(class_attribute(classes)).append("/>\n");
}

void Svg::text(double x, double y, std::string_view text, std::string_view classes, Anchor anchor) {
  text_ += "<text" + attribute("x", x) + attribute("y", y) + class_attribute(classes);
  if (anchor == Anchor::middle) text_ += R"( text-anchor="middle")";
  if (anchor == Anchor::end) text_ += R"( text-anchor="end")";
  text_ += '>' + escaped(text) + "</text>\n";
}

void Svg::end(std::string_view element, std::string_view tip) {
  if (tip.empty()) {
    text_ += "/>\n";
  } else {
    text_.append("><title>").append(escaped(tip)).append("</title></").append(element).append(">\n");
  }
}

}  // namespace gossipd::simulation
