#pragma once
/// \file
/// `gossipd bench`.

#include "bench/dialect.hpp"
#include "options.hpp"

namespace gossipd {

/// Loads one or several daemons and returns the exit code: 0 where nothing was lost, came twice or was
/// changed, otherwise 1. The report goes to standard output, what could not be done to standard error. The
/// first SIGINT, SIGTERM or SIGHUP ends it with a report. To be called before any thread is started.
[[nodiscard]] int bench(const BenchOptions& options);

/// The same for a server that speaks `dialect`.
[[nodiscard]] int bench(const BenchOptions& options, const load::Dialect& dialect);

}  // namespace gossipd
