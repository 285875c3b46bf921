#include "simulate/axis.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

namespace gossipd::simulation {
namespace {

using Ticks = std::vector<double>;

TEST_SUITE("axis") {
  TEST_CASE("Ticks are multiples of 1, 2 or 5 times a power of ten, within the axis") {
    CHECK(round_ticks(0, 100, 5) == Ticks{0, 20, 40, 60, 80, 100});
    CHECK(round_ticks(0, 60, 6) == Ticks{0, 10, 20, 30, 40, 50, 60});
    CHECK(round_ticks(3, 17, 5) == Ticks{5, 10, 15});
    CHECK(round_ticks(-5, 5, 2) == Ticks{-5, 0, 5});
    CHECK(round_ticks(0.5, 1, 5).size() == 6);
    CHECK(round_ticks(0, 1e9, 5).size() == 6);
  }

  TEST_CASE("Ticks are neither too few nor too many, whatever the axis") {
    for (double most = 0.001; most < 1e9; most *= 1.7) {
      CAPTURE(most);
      const auto ticks = round_ticks(0, most, 5);
      CHECK(ticks.size() >= 3);
      CHECK(ticks.size() <= 6);
      CHECK(ticks.front() == 0);
      CHECK(ticks.back() <= most * (1 + 1e-9));
      CHECK(round_above(most, 4) >= most * (1 - 1e-9));
      CHECK(round_above(most, 4) <= most * 1.5);
    }
  }

  TEST_CASE("An axis without length has a tick all the same") {
    CHECK(round_ticks(7, 7, 5) == Ticks{7});
    CHECK(round_above(0, 4) == 1);
    CHECK(round_above(NAN, 4) == 1);
  }

  TEST_CASE("Logarithmic ticks: powers of ten, and more where these are few") {
    CHECK(logarithmic_ticks(80, 125'000) == Ticks{100, 1000, 10'000, 100'000});
    CHECK(logarithmic_ticks(80, 1250) == Ticks{100, 200, 500, 1000});
    CHECK(logarithmic_ticks(100, 100) == Ticks{100});
  }

  TEST_CASE("Scales") {
    const Scale straight{0, 10, 100, 0, false};
    CHECK(straight(0) == 100);
    CHECK(straight(5) == 50);
    CHECK(straight(10) == 0);
    const Scale logarithmic{10, 1000, 0, 100, true};
    CHECK(logarithmic(10) == doctest::Approx(0));
    CHECK(logarithmic(100) == doctest::Approx(50));
    CHECK(logarithmic(1000) == doctest::Approx(100));
  }

  TEST_CASE("Ticks are written with the digits that tell them apart") {
    CHECK(tick_text(0, 20) == "0");
    CHECK(tick_text(0.25, 0.05) == "0.25");
    CHECK(tick_text(0.5, 0.1) == "0.5");
    CHECK(tick_text(2.5, 0.5) == "2.5");
    CHECK(tick_text(1500, 500) == "1\u00a0500");
    CHECK(tick_text(-1'234'567, 1) == "-1\u00a0234\u00a0567");
    CHECK(tick_text(100, 50) == "100");
  }
}

}  // namespace
}  // namespace gossipd::simulation
