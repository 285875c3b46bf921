#include <gossip/message_cache.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace gossip {
namespace {

std::size_t checked_size(std::size_t size) {
  if (size < 1 || size > MAX_MSG_ID) {
    throw std::invalid_argument("a message cache holds 1 to 65535 messages, not " + std::to_string(size));
  }
  return size;
}

/// A keyed permutation of 0..65535 (a Feistel network of four rounds). Walking through it gives ids that look
/// random, never collide with a recent one, and need no memory; drawing at random until an id is free would
/// take 65,536 tries in a full cache.
std::uint16_t permute(std::uint16_t value, const std::array<std::uint64_t, 4>& keys) {
  auto left = static_cast<std::uint8_t>(value >> 8U);
  auto right = static_cast<std::uint8_t>(value);
  for (const std::uint64_t key : keys) {
    const std::uint64_t mixed = (key ^ right) * 0x9e3779b97f4a7c15U;
    const auto next = static_cast<std::uint8_t>(left ^ (mixed >> 56U));
    left = std::exchange(right, next);
  }
  return static_cast<std::uint16_t>(left << 8U | right);
}

/// Scattered: taken as they are, the ids of a large cache would fill one long run of the table, and probing
/// for a free one would walk along it.
std::uint64_t hash_of(MessageId id) {
  return value_of(id) * 0x9e3779b97f4a7c15U >> 32U;
}

}  // namespace

MessageCache::MessageCache(const MessageCacheLimits& limits, Random& random)
    : capacity_(checked_size(limits.size)),
      key_(DigestKey::from(random)),
      id_keys_{random.next(), random.next(), random.next(), random.next()},
      by_id_(capacity_),
      by_content_(capacity_),
      seen_(limits.seen_max, limits.seen_ttl),
      rejected_(limits.rejected_max, std::nullopt) {
  slots_.reserve(capacity_);
  free_.reserve(capacity_);  // so that taking a message out cannot fail
}

AddOutcome MessageCache::add(const NewMessage& message, TimePoint now) {
  const Digest digest = digest_of(key_, message.data_type, message.data.bytes());
  const std::lock_guard lock(mutex_);
  if (const auto known_as = known(digest, message.data_type, message.data, now)) return *known_as;

  Added added;
  if (by_id_.size() == capacity_) added.evicted = evict(now);
  added.id = fresh_id();

  const std::uint32_t index = free_slot();
  Slot& slot = slots_[index];
  slot.message = {added.id,       message.data_type, message.data, message.valid,
                  message.origin, message.onward,    sequence_++};
  slot.digest = digest;
  slot.pinned = false;
  append(by_age_, index);
  append(by_eviction_, index);
  by_id_.insert(hash_of(added.id), index);
  by_content_.insert(digest.low, index);
  return added;
}

std::optional<Known> MessageCache::known(DataType type, const Payload& data, TimePoint now) {
  const Digest digest = digest_of(key_, type, data.bytes());
  const std::lock_guard lock(mutex_);
  return known(digest, type, data, now);
}

std::optional<CachedMessage> MessageCache::get(MessageId id) const {
  const std::lock_guard lock(mutex_);
  const auto slot = slot_of(id);
  if (!slot) return std::nullopt;
  return slots_[*slot].message;
}

std::optional<MessageId> MessageCache::find(DataType type, const Payload& data) const {
  const Digest digest = digest_of(key_, type, data.bytes());
  const std::lock_guard lock(mutex_);
  const auto slot = slot_of(digest, type, data);
  if (!slot) return std::nullopt;
  return slots_[*slot].message.id;
}

bool MessageCache::is_valid(MessageId id) const {
  const std::lock_guard lock(mutex_);
  const auto slot = slot_of(id);
  return slot && slots_[*slot].message.valid;
}

bool MessageCache::set_validity(MessageId id, bool valid) {
  const std::lock_guard lock(mutex_);
  const auto slot = slot_of(id);
  if (!slot) return false;
  slots_[*slot].message.valid = valid;
  return true;
}

bool MessageCache::remove(MessageId id) {
  const std::lock_guard lock(mutex_);
  const auto slot = slot_of(id);
  if (!slot) return false;
  take(*slot);
  return true;
}

bool MessageCache::reject(MessageId id, TimePoint now) {
  const std::lock_guard lock(mutex_);
  const auto slot = slot_of(id);
  if (!slot) return false;
  rejected_.add(slots_[*slot].digest, now);
  take(*slot);
  return true;
}

