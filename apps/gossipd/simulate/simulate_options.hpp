#pragma once
/// \file
/// What `gossipd simulate` is asked to do. Plain values; times count from when the first message is
/// published.

#include <gossip/sim/latency.hpp>
#include <gossip/types.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gossipd::simulation {

/// So many of the nodes are gone at once, for good.
struct Crash {
  double share = 0;  ///< above 0 and below 1
  gossip::Duration at{};
};

/// The network falls into two halves, and heals.
struct Partition {
  gossip::Duration at{};
  gossip::Duration lasting{};  ///< above 0
};

struct SimulateOptions {
  std::vector<std::size_t> nodes{100};  ///< at least one size, ascending; a run for each, and for each seed
  std::size_t degree = 5;               ///< what each node seeks; at least 1, below the smallest of `nodes`
  bool wired = false;                   ///< the overlay is there from the start: nobody has to join
  std::size_t publishers = 1;           ///< 1 to the smallest of `nodes`; they take turns
  double rate = 10;                     ///< messages per second, of all publishers together
  std::size_t messages = 0;             ///< after which no more are published; 0 is without limit
  std::size_t data_bytes = 100;         ///< of each message
  gossip::sim::Latency latency =
      gossip::sim::uniform(std::chrono::milliseconds(10), std::chrono::milliseconds(100));
  std::optional<std::string> regions_file;  ///< holds the latencies instead; read_regions() reads it
  std::vector<Crash> crashes;               ///< in the order of time, each within `duration`
  std::vector<Partition> partitions;        ///< likewise, healed within `duration`, none during another
  double churn_per_minute = 0;  ///< the share of the nodes that is replaced by new ones each minute
  gossip::Duration duration = std::chrono::seconds(30);        ///< for how long messages are published
  gossip::Duration validation = std::chrono::milliseconds(1);  ///< that a program takes to accept a message
  bool random = false;                                         ///< the seed decides on everything else
  std::uint64_t seed = 1;             ///< of the first run; the next one's is one more
  std::size_t seeds = 1;              ///< runs for each size
  std::optional<std::string> report;  ///< the page that is written
  std::string command;                ///< as it was given, for a shell
  bool json = false;                  ///< what goes to standard output is one JSON object
  bool progress = false;              ///< tell how far it is even where standard error is no terminal
};

}  // namespace gossipd::simulation
