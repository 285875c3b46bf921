#pragma once
/// \file
/// Scenarios, faults and times as options take them.

#include <gossip/sim/scenario.hpp>
#include <gossip/types.hpp>

#include <cstdint>
#include <string>

namespace gossip::sim {

/// "60s", "1500ms".
[[nodiscard]] std::string time_text(Duration time);

/// "0.3@20s+5s". Precondition: its times are filled in.
[[nodiscard]] std::string fault_text(const Fault& fault);

/// The command line for a scenario.
[[nodiscard]] std::string command_text(const Scenario& scenario, std::uint64_t seed);

}  // namespace gossip::sim
