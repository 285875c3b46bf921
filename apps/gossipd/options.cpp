#include "options.hpp"

#include <gossip/error.hpp>
#include <gossip/message.hpp>

#include "bench/body.hpp"
#include "option_parser.hpp"
#include "option_values.hpp"
#include "settings.hpp"
#include "simulate/read_options.hpp"
#include "text.hpp"
#include "values.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace gossipd {
namespace {

using Arguments = std::vector<std::string>;
using Specs = std::vector<OptionSpec>;

constexpr std::string_view default_api = "127.0.0.1:7001";

auto address_parser() {
  return [](std::string_view text) { return parse_address(text, 1); };
}

// -- run
// ------------------------------------------------------------------------------------------------------------

Specs run_specs() {
  Specs specs{{"config", "FILE", "INI file with [GLOBAL] and [GOSSIP]; options win over it"},
              {"log-level", "LEVEL", "trace, debug, info, warning, error or fatal (default info)"},
              {"log-format", "FORMAT", "text or json (default text)"}};
  const gossip::Config defaults;
  for (const Setting& setting : settings()) {
    const std::string value = setting.show(defaults);
    std::string help(setting.help);
    if (!value.empty()) help += " (default " + value + ')';
    specs.push_back({std::string(setting.option), std::string(setting.placeholder), std::move(help)});
  }
  return specs;
}

Command build_run(const ParsedOptions& given) {
  RunOptions options;
  options.config_file = given.find("config");
  for (const Setting& setting : settings()) {
    const std::string option(setting.option);
    if (auto value = given.find(option)) options.settings.push_back({option, *std::move(value)});
  }
  constexpr std::array<std::pair<std::string_view, Level>, 6> levels{{{"trace", Level::trace},
                                                                      {"debug", Level::debug},
                                                                      {"info", Level::info},
                                                                      {"warning", Level::warning},
                                                                      {"error", Level::error},
                                                                      {"fatal", Level::fatal}}};
  constexpr std::array<std::pair<std::string_view, LogFormat>, 2> formats{
      {{"text", LogFormat::text}, {"json", LogFormat::json}}};
  options.log_level = word_or(given, "log-level", options.log_level, levels);
  options.log_format = word_or(given, "log-format", options.log_format, formats);
  return options;
}

// -- check
// ----------------------------------------------------------------------------------------------------------

Specs check_specs() {
  return {{"config", "FILE", "the INI file to check"}};
}

Command build_check(const ParsedOptions& given) {
  return CheckOptions{required(given, "config")};
}

// -- publish
// --------------------------------------------------------------------------------------------------------

OptionSpec api_spec() {
  return {"api", "HOST:PORT", "the daemon's API address (default " + std::string(default_api) + ')'};
}

Specs publish_specs() {
  return {
      api_spec(),
      {"type", "N", "the data type, 0 to 65535"},
      {"ttl", "N", "hops allowed, 1 to 255; 0 is unlimited (default 0)"},
      {"lines", "", "publish each line of standard input as a message, without its newline, as it comes in"}};
}

Command build_publish(const ParsedOptions& given) {
  PublishOptions options;
  options.api = parsed_or(given, "api", default_api, address_parser());
  required(given, "type");
  options.data_type =
      gossip::DataType(static_cast<std::uint16_t>(parsed_or(given, "type", "", number_parser(0, 65535))));
  options.ttl = gossip::Ttl(static_cast<std::uint8_t>(parsed_or(given, "ttl", "0", number_parser(0, 255))));
  options.lines = given.has("lines");
  if (!given.arguments.empty()) options.data = given.arguments.front();
  if (options.lines && options.data)
    throw UsageError("--lines reads standard input: it cannot be used with DATA");
  return options;
}

// -- subscribe
// ------------------------------------------------------------------------------------------------------

Specs subscribe_specs() {
  return {api_spec(),
          {"type", "N[,N...]", "the data types, 0 to 65535 each"},
          {"verdict", "VERDICT", "accept or reject every message, or none (default none)"},
          {"verdict-command", "CMD",
           "/bin/sh -c CMD gets the data on standard input: exit code 0 accepts, 1 rejects, "
           "anything else casts no vote"},
          {"count", "N", "end after N messages (default: go on until stopped)"},
          {"format", "FORMAT", "text, hex or json (default text)"}};
}

Command build_subscribe(const ParsedOptions& given) {
  SubscribeOptions options;
  options.api = parsed_or(given, "api", default_api, address_parser());
  required(given, "type");
  options.data_types = parsed_or(given, "type", "", parse_data_types);
  constexpr std::array<std::pair<std::string_view, std::optional<bool>>, 3> verdicts{
      {{"accept", true}, {"reject", false}, {"none", std::nullopt}}};
  constexpr std::array<std::pair<std::string_view, DataFormat>, 3> formats{
      {{"text", DataFormat::text}, {"hex", DataFormat::hex}, {"json", DataFormat::json}}};
  options.verdict = word_or(given, "verdict", options.verdict, verdicts);
  options.verdict_command = given.find("verdict-command");
  if (given.has("verdict") && options.verdict_command) {
    throw UsageError("--verdict and --verdict-command cannot be used together");
  }
  if (given.has("count")) options.count = parsed_or(given, "count", "", number_parser(1, UINT64_MAX));
  options.format = word_or(given, "format", options.format, formats);
  return options;
}

// -- bench
// ----------------------------------------------------------------------------------------------------------

constexpr std::uint64_t connections_max = 10000;
constexpr std::uint64_t seconds_max = 86400;
/// A listener that has never voted counts as a voter for its first 2 s (docs/protocol.md, 'Nothing is lost to
/// haste').
constexpr std::uint64_t warm_up_seconds = 1;
constexpr std::uint64_t warm_up_seconds_of_listeners = 3;

Specs bench_specs() {
  return {{"api", "HOST:PORT[,HOST:PORT...]",
           "API addresses of the daemons to subscribe at (default " + std::string(default_api) + ')'},
          {"publish-api", "HOST:PORT", "the one to publish at (default: the first of --api)"},
          {"publishers", "N", "connections that publish, 1 to 10000 (default 1)"},
          {"subscribers", "N", "connections that subscribe at each of --api, up to 10000 (default 1)"},
          {"stalled", "N", "further ones at the first of --api that subscribe and never read (default 0)"},
          {"size", "BYTES", "data of each message, 24 to 65527 (default 64)"},
          {"rate", "N",
           "messages per second, of all publishers together; latency then counts from the moment "
           "at which a message was due (default: flat out)"},
          {"duration", "SECONDS", "how long it measures (default 10, and without limit with --count)"},
          {"count", "N", "end after N messages, of all publishers together, warm-up aside"},
          {"warmup", "SECONDS", "publish before measuring (default 1, and 3 without verdicts)"},
          {"type", "N", "the data type, 0 to 65535 (default 65000)"},
          {"verdict", "VERDICT", "accept every delivery, or none (default none)"},
          {"pid", "PID[,PID...]", "processes of the daemons, whose CPU time and memory are reported"},
          {"json", "", "report one JSON object"},
          {"progress", "", "tell how far it is even where standard error is no terminal"}};
}

std::vector<pid_t> processes_of(const ParsedOptions& given) {
  std::vector<pid_t> processes;
  const auto text = given.find("pid");
  if (!text) return processes;
  for_each_part(*text, [&](std::string_view part) {
    const auto process = parse_number(part, 1, INT32_MAX);
    if (!process) refuse("pid", *text, "process ids, separated by commas, are needed");
    processes.push_back(static_cast<pid_t>(*process));
  });
  return processes;
}

void set_times(load::LoadOptions& load, const ParsedOptions& given) {
  if (given.has("rate")) load.rate = number_or(given, "rate", 0, 1, UINT32_MAX);
  if (given.has("count")) load.count = number_or(given, "count", 0, 1, UINT64_MAX);
  const std::uint64_t unlimited = load.count ? seconds_max : 10;
  load.duration = std::chrono::seconds(number_or(given, "duration", unlimited, 1, seconds_max));
  const std::uint64_t fallback = load.accept ? warm_up_seconds : warm_up_seconds_of_listeners;
  load.warm_up = std::chrono::seconds(number_or(given, "warmup", fallback, 0, seconds_max));
}

Command build_bench(const ParsedOptions& given) {
  BenchOptions options;
  load::LoadOptions& load = options.load;
  load.subscribe_at = parsed_or(given, "api", default_api, parse_addresses);
  if (load.subscribe_at.empty()) refuse("api", "", "HOST:PORT is needed");
  load.publish_at = load.subscribe_at.front();
  if (given.has("publish-api")) load.publish_at = parsed_or(given, "publish-api", "", address_parser());
  load.publishers = number_or(given, "publishers", 1, 1, connections_max);
  load.subscribers = number_or(given, "subscribers", 1, 0, connections_max);
  load.stalled = number_or(given, "stalled", 0, 0, connections_max);
  load.body_bytes = number_or(given, "size", load.body_bytes, load::body_bytes_min, gossip::data_bytes_max);
  options.data_type = gossip::DataType(static_cast<std::uint16_t>(number_or(given, "type", 65000, 0, 65535)));
  constexpr std::array<std::pair<std::string_view, bool>, 2> verdicts{{{"accept", true}, {"none", false}}};
  load.accept = word_or(given, "verdict", false, verdicts);
  set_times(load, given);
  load.servers = processes_of(given);
  options.json = given.has("json");
  options.progress = given.has("progress");
  return options;
}

// -- simulate
// -------------------------------------------------------------------------------------------------------

Command build_simulate(const ParsedOptions& given) {
  return simulation::read_options(given);
}

// -- all of them
// ----------------------------------------------------------------------------------------------------

struct Subcommand {
  std::string_view name;
  std::string_view synopsis;
  std::string_view purpose;
  std::string_view example;
  std::size_t arguments_max;
  Specs (*specs)();
  Command (*build)(const ParsedOptions& given);
};

constexpr std::string_view run_purpose =
    R"(Runs a node until SIGINT, SIGTERM or SIGHUP. Then it writes what is queued, for 10 s at most;
a second SIGINT or SIGTERM ends it at once. Logs go to standard error. Once both listeners
accept, standard output gets one line:
  ready p2p=HOST:PORT api=HOST:PORT)";

