#pragma once
/// \file
/// Reads INI text and keeps the line of every value. Which keys there are and what values mean is not known
/// here.

#include <gossip/error.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gossipd {

/// A file that is longer is refused.
inline constexpr std::size_t ini_bytes_max = std::size_t{1} << 20U;

/// One `key = value`.
struct IniEntry {
  std::string section;  ///< in lower case
  std::string key;      ///< as it is spelled
  std::string value;    ///< without white space at its ends and without a comment
  std::size_t line = 0;
};

/// A line that is nothing an INI file can hold.
struct IniFault {
  std::string text;
  std::size_t line = 0;
};

/// All of it in the order of the file.
struct Ini {
  std::vector<IniEntry> entries;
  std::vector<IniFault> faults;
  std::vector<std::string> sections;  ///< headers found of the sections asked for, in lower case, once each

  [[nodiscard]] bool has_section(std::string_view section) const;
};

/// Reads the sections asked for, whose names are given in lower case and found in any case; where one comes
/// twice, its entries join. Other sections belong to other programs: they are passed over, whatever is in
/// them. Keys before the first header belong to the section "global".
///
/// `=` or `:` stands between key and value, whichever comes first. A comment begins with `#` or `;`, at the
/// start of a line or after white space. A UTF-8 byte order mark and carriage returns at the ends of lines
/// are ignored. What follows a broken header belongs to no section.
[[nodiscard]] Ini parse_ini(std::string_view text, const std::vector<std::string_view>& sections);

/// The whole file, which may be a pipe. The Error has the system's reason, and not the path.
[[nodiscard]] gossip::Result<std::string> read_ini_file(const std::string& path);

}  // namespace gossipd
