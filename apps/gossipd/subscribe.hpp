#pragma once
/// \file
/// `gossipd subscribe`.

#include <gossip/message.hpp>

#include "options.hpp"

#include <string>

namespace gossipd {

/// Prints messages and casts verdicts on them, until a signal or the wanted number ends it, and returns the
/// exit code: 0 then, otherwise 1, with the reason on standard error unless it is that nobody reads standard
/// output. To be called before any thread is started.
[[nodiscard]] int subscribe(const SubscribeOptions& options);

/// One message as one line, with its end.
[[nodiscard]] std::string format_message(DataFormat format, const gossip::Notification& message);

}  // namespace gossipd
