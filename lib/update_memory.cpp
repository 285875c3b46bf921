#include <gossip/update_memory.hpp>

namespace gossip {

UpdateMemory::UpdateMemory(std::size_t capacity, Duration lifetime)
    : capacity_(capacity), lifetime_(lifetime) {}

bool UpdateMemory::note(const Endpoint& server_address, PeerUpdate::Kind kind, TimePoint now) {
  while (!entries_.empty() && now - entries_.front().seen >= lifetime_) forget(entries_.begin());
  Entry entry{server_address, kind, 0, now, now};
  if (const auto found = by_address_.find(server_address); found != by_address_.end()) {
    const Entry& before = **found;
    if (before.kind == kind) return false;
    if (now - before.changing_since < lifetime_) {
      if (before.changes == changes_max) return false;
      entry.changing_since = before.changing_since;
      entry.changes = static_cast<std::uint8_t>(before.changes + 1);
    }
    forget(*found);
  }
  if (capacity_ == 0) return true;
  if (entries_.size() == capacity_) forget(entries_.begin());
  entries_.push_back(entry);
  by_address_.insert(std::prev(entries_.end()));
  return true;
}

void UpdateMemory::forget(Entries::iterator entry) {
  // It is not there where memory ran out for it.
  const auto found = by_address_.find(entry->server_address);
  if (found != by_address_.end() && *found == entry) by_address_.erase(found);
  entries_.erase(entry);
}

}  // namespace gossip