constexpr std::string_view check_purpose =
    R"(Checks a configuration file. Each problem is told on standard error, with its line and what
would be right; the exit code is 1 if there are any, and 0 otherwise.)";

constexpr std::string_view publish_purpose =
    R"(Hands a message to the daemon, which spreads it: DATA, or all of standard input; 65527 bytes
at most. The exit code is 0 once the daemon has taken it, and 1 with a reason otherwise.)";
static_assert(gossip::data_bytes_max == 65527, "the help of publish tells this number");

constexpr std::string_view subscribe_purpose =
    R"(Prints messages as they come, a line for each, until SIGINT, SIGTERM or SIGHUP. In text, \n, \t,
\\ and \xNN stand for what would break the line or is not UTF-8; json has type, id, data_base64,
and text where the data is UTF-8. Once the daemon has been asked for messages, standard error
gets one line: subscribed to N at HOST:PORT. A message from another node is passed on to further
nodes only after a subscriber of its type has accepted it.)";

constexpr std::string_view bench_purpose =
    R"(Loads daemons and measures them: publishes numbered messages, and checks that each subscriber
gets each of them once and unchanged. It reports rates, latencies, losses, and what the daemons
take of the machine. With --rate, latency counts from when a message was due, so that one that
had to wait for its turn counts with its wait (corrected for coordinated omission); flat out, it
is that of a saturated daemon. The exit code is 0 where nothing was lost, came twice or was
changed, and otherwise 1.)";

