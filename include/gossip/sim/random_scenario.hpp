#pragma once
/// \file
/// Scenarios that nobody has thought of.

#include <gossip/export.hpp>
#include <gossip/sim/scenario.hpp>

#include <cstdint>

namespace gossip::sim {

/// A scenario that the seed decides: 2 to 200 nodes, faults of every kind, hostile nodes, which are those
/// that break the overlay extension's rules as well where nodes speak it; half of them go on for so long that
/// messages are promised again after the faults. It is possible, so every fault hits somebody. It is to be
/// run with the same seed: `random_scenario(seed).run(seed)`, which is what `gossipd simulate --random --seed
/// S` does, with `--protocol` where it is not the base protocol.
[[nodiscard]] GOSSIP_EXPORT Scenario random_scenario(std::uint64_t seed, Protocol protocol = Protocol::base);

}  // namespace gossip::sim
