#pragma once
/// \file
/// `gossipd simulate`.

#include "simulate/simulate_options.hpp"

namespace gossipd {

/// Runs simulations and returns the exit code: 0 where nothing was violated that must always hold, 1 where
/// something was, or a file cannot be read or written, 2 where what is asked is impossible. The report goes
/// to standard output, or as a page to a file; what went wrong to standard error. Files are tried before the
/// first run begins.
[[nodiscard]] int simulate(const simulation::SimulateOptions& options);

}  // namespace gossipd
