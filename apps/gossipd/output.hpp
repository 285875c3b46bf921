#pragma once
/// \file
/// Writes to a descriptor that may take its time, such as a pipe whose reader is slow; standard output above
/// all.

#include <functional>
#include <string>
#include <string_view>
#include <system_error>

namespace gossipd {

/// Writes all of the bytes, waiting for as long as the descriptor takes none; `give_up` is asked before each
/// wait and several times a second in it. The error is the system's, or std::errc::operation_canceled once
/// `give_up` has said yes; part of the bytes may be written then. SIGPIPE is to be ignored by the caller.
[[nodiscard]] std::error_code write_all(int descriptor, std::string_view bytes,
                                        const std::function<bool()>& give_up);

/// "standard output cannot be written: No space left on device".
[[nodiscard]] std::string output_failure(const std::error_code& error);

/// Writes all of the bytes to standard output as write_all() does. False where that fails; standard error has
/// the reason then, unless the reader has gone or `give_up` has said yes, which is nobody's fault.
[[nodiscard]] bool print(
    std::string_view bytes, const std::function<bool()>& give_up = [] { return false; });

}  // namespace gossipd
