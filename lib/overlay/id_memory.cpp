#include <gossip/overlay/id_memory.hpp>

#include "../detail/siphash.hpp"

#include <chrono>

namespace gossip {
namespace {

/// Wraps after 136 years.
std::uint32_t seconds_of(TimePoint time) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

/// Old ids that a new one drops at most, so that no single call pays for many.
constexpr int dropped_at_once = 2;

}  // namespace

IdFingerprint IdKey::operator()(const ContentId& id) const {
  return IdFingerprint{detail::SipHash128<1, 3>(first_, second_).finish(id.bytes)[0]};
}

void IdMemory::note(IdFingerprint id, MessageId message, TimePoint now) {
  std::uint32_t slot = known_.slot_of(id);
  if (slot != none) {
    unlink(slot);
  } else {
    for (int i = 0; i < dropped_at_once && oldest_ != none; ++i) {
      if (known_.size() >= size_max_ || is_over(known_.at(oldest_), now)) drop_oldest();
    }
    slot = known_.insert(id);
  }
  known_.at(slot).since = seconds_of(now);
  known_.at(slot).message = message;
  append(slot);
}

bool IdMemory::knows(IdFingerprint id, TimePoint now) const {
  return find(id, now).has_value();
}

std::optional<MessageId> IdMemory::find(IdFingerprint id, TimePoint now) const {
  const Known* const known = known_.find(id);
  if (known == nullptr || is_over(*known, now)) return std::nullopt;
  return known->message;
}

bool IdMemory::is_over(const Known& known, TimePoint now) const {
  return std::chrono::seconds(seconds_of(now) - known.since) >= lifetime_;
}

void IdMemory::drop_oldest() {
  const std::uint32_t gone = oldest_;
  unlink(gone);
  known_.erase_at(gone);
}

void IdMemory::append(std::uint32_t slot) {
  known_.at(slot).older = newest_;
  known_.at(slot).newer = none;
  (newest_ == none ? oldest_ : known_.at(newest_).newer) = slot;
  newest_ = slot;
}

void IdMemory::unlink(std::uint32_t slot) {
  const Known& known = known_.at(slot);
  (known.older == none ? oldest_ : known_.at(known.older).newer) = known.newer;
  (known.newer == none ? newest_ : known_.at(known.newer).older) = known.older;
}

}  // namespace gossip
