#pragma once
/// \file
/// Where the connections of one thread read into.

#include "dialect.hpp"
#include "socket.hpp"

#include <algorithm>
#include <cstddef>
#include <span>

namespace gossipd::load {

/// One large buffer for all connections of a thread, which keep only what is left of an incomplete unit of
/// their protocol.
class Inbox {
 public:
  /// What is read at once, at most.
  static constexpr std::size_t read_bytes_max = std::size_t{256} * 1024;

  Inbox() : buffer_(read_bytes_max) {}

  /// Reads once. Afterwards bytes() is what was kept of this connection, and behind it what is new.
  [[nodiscard]] Transfer receive(const Socket& socket, const Bytes& kept) {
    std::copy(kept.begin(), kept.end(), buffer_.begin());
    const Transfer transfer = socket.read(std::span(buffer_).subspan(kept.size()));
    filled_ = kept.size() + transfer.bytes;
    return transfer;
  }

  [[nodiscard]] std::span<const std::byte> bytes() const { return std::span(buffer_).first(filled_); }

  /// Keeps what is behind the first `used` bytes. False where that fills the buffer, so that no more could
  /// be read.
  [[nodiscard]] bool keep(std::size_t used, Bytes& kept) const {
    kept.assign(buffer_.begin() + static_cast<std::ptrdiff_t>(used),
                buffer_.begin() + static_cast<std::ptrdiff_t>(filled_));
    return kept.size() < buffer_.size();
  }

 private:
  Bytes buffer_;
  std::size_t filled_ = 0;
};

}  // namespace gossipd::load
