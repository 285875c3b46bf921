#include "latency_values.hpp"

#include "problem.hpp"
#include "quantities.hpp"
#include "text.hpp"
#include "whole_file.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace gossipd::simulation {
namespace {

using gossip::Condition;
using gossip::Duration;
using gossip::Error;
using gossip::Result;

struct Row {
  std::size_t line = 0;
  std::string name;
  std::vector<Duration> times;
};

std::vector<std::string_view> words(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t start = text.find_first_not_of(blanks);
    if (start == std::string_view::npos) return words;
    text.remove_prefix(start);
    words.push_back(text.substr(0, text.find_first_of(blanks)));
    text.remove_prefix(words.back().size());
  }
}

Error problem(const std::string& path, const Row& row, std::string_view value, std::string wanted) {
  return {Condition::invalid_argument,
          gossipd::to_string(Problem{path, row.line, row.name, std::string(value), std::move(wanted)})};
}

Result<std::vector<Row>> parse_rows(std::string_view text, const std::string& path) {
  std::vector<Row> rows;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::string_view whole = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), whole.size() + 1));
    const auto parts = words(whole.substr(0, whole.find('#')));
    if (parts.empty()) continue;
    Row row{line, std::string(parts.front()), {}};
    for (std::size_t part = 1; part < parts.size(); ++part) {
      const auto time = parse_time(parts[part]);
      if (!time) return problem(path, row, parts[part], time.error().message);
      row.times.push_back(*time);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Error wanted(std::string what) {
  return {Condition::invalid_argument, std::move(what)};
}

Result<gossip::sim::Latency> parse_uniform(std::string_view text, std::string_view mark) {
  const auto parts = split(text, mark);
  const auto least = parse_time(parts ? parts->first : "");
  const auto most = parse_time(parts ? parts->second : "");
  if (!least || !most || *least > *most)
    return wanted("two times are needed, the shorter one first, such as uniform:10ms-100ms");
  return gossip::sim::uniform(*least, *most);
}

Result<gossip::sim::Latency> parse_matrix(std::string_view text) {
  std::vector<std::vector<Duration>> matrix(1);
  std::optional<Error> error;
  const auto add_row = [&](std::string_view row) {
    for_each_part(row, [&](std::string_view part) {
      if (const auto time = parse_time(part)) {
        matrix.back().push_back(*time);
      } else {
        error = time.error();
      }
    });
  };
  while (const auto parts = split(text, "/")) {
    add_row(parts->first);
    matrix.emplace_back();
    text = parts->second;
  }
  add_row(text);
  const bool square =
      std::all_of(matrix.begin(), matrix.end(), [&](const auto& row) { return row.size() == matrix.size(); });
  if (error || !square)
    return wanted(
        "as many times in each row as there are rows are needed, such as matrix:10ms,80ms/80ms,12ms");
  return gossip::sim::regions(std::move(matrix));
}

}  // namespace

Result<gossip::sim::Latency> parse_latency(std::string_view text) {
  const auto parts = split(text, ":");
  if (!parts && text.find("..") != std::string_view::npos) return parse_uniform(text, "..");
  if (!parts && text.find(',') != std::string_view::npos) return parse_matrix(text);
  if (!parts && parse_time(text)) return gossip::sim::fixed(*parse_time(text));
  if (parts && parts->first == "uniform") return parse_uniform(parts->second, "-");
  if (parts && parts->first == "matrix") return parse_matrix(parts->second);
  if (parts && parts->first == "fixed") {
    const auto time = parse_time(parts->second);
    if (!time) return time.error();
    return gossip::sim::fixed(*time);
  }
  return wanted("fixed:TIME, uniform:TIME-TIME, matrix:ROW/ROW... or regions:FILE is needed");
}

Result<gossip::sim::Latency> parse_regions(std::string_view text, const std::string& path) {
  auto rows = parse_rows(text, path);
  if (!rows) return rows.error();
  if (rows->empty())
    return problem(path, {}, "", "a line for each region, its name and the times to each, is needed");
  std::vector<std::vector<Duration>> matrix;
  for (Row& row : *rows) {
    if (row.times.size() != rows->size())
      return problem(path, row, std::to_string(row.times.size()) + " times",
                     "one for each of the " + std::to_string(rows->size()) + " regions is needed");
    matrix.push_back(std::move(row.times));
  }
  return gossip::sim::regions(std::move(matrix));
}

Result<gossip::sim::Latency> read_regions(const std::string& path) {
  const auto text = read_whole_file(path, regions_bytes_max);
  if (!text)
    return Error{text.error().condition, to_one_line(path) + ": cannot be read: " + text.error().message};
  return parse_regions(*text, path);
}

}  // namespace gossipd::simulation
