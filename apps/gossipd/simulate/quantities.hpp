#pragma once
/// \file
/// Times, shares and rates as text, and back. As in values.hpp, the Error says what would be right.

#include <gossip/error.hpp>
#include <gossip/types.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gossipd::simulation {

/// What stands before and after the first `mark`; nothing without one.
[[nodiscard]] std::optional<std::pair<std::string_view, std::string_view>> split(std::string_view text,
                                                                                 std::string_view mark);

/// Digits, with or without a point and more digits: "0.25", "3". From `least` to `most`.
[[nodiscard]] gossip::Result<double> parse_decimal(std::string_view text, double least, double most);

/// A decimal number and a unit, ns, us, ms, s, min or h: "1.5s". At most `time_max`.
[[nodiscard]] gossip::Result<gossip::Duration> parse_time(std::string_view text);

inline constexpr gossip::Duration time_max = std::chrono::hours(24);

/// As a number of seconds.
[[nodiscard]] inline double seconds(gossip::Duration time) {
  return std::chrono::duration<double>(time).count();
}

/// In the largest unit that makes it a number of few digits: "20s", "1.5s", "250ms"; parse_time leads back.
[[nodiscard]] std::string to_string(gossip::Duration time);

/// Without zeros at its end, with at most so many digits behind the point: "0.3", "12".
[[nodiscard]] std::string decimal(double value, int digits_max = 3);

}  // namespace gossipd::simulation
