#include "simulate/latency_values.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

namespace gossipd::simulation {
namespace {

using namespace std::chrono_literals;

std::string refused(std::string_view text) {
  const auto latency = parse_regions(text, "regions.txt");
  REQUIRE_FALSE(latency);
  return latency.error().message;
}

TEST_SUITE("regions") {
  TEST_CASE("A line for each region, with comments and empty lines between") {
    const auto latency = parse_regions("# to:  eu  us\n\n eu 5ms\t40ms # from here\r\nus   45ms 8ms", "x");
    REQUIRE(latency);
    CHECK(latency->region_count() == 2);
    CHECK(latency->between(0, 1, 7) == 40ms);
    CHECK(latency->between(1, 0, 7) == 45ms);
    CHECK(latency->between(0, 2, 7) == 5ms);
    CHECK(latency->between(1, 3, 7) == 8ms);
  }

  TEST_CASE("A refusal names file, line, region and what would be right") {
    CHECK(refused("eu 5ms 40ms\nus 45ms\n") ==
          "regions.txt:2: us = 1 times: one for each of the 2 regions is needed");
    CHECK(refused("eu 5ms 40ms\nus 45ms 8\n") ==
          "regions.txt:2: us = 8: a time with its unit, ns, us, ms, s, min or h, is needed, such as 20s");
    const std::string nothing =
        "regions.txt: a line for each region, its name and the times to each, is needed";
    CHECK(refused("") == nothing);
    CHECK(refused("# nothing\n\n") == nothing);
  }

  TEST_CASE("A file that cannot be read is named") {
    const auto latency = read_regions("/nonexistent/regions.txt");
    REQUIRE_FALSE(latency);
    CHECK(latency.error().message == "/nonexistent/regions.txt: cannot be read: No such file or directory");
  }
}

}  // namespace
}  // namespace gossipd::simulation
