#include "output.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <iostream>
#include <poll.h>
#include <unistd.h>

namespace gossipd {

std::error_code write_all(int descriptor, std::string_view bytes, const std::function<bool()>& give_up) {
  constexpr int wait_milliseconds = 100;
  while (!bytes.empty()) {
    pollfd waiting{descriptor, POLLOUT, 0};
    const int ready = ::poll(&waiting, 1, 0);
    if (ready == 0) {
      if (give_up()) return std::make_error_code(std::errc::operation_canceled);
      ::poll(&waiting, 1, wait_milliseconds);
      continue;
    }
    // A pipe that is ready takes this much without blocking.
    const ssize_t count = ::write(descriptor, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) {
      return {errno, std::generic_category()};
    }
  }
  return {};
}

std::string output_failure(const std::error_code& error) {
  return "standard output cannot be written: " + error.message();
}

bool print(std::string_view bytes, const std::function<bool()>& give_up) {
  const std::error_code error = write_all(STDOUT_FILENO, bytes, give_up);
  if (error && error != std::errc::broken_pipe && error != std::errc::operation_canceled)
    std::cerr << "gossipd: " << output_failure(error) << '\n';
  return !error;
}

}  // namespace gossipd
