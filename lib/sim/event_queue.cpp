#include "event_queue.hpp"

#include <algorithm>
#include <bit>
#include <functional>

namespace gossip::sim {
namespace {

/// For the heaps, whose first is the largest.
bool is_later(const Event& left, const Event& right) {
  return left.when != right.when ? left.when > right.when : left.order > right.order;
}
bool is_earlier(const Event& left, const Event& right) {
  return is_later(right, left);
}

}  // namespace

EventQueue::EventQueue() : buckets_(bucket_count, none), used_(bucket_count / 64, 0) {}

void EventQueue::put(std::int64_t when, std::uint8_t kind, const Event& event) {
  Event placed = event;
  placed.when = when;
  placed.order = sequence_++ << 8U | kind;
  size_ += 1;
  const std::int64_t tick = tick_of(when);
  if (tick <= base_) {
    late_.push_back(placed);
    std::ranges::push_heap(late_, is_later);
  } else if (tick < base_ + static_cast<std::int64_t>(bucket_count)) {
    put_in_bucket(placed);
  } else {
    far_.push_back(placed);
    std::ranges::push_heap(far_, is_later);
  }
}

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
         chunks_.capacity() * sizeof(Chunk) + buckets_.size() * sizeof(std::uint32_t) + used_.size() * 8;
}

void EventQueue::put_in_bucket(const Event& event) {
  const auto bucket = static_cast<std::size_t>(tick_of(event.when)) % bucket_count;
  std::uint32_t chunk = buckets_[bucket];
  if (chunk == none || chunks_[chunk].used == chunk_events) {
    std::uint32_t fresh = free_;
    if (fresh == none) {
      fresh = static_cast<std::uint32_t>(chunks_.size());
      chunks_.emplace_back();
    } else {
      free_ = chunks_[fresh].next;
    }
    chunks_[fresh].next = chunk;
    chunks_[fresh].used = 0;
    buckets_[bucket] = chunk = fresh;
    used_[bucket / 64] |= std::uint64_t{1} << bucket % 64;
  }
  chunks_[chunk].events[chunks_[chunk].used++] = event;
  in_wheel_ += 1;
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
    put_in_bucket(far_.back());
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

void EventQueue::gather(std::size_t bucket) {
  current_.erase(current_.begin(), current_.begin() + static_cast<std::ptrdiff_t>(at_));
  at_ = 0;
  const std::size_t before = current_.size();
  for (std::uint32_t chunk = buckets_[bucket]; chunk != none;) {
    Chunk& full = chunks_[chunk];
    current_.insert(current_.end(), full.events, full.events + full.used);
    const std::uint32_t next = full.next;
    full.next = free_;
    free_ = chunk;
    chunk = next;
  }
  in_wheel_ -= current_.size() - before;
  buckets_[bucket] = none;
  used_[bucket / 64] &= ~(std::uint64_t{1} << bucket % 64);
  std::sort(current_.begin() + static_cast<std::ptrdiff_t>(before), current_.end(), is_earlier);
}

}  // namespace gossip::sim
