#include "simulate/quantities.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>

namespace gossipd::simulation {
namespace {

using namespace std::chrono_literals;

TEST_SUITE("quantities") {
  TEST_CASE("Times: a number and a unit") {
    CHECK(*parse_time("20s") == 20s);
    CHECK(*parse_time("1.5s") == 1500ms);
    CHECK(*parse_time("0ms") == 0s);
    CHECK(*parse_time("250us") == 250us);
    CHECK(*parse_time("2min") == 2min);
    CHECK(*parse_time("24h") == 24h);
  }

  TEST_CASE("Times: anything else is refused") {
    for (const std::string_view text : {"", "20", "s", "20 s", "-1s", "+1s", "1e3s", ".5s", "1.s", "1..5s",
                                        "20S", "20seconds", "nan", "infs", "1s2"}) {
      CAPTURE(text);
      REQUIRE_FALSE(parse_time(text));
      CHECK(parse_time(text).error().message ==
            "a time with its unit, ns, us, ms, s, min or h, is needed, such as 20s");
    }
    CHECK(parse_time("24.1h").error().message == "at most 24h is possible");
    CHECK(parse_time("99999999999999999999999999h").error().message == "at most 24h is possible");
  }

  TEST_CASE("Times are written as they are read") {
    for (const std::string_view text :
         {"20s", "1.5s", "50ms", "1min", "90s", "2h", "12.5ms", "1.25ms", "0.0015ms"}) {
      CAPTURE(text);
      const auto time = parse_time(text);
      REQUIRE(time);
      CHECK(*parse_time(to_string(*time)) == *time);
    }
    CHECK(to_string(20s) == "20s");
    CHECK(to_string(1500ms) == "1.5s");
    CHECK(to_string(90s) == "90s");
    CHECK(to_string(120s) == "2min");
    CHECK(to_string(50ms) == "50ms");
    CHECK(to_string(0s) == "0s");
    CHECK(to_string(1250us) == "1.25ms");
  }

  TEST_CASE("Decimals are in bounds, which a refusal names") {
    CHECK(*parse_decimal("0.25", 0, 1) == 0.25);
    CHECK(*parse_decimal("1", 0, 1) == 1);
    for (const std::string_view text : {"", "1.01", "-0.1", "1e-1", "half", "0x1", ".5", "5."}) {
      CAPTURE(text);
      REQUIRE_FALSE(parse_decimal(text, 0, 1));
      CHECK(parse_decimal(text, 0, 1).error().message == "a number from 0 to 1 is needed");
    }
  }

  TEST_CASE("Decimals are written without zeros at their end") {
    CHECK(decimal(0.3) == "0.3");
    CHECK(decimal(12) == "12");
    CHECK(decimal(100) == "100");
    CHECK(decimal(1.23456) == "1.235");
    CHECK(decimal(-0.0001) == "0");
    CHECK(decimal(2.5, 0) == "2");
    CHECK(decimal(0) == "0");
  }
}

}  // namespace
}  // namespace gossipd::simulation
