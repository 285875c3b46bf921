#pragma once
/// \file
/// What is wrong with a configuration: where, which key, which value, and what would be right.

#include <cstddef>
#include <string>

namespace gossipd {

struct Problem {
  std::string file;      ///< empty for an option
  std::size_t line = 0;  ///< 0 where it is about no single line
  std::string key;       ///< the key, or the option with its dashes; empty where it is about no single key
  std::string value;     ///< as it was given
  std::string wanted;    ///< what would be right
};

/// "gossip.conf:7: cache_size = 0: a whole number from 1 to 65535 is needed"; one line, whatever the value
/// holds, and shortened where that is long.
[[nodiscard]] std::string to_string(const Problem& problem);

}  // namespace gossipd
