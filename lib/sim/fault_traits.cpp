#include "fault_traits.hpp"

#include <array>
#include <cstddef>

namespace gossip::sim {
namespace {

/// In the order of FaultKind.
constexpr std::array<FaultTraits, 10> traits{{{"crash", false, true, FaultTarget::nodes},
                                              {"power-loss", false, true, FaultTarget::nodes},
                                              {"restart", true, true, FaultTarget::nodes},
                                              {"suspend", true, true, FaultTarget::nodes},
                                              {"partition", true, false, FaultTarget::sides},
                                              {"one-way-partition", true, false, FaultTarget::sides},
                                              {"stall", true, false, FaultTarget::nodes},
                                              {"break-links", false, false, FaultTarget::links},
                                              {"half-open-links", false, false, FaultTarget::links},
                                              {"churn", true, true, FaultTarget::turnover}}};

constexpr std::array kinds{FaultKind::crash,   FaultKind::power_loss,  FaultKind::restart,
                           FaultKind::suspend, FaultKind::partition,   FaultKind::one_way,
                           FaultKind::stall,   FaultKind::break_links, FaultKind::half_open,
                           FaultKind::churn};

static_assert(kinds.size() == traits.size());

}  // namespace

const FaultTraits& traits_of(FaultKind kind) {
  return traits.at(static_cast<std::size_t>(kind));
}

std::string_view to_string(FaultKind kind) {
  return traits_of(kind).name;
}

bool lasts(FaultKind kind) {
  return traits_of(kind).lasts;
}

std::span<const FaultKind> fault_kinds() {
  return kinds;
}

}  // namespace gossip::sim
