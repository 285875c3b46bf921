#include "lines.hpp"

#include <algorithm>
#include <utility>

namespace gossipd {

std::vector<std::string> LineSplitter::feed(std::string_view chunk) {
  std::vector<std::string> lines;
  while (!chunk.empty() && !too_long_) {
    const std::size_t end = chunk.find('\n');
    const std::string_view piece = chunk.substr(0, end);
    if (partial_.size() + piece.size() > line_bytes_max_) {
      too_long_ = lines_ + 1;
      partial_.clear();
      break;
    }
    partial_ += piece;
    if (end == std::string_view::npos) break;
    lines.push_back(std::exchange(partial_, {}));
    lines_ += 1;
    chunk.remove_prefix(end + 1);
  }
  return lines;
}

std::optional<std::string> LineSplitter::finish() {
  if (partial_.empty()) return std::nullopt;
  lines_ += 1;
  return std::exchange(partial_, {});
}

}  // namespace gossipd
