#include "read_options.hpp"

#include <gossip/sim/scenario.hpp>

#include "fault_values.hpp"
#include "latency_values.hpp"
#include "option_values.hpp"
#include "presets.hpp"
#include "quantities.hpp"
#include "text.hpp"
#include "to_scenario.hpp"

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
using gossip::sim::Protocol;
using gossip::sim::Scenario;

constexpr std::uint64_t seeds_max = 1000;
constexpr double second = 1e9;
constexpr double rate_min = second / static_cast<double>(Scenario::publish_every_max.count());
constexpr double rate_max = second / static_cast<double>(Scenario::publish_every_min.count());

Error wanted(std::string what) {
  return {Condition::invalid_argument, std::move(what)};
}

Result<std::vector<std::size_t>> parse_sizes(std::string_view text) {
  std::vector<std::size_t> sizes;
  bool well_formed = true;
  for_each_part(text, [&](std::string_view part) {
    const auto size = parse_number(part, 0, UINT64_MAX);
    well_formed = well_formed && size;
    if (well_formed) sizes.push_back(*size);
  });
  if (!well_formed) return wanted("whole numbers, separated by commas, are needed");
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

/// Whatever its bounds are: the scenario knows them.
std::uint64_t whole_or(const ParsedOptions& given, const std::string& option, std::uint64_t fallback) {
  const auto parse = [](std::string_view text) -> Result<std::uint64_t> {
    if (const auto number = parse_number(text, 0, UINT64_MAX)) return *number;
    return wanted("a whole number is needed");
  };
  return parsed_or(given, option, std::to_string(fallback), parse);
}

auto decimal_parser(double least, double most) {
  return [least, most](std::string_view text) { return parse_decimal(text, least, most); };
}

Duration time_or(const ParsedOptions& given, const std::string& option, Duration fallback) {
  return parsed_or(given, option, to_string(fallback), parse_time);
}

// -- what is impossible
// ---------------------------------------------------------------------------------------------------------------

/// A fault that was named, as it was.
struct NamedFault {
  std::string option;
  std::string text;
};

/// What the option is called that sets this of a scenario.
std::string option_of(const std::string& setting, const ParsedOptions& given) {
  if (setting == "data_bytes") return "size";
  if (setting == "publish_every" && given.has("rate")) return "rate";
  std::string option = setting;
  std::replace(option.begin(), option.end(), '_', '-');
  return option;
}

/// The scenario knows what is possible; which option it was is known here.
[[noreturn]] void refuse_scenario(const gossip::sim::ImpossibleScenario& impossible,
                                  const ParsedOptions& given, const std::vector<NamedFault>& faults) {
  if (impossible.fault()) {
    const NamedFault& named = faults.at(*impossible.fault());
    refuse(named.option, named.text, impossible.wanted());
  }
  const std::string option = option_of(impossible.setting(), given);
  const auto value = given.find(option);
  if (!value) {
    const Preset* const preset = preset_of(given);
    const bool by_preset = preset != nullptr && with_preset(*preset, given).has(option);
    throw UsageError("--" + option + " is " + impossible.value() + " by " +
                     (by_preset ? "--preset " + preset->name : "default") + ": " + impossible.wanted());
  }
  if (value->empty()) throw UsageError("--" + option + ": " + impossible.wanted());
  refuse(option, *value, impossible.wanted());
}

void check_possible(const SimulateOptions& options, const ParsedOptions& given,
                    const std::vector<NamedFault>& faults) {
  for (const std::size_t nodes : options.nodes) {
    try {
      for (const Protocol protocol : options.protocols) to_scenario(options, nodes, protocol).validate();
    } catch (const gossip::sim::ImpossibleScenario& impossible) {
      refuse_scenario(impossible, given, faults);
    }
  }
}

void check_random(const ParsedOptions& given) {
  for (const auto& [option, value] : given.values) {
    constexpr std::array<std::string_view, 7> possible{"random", "protocol", "seed",    "seeds",
                                                       "report", "json",     "progress"};
    if (std::find(possible.begin(), possible.end(), option) == possible.end())
      throw UsageError("--random decides on that by the seed: --" + option + " cannot be used with it");
  }
}

std::vector<NamedFault> read_faults(SimulateOptions& options, const ParsedOptions& given) {
  std::vector<NamedFault> named;
  const auto add = [&](const std::string& option, auto parse) {
    if (!given.has(option)) return;
    for (const Fault& fault : parsed_or(given, option, "", parse)) {
      named.push_back({option, option == "fault" ? to_fault_text(fault) : to_text(fault)});
      options.faults.push_back(fault);
    }
  };
  add("crash", parse_crashes);
  add("partition", parse_partition);
  add("churn", [&](std::string_view text) { return parse_churn(text, options.duration); });
  add("fault", parse_faults);
  options.spare_nobody = given.has("spare-nobody");
  if (given.has("hostile")) options.hostile = parsed_or(given, "hostile", "", parse_hostile);
  return named;
}

void read_messages(SimulateOptions& options, const ParsedOptions& given) {
  options.publishers = whole_or(given, "publishers", options.publishers);
  if (given.has("rate") && given.has("publish-every"))
    throw UsageError("--rate and --publish-every say the same: they cannot be used together");
  if (given.has("rate")) {
    const double rate = parsed_or(given, "rate", "", decimal_parser(rate_min, rate_max));
    options.publish_every = Duration(std::llround(second / rate));
  }
  options.publish_every = time_or(given, "publish-every", options.publish_every);
  options.messages = whole_or(given, "messages", options.messages);
  if (given.has("messages") && options.messages == 0) refuse("messages", "0", "at least 1 is needed");
  options.data_bytes = whole_or(given, "size", options.data_bytes);
  options.invalid = parsed_or(given, "invalid", "0", decimal_parser(0, 1));
  options.validation = time_or(given, "validation", options.validation);
}

/// In the order in which they are named.
Result<std::vector<Protocol>> parse_protocols(std::string_view text) {
  constexpr std::array all{Protocol::base, Protocol::extended, Protocol::mixed};
  std::vector<Protocol> protocols;
  bool well_formed = true;
  for_each_part(text, [&](std::string_view part) {
    const auto* const protocol =
        std::find_if(all.begin(), all.end(), [&](Protocol one) { return part == to_string(one); });
    well_formed = well_formed && protocol != all.end();
    if (well_formed && std::find(protocols.begin(), protocols.end(), *protocol) == protocols.end())
      protocols.push_back(*protocol);
  });
  if (!well_formed) return wanted("base, extended or mixed is needed, or several of them between commas");
  return protocols;
}

void read_network(SimulateOptions& options, const ParsedOptions& given) {
  options.nodes = parsed_or(given, "nodes", "100", parse_sizes);
  if (given.has("degree")) options.degree = whole_or(given, "degree", 0);
  options.protocols = parsed_or(given, "protocol", "base", parse_protocols);
  if (options.random && options.protocols.size() > 1)
    throw UsageError("--random makes up a scenario for one protocol: --protocol needs to name one");
  options.cache_size = number_or(given, "cache-size", options.cache_size, 1, gossip::MAX_MSG_ID);
  options.wired = given.has("wired");
  if (options.wired && given.has("join-pause"))
    throw UsageError("--join-pause says nothing with --wired, where nobody joins: leave one of them out");
  options.bootstrappers = whole_or(given, "bootstrappers", options.bootstrappers);
  options.join_pause = time_or(given, "join-pause", options.join_pause);
  options.bandwidth = whole_or(given, "bandwidth", options.bandwidth);
  options.link_timeout = time_or(given, "link-timeout", options.link_timeout);
  options.duration = time_or(given, "duration", options.duration);
  options.grace = time_or(given, "grace", options.grace);
  options.heals_within = time_or(given, "heals-within", options.heals_within);
  options.settle = time_or(given, "settle", options.settle);
  if (options.settle > Duration::zero() && options.settle >= options.duration)
    refuse("settle", to_string(options.settle),
           "a time before the end of the duration, " + to_string(options.duration) + ", is needed");
}

/// A network in which something fails has not settled.
void check_settle(const SimulateOptions& options) {
  for (const Fault& fault : options.faults) {
    if (*fault.at < options.settle)
      refuse("settle", to_string(options.settle),
             "nothing may fail before: the first fault comes at " + to_string(*fault.at));
  }
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

/// Of all runs: to_scenario() adds what is of one.
std::string preset_command_of(const ParsedOptions& given) {
  ParsedOptions rest = given;
  for (const char* option : {"nodes", "protocol", "seed", "seeds", "report", "json", "progress"})
    rest.values.erase(option);
  return command_of(rest);
}

}  // namespace

std::vector<OptionSpec> option_specs() {
  return {
      {"nodes", "N[,N...]", "nodes, 2 to 4000000; with several sizes it is run with each (default 100)"},
      {"degree", "N", "peers that each node seeks (default 5, or all others where there are fewer)"},
      {"protocol", "KIND[,KIND...]",
       "what nodes speak: base; extended, the overlay extension; or mixed, every other node not; several are "
       "compared (default base)"},
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
      {"crash", "SHARE@TIME", "that share of the nodes is gone", true},
      {"partition", "LENGTH@TIME[:SHARE]",
       "two halves, or other shares, do not hear of each other for so long"},
      {"churn", "SHARE/UNIT[@TIME+LENGTH]",
       "that share of the nodes is replaced per s, min or h, all the time or for so long"},
      {"fault", "KIND:SHARE@TIME[+LENGTH]",
       "anything else that fails: power-loss, restart, suspend, one-way-partition or stall of nodes, "
       "break-links or half-open-links",
       true},
      {"spare-nobody", "", "publishers and bootstrappers fail as others do; otherwise they are spared"},
      {"hostile", "KIND:N",
       "so many nodes more that are malformed, flood, silent or liar, or, of the overlay extension, "
       "false-adverts, grafter or bad-hello",
       true},
      {"duration", "TIME", "publish for so long (default 30s)"},
      {"grace", "TIME", "what is under way then has so long to arrive (default 10s)"},
      {"heals-within", "TIME", "so long after the last fault every message reaches everybody (default 30s)"},
      {"settle", "TIME", "what is published in this time is a phase of its own (default: there is none)"},
      {"preset", "NAME",
       "glomers-d or glomers-e: the network and the load of a broadcast exercise, and what it asks for "
       "beside what was measured; all of the above can be set otherwise"},
      {"random", "", "the seed decides on all of the above but --protocol"},
      {"seed", "N", "decides on all that is left to chance (default 1)"},
      {"seeds", "N", "run with so many seeds, each one more than the one before, 1 to 1000 (default 1)"},
      {"report", "FILE", "write a page with tables and charts, HTML in one file"},
      {"json", "", "report one JSON object"},
      {"progress", "", "tell how far it is even where standard error is no terminal"}};
}

SimulateOptions read_options(const ParsedOptions& asked) {
  SimulateOptions options;
  options.random = asked.has("random");
  if (options.random) check_random(asked);
  const Preset* const preset = preset_of(asked);
  if (preset != nullptr) options.targets = preset->targets;
  const ParsedOptions given = preset != nullptr ? with_preset(*preset, asked) : asked;
  read_network(options, given);
  read_messages(options, given);
  read_latency(options, given);
  const std::vector<NamedFault> faults = read_faults(options, given);
  options.seed = number_or(given, "seed", options.seed, 0, UINT64_MAX);
  options.seeds = number_or(given, "seeds", options.seeds, 1, seeds_max);
  if (options.seeds - 1 > UINT64_MAX - options.seed)
    refuse("seeds", std::to_string(options.seeds),
           "at most " + std::to_string(UINT64_MAX - options.seed + 1) + " is possible from seed " +
               std::to_string(options.seed) + " on");
  options.report = given.find("report");
  if (options.report && options.report->empty()) refuse("report", "", "the name of a file is needed");
  options.command = command_of(asked);
  if (preset != nullptr) options.preset_command = preset_command_of(asked);
  options.json = given.has("json");
  options.progress = given.has("progress");
  check_settle(options);
  check_possible(options, asked, faults);
  return options;
}

}  // namespace gossipd::simulation
