#pragma once
/// \file
/// `gossipd run` and `gossipd check`.

#include "options.hpp"

namespace gossipd {

/// Runs a node until a signal stops it, and returns the exit code: 0 after a stop, 1 where it cannot start, 2
/// where that is the command line's fault. To be called before any thread is started.
[[nodiscard]] int run(const RunOptions& options);

/// Tells the problems of a configuration file on standard error, or on standard output that there are none,
/// and returns the exit code: 0 or 1.
[[nodiscard]] int check(const CheckOptions& options);

}  // namespace gossipd
