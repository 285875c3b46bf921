#pragma once
/// \file
/// From a configuration file and command-line options to the Config of a node. All problems are collected, so
/// that they can be mended in one go.

#include <gossip/config.hpp>

#include "problem.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gossipd {

/// One setting from the command line.
struct OptionValue {
  std::string option;  ///< without the dashes; one of settings()
  std::string value;
};

/// What came of it. Without problems the config passes Config::validate(); with any, it is not to be used.
struct ConfigReading {
  gossip::Config config;
  std::vector<Problem> file_problems;    ///< no node starts with these
  std::vector<Problem> option_problems;  ///< nor with these, which are the command line's alone
  std::vector<Problem> warnings;  ///< probably a mistake, and `check` says so; a node starts all the same

  [[nodiscard]] bool usable() const { return file_problems.empty() && option_problems.empty(); }

  /// Warnings too, in the order of the file; those of the file as a whole and of options come first.
  [[nodiscard]] std::vector<Problem> all_problems() const;
};

/// Reads the file, if any, and then the options, which win. What neither gives keeps its default.
[[nodiscard]] ConfigReading read_config(const std::optional<std::string>& path,
                                        const std::vector<OptionValue>& options);

/// The same for a text that is already read; `name` is what problems call the file.
[[nodiscard]] ConfigReading read_config_text(const std::string& name, std::string_view text,
                                             const std::vector<OptionValue>& options);

/// Takes out the bootstrappers that are the node itself as far as can be told without a resolver, and returns
/// them: those at the listen address or at the advertised one. A node finds out about others when it meets
/// itself.
[[nodiscard]] std::vector<gossip::HostPort> drop_own_addresses(gossip::Config& config);

}  // namespace gossipd
