#include "publish_queue.hpp"

#include <gossip/message.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace gossip::detail {
namespace {

constexpr std::size_t stage_bytes_max = std::size_t{128} << 10U;

/// Of an ANNOUNCE: type, ttl and a reserved byte.
constexpr std::size_t body_header_bytes = 4;

std::size_t cost_of(std::size_t data_bytes) {
  return data_bytes + ClientConfig::message_overhead_bytes;
}

}  // namespace

bool PublishQueue::reserve(std::size_t data_bytes) {
  const std::size_t cost = cost_of(data_bytes);
  std::size_t bytes = bytes_.load();
  do {
    if (cost > bytes_max_ - bytes) return false;
  } while (!bytes_.compare_exchange_weak(bytes, bytes + cost));
  return true;
}

void PublishQueue::push(std::uint64_t operation, const Frame& frame, Completion<>&& done) {
  waiting_.push_back({operation, frame, std::move(done)});
}

void PublishQueue::stage(OutQueue& out, std::uint64_t written) {
  while (staged_ < waiting_.size() && out.size() < stage_bytes_max) {
    Waiting& next = waiting_[staged_++];
    out.append(next.frame);
    next.end = written + out.size();
  }
}

void PublishQueue::on_written(std::uint64_t written) {
  while (staged_ > 0 && waiting_.front().end <= written) {
    Waiting& first = waiting_.front();
    release(first.frame);
    if (first.done) (*first.done)({});
    waiting_.pop_front();
    staged_ -= 1;
  }
}

void PublishQueue::rewind() {
  const auto unstaged = waiting_.begin() + static_cast<std::ptrdiff_t>(staged_);
  const auto kept =
      std::stable_partition(waiting_.begin(), unstaged, [](const Waiting& waiting) { return !waiting.done; });
  std::for_each(waiting_.begin(), kept, [this](const Waiting& aborted) { release(aborted.frame); });
  waiting_.erase(waiting_.begin(), kept);
  staged_ = 0;
}

void PublishQueue::cancel(std::uint64_t operation, bool if_begun) {
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& waiting) {
    return waiting.operation == operation && waiting.done;
  });
  if (found == waiting_.end()) return;
  const bool begun = static_cast<std::size_t>(std::distance(waiting_.begin(), found)) < staged_;
  if (begun && !if_begun) return;
  (*std::exchange(found->done, std::nullopt))(boost::asio::error::operation_aborted);
  if (begun) return;
  release(found->frame);
  waiting_.erase(found);
}

void PublishQueue::fail(const boost::system::error_code& error) {
  for (Waiting& waiting : waiting_) {
    release(waiting.frame);
    if (waiting.done) (*waiting.done)(error);
  }
  waiting_.clear();
  staged_ = 0;
}

void PublishQueue::release(const Frame& frame) {
  bytes_ -= cost_of(frame.size() - frame_header_bytes - body_header_bytes);
}

}  // namespace gossip::detail