constexpr std::string_view simulate_purpose =
    R"(Says what a network of gossip nodes does before there is one: real nodes, in this process, on
links and a clock of its own. They join, publish, and fail as told, and it reports what came
where and when, how often each message was sent, and what the overlay is like. Times have a
unit: ns, us, ms, s, min or h; those of what fails count from the first message. --crash, --fault
and --hostile may be given several times. The same seed gives the same run, which its trace hash
shows. The exit code is 0 where nothing was violated that must always hold, and otherwise 1.)";

constexpr std::array subcommands{
    Subcommand{"run", "gossipd [run] [OPTIONS]", run_purpose,
               "gossipd run --config gossip.conf --bootstrapper node1.example.org:6001 --log-level debug", 0,
               run_specs, build_run},
    Subcommand{"check", "gossipd check --config FILE", check_purpose, "gossipd check --config gossip.conf", 0,
               check_specs, build_check},
    Subcommand{"publish", "gossipd publish --type N [OPTIONS] [DATA]", publish_purpose,
               "gossipd publish --api 127.0.0.1:7001 --type 540 'hello, world'", 1, publish_specs,
               build_publish},
    Subcommand{"subscribe", "gossipd subscribe --type N[,N...] [OPTIONS]", subscribe_purpose,
               "gossipd subscribe --type 540,541 --verdict-command 'grep -q hello' --format json", 0,
               subscribe_specs, build_subscribe},
    Subcommand{"bench", "gossipd bench [OPTIONS]", bench_purpose,
               "gossipd bench --api 127.0.0.1:7001,127.0.0.1:7002 --verdict accept --rate 5000 --duration 30",
               0, bench_specs, build_bench},
    Subcommand{"simulate", "gossipd simulate [OPTIONS]", simulate_purpose,
               "gossipd simulate --nodes 1000 --crash 0.3@10s --partition 5s@15s --report report.html", 0,
               simulation::option_specs, build_simulate},
};

