#include <gossip/update_memory.hpp>

#include <bit>
#include <span>

namespace gossip {
namespace {

std::array<std::uint32_t, 2> halves_of(TimePoint time) {
  return std::bit_cast<std::array<std::uint32_t, 2>>(time.time_since_epoch().count());
}

TimePoint time_of(const std::array<std::uint32_t, 2>& halves) {
  return TimePoint(Duration(std::bit_cast<Duration::rep>(halves)));
}

}  // namespace

std::uint64_t UpdateMemory::hash_of(const Endpoint& address) const {
  return digest_of(key_, DataType{address.port}, address.address.bytes()).low;
}

auto UpdateMemory::hash_at() const {
  return [this](std::uint32_t slot) { return hash_of(entries_[slot].server_address); };
}

bool UpdateMemory::note(const Endpoint& server_address, PeerUpdate::Kind kind, TimePoint now) {
  while (oldest_ != none && now - time_of(entries_[oldest_].seen) >= lifetime_) forget(oldest_);
  const std::uint64_t hash = hash_of(server_address);
  std::uint8_t changes = 0;
  TimePoint changing_since = now;
  const auto is_same = [&](std::uint32_t slot) { return entries_[slot].server_address == server_address; };
  if (const auto found = by_address_.find(hash, is_same)) {
    const Entry& before = entries_[*found];
    if (before.kind == kind) return false;
    if (now - time_of(before.changing_since) < lifetime_) {
      if (before.changes == changes_max) return false;
      changing_since = time_of(before.changing_since);
      changes = static_cast<std::uint8_t>(before.changes + 1);
    }
    forget(*found);
  }
  if (capacity_ == 0) return true;
  if (size() == capacity_) forget(oldest_);
  by_address_.reserve(1, hash_at());
  const std::uint32_t slot = entries_.take();
  by_address_.insert(hash, slot, hash_at());
  entries_[slot] = {server_address, kind, changes, halves_of(now), halves_of(changing_since), newest_, none};
  (newest_ == none ? oldest_ : entries_[newest_].newer) = slot;
  newest_ = slot;
  return true;
}

void UpdateMemory::forget(std::uint32_t slot) {
  const Entry& entry = entries_[slot];
  by_address_.erase(hash_of(entry.server_address), slot);
  (entry.older == none ? oldest_ : entries_[entry.older].newer) = entry.newer;
  (entry.newer == none ? newest_ : entries_[entry.newer].older) = entry.older;
  entries_.give_back(slot);
}

}  // namespace gossip
