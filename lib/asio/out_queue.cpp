#include "out_queue.hpp"

#include <cassert>
#include <iterator>
#include <utility>

namespace gossip::detail {
namespace {

/// Bytes up to which frames are gathered in one block.
constexpr std::size_t gathered_bytes_max = 65536;

}  // namespace

void OutQueue::append(const Frame& frame) {
  size_ += frame.size();
  append_copy(frame.header());
  if (frame.body().size() >= shared_bytes_min) {
    segments_.push_back({{}, frame.body()});
  } else {
    append_copy(frame.body().bytes());
  }
}

void OutQueue::append(OutQueue&& other) {
  if (segments_.empty()) {
    *this = std::exchange(other, {});
    return;
  }
  assert(other.consumed_ == 0);
  size_ += other.size_;
  segments_.insert(segments_.end(), std::make_move_iterator(other.segments_.begin()),
                   std::make_move_iterator(other.segments_.end()));
  other.clear();
}

std::vector<std::span<const std::byte>> OutQueue::front(std::size_t count) const {
  std::vector<std::span<const std::byte>> spans;
  for (const Segment& segment : segments_) {
    if (spans.size() == count) break;
    spans.push_back(segment.bytes().subspan(spans.empty() ? consumed_ : 0));
  }
  return spans;
}

void OutQueue::consume(std::size_t bytes) {
  assert(bytes <= size_);
  size_ -= bytes;
  consumed_ += bytes;
  while (!segments_.empty() && consumed_ >= segments_.front().bytes().size()) {
    consumed_ -= segments_.front().bytes().size();
    segments_.pop_front();
  }
}

void OutQueue::clear() {
  segments_.clear();
  consumed_ = 0;
  size_ = 0;
}

void OutQueue::append_copy(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  const bool fits = !segments_.empty() && segments_.back().shared.empty() &&
                    segments_.back().block.size() + bytes.size() <= gathered_bytes_max;
  if (!fits) segments_.emplace_back();
  std::vector<std::byte>& block = segments_.back().block;
  block.insert(block.end(), bytes.begin(), bytes.end());
}

}  // namespace gossip::detail
