#include <gossip/sim/random_scenario.hpp>

#include "mix.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace gossip::sim {
namespace {

constexpr Duration millisecond = std::chrono::milliseconds(1);
constexpr Duration second = std::chrono::seconds(1);

constexpr std::uint64_t hostile_nodes_min = 20;

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

void draw_fault(Draw& draw, Scenario& scenario, bool& parted) {
  constexpr std::array kinds{FaultKind::crash,   FaultKind::power_loss,  FaultKind::restart,
                             FaultKind::suspend, FaultKind::partition,   FaultKind::one_way,
                             FaultKind::stall,   FaultKind::break_links, FaultKind::half_open,
                             FaultKind::churn};
  const FaultKind kind = kinds[draw.between(0, kinds.size() - 1)];
  const bool parts = kind == FaultKind::partition || kind == FaultKind::one_way;
  if (parts && parted) return;
  parted = parted || parts;
  const bool ends_nodes = kind == FaultKind::crash || kind == FaultKind::power_loss;
  const double share = draw.share(1, ends_nodes ? 40 : kind == FaultKind::stall ? 20 : 60);
  const Duration at = draw.time(second, 3, 12);
  scenario.fault({kind, share, at, draw.time(second, 1, 8)});
}

}  // namespace

Scenario random_scenario(std::uint64_t seed) {
  Draw draw(mix(seed ^ 0x7261e3d0U));
  Scenario scenario;
  // Small networks have the corners, and large ones take the time.
  const std::uint64_t nodes = draw.once_in(8) ? draw.between(60, 200) : draw.between(2, 60);
  Config config;
  config.cache_size = draw.between(20, 100);
  config.max_connections = draw.between(8, 30);
  const bool wired = draw.once_in(4);
  scenario.nodes(nodes).degree(draw.between(3, 8)).base_config(config);
  const std::uint64_t bootstrappers = draw.between(1, std::min<std::uint64_t>(nodes, 3));
  const Duration join_pause = draw.time(millisecond, 0, 200);
  wired ? scenario.wired(bootstrappers) : scenario.joined(bootstrappers, join_pause);
  scenario.latency(draw_latency(draw)).link_timeout(draw.time(second, 2, 10));
  if (draw.once_in(4)) scenario.bandwidth(draw.between(50'000, 1'000'000));
  scenario.publishers(draw.between(1, std::min<std::uint64_t>(nodes, 16)))
      .publish_every(draw.time(millisecond, 100, 1000))
      .data_bytes(draw.once_in(10) ? draw.between(1000, 8000) : draw.between(8, 300))
      .validation(draw.time(millisecond, 0, 20))
      .duration(20 * second)
      .grace(10 * second)
      .heals_within(60 * second);
  if (draw.once_in(3)) scenario.invalid(draw.share(1, 30));
  constexpr std::array hostile{HostileKind::malformed, HostileKind::flood, HostileKind::silent,
                               HostileKind::liar};
  // Nothing proves an address in the base protocol, and hostile nodes take room as any: they can cut off one
  // of a handful.
  const std::uint64_t most_hostile = nodes < hostile_nodes_min ? 0 : 3;
  for (std::uint64_t left = draw.once_in(2) ? draw.between(0, most_hostile) : 0; left > 0; --left)
    scenario.hostile(hostile[draw.between(0, hostile.size() - 1)]);
  bool parted = false;
  for (std::uint64_t left = draw.between(0, 3); left > 0; --left) draw_fault(draw, scenario, parted);
  scenario.set_command(
      [](std::uint64_t run_seed) { return "gossipd simulate --random --seed " + std::to_string(run_seed); });
  return scenario;
}

}  // namespace gossip::sim
