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
      bytes_max_(limits.bytes_max),
      key_(DigestKey::from(random)),
      id_keys_{random.next(), random.next(), random.next(), random.next()},
      next_id_{permute(0, id_keys_)},
      types_(id_keys_[0] ^ id_keys_[1] << 1U),
      by_id_(capacity_),
      by_content_(capacity_),
      seen_(limits.seen_max, limits.seen_ttl),
      rejected_(limits.rejected_max, std::nullopt) {
  slots_.reserve(capacity_);
  free_.reserve(capacity_);  // so that taking a message out cannot fail
}

MessageCache::Hold::Hold(BatchMutex& mutex) : mutex_(mutex) {
  mutex_.lock();
}

MessageCache::Hold::~Hold() {
  mutex_.unlock();
}

MessageCache::Hold MessageCache::hold() const {
  return Hold(mutex_);
}

AddOutcome MessageCache::add(const NewMessage& message, TimePoint now, std::vector<Evicted>& evicted) {
  const Digest digest = digest_of(key_, message.data_type, message.data.bytes());
  const std::lock_guard lock(mutex_);
  if (const auto known_as = known(digest, message.data_type, message.data, now)) return *known_as;

  // First what memory may be lacking for.
  const std::size_t bytes = bytes_of(message.data);
  while (by_id_.size() == capacity_ || (by_id_.size() > 0 && bytes_ + bytes > bytes_max_)) {
    evict(now, evicted);
  }
  const std::uint32_t type = insert_type(message.data_type);

  const std::uint32_t index = free_slot();
  const Added added{name(index), sequence_++};
  Slot& slot = slots_[index];
  slot.message = {added.id,       message.data_type, message.data,  message.valid,
                  message.origin, message.onward,    added.sequence};
  slot.digest = digest;
  slot.type = type;
  slot.pinned = false;
  append(by_age_, &Slot::by_age, index);
  append(by_eviction_, &Slot::by_eviction, index);
  append(types_.at(type), &Slot::by_type, index);
  by_content_.insert(digest.low, index, [this](std::uint32_t other) { return slots_[other].digest.low; });
  bytes_ += bytes;
  prefetch_next();
  return added;
}

std::optional<Known> MessageCache::known(DataType type, const Payload& data, TimePoint now) {
  const Digest digest = digest_of(key_, type, data.bytes());
  const std::lock_guard lock(mutex_);
  return known(digest, type, data, now);
}

std::optional<CachedMessage> MessageCache::get(MessageId id) const {
  const std::lock_guard lock(mutex_);
  const std::uint32_t slot = slot_of(id);
  if (slot == none) return std::nullopt;
  return slots_[slot].message;
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
  const std::uint32_t slot = slot_of(id);
  return slot != none && slots_[slot].message.valid;
}

bool MessageCache::set_validity(MessageId id, bool valid) {
  const std::lock_guard lock(mutex_);
  const std::uint32_t slot = slot_of(id);
  if (slot == none) return false;
  slots_[slot].message.valid = valid;
  return true;
}

bool MessageCache::remove(MessageId id) {
  const std::lock_guard lock(mutex_);
  const std::uint32_t slot = slot_of(id);
  if (slot == none) return false;
  take(slot);
  return true;
}

bool MessageCache::reject(MessageId id, TimePoint now) {
  const std::lock_guard lock(mutex_);
  const std::uint32_t slot = slot_of(id);
  if (slot == none) return false;
  rejected_.add(slots_[slot].digest, now);
  take(slot);
  return true;
}

bool MessageCache::pin(MessageId id) {
  const std::lock_guard lock(mutex_);
  const std::uint32_t slot = slot_of(id);
  if (slot == none) return false;
  if (!std::exchange(slots_[slot].pinned, true)) {
    unlink(by_eviction_, &Slot::by_eviction, slot);
    pinned_bytes_ += bytes_of(slots_[slot].message.data);
  }
  return true;
}

