#pragma once
/// \file
/// Splits a command line into options and arguments. The only part that knows Boost.Program_options; which
/// options there are and what their values mean is not known here.

#include <gossip/error.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gossipd {

/// One option that a command has.
struct OptionSpec {
  std::string name;         ///< without the dashes
  std::string placeholder;  ///< what the help calls the value; empty for an option without one
  std::string help;
  bool repeatable = false;  ///< may be given several times, which is one value with commas between
};

/// What a command line held.
struct ParsedOptions {
  std::map<std::string, std::string> values;  ///< by name; an option without a value has an empty one
  std::vector<std::string> arguments;         ///< what belongs to no option, in order

  [[nodiscard]] bool has(const std::string& name) const { return values.contains(name); }
  [[nodiscard]] std::optional<std::string> find(const std::string& name) const;
};

/// Options are spelled out, `--name VALUE` or `--name=VALUE`, each at most once unless it is repeatable;
/// after `--` everything is an argument. The Error is a sentence that names the option.
[[nodiscard]] gossip::Result<ParsedOptions> parse_options(const std::vector<OptionSpec>& specs,
                                                          const std::vector<std::string>& arguments);

/// The options and their help in two columns, a line for each.
[[nodiscard]] std::string describe_options(const std::vector<OptionSpec>& specs);

}  // namespace gossipd