bool MessageCache::pin(MessageId id) {
  const std::lock_guard lock(mutex_);
  const auto slot = slot_of(id);
  if (!slot) return false;
  if (!std::exchange(slots_[*slot].pinned, true)) unlink(by_eviction_, *slot);
  return true;
}

bool MessageCache::unpin(MessageId id) {
  const std::lock_guard lock(mutex_);
  const auto slot = slot_of(id);
  if (!slot) return false;
  if (std::exchange(slots_[*slot].pinned, false)) append(by_eviction_, *slot);
  return true;
}

std::vector<CachedMessage> MessageCache::messages() const {
  return messages_from(0, capacity_);
}

std::vector<MessageId> MessageCache::ids() const {
  const std::lock_guard lock(mutex_);
  std::vector<MessageId> found;
  found.reserve(by_id_.size());
  for (std::uint32_t at = by_age_.oldest; at != none; at = slots_[at].by_age.newer) {
    found.push_back(slots_[at].message.id);
  }
  return found;
}

std::vector<CachedMessage> MessageCache::messages_from(std::uint64_t sequence, std::size_t count,
                                                       std::optional<DataType> type) const {
  const std::lock_guard lock(mutex_);
  std::vector<CachedMessage> found;
  for (std::uint32_t at = by_age_.oldest; at != none && found.size() < count; at = slots_[at].by_age.newer) {
    const CachedMessage& message = slots_[at].message;
    if (message.sequence >= sequence && (!type || message.data_type == *type)) found.push_back(message);
  }
  return found;
}

std::uint64_t MessageCache::next_sequence() const {
  const std::lock_guard lock(mutex_);
  return sequence_;
}

std::size_t MessageCache::size() const {
  const std::lock_guard lock(mutex_);
  return by_id_.size();
}

void MessageCache::append(Order& order, std::uint32_t slot) {
  slots_[slot].*order.links = {order.newest, none};
  if (order.newest == none) {
    order.oldest = slot;
  } else {
    (slots_[order.newest].*order.links).newer = slot;
  }
  order.newest = slot;
}

void MessageCache::unlink(Order& order, std::uint32_t slot) {
  const Neighbours links = slots_[slot].*order.links;
  (links.older == none ? order.oldest : (slots_[links.older].*order.links).newer) = links.newer;
  (links.newer == none ? order.newest : (slots_[links.newer].*order.links).older) = links.older;
}

std::optional<std::uint32_t> MessageCache::slot_of(MessageId id) const {
  return by_id_.find(hash_of(id), [&](std::uint32_t slot) { return slots_[slot].message.id == id; });
}

std::optional<std::uint32_t> MessageCache::slot_of(const Digest& digest, DataType type,
                                                   const Payload& data) const {
  return by_content_.find(digest.low, [&](std::uint32_t slot) {
    const CachedMessage& message = slots_[slot].message;
    return message.data_type == type && message.data == data;
  });
}

std::optional<Known> MessageCache::known(const Digest& digest, DataType type, const Payload& data,
                                         TimePoint now) {
  if (slot_of(digest, type, data)) return Known::cached;
  if (rejected_.contains(digest, now)) return Known::rejected;
  if (seen_.contains(digest, now)) return Known::seen;
  return std::nullopt;
}

MessageId MessageCache::fresh_id() {
  // Ends: at most 65,535 of the 65,536 ids are taken.
  while (true) {
    const MessageId id{permute(ids_drawn_++, id_keys_)};
    if (!slot_of(id)) return id;
  }
}

std::uint32_t MessageCache::free_slot() {
  if (free_.empty()) {
    slots_.emplace_back();
    return static_cast<std::uint32_t>(slots_.size() - 1);
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  return slot;
}

CachedMessage MessageCache::take(std::uint32_t index) {
  Slot& slot = slots_[index];
  unlink(by_age_, index);
  if (!slot.pinned) unlink(by_eviction_, index);
  by_id_.erase(hash_of(slot.message.id), index);
  by_content_.erase(slot.digest.low, index);
  free_.push_back(index);
  return std::exchange(slot.message, {});
}

CachedMessage MessageCache::evict(TimePoint now) {
  const std::uint32_t victim = by_eviction_.oldest != none ? by_eviction_.oldest : by_age_.oldest;
  seen_.add(slots_[victim].digest, now);
  return take(victim);
}

}  // namespace gossip