std::string program(const Subcommand& subcommand) {
  return "gossipd " + std::string(subcommand.name);
}

Information general_help() {
  std::string text = "gossipd " GOSSIPD_VERSION ": validated epidemic publish/subscribe\n\nUsage:\n";
  for (const Subcommand& subcommand : subcommands) text.append("  ").append(subcommand.synopsis).append("\n");
  text += "  gossipd COMMAND --help\n  gossipd --version\n\nExamples:\n";
  for (const Subcommand& subcommand : subcommands) text.append("  ").append(subcommand.example).append("\n");
  text += "\nExit codes: 0 done, 1 failed, 2 wrong usage.\n";
  return {text};
}

Information help(const Subcommand& subcommand) {
  std::string text = "Usage: ";
  text.append(subcommand.synopsis).append("\n\n").append(subcommand.purpose).append("\n\nOptions:\n");
  Specs specs = subcommand.specs();
  specs.push_back({"help", "", "print this and exit"});
  text.append(describe_options(specs)).append("\nExample:\n  ").append(subcommand.example).append("\n");
  return {text};
}

Command parse_subcommand(const Subcommand& subcommand, const Arguments& arguments) {
  const auto end_of_options = std::find(arguments.begin(), arguments.end(), "--");
  if (std::find(arguments.begin(), end_of_options, "-h") != end_of_options) return help(subcommand);
  Specs specs = subcommand.specs();
  specs.push_back({"help", "", {}});
  const auto given = parse_options(specs, arguments);
  if (!given) return WrongUsage{program(subcommand), given.error().message};
  if (given->has("help")) return help(subcommand);
  if (given->arguments.size() > subcommand.arguments_max) {
    const std::string& first = given->arguments[subcommand.arguments_max];
    return WrongUsage{program(subcommand), quoted(first) + " belongs to no option"};
  }
  try {
    return subcommand.build(*given);
  } catch (const UsageError& error) {
    return WrongUsage{program(subcommand), error.what()};
  }
}

}  // namespace

Command parse_command_line(const Arguments& arguments) {
  if (arguments.empty()) return parse_subcommand(subcommands.front(), arguments);
  const std::string& first = arguments.front();
  if (first == "--help" || first == "-h") return general_help();
  if (first == "--version") return Information{"gossipd " GOSSIPD_VERSION "\n"};
  if (first.starts_with('-')) return parse_subcommand(subcommands.front(), arguments);
  const auto found = std::find_if(subcommands.begin(), subcommands.end(),
                                  [&](const Subcommand& subcommand) { return subcommand.name == first; });
  if (found != subcommands.end())
    return parse_subcommand(*found, Arguments(arguments.begin() + 1, arguments.end()));
  return WrongUsage{"gossipd", "unknown command " + quoted(first) +
                                   ": run, check, publish, subscribe, bench or simulate is needed"};
}

}  // namespace gossipd
