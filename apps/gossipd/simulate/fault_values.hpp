#pragma once
/// \file
/// What goes wrong in a simulated network, as it stands on a command line. As in values.hpp, the Error says
/// what would be right. gossip::sim::Scenario::command() makes what parse_faults() and parse_hostile() take.

#include <gossip/error.hpp>
#include <gossip/sim/scenario.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gossipd::simulation {

using Faults = std::vector<gossip::sim::Fault>;

/// "0.3@20s": a share of the nodes, above 0 and at most 1, at a time. More of them after commas.
[[nodiscard]] gossip::Result<Faults> parse_crashes(std::string_view text);

/// "60s@30s": so long, from then on; ":0.3" after it is the share of the nodes in one part, without which it
/// is a half.
[[nodiscard]] gossip::Result<Faults> parse_partition(std::string_view text);

/// "0.1/min": a share of the nodes, per s, min or h; all the time, or "@10s+5s": from then on, so long.
[[nodiscard]] gossip::Result<Faults> parse_churn(std::string_view text, gossip::Duration duration);

/// "stall:0.2@10s+5s": a kind, a share above 0 and at most 1, a time and for some kinds how long. More of
/// them after commas. Kinds are called as gossip::sim::to_string(FaultKind) has them.
[[nodiscard]] gossip::Result<Faults> parse_faults(std::string_view text);

/// So many hostile nodes of a kind.
struct HostileNodes {
  gossip::sim::HostileKind kind{};
  std::size_t count = 0;
};

/// "flood:2": a kind, as gossip::sim::to_string(HostileKind) has it, and a number of nodes. More of them
/// after commas.
[[nodiscard]] gossip::Result<std::vector<HostileNodes>> parse_hostile(std::string_view text);

/// \{
/// As the option of its kind has it, and as --fault does: "0.3@20s", "60s@30s:0.2", "0.1/min@0s+30s"; and
/// "crash:0.3@20s". Precondition: it has a time and a length.
[[nodiscard]] std::string to_text(const gossip::sim::Fault& fault);
[[nodiscard]] std::string to_fault_text(const gossip::sim::Fault& fault);
/// \}

}  // namespace gossipd::simulation
