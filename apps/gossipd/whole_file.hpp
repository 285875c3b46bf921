#pragma once
/// \file
/// Reads a file that a user names, whatever it is: within a bound.

#include <gossip/error.hpp>

#include <cstddef>
#include <string>

namespace gossipd {

/// The whole file, which may be a pipe. An Error where it cannot be read, with the system's reason, and where
/// it has more than `bytes_max` bytes, of which no more are read then; the path is not in it.
[[nodiscard]] gossip::Result<std::string> read_whole_file(const std::string& path, std::size_t bytes_max);

}  // namespace gossipd
