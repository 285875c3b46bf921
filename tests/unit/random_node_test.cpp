/// \file
/// A node under thousands of random events, and what must hold after each of them whatever they were.

#include "../support/node_life.hpp"

#include <doctest/doctest.h>

namespace gossip::test {
namespace {

constexpr std::uint64_t lives = 200;
constexpr int rounds = 2;
constexpr int steps = 200;

void run(std::uint64_t first_seed, bool honours_pause, Overlay overlay) {
  for (std::uint64_t seed = first_seed; seed < first_seed + lives; ++seed) {
    CAPTURE(seed);
    RandomChoices choices(seed);
    NodeLife life(choices, honours_pause, overlay);
    for (int round = 0; round < rounds; ++round) {
      for (int step = 0; step < steps; ++step) {
        CAPTURE(round);
        CAPTURE(step);
        life.step();
      }
      CAPTURE(round);
      life.world().heal();
    }
  }
}

TEST_SUITE("random node") {
  TEST_CASE("Node: 80,000 random events on a transport that honours pause") {
    run(1000, true, Overlay::base);
  }

  TEST_CASE("Node: 80,000 random events on a transport that does not honour pause") {
    run(2000, false, Overlay::base);
  }

  TEST_CASE("Node: 80,000 random events with the overlay extension") {
    run(3000, true, Overlay::extended);
  }

  TEST_CASE(
      "Node: 80,000 random events with the overlay extension on a transport that does not honour pause") {
    run(4000, false, Overlay::extended);
  }
}

}  // namespace
}  // namespace gossip::test
