/// \file
/// A node under thousands of random events, and what must hold after each of them whatever they were.

#include "../support/node_life.hpp"

#include <doctest/doctest.h>

namespace gossip::test {
namespace {

void run(std::uint64_t first_seed, bool honours_pause) {
  for (std::uint64_t seed = first_seed; seed < first_seed + 40; ++seed) {
    CAPTURE(seed);
    RandomChoices choices(seed);
    NodeLife life(choices, honours_pause);
    for (int round = 0; round < 4; ++round) {
      for (int step = 0; step < 300; ++step) {
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
  TEST_CASE("Node: 48,000 random events on a transport that honours pause") {
    run(1000, true);
  }

  TEST_CASE("Node: 48,000 random events on a transport that does not honour pause") {
    run(2000, false);
  }
}

}  // namespace
}  // namespace gossip::test
