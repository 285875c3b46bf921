#pragma once
/// \file
/// The measures that all reports show: their keys in JSON, their names for people, and how they are written.

#include "run_report.hpp"

#include <string_view>
#include <vector>

namespace gossipd::simulation {

/// How a value is written for people.
enum class Style {
  share,      ///< in percent
  number,     ///< with up to three digits behind the point
  whole,      ///< a count
  bytes,      ///< with the unit that suits it
  ms,         ///< milliseconds
  per_second  ///< a rate
};

/// A measure with a heading above it where it is the first of several that belong together.
struct Measure {
  std::string_view heading;
  std::string_view key;   ///< in JSON; a point stands between an object and its member
  std::string_view name;  ///< for people
  Style style{};
  double (*value)(const RunReport& run) = nullptr;  ///< NaN where it is undefined
};

/// In the order in which they are shown.
[[nodiscard]] const std::vector<Measure>& measures();

/// One of them by its key. Precondition: there is such a one.
[[nodiscard]] const Measure& measure_of(std::string_view key);

/// "99.98 %", "1 234", "1.5 KiB", "-": a value of a measure, with its unit.
[[nodiscard]] std::string to_text(Style style, double value);

/// The mean, and where runs differ as written what they lie between: "75.5 ms", "71.3 to 79.7".
struct SpreadText {
  std::string mean;
  std::string range;
};
[[nodiscard]] SpreadText spread_text(Style style, const Spread& spread);

/// Both in one: "75.5 ms (71.3 to 79.7)".
[[nodiscard]] std::string to_text(Style style, const Spread& spread);

}  // namespace gossipd::simulation
