#include <gossip/digest_memory.hpp>

#include <algorithm>

namespace gossip {

DigestMemory::DigestMemory(std::size_t capacity, std::optional<Duration> lifetime)
    : capacity_(lifetime == Duration::zero() ? 0 : capacity), lifetime_(lifetime) {}

void DigestMemory::add(const Digest& digest, TimePoint now) {
  if (capacity_ == 0) return;
  forget_expired(now);
  if (find(digest)) return;
  make_room();
  const auto slot = static_cast<std::uint32_t>((oldest_ + size_) % ring_.size());
  ring_[slot] = {digest, now};
  index_.insert(digest.low, slot);
  size_ += 1;
}

bool DigestMemory::contains(const Digest& digest, TimePoint now) {
  if (size_ == 0) return false;
  forget_expired(now);
  return find(digest).has_value();
}

std::optional<std::uint32_t> DigestMemory::find(const Digest& digest) const {
  return index_.find(digest.low, [&](std::uint32_t slot) { return ring_[slot].digest == digest; });
}

void DigestMemory::forget_expired(TimePoint now) {
  if (!lifetime_) return;
  while (size_ > 0 && now - ring_[oldest_].added >= *lifetime_) forget_oldest();
}

void DigestMemory::forget_oldest() {
  index_.erase(ring_[oldest_].digest.low, static_cast<std::uint32_t>(oldest_));
  oldest_ = (oldest_ + 1) % ring_.size();
  size_ -= 1;
}

void DigestMemory::make_room() {
  if (size_ == capacity_) forget_oldest();
  if (size_ < ring_.size()) return;

  // The ring is rewritten from its oldest entry on, so every slot number changes.
  std::vector<Entry> larger(
      std::clamp<std::size_t>(ring_.size() * 2, std::min<std::size_t>(16, capacity_), capacity_));
  FlatIndex index(larger.size());
  for (std::size_t i = 0; i < size_; ++i) {
    larger[i] = ring_[(oldest_ + i) % ring_.size()];
    index.insert(larger[i].digest.low, static_cast<std::uint32_t>(i));
  }
  ring_ = std::move(larger);
  index_ = std::move(index);
  oldest_ = 0;
}

}  // namespace gossip
