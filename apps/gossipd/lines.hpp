#pragma once
/// \file
/// Cuts a byte stream into lines, of a bounded length.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gossipd {

/// Incremental: the stream may be split at any byte. Keeps at most one line. Not thread-safe.
class LineSplitter {
 public:
  explicit LineSplitter(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

  /// The lines that the chunk completes, without their newlines. After one that is too long there are no
  /// more.
  [[nodiscard]] std::vector<std::string> feed(std::string_view chunk);

  /// What is left at the end of the stream: a last line without a newline.
  [[nodiscard]] std::optional<std::string> finish();

  /// The number, from 1, of the line that was too long.
  [[nodiscard]] std::optional<std::uint64_t> too_long() const { return too_long_; }

 private:
  const std::size_t line_bytes_max_;
  std::string partial_;
  std::uint64_t lines_ = 0;
  std::optional<std::uint64_t> too_long_;
};

}  // namespace gossipd
