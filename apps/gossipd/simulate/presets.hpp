#pragma once
/// \file
/// Exercises that others have solved, as values of options and what they ask for.

#include "option_parser.hpp"
#include "run_report.hpp"

#include <string>
#include <utility>
#include <vector>

namespace gossipd::simulation {

/// Options that are given together by one name.
struct Preset {
  std::string name;
  std::vector<std::pair<std::string, std::string>> values;  ///< by option, an empty one of those without any
  YardstickTargets targets;
};

[[nodiscard]] const std::vector<Preset>& presets();

/// The one that was asked for by --preset; nothing where none was. Throws UsageError where there is no such
/// one.
[[nodiscard]] const Preset* preset_of(const ParsedOptions& given);

/// What was given, and the values of the preset for those options that were not, nor another that says the
/// same.
[[nodiscard]] ParsedOptions with_preset(const Preset& preset, const ParsedOptions& given);

}  // namespace gossipd::simulation
