#include <gossip/sim/random_scenario.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>
#include <string>
#include <vector>

namespace gossip::sim {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

Result check(std::uint64_t seed, Protocol protocol = Protocol::base) {
  const Scenario scenario = random_scenario(seed, protocol);
  const std::string command = scenario.command(seed);
  CAPTURE(command);
  Result result = scenario.run(seed);
  CHECK(result.failure_text() == "");
  return result;
}

/// From GOSSIP_SIM_SEED on, of the base protocol as many as GOSSIP_SIM_SEEDS says; slow builds try fewer.
struct Seeds {
  std::uint64_t first = from_environment("GOSSIP_SIM_SEED", 1);
  std::uint64_t count = from_environment("GOSSIP_SIM_SEEDS", 200);
};

void check_100_seeds(Protocol protocol) {
  const std::uint64_t first = Seeds().first;
  for (std::uint64_t seed = first; seed < first + 100; ++seed) {
    const Result result = check(seed, protocol);
    CHECK((result.statistics.links_extended > 0) == (result.statistics.data_sent > 0));
  }
}

/// Whether there is a message after the last fault that had to reach everybody.
bool promises_after(const std::vector<Fault>& faults, const Result& result) {
  const Duration last = *std::ranges::max(faults, {}, [](const Fault& fault) { return *fault.at; }).at;
  return std::ranges::any_of(result.messages, [last](const MessageRecord& message) {
    return message.promised && message.published > last;
  });
}

TEST_SUITE("sim random") {
  TEST_CASE("random scenarios: every seed that ever failed") {
    std::ifstream file(GOSSIP_SIM_SEEDS_FILE);
    std::vector<std::uint64_t> seeds;
    for (std::string line; std::getline(file, line);) {
      if (!line.empty() && line[0] != '#') seeds.push_back(std::stoull(line));
    }
    REQUIRE(!seeds.empty());
    for (const std::uint64_t seed : seeds) (void)check(seed);
  }

  // scripts/test.sh fresh-seeds tries new ones each time.
  TEST_CASE("random scenarios: 200 seeds") {
    const auto [first, count] = Seeds();
    REQUIRE(count > 0);
    std::cout << "random scenarios: seeds " << first << " to " << first + count - 1 << std::endl;
    std::uint64_t with_faults = 0;
    std::uint64_t healed = 0;
    for (std::uint64_t seed = first; seed < first + count; ++seed) {
      const std::vector<Fault> faults = random_scenario(seed).faults();
      const Result result = check(seed);
      if (faults.empty()) continue;
      with_faults += 1;
      healed += promises_after(faults, result) ? 1 : 0;
    }
    std::cout << with_faults << " with faults, " << healed << " of them with promises after the last\n";
    if (count < 100) return;
    // Three in four are to have faults, and half of those are long enough: far fewer would check next to
    // nothing of what becomes of a network after its faults.
    CHECK(with_faults * 2 > count);
    CHECK(healed * 3 > with_faults);
  }

  TEST_CASE(
      "random scenarios: 30 seeds of networks that speak the overlay extension, all or every other node") {
    for (const Protocol protocol : {Protocol::extended, Protocol::mixed}) {
      for (std::uint64_t seed = 1; seed <= 30; ++seed) {
        Scenario scenario = random_scenario(seed);
        const Result result = scenario.protocol(protocol).run(seed);
        // The command in the text is that of the base protocol.
        CHECK_MESSAGE(result.ok(), to_string(protocol), ": ", result.failure_text());
        CHECK((result.statistics.links_extended > 0) == (result.statistics.data_sent > 0));
      }
    }
  }

  TEST_CASE(
      "random scenarios: they are possible, so that no fault hits nobody, and faults are of every kind") {
    std::set<FaultKind> kinds;
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
      CAPTURE(seed);
      const Scenario scenario = random_scenario(seed);
      CHECK_NOTHROW(scenario.validate());
      CHECK(scenario.beyond_options() == "");
      for (const Fault& fault : scenario.faults()) kinds.insert(fault.kind);
    }
    CHECK(kinds.size() == fault_kinds().size());
  }

  TEST_CASE("random scenarios: 100 seeds with the overlay extension") {
    check_100_seeds(Protocol::extended);
  }

  TEST_CASE("random scenarios: 100 seeds with the overlay extension at every other node") {
    check_100_seeds(Protocol::mixed);
  }

  TEST_CASE("random scenarios: a seed always makes the same one") {
    const Result one = random_scenario(7).run(7);
    const Result other = random_scenario(7).run(7);
    CHECK(one.trace_hash == other.trace_hash);
    CHECK(one.events == other.events);
    CHECK(one.command == "gossipd simulate --random --seed 7");
    CHECK(random_scenario(7, Protocol::mixed).command(7) ==
          "gossipd simulate --random --protocol mixed --seed 7");
  }
}

}  // namespace
}  // namespace gossip::sim
