#pragma once
/// \file
/// From values to places on paper: scales, and the round numbers that are written along them. Pure.

#include <string>
#include <vector>

namespace gossipd::simulation {

/// A straight or logarithmic way from values to places.
struct Scale {
  double least = 0;  ///< above 0 where it is logarithmic
  double most = 1;   ///< above `least`
  double from = 0;   ///< the place of `least`
  double to = 1;     ///< the place of `most`
  bool logarithmic = false;

  [[nodiscard]] double operator()(double value) const;
};

/// Multiples of 1, 2 or 5 times a power of ten within the two, about as many as wanted; the ends are among
/// them only where they are round. Just `least` where `most` is not above it.
[[nodiscard]] std::vector<double> round_ticks(double least, double most, int wanted);

/// The next number of that kind that is not below `value`, as an axis from 0 ends at it with so many ticks.
[[nodiscard]] double round_above(double value, int wanted);

/// Powers of ten within the two, and 2 and 5 times these where there are fewer than three of them.
[[nodiscard]] std::vector<double> logarithmic_ticks(double least, double most);

/// As short as it can be with what tells it from its neighbours, thousands apart: "0", "0.25", "1 500".
/// `step` is the distance to the next.
[[nodiscard]] std::string tick_text(double value, double step);

}  // namespace gossipd::simulation
