#pragma once
/// \file
/// The options of `gossipd simulate`: which there are, and what is possible.

#include "option_parser.hpp"
#include "simulate_options.hpp"

#include <vector>

namespace gossipd::simulation {

[[nodiscard]] std::vector<OptionSpec> option_specs();

/// Throws UsageError, with what would be right, where something is impossible by itself or beside the rest.
/// Files are not looked at.
[[nodiscard]] SimulateOptions read_options(const ParsedOptions& given);

}  // namespace gossipd::simulation
