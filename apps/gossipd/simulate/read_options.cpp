#include "read_options.hpp"

#include <gossip/message.hpp>

#include "fault_values.hpp"
#include "latency_values.hpp"
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
using gossip::sim::Fault;
using gossip::sim::FaultKind;
using gossip::sim::Protocol;

constexpr std::uint64_t nodes_max = 4'000'000;
constexpr std::uint64_t seeds_max = 1000;
constexpr double rate_min = 0.001;
constexpr double rate_max = 100'000;
/// Each message has its number in its data, so that no two are the same.
constexpr std::uint64_t data_bytes_min = 8;

Error wanted(std::string what) {
  return {Condition::invalid_argument, std::move(what)};
}

Result<std::vector<std::size_t>> parse_sizes(std::string_view text) {
  std::vector<std::size_t> sizes;
  bool well_formed = true;
  for_each_part(text, [&](std::string_view part) {
    const auto size = parse_number(part, 2, nodes_max);
    well_formed = well_formed && size;
    if (well_formed) sizes.push_back(*size);
  });
  if (!well_formed) return wanted("whole numbers from 2 to 4000000, separated by commas, are needed");
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

auto decimal_parser(double least, double most) {
  return [least, most](std::string_view text) { return parse_decimal(text, least, most); };
}

Duration time_or(const ParsedOptions& given, const std::string& option, Duration fallback) {
  return parsed_or(given, option, to_string(fallback), parse_time);
}

// -- what is impossible beside the rest
// -------------------------------------------------------------------------------

void check_counts(const SimulateOptions& options) {
  const std::size_t smallest = options.nodes.front();
  const std::string nodes = std::to_string(smallest) + " nodes";
  if (options.degree >= smallest)
    refuse("degree", std::to_string(options.degree),
           "at most " + std::to_string(smallest - 1) + " is possible with " + nodes);
  for (const auto& [option, count] :
       {std::pair{"publishers", options.publishers}, std::pair{"bootstrappers", options.bootstrappers}})
    if (count > smallest)
      refuse(option, std::to_string(count),
             "at most " + std::to_string(smallest) + " are possible with " + nodes);
  for (const Fault& fault : options.faults)
    if (fault.kind == FaultKind::crash && fault.share * static_cast<double>(smallest) < 1)
      refuse("crash", to_text(fault),
             "that is not one of " + nodes + ": a share of at least " +
                 decimal(1 / static_cast<double>(smallest), 6) + " is needed");
}

std::string option_of(const Fault& fault) {
  const bool has_its_own =
      fault.kind == FaultKind::crash || fault.kind == FaultKind::partition || fault.kind == FaultKind::churn;
  return has_its_own ? std::string(gossip::sim::to_string(fault.kind)) : "fault";
}

/// Messages are published until the end, so nothing after it would show.
void check_times(const SimulateOptions& options) {
  const std::string end = "--duration, " + to_string(options.duration);
  if (options.duration == Duration::zero()) refuse("duration", "0s", "a time above 0 is needed");
  for (const Fault& fault : options.faults) {
    const Duration over = *fault.at + *fault.lasting;
    if (*fault.at >= options.duration)
      refuse(option_of(fault), to_text(fault), "a time before the end of " + end + ", is needed");
    if (over > options.duration)
      refuse(option_of(fault), to_text(fault),
             "it has to be over by the end of " + end + ": a --duration of at least " + to_string(over) +
                 " would do");
  }
  // The first is published at the very beginning.
  if (options.publish_every > options.duration && options.messages != 1)
    throw UsageError("there is only one message in " + end +
                     ": --messages 1 says so, or a larger --rate makes more");
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
  const auto add = [&](const char* option, auto parse) {
    if (!given.has(option)) return;
    const Faults faults = parsed_or(given, option, "", parse);
    options.faults.insert(options.faults.end(), faults.begin(), faults.end());
  };
  add("crash", parse_crashes);
  add("partition", parse_partition);
  add("churn", [&](std::string_view text) { return parse_churn(text, options.duration); });
  add("fault", parse_faults);
  options.spare_nobody = given.has("spare-nobody");
  if (given.has("hostile")) options.hostile = parsed_or(given, "hostile", "", parse_hostile);
}

void read_messages(SimulateOptions& options, const ParsedOptions& given) {
  options.publishers = number_or(given, "publishers", options.publishers, 1, nodes_max);
  if (given.has("rate") && given.has("publish-every"))
    throw UsageError("--rate and --publish-every say the same: they cannot be used together");
  if (given.has("rate")) {
    constexpr double second = 1e9;
    const double rate = parsed_or(given, "rate", "", decimal_parser(rate_min, rate_max));
    options.publish_every = Duration(std::llround(second / rate));
  }
  options.publish_every = time_or(given, "publish-every", options.publish_every);
  if (options.publish_every == Duration::zero()) refuse("publish-every", "0s", "a time above 0 is needed");
  if (given.has("messages")) options.messages = number_or(given, "messages", 0, 1, UINT32_MAX);
  options.data_bytes = number_or(given, "size", options.data_bytes, data_bytes_min, gossip::data_bytes_max);
  options.invalid = parsed_or(given, "invalid", "0", decimal_parser(0, 1));
  options.validation = time_or(given, "validation", options.validation);
}

Result<Protocol> parse_protocol(std::string_view text) {
  for (const auto protocol : {Protocol::base, Protocol::extended, Protocol::mixed}) {
    if (text == to_string(protocol)) return protocol;
  }
  return Error{Condition::malformed, "base, extended or mixed is needed"};
}

void read_network(SimulateOptions& options, const ParsedOptions& given) {
  options.nodes = parsed_or(given, "nodes", "100", parse_sizes);
  options.degree = number_or(given, "degree", options.degree, 1, nodes_max);
  options.protocol = parsed_or(given, "protocol", "base", parse_protocol);
  options.cache_size = number_or(given, "cache-size", options.cache_size, 1, gossip::MAX_MSG_ID);
  options.wired = given.has("wired");
  options.bootstrappers = number_or(given, "bootstrappers", options.bootstrappers, 1, nodes_max);
  options.join_pause = time_or(given, "join-pause", options.join_pause);
  options.bandwidth = number_or(given, "bandwidth", options.bandwidth, 0, UINT32_MAX);
  options.link_timeout = time_or(given, "link-timeout", options.link_timeout);
  options.duration = time_or(given, "duration", options.duration);
  options.grace = time_or(given, "grace", options.grace);
  options.heals_within = time_or(given, "heals-within", options.heals_within);
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
      {"nodes", "N[,N...]", "nodes, 2 to 4000000; with several sizes it is run with each (default 100)"},
      {"degree", "N", "peers that each node seeks (default 5)"},
      {"protocol", "KIND",
       "what nodes speak: base; extended, the overlay extension; or mixed, every other node not (default "
       "base)"},
      {"cache-size", "N", "messages that each node keeps, 1 to 65535 (default 30)"},
      {"wired", "", "the overlay is there from the start, a random graph; otherwise nodes join, one by one"},
      {"bootstrappers", "N", "nodes through which the others join (default 1)"},
      {"join-pause", "TIME", "between two that join (default 20ms)"},
      {"publishers", "N", "nodes that publish, in turn (default 1)"},
      {"rate", "N", "messages per second, of all publishers together, 0.001 to 100000 (default 10)"},
      {"publish-every", "TIME", "the same, as the time between two messages"},
      {"messages", "N", "publish no more than so many (default: as many as there is time for)"},
      {"size", "BYTES", "data of each message, 8 to 65527 (default 100)"},
      {"validation", "TIME", "what programs take to find a message valid (default 1ms)"},
      {"invalid", "SHARE", "that share of the messages is found invalid (default 0)"},
      {"latency", "MODEL",
       "what links take one way: fixed:50ms; uniform:10ms-100ms, drawn for each pair of nodes; "
       "matrix:10ms,80ms/80ms,12ms, a row for each region, to which nodes are dealt out in turn; "
       "regions:FILE, with a line for each region: its name and the times from there to each "
       "(default uniform:10ms-100ms)"},
      {"bandwidth", "BYTES", "per second, of each link in each direction (default: without limit)"},
      {"link-timeout", "TIME", "after which a link that has gone silent ends (default 90s)"},
      {"crash", "SHARE@TIME", "that share of the nodes, above 0 and below 1, is gone", true},
      {"partition", "LENGTH@TIME[:SHARE]",
       "two halves, or other shares, do not hear of each other for so long"},
      {"churn", "SHARE/UNIT[@TIME+LENGTH]",
       "that share of the nodes is replaced per s, min or h, all the time or for so long"},
      {"fault", "KIND:SHARE@TIME[+LENGTH]",
       "anything else that fails: power-loss, restart, suspend, one-way-partition or stall of nodes, "
       "break-links or half-open-links",
       true},
      {"spare-nobody", "", "publishers and bootstrappers fail as others do; otherwise they are spared"},
      {"hostile", "KIND:N", "so many nodes more that are malformed, flood, silent or liar", true},
      {"duration", "TIME", "publish for so long (default 30s)"},
      {"grace", "TIME", "what is under way then has so long to arrive (default 10s)"},
      {"heals-within", "TIME", "so long after the last fault every message reaches everybody (default 30s)"},
      {"random", "", "the seed decides on all of the above"},
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
  read_network(options, given);
  read_messages(options, given);
  read_latency(options, given);
  read_faults(options, given);
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