bool MessageCache::unpin(MessageId id) {
  const std::lock_guard lock(mutex_);
  const std::uint32_t slot = slot_of(id);
  if (slot == none) return false;
  if (std::exchange(slots_[slot].pinned, false)) {
    append(by_eviction_, &Slot::by_eviction, slot);
    pinned_bytes_ -= bytes_of(slots_[slot].message.data);
  }
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
                                                       std::optional<DataType> type,
                                                       std::optional<MessageId> previous) const {
  const std::lock_guard lock(mutex_);
  std::vector<CachedMessage> found;
  const std::uint32_t order_of_type = type ? types_.slot_of(*type) : none;
  if (type && order_of_type == none) return found;
  const Links links = type ? &Slot::by_type : &Slot::by_age;

  std::uint32_t at = previous ? slot_of(*previous) : none;
  const bool goes_on = at != none && slots_[at].message.sequence < sequence &&
                       (!type || slots_[at].message.data_type == *type);
  if (!goes_on) at = first_from(sequence, type ? types_.at(order_of_type) : by_age_, links);
  for (; at != none && found.size() < count; at = (slots_[at].*links).newer) {
    if (slots_[at].message.sequence >= sequence) found.push_back(slots_[at].message);
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

std::size_t MessageCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::size_t MessageCache::pinned_bytes() const {
  const std::lock_guard lock(mutex_);
  return pinned_bytes_;
}

void MessageCache::append(Order& order, Links links, std::uint32_t slot) {
  slots_[slot].*links = {order.newest, none};
  (order.newest == none ? order.oldest : (slots_[order.newest].*links).newer) = slot;
  order.newest = slot;
}

void MessageCache::unlink(Order& order, Links links, std::uint32_t slot) {
  const Neighbours beside = slots_[slot].*links;
  (beside.older == none ? order.oldest : (slots_[beside.older].*links).newer) = beside.newer;
  (beside.newer == none ? order.newest : (slots_[beside.newer].*links).older) = beside.older;
}

std::uint32_t MessageCache::slot_of(MessageId id) const {
  return by_id_.find(hash_of(id), [&](std::uint32_t slot) { return slots_[slot].message.id == id; })
      .value_or(none);
}

std::optional<std::uint32_t> MessageCache::slot_of(const Digest& digest, DataType type,
                                                   const Payload& data) const {
  return by_content_.find(digest.low, [&](std::uint32_t slot) {
    const CachedMessage& message = slots_[slot].message;
    return slots_[slot].digest == digest && message.data_type == type && message.data == data;
  });
}

std::optional<Known> MessageCache::known(const Digest& digest, DataType type, const Payload& data,
                                         TimePoint now) {
  // All at once: each may have to come from far away.
  by_content_.prefetch(digest.low);
  seen_.prefetch(digest);
  if (slot_of(digest, type, data)) return Known::cached;
  if (rejected_.contains(digest, now)) return Known::rejected;
  if (seen_.contains(digest, now)) return Known::seen;
  return std::nullopt;
}

/// The first of an order whose sequence is no lower: none when there is none. Looks from both ends, since
/// what is asked for is mostly near one of them.
std::uint32_t MessageCache::first_from(std::uint64_t sequence, const Order& order, Links links) const {
  std::uint32_t from_oldest = order.oldest;
  std::uint32_t found = none;
  std::uint32_t from_newest = order.newest;
  while (from_oldest != none) {
    if (slots_[from_oldest].message.sequence >= sequence) return from_oldest;
    if (slots_[from_newest].message.sequence < sequence) return found;
    found = from_newest;
    from_newest = (slots_[from_newest].*links).older;
    from_oldest = (slots_[from_oldest].*links).newer;
  }
  return found;
}

/// Most messages have the type of the one before.
std::uint32_t MessageCache::insert_type(DataType type) {
  if (by_age_.newest != none && slots_[by_age_.newest].message.data_type == type) {
    return slots_[by_age_.newest].type;
  }
  return types_.insert(type);
}

/// Draws an id for the message in a slot, which can be found by it from then on.
MessageId MessageCache::name(std::uint32_t slot) {
  // Ends: at most 65,535 of the 65,536 ids are taken.
  while (true) {
    const MessageId id = std::exchange(next_id_, MessageId{permute(++ids_drawn_, id_keys_)});
    if (slot_of(id) != none) continue;
    by_id_.insert(hash_of(id), slot,
                  [this](std::uint32_t other) { return hash_of(slots_[other].message.id); });
    return id;
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

void MessageCache::take(std::uint32_t index) {
  Slot& slot = slots_[index];
  const std::size_t bytes = bytes_of(slot.message.data);
  bytes_ -= bytes;
  unlink(by_age_, &Slot::by_age, index);
  slot.pinned ? void(pinned_bytes_ -= bytes) : unlink(by_eviction_, &Slot::by_eviction, index);
  unlink(types_.at(slot.type), &Slot::by_type, index);
  if (types_.at(slot.type).oldest == none) types_.erase_at(slot.type);
  by_id_.erase(hash_of(slot.message.id), index);
  by_content_.erase(slot.digest.low, index);
  free_.push_back(index);
  slot.message.data = {};
}

std::uint32_t MessageCache::next_victim() const {
  return by_eviction_.oldest != none ? by_eviction_.oldest : by_age_.oldest;
}

void MessageCache::evict(TimePoint now, std::vector<Evicted>& evicted) {
  const std::uint32_t victim = next_victim();
  const CachedMessage& message = slots_[victim].message;
  seen_.add(slots_[victim].digest, now);
  evicted.push_back({message.id, message.data_type, message.valid});
  take(victim);
}

/// In a large cache what the next add() will touch is far away: where it is known it is asked for now, and
/// for the victim after the next, so that it has time to come. That one's slot has to be here by then, since
/// it says where the rest is.
void MessageCache::prefetch_next() const {
  by_id_.prefetch(hash_of(next_id_));
  seen_.prefetch_oldest();
  if (by_id_.size() < capacity_) return;
  const std::uint32_t after_next = slots_[next_victim()].by_eviction.newer;
  if (after_next == none) return;
  const Slot& victim = slots_[after_next];
  by_id_.prefetch(hash_of(victim.message.id));
  by_content_.prefetch(victim.digest.low);
  seen_.prefetch(victim.digest);
  __builtin_prefetch(victim.message.data.bytes().data());
  if (victim.by_eviction.newer == none) return;
  const auto* then = reinterpret_cast<const char*>(&slots_[victim.by_eviction.newer]);
  __builtin_prefetch(then);
  __builtin_prefetch(then + sizeof(Slot) / 2);
}

}  // namespace gossip
