#pragma once
/// \file
/// What a preset is measured by: the figures of an exercise that others have solved, beside what it asks for.

#include <gossip/sim/result.hpp>
#include <gossip/types.hpp>

#include "run_report.hpp"

#include <string>
#include <vector>

namespace gossipd::simulation {

/// Every operation of the exercise is a broadcast, or a read of what one node has, which sends nothing; there
/// are as many of one as of the other.
inline constexpr std::uint64_t operations_per_message = 2;

/// What a run is measured as, over all messages, and over those that were published `settle` or later.
/// Frames are counted up to the end of the run, from the second on in which `settle` lies.
[[nodiscard]] Yardstick measure_by(const YardstickTargets& targets, const gossip::sim::Result& result,
                                   gossip::Duration settle);

/// A line of the table that all reports show.
struct YardstickRow {
  std::string name;
  std::string target;   ///< "< 30"
  std::string all;      ///< "24.1, met"
  std::string settled;  ///< empty where nothing was left out
};

/// What heads the table, and its lines.
[[nodiscard]] YardstickRow yardstick_head(const Yardstick& yardstick);
[[nodiscard]] std::vector<YardstickRow> yardstick_rows(const Yardstick& yardstick);

/// One JSON object.
[[nodiscard]] std::string to_json(const Yardstick& yardstick);

}  // namespace gossipd::simulation
