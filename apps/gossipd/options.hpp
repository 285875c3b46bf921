#pragma once
/// \file
/// From the command line to what is to be done. Boost.Program_options stays behind this header.

#include <gossip/types.hpp>

#include "bench/load_options.hpp"
#include "config_file.hpp"
#include "log_record.hpp"
#include "simulate/simulate_options.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace gossipd {

/// `gossipd run`: be a node.
struct RunOptions {
  std::optional<std::string> config_file;
  std::vector<OptionValue> settings;
  Level log_level = Level::info;
  LogFormat log_format = LogFormat::text;
};

/// `gossipd check`: tell what is wrong with a configuration file.
struct CheckOptions {
  std::string config_file;
};

/// `gossipd publish`: hand messages to a daemon.
struct PublishOptions {
  gossip::HostPort api;
  gossip::DataType data_type{};
  gossip::Ttl ttl = gossip::unlimited_ttl;
  std::optional<std::string> data;  ///< otherwise it comes from standard input
  bool lines = false;               ///< each line of standard input is a message
};

/// How `gossipd subscribe` prints data.
enum class DataFormat : std::uint8_t { text, hex, json };

/// `gossipd subscribe`: print the messages of a daemon, and judge them.
struct SubscribeOptions {
  gossip::HostPort api;
  std::vector<gossip::DataType> data_types;
  std::optional<bool> verdict;                 ///< cast on every message
  std::optional<std::string> verdict_command;  ///< decides on each message; not together with `verdict`
  std::optional<std::uint64_t> count;          ///< messages after which it ends
  DataFormat format = DataFormat::text;
};

/// `gossipd bench`: load daemons, and measure and check what comes out.
struct BenchOptions {
  load::LoadOptions load;
  gossip::DataType data_type{};  ///< of all messages
  bool json = false;             ///< the report is one JSON object
  bool progress = false;         ///< tell how far it is even where standard error is no terminal
};

/// What was asked for with --help or --version.
struct Information {
  std::string text;
};

/// Nothing that can be done.
struct WrongUsage {
  std::string command;  ///< "gossipd" or "gossipd publish": its --help helps
  std::string reason;   ///< one line
};

using Command = std::variant<RunOptions, CheckOptions, PublishOptions, SubscribeOptions, BenchOptions,
                             simulation::SimulateOptions, Information, WrongUsage>;

/// `arguments` are those after the program's name. Values of settings are not looked at; they are for
/// read_config.
[[nodiscard]] Command parse_command_line(const std::vector<std::string>& arguments);

}  // namespace gossipd
