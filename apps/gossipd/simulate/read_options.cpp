#include "read_options.hpp"

#include <gossip/message.hpp>

#include "option_values.hpp"
#include "quantities.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gossipd::simulation {
namespace {

using gossip::Condition;
using gossip::Duration;
using gossip::Error;
using gossip::Result;

constexpr std::uint64_t nodes_max = 1'000'000;
constexpr std::uint64_t seeds_max = 1000;
constexpr double rate_min = 0.001;
constexpr double rate_max = 100'000;
/// Each message has its number in its data, so that no two are the same.
constexpr std::uint64_t data_bytes_min = 8;

Error wanted(std::string what) {
  return {Condition::invalid_argument, std::move(what)};
}

/// What stands before and after the first `mark`; nothing without one.
std::optional<std::pair<std::string_view, std::string_view>> split(std::string_view text,
                                                                   std::string_view mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  return std::pair{text.substr(0, at), text.substr(at + mark.size())};
}

Result<std::vector<std::size_t>> parse_sizes(std::string_view text) {
  std::vector<std::size_t> sizes;
  bool well_formed = true;
  for_each_part(text, [&](std::string_view part) {
    const auto size = parse_number(part, 2, nodes_max);
    well_formed = well_formed && size;
    if (well_formed) sizes.push_back(*size);
  });
  if (!well_formed) return wanted("whole numbers from 2 to 1000000, separated by commas, are needed");
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

/// "0.3@20s", and more of them after commas.
Result<std::vector<Crash>> parse_crashes(std::string_view text) {
  std::vector<Crash> crashes;
  bool well_formed = true;
  for_each_part(text, [&](std::string_view part) {
    const auto parts = split(part, "@");
    const auto share = parse_decimal(parts ? parts->first : "", 0, 1);
    const auto at = parse_time(parts ? parts->second : "");
    well_formed = well_formed && share && at && *share > 0 && *share < 1;
    if (well_formed) crashes.push_back({*share, *at});
  });
  if (!well_formed)
    return wanted("SHARE@TIME is needed, a share of the nodes above 0 and below 1, such as 0.3@20s");
  std::stable_sort(crashes.begin(), crashes.end(),
                   [](const Crash& left, const Crash& right) { return left.at < right.at; });
  return crashes;
}

/// "60s@30s": for 60 s, from 30 s on.
Result<std::vector<Partition>> parse_partitions(std::string_view text) {
  std::vector<Partition> partitions;
  bool well_formed = true;
  for_each_part(text, [&](std::string_view part) {
    const auto parts = split(part, "@");
    const auto lasting = parse_time(parts ? parts->first : "");
    const auto at = parse_time(parts ? parts->second : "");
    well_formed = well_formed && lasting && at && *lasting > Duration::zero();
    if (well_formed) partitions.push_back({*at, *lasting});
  });
  if (!well_formed) return wanted("LENGTH@TIME is needed, a length above 0, such as 60s@30s");
  std::stable_sort(partitions.begin(), partitions.end(),
                   [](const Partition& left, const Partition& right) { return left.at < right.at; });
  return partitions;
}

/// "0.1/min", as a share per minute.
Result<double> parse_churn(std::string_view text) {
  const auto parts = split(text, "/");
  const auto share = parse_decimal(parts ? parts->first : "", 0, 60);
  const double per_minute = !parts                   ? 0
                            : parts->second == "s"   ? 60
                            : parts->second == "min" ? 1
                            : parts->second == "h"   ? 1.0 / 60
                                                     : 0;
  if (!share || *share * per_minute <= 0 || *share * per_minute > 60)
    return wanted(
        "SHARE/UNIT is needed, a share of the nodes above 0 per s, min or h and at most 1/s, such as "
        "0.1/min");
  return *share * per_minute;
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

/// Whatever needs no file.
Result<gossip::sim::Latency> parse_latency(std::string_view text) {
  const auto parts = split(text, ":");
  if (parts && parts->first == "uniform") return parse_uniform(parts->second, "-");
  if (parts && parts->first == "matrix") return parse_matrix(parts->second);
  if (parts && parts->first == "fixed") {
    const auto time = parse_time(parts->second);
    if (!time) return time.error();
    return gossip::sim::fixed(*time);
  }
  return wanted("fixed:TIME, uniform:TIME-TIME, matrix:ROW/ROW... or regions:FILE is needed");
}

auto decimal_parser(double least, double most) {
  return [least, most](std::string_view text) { return parse_decimal(text, least, most); };
}

// -- what is impossible beside the rest
// -------------------------------------------------------------------------------

void check_counts(const SimulateOptions& options) {
  const std::size_t smallest = options.nodes.front();
  const std::string nodes = std::to_string(smallest) + " nodes";
  if (options.degree >= smallest)
    refuse("degree", std::to_string(options.degree),
           "at most " + std::to_string(smallest - 1) + " is possible with " + nodes);
  if (options.publishers > smallest)
    refuse("publishers", std::to_string(options.publishers),
           "at most " + std::to_string(smallest) + " are possible with " + nodes);
  for (const Crash& crash : options.crashes)
    if (crash.share * static_cast<double>(smallest) < 1)
      refuse("crash", decimal(crash.share) + '@' + to_string(crash.at),
             "that is not one of " + nodes + ": a share of at least " +
                 decimal(1 / static_cast<double>(smallest), 6) + " is needed");
}

/// Messages are published until then, so nothing after it would show.
void check_times(const SimulateOptions& options) {
  const std::string end = "--duration, " + to_string(options.duration);
  for (const Crash& crash : options.crashes)
    if (crash.at >= options.duration)
      refuse("crash", decimal(crash.share) + '@' + to_string(crash.at),
             "a time before the end of " + end + ", is needed");
  Duration before{};
  for (const auto& [at, lasting] : options.partitions) {
    const std::string value = to_string(lasting) + '@' + to_string(at);
    if (at + lasting > options.duration)
      refuse("partition", value,
             "it has to end by the end of " + end + ": a --duration of at least " + to_string(at + lasting) +
                 " would do");
    if (at < before) refuse("partition", value, "it has to begin after the one before it ends");
    before = at + lasting;
  }
  if (options.duration == Duration::zero()) refuse("duration", "0", "a time above 0 is needed");
  const double seconds = std::chrono::duration<double>(options.duration).count();
  if (options.rate * seconds < 1)
    refuse("rate", decimal(options.rate),
           "no message is published in " + end + ": at least " + decimal(std::ceil(1e6 / seconds) / 1e6, 6) +
               " is needed");
}

void check_random(const ParsedOptions& given) {
  for (const auto& [option, value] : given.values) {
    constexpr std::array<std::string_view, 6> possible{"random", "seed", "seeds",
                                                       "report", "json", "progress"};
    if (std::find(possible.begin(), possible.end(), option) == possible.end())
      throw UsageError("--random decides on that by the seed: --" + option + " cannot be used with it");
  }
}

void read_faults(SimulateOptions& options, const ParsedOptions& given) {
  if (given.has("crash")) options.crashes = parsed_or(given, "crash", "", parse_crashes);
  if (given.has("partition")) options.partitions = parsed_or(given, "partition", "", parse_partitions);
  if (given.has("churn")) options.churn_per_minute = parsed_or(given, "churn", "", parse_churn);
}

void read_latency(SimulateOptions& options, const ParsedOptions& given) {
  const auto text = given.find("latency");
  if (!text) return;
  constexpr std::string_view file = "regions:";
  if (!text->starts_with(file)) {
    options.latency = parsed_or(given, "latency", "", parse_latency);
  } else if (text->size() == file.size()) {
    refuse("latency", *text, "the name of a file is needed after regions:");
  } else {
    options.regions_file = text->substr(file.size());
  }
}

/// As a shell takes it.
std::string shell_word(const std::string& text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
  if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
  std::string word = "'";
  for (const char character : text) word += character == '\'' ? "'\\''" : std::string(1, character);
  return word + '\'';
}

std::string command_of(const ParsedOptions& given) {
  std::string command = "gossipd simulate";
  for (const auto& spec : option_specs()) {
    const auto value = given.find(spec.name);
    if (!value) continue;
    command += " --" + spec.name;
    if (!spec.placeholder.empty()) command += ' ' + shell_word(*value);
  }
  return command;
}

}  // namespace

std::vector<OptionSpec> option_specs() {
  return {
      {"nodes", "N[,N...]", "nodes, 2 to 1000000; with several sizes it is run with each (default 100)"},
      {"degree", "N", "peers that each node seeks (default 5)"},
      {"wired", "",
       "the overlay is there from the start, a random graph; by default nodes join through the first"},
      {"publishers", "N", "nodes that publish, in turn (default 1)"},
      {"rate", "N", "messages per second, of all publishers together, 0.001 to 100000 (default 10)"},
      {"messages", "N", "publish no more than so many (default: as many as there is time for)"},
      {"size", "BYTES", "data of each message, 8 to 65527 (default 100)"},
      {"latency", "MODEL",
       "what links take one way: fixed:50ms; uniform:10ms-100ms, drawn for each pair of nodes; "
       "matrix:10ms,80ms/80ms,12ms, a row for each region, to which nodes are dealt out in turn; "
       "regions:FILE, with a line for each region: its name and the times from there to each "
       "(default uniform:10ms-100ms)"},
      {"crash", "SHARE@TIME[,...]",
       "that share of the nodes, above 0 and below 1, is gone at once; publishers and the first node stay"},
      {"partition", "LENGTH@TIME[,...]", "two halves do not hear of each other for so long"},
      {"churn", "SHARE/UNIT", "that share of the nodes is replaced per s, min or h, all the time"},
      {"duration", "TIME", "publish for so long; what is under way then still arrives (default 30s)"},
      {"validation", "TIME", "what programs take to find a message valid (default 1ms)"},
      {"random", "", "the seed decides on nodes, faults and hostile nodes"},
      {"seed", "N", "decides on all that is left to chance (default 1)"},
      {"seeds", "N", "run with so many seeds, each one more than the one before, 1 to 1000 (default 1)"},
      {"report", "FILE", "write a page with tables and charts, HTML in one file"},
      {"json", "", "report one JSON object"},
      {"progress", "", "tell how far it is even where standard error is no terminal"}};
}

SimulateOptions read_options(const ParsedOptions& given) {
  SimulateOptions options;
  options.random = given.has("random");
  if (options.random) check_random(given);
  options.nodes = parsed_or(given, "nodes", "100", parse_sizes);
  options.degree = number_or(given, "degree", options.degree, 1, nodes_max);
  options.wired = given.has("wired");
  options.publishers = number_or(given, "publishers", options.publishers, 1, nodes_max);
  options.rate = parsed_or(given, "rate", "10", decimal_parser(rate_min, rate_max));
  if (given.has("messages")) options.messages = number_or(given, "messages", 0, 1, UINT32_MAX);
  options.data_bytes = number_or(given, "size", options.data_bytes, data_bytes_min, gossip::data_bytes_max);
  read_latency(options, given);
  read_faults(options, given);
  options.duration = parsed_or(given, "duration", "30s", parse_time);
  options.validation = parsed_or(given, "validation", "1ms", parse_time);
  options.seed = number_or(given, "seed", options.seed, 0, UINT64_MAX);
  options.seeds = number_or(given, "seeds", options.seeds, 1, seeds_max);
  options.report = given.find("report");
  if (options.report && options.report->empty()) refuse("report", "", "the name of a file is needed");
  options.command = command_of(given);
  options.json = given.has("json");
  options.progress = given.has("progress");
  check_times(options);
  check_counts(options);
  return options;
}

}  // namespace gossipd::simulation
