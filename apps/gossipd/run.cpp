#include "run.hpp"

#include <gossip/asio/tcp_node.hpp>

#include "config_file.hpp"
#include "logging.hpp"
#include "output.hpp"
#include "process.hpp"

#include <csignal>
#include <iostream>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace gossipd {
namespace {

using gossip::HostPort;

/// True where a node can start with it. Problems go to the log, one record each.
bool report(Log& log, const ConfigReading& reading) {
  for (const Problem& problem : reading.warnings) {
    log.write({Level::warning, "config_doubtful", to_string(problem), {}});
  }
  for (const auto* problems : {&reading.file_problems, &reading.option_problems}) {
    for (const Problem& problem : *problems)
      log.write({Level::fatal, "config_wrong", to_string(problem), {}});
  }
  return reading.usable();
}

/// The one line that scripts wait for. False where it cannot be written, for whatever reason: who started the
/// node would wait for ever.
bool tell_ready(Log& log, const gossip::TcpNode& node) {
  const std::string line =
      "ready p2p=" + to_string(node.p2p_address()) + " api=" + to_string(*node.api_address()) + '\n';
  const std::error_code error = write_all(STDOUT_FILENO, line, [] { return false; });
  if (error) log.write({Level::fatal, "output_failed", output_failure(error), {}});
  return !error;
}

void log_listening(Log& log, const gossip::TcpNode& node) {
  const std::string p2p = to_string(node.p2p_address());
  const std::string api = to_string(*node.api_address());
  LogRecord record{
      Level::info,
      "listening",
      "gossipd " GOSSIPD_VERSION " listens on " + p2p + " for peers and on " + api + " for clients",
      {{"p2p_address", p2p}, {"api_address", api}}};
  if (node.advertised_address()) {
    const std::string advertised = to_string(*node.advertised_address());
    record.message += ", and tells peers " + advertised;
    record.fields.push_back({"advertise_address", advertised});
  }
  log.write(record);
}

std::string name_of_stop(int signal) {
  if (signal == SIGHUP) return "SIGHUP";
  return signal == SIGINT ? "SIGINT" : "SIGTERM";
}

int serve(const gossip::Config& config, Log& log) {
  LogObserver observer(log);
  auto started = gossip::TcpNode::start(config, {.serve_clients = true, .observer = &observer});
  if (!started) {
    log.write({Level::fatal, "start_failed", started.error().message, {}});
    return 1;
  }
  gossip::TcpNode node = *std::move(started);
  const StopSignals signals([&](int signal) {
    const std::string name = name_of_stop(signal);
    log.write({Level::info, "stopping", "stopping on " + name, {{"signal", name}}});
    node.stop();
  });
  log_listening(log, node);
  const bool told = tell_ready(log, node);
  if (!told) node.stop();
  node.wait();
  const std::string counters = to_string(node.statistics());
  log.write({Level::info, "stopped", counters.empty() ? "stopped" : "stopped; " + counters, {}});
  return told ? 0 : 1;
}

}  // namespace

int run(const RunOptions& options) {
  block_stop_signals();
  raise_descriptor_limit();
  ConfigReading reading = read_config(options.config_file, options.settings);
  Log log(options.log_level, options.log_format);
  if (!report(log, reading)) return reading.file_problems.empty() ? 2 : 1;
  for (const HostPort& own : drop_own_addresses(reading.config)) {
    log.write({Level::info,
               "bootstrapper_is_self",
               "bootstrapper " + to_string(own) + " is this node and is ignored",
               {{"address", to_string(own)}}});
  }
  return serve(reading.config, log);
}

int check(const CheckOptions& options) {
  const ConfigReading reading = read_config(options.config_file, {});
  const auto problems = reading.all_problems();
  for (const Problem& problem : problems) std::cerr << to_string(problem) << '\n';
  if (!problems.empty()) return 1;
  return print(options.config_file + ": ok\n") ? 0 : 1;
}

}  // namespace gossipd
