#include <gossip/digest_memory.hpp>

namespace gossip {
namespace {

/// More than can be added meanwhile, and few enough that nobody waits when very many expire at once.
constexpr int forgotten_at_once = 4;

}  // namespace

DigestMemory::DigestMemory(std::size_t capacity, std::optional<Duration> lifetime)
    : capacity_(lifetime == Duration::zero() ? 0 : capacity), lifetime_(lifetime) {}

void DigestMemory::add(const Digest& digest, TimePoint now) {
  if (capacity_ == 0) return;
  forget_expired(now);
  if (size_ == capacity_) forget_oldest();
  const std::uint32_t slot = entries_.take();
  try {
    index_.insert(digest.low, slot, [this](std::uint32_t other) { return entries_[other].digest.low; });
  } catch (...) {
    entries_.give_back(slot);
    throw;
  }
  entries_[slot] = {digest, now, none};
  (newest_ == none ? oldest_ : entries_[newest_].newer) = slot;
  newest_ = slot;
  size_ += 1;
}

bool DigestMemory::contains(const Digest& digest, TimePoint now) {
  if (size_ == 0) return false;
  forget_expired(now);
  // One that has expired may be there next to one that has not.
  const auto is_valid = [&](std::uint32_t slot) {
    return entries_[slot].digest == digest && !has_expired(entries_[slot], now);
  };
  return index_.find(digest.low, is_valid).has_value();
}

void DigestMemory::forget_expired(TimePoint now) {
  for (int i = 0; i < forgotten_at_once && size_ > 0 && has_expired(entries_[oldest_], now); ++i)
    forget_oldest();
}

void DigestMemory::forget_oldest() {
  const std::uint32_t slot = oldest_;
  index_.erase(entries_[slot].digest.low, slot);
  oldest_ = entries_[slot].newer;
  if (oldest_ == none) newest_ = none;
  entries_.give_back(slot);
  size_ -= 1;
}

}  // namespace gossip
