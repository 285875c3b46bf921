#pragma once
/// \file
/// Writes to a descriptor that may take its time, such as a pipe whose reader is slow.

#include <functional>
#include <string_view>
#include <system_error>

namespace gossipd {

/// Writes all of the bytes, waiting for as long as the descriptor takes none; `give_up` is asked before each
/// wait and several times a second in it. The error is the system's, or std::errc::operation_canceled once
/// `give_up` has said yes; part of the bytes may be written then. SIGPIPE is to be ignored by the caller.
[[nodiscard]] std::error_code write_all(int descriptor, std::string_view bytes,
                                        const std::function<bool()>& give_up);

}  // namespace gossipd
