#pragma once
/// \file
/// Lets a shell command judge a message.

#include <gossip/error.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace gossipd {

/// Runs `/bin/sh -c command` with the data on its standard input and its standard output sent to ours for
/// errors, and waits for it. True for exit code 0, false for 1, and no verdict for any other or a signal. It
/// may leave its input unread: that holds up nobody. Signals do to it what they do by default. The Error
/// tells why it could not be run.
[[nodiscard]] gossip::Result<std::optional<bool>> ask_command(const std::string& command,
                                                              std::string_view data);

}  // namespace gossipd
