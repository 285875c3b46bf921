#include "ini.hpp"

#include "text.hpp"
#include "whole_file.hpp"

#include <algorithm>
#include <utility>

namespace gossipd {
namespace {

bool is_blank(char character) {
  return character == ' ' || character == '\t';
}

std::string_view without_comment(std::string_view line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if ((line[i] == '#' || line[i] == ';') && (i == 0 || is_blank(line[i - 1]))) return line.substr(0, i);
  }
  return line;
}

/// Takes the lines one after the other; keeps which section it is in.
class IniParser {
 public:
  explicit IniParser(const std::vector<std::string_view>& sections) : wanted_(sections), section_("global") {
    reading_ = is_wanted(section_);
  }

  void take(std::string_view raw, std::size_t line) {
    const std::string_view text = trim(without_comment(raw));
    if (text.empty()) return;
    if (text.front() == '[') {
      take_header(text, line);
    } else if (reading_) {
      take_entry(text, line);
    }
  }

  [[nodiscard]] Ini take_result() { return std::move(result_); }

 private:
  [[nodiscard]] bool is_wanted(std::string_view section) const {
    return std::find(wanted_.begin(), wanted_.end(), section) != wanted_.end();
  }

  void take_header(std::string_view text, std::size_t line) {
    if (text.back() != ']') {
      // Inside another program's section this may be anything; in one of ours it is a header gone wrong.
      if (reading_) result_.faults.push_back({std::string(text), line});
      reading_ = false;
      return;
    }
    section_ = to_lower(trim(text.substr(1, text.size() - 2)));
    reading_ = is_wanted(section_);
    if (reading_ && !result_.has_section(section_)) result_.sections.push_back(section_);
  }

  void take_entry(std::string_view text, std::size_t line) {
    const std::size_t separator = text.find_first_of("=:");
    const std::string_view key = trim(text.substr(0, separator));
    if (separator == std::string_view::npos || key.empty()) {
      result_.faults.push_back({std::string(text), line});
      return;
    }
    result_.entries.push_back(
        {section_, std::string(key), std::string(trim(text.substr(separator + 1))), line});
  }

  const std::vector<std::string_view>& wanted_;
  std::string section_;
  bool reading_ = false;
  Ini result_;
};

}  // namespace

bool Ini::has_section(std::string_view section) const {
  return std::find(sections.begin(), sections.end(), section) != sections.end();
}

Ini parse_ini(std::string_view text, const std::vector<std::string_view>& sections) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  IniParser parser(sections);
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    parser.take(text.substr(0, end), line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parser.take_result();
}

gossip::Result<std::string> read_ini_file(const std::string& path) {
  return read_whole_file(path, ini_bytes_max);
}

}  // namespace gossipd
