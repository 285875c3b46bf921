#pragma once
/// \file
/// What a run has shown, ready for the reports: a plain struct, which is made of what gossip::sim measured,
/// and of what this process took for it.

#include "graph.hpp"
#include "graph_measures.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace gossipd::simulation {

/// Something that was done to the network. Seconds of virtual time.
struct FailureMark {
  double from = 0;
  double to = 0;  ///< equal to `from` where it happened at once
  std::string label{};
};

/// The measures of those messages that were published in a stretch of virtual time.
struct Stretch {
  double from = 0;  ///< seconds
  double to = 0;
  std::string label{};  ///< of a phase: "before", "after the crash at 20s"; empty for a step of the timeline
  std::size_t messages = 0;
  double reliability = 0;  ///< NaN where there is nobody or no message to count; the others are 0 then
  double rmr = 0;
  double last_hop = 0;          ///< mean over messages that reached another node
  double delivery_ms_mean = 0;  ///< to the last node, mean over the same
  double delivery_ms_max = 0;
};

/// When messages had come to a share of the nodes, in milliseconds since each was published; infinite where
/// so many of them never did.
struct ReachedShare {
  double share = 0;
  double ms_10 = 0;  ///< a tenth of the messages had by then
  double ms_50 = 0;
  double ms_90 = 0;
};

struct DeliveryTimes {
  double p50 = 0;
  double p99 = 0;
  double max = 0;
};

/// What an exercise asks for: to stay below each.
struct YardstickTargets {
  std::string name{};  ///< for people
  double frames_per_operation = 0;
  double median_ms = 0;  ///< to the last node
  double max_ms = 0;
};

/// What an exercise measures.
struct YardstickFigures {
  std::uint64_t operations = 0;
  std::uint64_t frames = 0;  ///< of any kind, between nodes
  double median_ms = 0;      ///< from publication to the last node, infinite where so many never got there,
                             ///< NaN where there are none
  double max_ms = 0;
  std::size_t not_everywhere = 0;  ///< messages that somebody who ran all the time missed

  /// NaN without operations.
  [[nodiscard]] double frames_per_operation() const;
};

/// A run measured by an exercise.
struct Yardstick {
  YardstickTargets targets;
  double settle_seconds = 0;
  YardstickFigures all;
  YardstickFigures settled;  ///< of what was published after that time, and of the frames since
};

struct RunReport {
  // what was run
  std::size_t nodes = 0;
  std::string protocol{"base"};  ///< that they speak, as the option has it
  std::uint64_t seed = 0;
  std::string command{};  ///< that runs just this again

  // what became of the messages
  std::size_t messages = 0;
  std::uint64_t deliveries = 0;     ///< of them, the publishers' own apart
  std::uint64_t transmissions = 0;  ///< payloads that went over a link
  std::uint64_t promised = 0;       ///< deliveries that nothing excuses: gossip::sim::Result has them
  double reliability = 0;           ///< NaN where there is nobody or no message to count
  double rmr = 0;
  double ldh_mean = 0;
  std::size_t ldh_max = 0;
  DeliveryTimes delivery_ms;
  std::vector<ReachedShare> reached;  ///< shares ascending, to 1
  std::vector<Stretch> timeline;      ///< steps of equal length, those without messages left out
  std::vector<Stretch> phases;        ///< between failures; one where nothing failed
  std::vector<FailureMark> failures;
  std::optional<Yardstick> yardstick;  ///< where it was asked for

  // what the nodes did
  std::size_t live_nodes = 0;         ///< at the end
  std::uint64_t frames = 0;           ///< of any kind, since the first message
  std::uint64_t bytes = 0;            ///< of them
  std::vector<double> traffic_bytes;  ///< of each live node: sent and received, since it was started
  double joining_seconds = 0;         ///< virtual, before the first message
  double seconds = 0;                 ///< virtual, since then

  // the overlay at the end, live nodes only
  Graph graph;  ///< only of runs that are drawn
  GraphMeasures overlay;

  // the simulation itself
  std::string trace_hash{};  ///< 16 hexadecimal digits
  std::uint64_t events = 0;
  double wall_seconds = 0;
  double cpu_seconds = 0;     ///< that this process took for it
  double bytes_per_node = 0;  ///< memory that the process took for it at most, per node

  // what must not happen
  std::vector<std::string> violations;  ///< sentences, the first of them
  std::uint64_t violations_in_all = 0;

  [[nodiscard]] double events_per_second() const {
    return wall_seconds > 0 ? static_cast<double>(events) / wall_seconds : 0;
  }
};

/// All runs of a command: by size, those of a size by protocol as these were named, and those by seed.
struct SimulationReport {
  std::string command{};  ///< as it was given
  std::vector<RunReport> runs;
};

/// A measure over several runs.
struct Spread {
  double mean = 0;
  double least = 0;
  double most = 0;
};

/// Runs of the same size and protocol: they stand side by side in `SimulationReport::runs`. `first` is the
/// first of them.
struct RunGroup {
  std::size_t first = 0;
  std::size_t count = 0;
};

[[nodiscard]] std::vector<RunGroup> groups_of(const SimulationReport& report);

/// The protocols, where several are compared; nothing otherwise.
[[nodiscard]] std::vector<std::string> compared_protocols(const SimulationReport& report);

/// The groups of the same size as the first, the second and so on: a list for each size.
[[nodiscard]] std::vector<std::vector<RunGroup>> groups_by_size(const SimulationReport& report);

/// The runs with one protocol only.
[[nodiscard]] SimulationReport with_protocol(const SimulationReport& report, const std::string& protocol);

/// Of `value` of each run of a group; all three are NaN where one of them is. Precondition: the group is not
/// empty.
template <typename Value>
Spread spread(const SimulationReport& report, const RunGroup& group, Value value) {
  Spread spread{0, std::numeric_limits<double>::max(), std::numeric_limits<double>::lowest()};
  for (std::size_t index = group.first; index < group.first + group.count; ++index) {
    const auto of_run = static_cast<double>(value(report.runs[index]));
    spread.mean += of_run / static_cast<double>(group.count);
    spread.least = of_run < spread.least ? of_run : spread.least;
    spread.most = of_run > spread.most ? of_run : spread.most;
  }
  if (std::isnan(spread.mean)) {
    spread.least = spread.most = spread.mean;
  } else {
    // Rounding takes it out of where it belongs: the mean of nothing but ones is 1.
    spread.mean = std::clamp(spread.mean, spread.least, spread.most);
  }
  return spread;
}

}  // namespace gossipd::simulation
