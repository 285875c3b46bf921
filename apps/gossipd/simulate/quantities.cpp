#include "quantities.hpp"

#include "numbers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace gossipd::simulation {
namespace {

using gossip::Condition;
using gossip::Duration;
using gossip::Error;
using gossip::Result;

constexpr std::array<std::pair<std::string_view, Duration>, 6> units{{{"h", std::chrono::hours(1)},
                                                                      {"min", std::chrono::minutes(1)},
                                                                      {"s", std::chrono::seconds(1)},
                                                                      {"ms", std::chrono::milliseconds(1)},
                                                                      {"us", std::chrono::microseconds(1)},
                                                                      {"ns", std::chrono::nanoseconds(1)}}};

Error wanted(std::string what) {
  return {Condition::invalid_argument, std::move(what)};
}

/// No sign, no exponent, no words such as "inf".
std::optional<double> plain_number(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
  if (text.front() == '.' || text.back() == '.') return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::pair<std::string_view, std::string_view>> split(std::string_view text,
                                                                   std::string_view mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  return std::pair{text.substr(0, at), text.substr(at + mark.size())};
}

Result<double> parse_decimal(std::string_view text, double least, double most) {
  const auto value = plain_number(text);
  if (value && *value >= least && *value <= most) return *value;
  return wanted("a number from " + decimal(least, 6) + " to " + decimal(most, 6) + " is needed");
}

Result<Duration> parse_time(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const auto number = plain_number(text.substr(0, digits));
  for (const auto& [name, unit] : units) {
    if (!number || text.substr(digits) != name) continue;
    const double nanoseconds = *number * static_cast<double>(unit.count());
    if (nanoseconds > static_cast<double>(time_max.count())) return wanted("at most 24h is possible");
    return Duration(std::llround(nanoseconds));
  }
  return wanted("a time with its unit, ns, us, ms, s, min or h, is needed, such as 20s");
}

std::string to_string(Duration time) {
  for (const auto& [name, unit] : units) {
    // Minutes and hours only where they are whole: "1.5min" is nothing that anybody says.
    const Duration grain = unit > std::chrono::seconds(1) ? unit : std::max(unit / 1000, Duration(1));
    if (time >= unit && time % grain == Duration::zero())
      return decimal(static_cast<double>(time.count()) / static_cast<double>(unit.count())).append(name);
  }
  return "0s";
}

std::string decimal(double value, int digits_max) {
  std::string number = fixed(value, digits_max);
  if (number.find('.') != std::string::npos) {
    number.erase(number.find_last_not_of('0') + 1);
    if (number.back() == '.') number.pop_back();
  }
  return number == "-0" ? "0" : number;
}

}  // namespace gossipd::simulation
