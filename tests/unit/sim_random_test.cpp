#include <gossip/sim/random_scenario.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace gossip::sim {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

void check(std::uint64_t seed) {
  CAPTURE(seed);
  CHECK(random_scenario(seed).run(seed).failure_text() == "");
}

TEST_SUITE("sim random") {
  TEST_CASE("random scenarios: every seed that ever failed") {
    std::ifstream file(GOSSIP_SIM_SEEDS_FILE);
    std::vector<std::uint64_t> seeds;
    for (std::string line; std::getline(file, line);) {
      if (!line.empty() && line[0] != '#') seeds.push_back(std::stoull(line));
    }
    REQUIRE(!seeds.empty());
    for (const std::uint64_t seed : seeds) check(seed);
  }

  // GOSSIP_SIM_SEED says which is the first, so that others can be tried, and GOSSIP_SIM_SEEDS how many;
  // scripts/test.sh fresh-seeds tries new ones each time.
  TEST_CASE("random scenarios: 200 seeds") {
    const std::uint64_t first = from_environment("GOSSIP_SIM_SEED", 1);
    const std::uint64_t count = from_environment("GOSSIP_SIM_SEEDS", 200);
    REQUIRE(count > 0);
    std::cout << "random scenarios: seeds " << first << " to " << first + count - 1 << std::endl;
    for (std::uint64_t number = 0; number < count; ++number) check(first + number);
  }

  TEST_CASE("random scenarios: a seed always makes the same one") {
    const Result one = random_scenario(7).run(7);
    const Result other = random_scenario(7).run(7);
    CHECK(one.trace_hash == other.trace_hash);
    CHECK(one.events == other.events);
    CHECK(one.command == "gossipd simulate --random --seed 7");
  }
}

}  // namespace
}  // namespace gossip::sim
