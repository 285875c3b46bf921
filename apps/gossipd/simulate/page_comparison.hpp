#pragma once
/// \file
/// The part of the page that compares protocols.

#include "run_report.hpp"

#include <string>
#include <vector>

namespace gossipd::simulation {

/// One size: delivery and redundancy of the first run of each group in one chart each, bars for what messages
/// cost and how long they took, over all seeds, and the overlay of each. Precondition: the groups are of this
/// size, a protocol each, at most three.
[[nodiscard]] std::string comparison_section(const SimulationReport& report,
                                             const std::vector<RunGroup>& groups);

}  // namespace gossipd::simulation
