#include "event_queue.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <utility>

namespace gossip::sim {
namespace {

// Objects, which sorting takes in, where it would call functions.
constexpr auto is_earlier = [](const Event& left, const Event& right) {
  return left.when != right.when ? left.when < right.when : left.order < right.order;
};
/// For the heaps, whose first is the largest.
constexpr auto is_later = [](const Event& left, const Event& right) { return is_earlier(right, left); };

}  // namespace

EventQueue::EventQueue() : buckets_(bucket_count), used_(bucket_count / 64, 0) {}

bool EventQueue::take(std::int64_t end, Event& event) {
  if (current_.size() - at_ <= ahead_max) look_ahead();
  while (at_ == current_.size() && late_.empty()) {
    if (!turn()) return false;
  }
  const bool is_late = !late_.empty() && (at_ == current_.size() || is_earlier(late_.front(), current_[at_]));
  const Event& next = is_late ? late_.front() : current_[at_];
  if (next.when > end) return false;
  event = next;
  present_ = tick_of(event.when);
  if (is_late) {
    std::ranges::pop_heap(late_, is_later);
    late_.pop_back();
  } else {
    at_ += 1;
    passed_ += 1;
  }
  size_ -= 1;
  return true;
}

std::size_t EventQueue::bytes() const {
  return (current_.capacity() + late_.capacity() + far_.capacity()) * sizeof(Event) +
         chunks_.capacity() * sizeof(Chunk) + buckets_.size() * sizeof(Bucket) + used_.size() * 8;
}

/// It has none, or a full one.
[[gnu::noinline]] void EventQueue::begin_chunk(Bucket& bucket) {
  std::uint32_t fresh = free_;
  if (fresh == none) {
    fresh = static_cast<std::uint32_t>(chunks_.size());
    chunks_.emplace_back();
  } else {
    free_ = chunks_[fresh].next;
  }
  chunks_[fresh].next = bucket.chunk;
  bucket = {fresh, 0};
}

/// What is due before the wheel goes on, or beyond it.
[[gnu::noinline]] void EventQueue::put_aside(const Event& event) {
  auto& heap = tick_of(event.when) <= base_ ? late_ : far_;
  heap.push_back(event);
  std::ranges::push_heap(heap, is_later);
}

/// Takes in what is due soon, until enough is known.
void EventQueue::look_ahead() {
  while (in_wheel_ > 0 && current_.size() - at_ <= ahead_max) {
    std::int64_t tick = base_ + 1;
    while (tick <= present_ + ticks_ahead && !is_used(tick)) ++tick;
    if (tick > present_ + ticks_ahead) return;
    turn_to(tick);
  }
}

/// Goes on to the next bucket that has anything; false where there is none.
bool EventQueue::turn() {
  if (in_wheel_ == 0 && far_.empty()) return false;
  turn_to(in_wheel_ > 0 ? next_used_tick() : tick_of(far_.front().when));
  return true;
}

bool EventQueue::is_used(std::int64_t tick) const {
  const auto bucket = static_cast<std::size_t>(tick) % bucket_count;
  return (used_[bucket / 64] >> bucket % 64 & 1U) != 0;
}

void EventQueue::turn_to(std::int64_t tick) {
  base_ = tick;
  const std::int64_t horizon = base_ + static_cast<std::int64_t>(bucket_count);
  while (!far_.empty() && tick_of(far_.front().when) < horizon) {
    std::ranges::pop_heap(far_, is_later);
    place_in_bucket(tick_of(far_.back().when)) = far_.back();
    far_.pop_back();
  }
  gather(static_cast<std::size_t>(base_) % bucket_count);
}

/// Precondition: the wheel is not empty.
std::int64_t EventQueue::next_used_tick() const {
  for (std::int64_t tick = base_ + 1;;) {
    const auto bucket = static_cast<std::size_t>(tick) % bucket_count;
    const std::uint64_t rest = used_[bucket / 64] >> bucket % 64;
    if (rest != 0) return tick + std::countr_zero(rest);
    tick += static_cast<std::int64_t>(64 - bucket % 64);
  }
}

void EventQueue::gather(std::size_t number) {
  current_.erase(current_.begin(), current_.begin() + static_cast<std::ptrdiff_t>(at_));
  at_ = 0;
  const std::size_t before = current_.size();
  Bucket bucket = std::exchange(buckets_[number], {});
  while (bucket.chunk != none) {
    Chunk& chunk = chunks_[bucket.chunk];
    current_.insert(current_.end(), chunk.events, chunk.events + bucket.used);
    const std::uint32_t next = std::exchange(chunk.next, std::exchange(free_, bucket.chunk));
    bucket = {next, chunk_events};
  }
  in_wheel_ -= current_.size() - before;
  used_[number / 64] &= ~(std::uint64_t{1} << number % 64);
  std::sort(current_.begin() + static_cast<std::ptrdiff_t>(before), current_.end(), is_earlier);
}

}  // namespace gossip::sim
