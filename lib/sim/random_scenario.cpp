#include <gossip/sim/random_scenario.hpp>

#include "mix.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace gossip::sim {
namespace {

constexpr Duration millisecond = std::chrono::milliseconds(1);
constexpr Duration second = std::chrono::seconds(1);

constexpr std::uint64_t hostile_nodes_min = 20;

/// Faults come from 3 s to 12 s and are over by 25 s.
constexpr Duration heals_within = 60 * second;
constexpr Duration short_duration = 20 * second;
/// So long that messages are published when everything has healed, too: those are promised again.
constexpr Duration long_duration = 95 * second;

/// Draws in whole units, both ends among them.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}

  std::uint64_t between(std::uint64_t least, std::uint64_t most) {
    return least + random_.below(most - least + 1);
  }
  Duration time(Duration unit, std::uint64_t least, std::uint64_t most) {
    return unit * static_cast<std::int64_t>(between(least, most));
  }
  /// True once in so many.
  bool once_in(std::uint64_t times) { return random_.below(times) == 0; }
  /// In hundredths.
  double share(std::uint64_t least, std::uint64_t most) {
    return static_cast<double>(between(least, most)) / 100;
  }

 private:
  Random random_;
};

Latency draw_latency(Draw& draw) {
  switch (draw.between(0, 3)) {
    case 0:
      return fixed(draw.time(millisecond, 0, 50));
    case 1: {
      const Duration near = draw.time(millisecond, 1, 5);
      const Duration far = draw.time(millisecond, 20, 120);
      return regions({{near, far, 2 * far}, {far, near, far}, {2 * far, far, near}});
    }
    default: {
      const Duration shortest = draw.time(millisecond, 0, 30);
      return uniform(shortest, shortest + draw.time(millisecond, 1, 120));
    }
  }
}

HostileKind draw_hostile(Draw& draw, Protocol protocol) {
  // The base protocol's come first, and are all that there are where nodes speak it alone.
  constexpr std::array kinds{HostileKind::malformed, HostileKind::flood,         HostileKind::silent,
                             HostileKind::liar,      HostileKind::false_adverts, HostileKind::grafter,
                             HostileKind::bad_hello};
  constexpr std::size_t of_base = 4;
  return kinds[draw.between(0, (protocol == Protocol::base ? of_base : kinds.size()) - 1)];
}

/// Hundredths that are one of so many at least.
std::uint64_t least_hundredths(std::uint64_t all) {
  return (50 + all - 1) / all;
}

Fault draw_fault(Draw& draw, std::uint64_t nodes) {
  const FaultKind kind = fault_kinds()[draw.between(0, fault_kinds().size() - 1)];
  const Duration at = draw.time(second, 3, 12);
  // Over at the end of the shorter ones; so many nodes that some of a few are replaced.
  if (kind == FaultKind::churn) return {kind, draw.share(40, 100), at, draw.time(second, 4, 8)};
  const bool ends_nodes = kind == FaultKind::crash || kind == FaultKind::power_loss;
  const std::uint64_t least = least_hundredths(nodes);
  const std::uint64_t most = ends_nodes ? 40 : kind == FaultKind::stall ? 20 : 60;
  const double share = draw.share(least, std::max(least, most));
  return {kind, share, at, lasts(kind) ? draw.time(second, 1, 8) : Duration::zero()};
}

/// Leaves out a fault that is impossible beside those before it, or would hit nobody.
void add_fault(Scenario& scenario, const Fault& fault) {
  Scenario with = scenario;
  with.fault(fault);
  try {
    with.validate();
  } catch (const ImpossibleScenario&) {
    return;
  }
  scenario = std::move(with);
}

std::string command_of(std::uint64_t seed, Protocol protocol) {
  const std::string option =
      protocol == Protocol::base ? "" : " --protocol " + std::string(to_string(protocol));
  return "gossipd simulate --random" + option + " --seed " + std::to_string(seed);
}

}  // namespace

Scenario random_scenario(std::uint64_t seed, Protocol protocol) {
  Draw draw(mix(seed ^ 0x7261e3d0U));
  Scenario scenario;
  // Small networks have the corners, and large ones take the time.
  const std::uint64_t nodes = draw.once_in(8) ? draw.between(60, 200) : draw.between(2, 60);
  Config config;
  config.cache_size = draw.between(20, 100);
  config.max_connections = draw.between(8, 30);
  const bool wired = draw.once_in(4);
  scenario.protocol(protocol)
      .nodes(nodes)
      .degree(std::min(draw.between(3, 8), nodes - 1))
      .base_config(config);
  const std::uint64_t bootstrappers = draw.between(1, std::min<std::uint64_t>(nodes, 3));
  const Duration join_pause = draw.time(millisecond, 0, 200);
  wired ? scenario.wired(bootstrappers) : scenario.joined(bootstrappers, join_pause);
  scenario.latency(draw_latency(draw)).link_timeout(draw.time(second, 2, 10));
  if (draw.once_in(4)) scenario.bandwidth(draw.between(50'000, 1'000'000));
  // Somebody is left whom faults do not spare, where there are enough.
  const std::uint64_t publishers_most = std::clamp<std::uint64_t>(nodes - bootstrappers, 2, 17) - 1;
  scenario.publishers(draw.between(1, publishers_most))
      .publish_every(draw.time(millisecond, 100, 1000))
      .data_bytes(draw.once_in(10) ? draw.between(1000, 8000) : draw.between(8, 300))
      .validation(draw.time(millisecond, 0, 20))
      .duration(draw.once_in(2) ? long_duration : short_duration)
      .grace(10 * second)
      .heals_within(heals_within);
  if (draw.once_in(3)) scenario.invalid(draw.share(1, 30));
  // Nothing proves an address in the base protocol, and hostile nodes take room as any: they can cut off one
  // of a handful.
  const std::uint64_t most_hostile = nodes < hostile_nodes_min ? 0 : 3;
  for (std::uint64_t left = draw.once_in(2) ? draw.between(0, most_hostile) : 0; left > 0; --left)
    scenario.hostile(draw_hostile(draw, protocol));
  for (std::uint64_t left = draw.between(0, 3); left > 0; --left)
    add_fault(scenario, draw_fault(draw, nodes));
  scenario.set_command([protocol](std::uint64_t run_seed) { return command_of(run_seed, protocol); });
  return scenario;
}

}  // namespace gossip::sim
