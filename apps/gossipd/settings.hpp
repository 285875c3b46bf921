#pragma once
/// \file
/// The one table of what can be configured: each setting's key in a file, its command-line option, its help
/// and its parser. File and command line go through the same rows, so both get the same checks.

#include <gossip/config.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gossipd {

/// One row. All text is literal.
struct Setting {
  std::string_view section;      ///< in lower case
  std::string_view key;          ///< in lower case
  std::string_view alias;        ///< another key for the same; may be empty
  std::string_view option;       ///< without the dashes
  std::string_view placeholder;  ///< what the help calls the value
  std::string_view help;

  /// Puts the value into the config. Nothing on success; otherwise what would be right, with the config
  /// unchanged.
  std::optional<std::string> (*read)(std::string_view text, gossip::Config& config);

  /// The value as it would be written, from a config.
  std::string (*show)(const gossip::Config& config);
};

/// In the order in which help shows them.
[[nodiscard]] std::span<const Setting> settings();

/// By key or alias, in any case; null where there is none.
[[nodiscard]] const Setting* find_setting(std::string_view section, std::string_view key);

/// By option; null where there is none.
[[nodiscard]] const Setting* find_option(std::string_view option);

/// The key of that section that the text was probably meant to be; empty where none comes close.
[[nodiscard]] std::string_view nearest_key(std::string_view section, std::string_view key);

}  // namespace gossipd
