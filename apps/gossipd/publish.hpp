#pragma once
/// \file
/// `gossipd publish`.

#include "options.hpp"

namespace gossipd {

/// Hands messages to a daemon and returns the exit code: 0 once the daemon has taken everything, otherwise 1,
/// with the reason on standard error.
[[nodiscard]] int publish(const PublishOptions& options);

}  // namespace gossipd
