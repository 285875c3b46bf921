#include <gossip/sim/latency.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <set>
#include <stdexcept>

namespace gossip::sim {
namespace {

using namespace std::chrono_literals;

TEST_SUITE("sim latency") {
  TEST_CASE("latency: none, or the same everywhere") {
    CHECK(Latency().between(1, 2, 7) == 0ns);
    CHECK(fixed(5ms).between(1, 2, 7) == 5ms);
    CHECK(fixed(5ms).longest() == 5ms);
    CHECK(fixed(5ms).text() == "5ms");
  }

  TEST_CASE("latency: uniform is drawn once for each pair, and stays within its bounds") {
    const Latency latency = uniform(10ms, 100ms);
    std::set<Duration> drawn;
    Duration sum{};
    for (NodeNumber node = 1; node <= 1000; ++node) {
      const Duration there = latency.between(0, node, 7);
      CHECK(there == latency.between(node, 0, 7));
      CHECK(there >= 10ms);
      CHECK(there <= 100ms);
      drawn.insert(there);
      sum += there;
    }
    CHECK(drawn.size() > 990);
    CHECK(sum / 1000 > 50ms);  // the mean of 1,000 draws is 55 ms, give or take 0.8 ms
    CHECK(sum / 1000 < 60ms);
    CHECK(latency.between(0, 1, 7) != latency.between(0, 1, 8));
    CHECK(latency.text() == "10ms..100ms");
  }

  TEST_CASE("latency: regions have a matrix, and nodes are dealt out to them in turn") {
    const Latency latency = regions({{1ms, 20ms}, {30ms, 2ms}});
    CHECK(latency.region_count() == 2);
    CHECK(latency.region_of(5) == 1);
    CHECK(latency.between(0, 2, 7) == 1ms);
    CHECK(latency.between(0, 1, 7) == 20ms);
    CHECK(latency.between(1, 0, 7) == 30ms);
    CHECK(latency.longest() == 30ms);
    CHECK(latency.text() == "1ms,20ms/30ms,2ms");
  }

  TEST_CASE("latency: what cannot be is refused") {
    CHECK_THROWS_AS((void)fixed(-1ms), std::invalid_argument);
    CHECK_THROWS_AS((void)uniform(2ms, 1ms), std::invalid_argument);
    CHECK(fixed(latency_max).longest() == 24h);
    CHECK_THROWS_WITH_AS((void)fixed(latency_max + 1ns), "a latency is 24h at most, not 86400000000001ns",
                         std::invalid_argument);
    CHECK_THROWS_AS((void)uniform(1ms, latency_max + 1ms), std::invalid_argument);
    CHECK_THROWS_AS((void)regions({}), std::invalid_argument);
    CHECK_THROWS_AS((void)regions({{1ms, 2ms}}), std::invalid_argument);
    CHECK_THROWS_AS((void)regions({{-1ms}}), std::invalid_argument);
  }
}

}  // namespace
}  // namespace gossip::sim
