#include "run.hpp"

#include <gossip/asio/resolve.hpp>
#include <gossip/asio/tcp_transport.hpp>
#include <gossip/node.hpp>

#include "config_file.hpp"
#include "logging.hpp"
#include "process.hpp"

#include <csignal>
#include <cstdint>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <utility>

namespace gossipd {
namespace {

using gossip::Endpoint;
using gossip::HostPort;
using gossip::Layer;
using gossip::Result;

std::uint64_t seed_from_system() {
  std::random_device device;
  const std::uint64_t high = device();
  return high << 32U | device();
}

/// The reason without the address that it may begin with, which the caller names.
std::string reason_of(const gossip::Error& error, const std::string& address) {
  const std::string prefix = address + ": ";
  return error.message.starts_with(prefix) ? error.message.substr(prefix.size()) : error.message;
}

void report_start_failure(Log& log, std::string sentence) {
  log.write({Level::fatal, "start_failed", std::move(sentence), {}});
}

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

std::optional<Endpoint> listen(gossip::TcpTransport& transport, Layer layer, const HostPort& address,
                               const std::string& key, Log& log) {
  const auto bound = transport.listen(layer, address);
  if (bound) return *bound;
  const std::string name = to_string(address);
  report_start_failure(log, "cannot listen on " + name + " (" + key + "): " + reason_of(bound.error(), name));
  return std::nullopt;
}

/// Where a node is reached: what it listens on, and what it tells others.
struct Addresses {
  Endpoint p2p;
  Endpoint api;
  std::optional<Endpoint> advertised;
};

std::optional<Addresses> open_listeners(gossip::TcpTransport& transport, const gossip::Config& config,
                                        Log& log) {
  const auto p2p = listen(transport, Layer::p2p, config.listen_address, "listen_address", log);
  if (!p2p) return std::nullopt;
  const auto api = listen(transport, Layer::api, config.api_address, "api_address", log);
  if (!api) return std::nullopt;
  Addresses addresses{*p2p, *api, std::nullopt};
  if (!config.advertise_address) return addresses;

  HostPort advertised = *config.advertise_address;
  if (advertised.port == 0) advertised.port = p2p->port;
  const auto resolved = gossip::resolve(advertised);
  if (!resolved) {
    report_start_failure(log, "cannot advertise " + to_string(advertised) +
                                  " (advertise_address): " + resolved.error().message);
    return std::nullopt;
  }
  addresses.advertised = *resolved;
  return addresses;
}

/// The one line that scripts wait for.
void tell_ready(const Addresses& addresses) {
  std::cout << "ready p2p=" << to_string(addresses.p2p) << " api=" << to_string(addresses.api) << std::endl;
}

void log_listening(Log& log, const Addresses& addresses) {
  LogRecord record{Level::info,
                   "listening",
                   "gossipd " GOSSIPD_VERSION " listens on " + to_string(addresses.p2p) +
                       " for peers and on " + to_string(addresses.api) + " for clients",
                   {{"p2p_address", to_string(addresses.p2p)}, {"api_address", to_string(addresses.api)}}};
  if (addresses.advertised) {
    const std::string advertised = to_string(*addresses.advertised);
    record.message += ", and tells peers " + advertised;
    record.fields.push_back({"advertise_address", advertised});
  }
  log.write(record);
}

int serve(const gossip::Config& config, Log& log) {
  LogObserver observer(log);
  gossip::TcpTransport transport(config, observer);
  const StopSignals signals([&](int signal) {
    const std::string name = signal == SIGINT ? "SIGINT" : "SIGTERM";
    log.write({Level::info, "stopping", "stopping on " + name, {{"signal", name}}});
    transport.stop();
  });
  const auto addresses = open_listeners(transport, config, log);
  if (!addresses) return 1;
  gossip::Node node(config, transport, observer, seed_from_system());
  node.start(addresses->p2p, addresses->advertised, gossip::TcpTransport::now());
  log_listening(log, *addresses);
  tell_ready(*addresses);
  transport.run(node);
  const std::string counters = to_string(node.statistics());
  log.write({Level::info, "stopped", counters.empty() ? "stopped" : "stopped; " + counters, {}});
  return 0;
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
  std::cout << options.config_file << ": ok" << std::endl;
  return 0;
}

}  // namespace gossipd
