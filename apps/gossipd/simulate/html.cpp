#include "html.hpp"

#include "numbers.hpp"
#include "svg.hpp"

#include <cstdint>

namespace gossipd::simulation {

std::string element(std::string_view tag, std::string_view text) {
  return "<" + std::string(tag) + '>' + escaped(text) + "</" + std::string(tag.substr(0, tag.find(' '))) +
         ">\n";
}

std::string cell(std::string_view text) {
  return "<td>" + escaped(text) + "</td>";
}

std::string cell(const SpreadText& text) {
  const std::string range = text.range.empty() ? "" : "<br/><small>" + escaped(text.range) + "</small>";
  return "<td>" + escaped(text.mean) + range + "</td>";
}

std::string head(std::string_view text, std::string_view scope) {
  return "<th scope=\"" + std::string(scope) + "\">" + escaped(text) + "</th>";
}

std::string figure(std::string_view title, const std::string& picture, std::string_view caption) {
  std::string text = "<figure>\n" + element("h3", title) + picture;
  if (!caption.empty()) text += element("figcaption", caption);
  return text + "</figure>\n";
}

std::string nodes_of(const RunReport& run) {
  return grouped(std::uint64_t{run.nodes}) + " nodes";
}

}  // namespace gossipd::simulation
