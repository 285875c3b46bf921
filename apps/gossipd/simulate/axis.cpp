#include "axis.hpp"

#include "quantities.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace gossipd::simulation {
namespace {

/// Halves of a step count as reached: sums of steps are not exact.
constexpr double slack = 1e-9;

/// 1, 2 or 5 times a power of ten, not below what parts the span into so many.
double round_step(double span, int wanted) {
  const double raw = span / wanted;
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= raw * (1 - slack)) return factor * power;
  return 10 * power;
}

}  // namespace

double Scale::operator()(double value) const {
  const double share =
      logarithmic ? std::log(value / least) / std::log(most / least) : (value - least) / (most - least);
  return from + share * (to - from);
}

std::vector<double> round_ticks(double least, double most, int wanted) {
  if (!(most > least)) return {least};
  const double step = round_step(most - least, wanted);
  std::vector<double> ticks;
  const auto first = static_cast<std::int64_t>(std::ceil(least / step - slack));
  const auto last = static_cast<std::int64_t>(std::floor(most / step + slack));
  for (std::int64_t count = first; count <= last; ++count) ticks.push_back(static_cast<double>(count) * step);
  return ticks;
}

double round_above(double value, int wanted) {
  if (!(value > 0)) return 1;
  const double step = round_step(value, wanted);
  return std::ceil(value / step - slack) * step;
}

std::vector<double> logarithmic_ticks(double least, double most) {
  constexpr std::array<double, 3> all{1, 2, 5};
  const auto ticks_of = [&](std::size_t factors) {
    std::vector<double> ticks;
    const auto first = static_cast<int>(std::floor(std::log10(least)));
    const auto last = static_cast<int>(std::floor(std::log10(most) + slack));
    for (int power = first; power <= last; ++power)
      for (std::size_t index = 0; index < factors; ++index)
        if (const double tick = std::pow(10, power) * all[index];
            tick >= least * (1 - slack) && tick <= most * (1 + slack))
          ticks.push_back(tick);
    return ticks;
  };
  const auto powers = ticks_of(1);
  return powers.size() >= 3 ? powers : ticks_of(all.size());
}

std::string tick_text(double value, double step) {
  const int digits = step >= 1 || step <= 0 ? 0 : static_cast<int>(std::ceil(-std::log10(step) - slack));
  std::string text = decimal(value, std::min(digits, 9));
  const std::size_t whole = std::min(text.find('.'), text.size());
  const std::size_t first = text.front() == '-' ? 1 : 0;
  for (std::size_t at = whole; at > first + 3; at -= 3) text.insert(at - 3, "\u00a0");
  return text;
}

}  // namespace gossipd::simulation
