#pragma once
/// \file
/// What can go wrong in a scenario.

#include <gossip/export.hpp>
#include <gossip/types.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gossip::sim {

/// A kind of fault.
enum class FaultKind : std::uint8_t {
  crash,        ///< a share of the nodes crashes at once
  power_loss,   ///< the same, but without a word: peers find out after link_timeout
  restart,      ///< a share of the nodes crashes, and starts anew after `lasting`, knowing nothing
  suspend,      ///< a share of the nodes freezes and comes back after `lasting`, its connections lost
  partition,    ///< a share of the nodes is cut off from the others for `lasting`
  one_way,      ///< the same, but only what they send to the others is held up
  stall,        ///< a share of the nodes does nothing for `lasting`
  break_links,  ///< a share of the links ends
  half_open,    ///< a share of the links ends for one side only
  churn,        ///< nodes are replaced, this share of all of them per minute, for `lasting`
};

/// One fault. Times count from the scenario's zero.
struct Fault {
  FaultKind kind{};              ///< which
  double share = 0;              ///< of all nodes or links; millionths count, and it is rounded to whole ones
  std::optional<Duration> at{};  ///< when; nothing: in the middle of the duration
  std::optional<Duration> lasting{};  ///< how long, where lasts(); nothing: a quarter of the duration
};

/// What options and reports call it: "crash", "power-loss" and so on.
[[nodiscard]] GOSSIP_EXPORT std::string_view to_string(FaultKind kind);

/// False where it is over at once.
[[nodiscard]] GOSSIP_EXPORT bool lasts(FaultKind kind);

/// All there are, in the order of their declaration.
[[nodiscard]] GOSSIP_EXPORT std::span<const FaultKind> fault_kinds();

}  // namespace gossip::sim
