#pragma once
/// \file
/// From what gossip::sim measured to what the reports show.

#include <gossip/sim/result.hpp>
#include <gossip/sim/scenario.hpp>

#include "run_report.hpp"

#include <cstddef>
#include <vector>

namespace gossipd::simulation {

/// The steps of a timeline at most, which are a second long or longer.
inline constexpr std::size_t timeline_steps_max = 120;

/// All that can be said of a run but for what the process took: `wall_seconds` and `bytes_per_node` are 0.
/// Measures are those of valid messages that no hostile node made up; the overlay is that of live nodes that
/// are not hostile. `faults` are the scenario's, with their times. What is published before `settle` is a
/// phase of its own. Precondition: no fault comes before it.
[[nodiscard]] RunReport summarise(const gossip::sim::Result& result,
                                  const std::vector<gossip::sim::Fault>& faults,
                                  gossip::Duration settle = {});

}  // namespace gossipd::simulation
