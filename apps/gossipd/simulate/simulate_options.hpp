#pragma once
/// \file
/// What `gossipd simulate` is asked to do. Plain values; times count from when the first message is
/// published. What is possible, gossip::sim::Scenario knows: read_options() gives nothing else.

#include <gossip/sim/latency.hpp>
#include <gossip/sim/scenario.hpp>
#include <gossip/types.hpp>

#include "fault_values.hpp"
#include "run_report.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gossipd::simulation {

struct SimulateOptions {
  // who is there
  std::vector<std::size_t> nodes{100};  ///< at least one size, ascending; a run for each, and for each seed
  std::optional<std::size_t> degree;    ///< what each node seeks, where it is not as a Scenario has it
  std::size_t cache_size = 30;          ///< of each node, 1 to 65535
  /// At least one, each once; a run with each, one protocol after the other.
  std::vector<gossip::sim::Protocol> protocols{gossip::sim::Protocol::base};
  bool wired = false;  ///< the overlay is there from the start: nobody has to join
  std::size_t bootstrappers = 1;
  gossip::Duration join_pause = std::chrono::milliseconds(20);
  std::vector<HostileNodes> hostile;  ///< besides the others

  // what is published
  std::size_t publishers = 1;                                       ///< they take turns
  gossip::Duration publish_every = std::chrono::milliseconds(100);  ///< of all publishers together
  std::size_t messages = 0;      ///< after which no more are published; 0 is without limit
  std::size_t data_bytes = 100;  ///< of each message
  double invalid = 0;            ///< the share of messages that programs reject
  gossip::Duration validation = std::chrono::milliseconds(1);  ///< that a program takes to accept a message

  // the links
  gossip::sim::Latency latency =
      gossip::sim::uniform(std::chrono::milliseconds(10), std::chrono::milliseconds(100));
  std::optional<std::string> regions_file;  ///< holds the latencies instead; read_regions() reads it
  std::uint64_t bandwidth = 0;              ///< bytes per second; 0 is without limit
  gossip::Duration link_timeout = std::chrono::seconds(90);

  // what goes wrong: all with times
  Faults faults;
  bool spare_nobody = false;  ///< publishers and bootstrappers fail as others do

  // for how long
  gossip::Duration duration = std::chrono::seconds(30);  ///< messages are published
  gossip::Duration grace = std::chrono::seconds(10);     ///< what is under way arrives
  gossip::Duration heals_within = std::chrono::seconds(30);
  gossip::Duration settle{};  ///< messages of so long are a phase of their own; 0 where there is none

  // how it is run and shown
  std::uint64_t seed = 1;                   ///< of the first run; the next one's is one more
  std::size_t seeds = 1;                    ///< runs for each size
  std::optional<YardstickTargets> targets;  ///< of the exercise that it is measured by
  std::optional<std::string> report;        ///< the page that is written
  std::string command;                      ///< as it was given, for a shell
  std::string preset_command;               ///< the same but for what is of one run; empty without a preset
  bool random = false;                      ///< the seed decides on everything else
  bool json = false;                        ///< what goes to standard output is one JSON object
  bool progress = false;                    ///< tell how far it is even where standard error is no terminal
};

}  // namespace gossipd::simulation
