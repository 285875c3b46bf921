#include <gossip/message_cache.hpp>

#include <algorithm>
#include <bit>
#include <cassert>
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

std::uint8_t round_of(std::uint8_t half, std::uint64_t key) {
  return static_cast<std::uint8_t>((key ^ half) * 0x9e3779b97f4a7c15U >> 56U);
}

/// A keyed permutation of 0..65535 (a Feistel network of four rounds). Walking through it gives ids that look
/// random, never collide with a recent one, and need no memory; drawing at random until an id is free would
/// take 65,536 tries in a full cache.
MessageId id_of(std::uint16_t number, const std::array<std::uint64_t, 4>& keys) {
  auto left = static_cast<std::uint8_t>(number >> 8U);
  auto right = static_cast<std::uint8_t>(number);
  for (const std::uint64_t key : keys) {
    const auto next = static_cast<std::uint8_t>(left ^ round_of(right, key));
    left = std::exchange(right, next);
  }
  return MessageId{static_cast<std::uint16_t>(left << 8U | right)};
}

/// The way back.
std::uint16_t number_of(MessageId id, const std::array<std::uint64_t, 4>& keys) {
  auto left = static_cast<std::uint8_t>(value_of(id) >> 8U);
  auto right = static_cast<std::uint8_t>(value_of(id));
  for (std::size_t round = keys.size(); round-- > 0;) {
    const auto before = static_cast<std::uint8_t>(right ^ round_of(left, keys[round]));
    right = std::exchange(left, before);
  }
  return static_cast<std::uint16_t>(left << 8U | right);
}

/// Precondition: not unknown.
Known known_of(ContentTable::State state) {
  switch (state) {
    case ContentTable::State::seen:
      return Known::seen;
    case ContentTable::State::rejected:
      return Known::rejected;
    default:
      return Known::cached;
  }
}

/// No slot. There are at most 65,535, the last of them one less.
constexpr std::uint16_t no_slot = 0xffffU;

}  // namespace

MessageCache::MessageCache(const MessageCacheLimits& limits, Random& random)
    : capacity_(checked_size(limits.size)),
      bytes_max_(limits.bytes_max),
      key_(DigestKey::from(random)),
      id_keys_{random.next(), random.next(), random.next(), random.next()},
      types_(id_keys_[0] ^ id_keys_[1] << 1U),
      contents_({limits.seen_ttl, limits.seen_max, limits.rejected_max}, capacity_),
      by_number_(std::min<std::size_t>(65536, std::bit_ceil(capacity_ * 2)), no_slot) {
  slots_.reserve(capacity_);
  free_.reserve(capacity_);  // so that taking a message out cannot fail
}

auto MessageCache::is_equal(DataType type, const Payload& data) const {
  return [this, type, &data](std::uint32_t slot) {
    const CachedMessage& message = slots_[slot].message;
    return message.data_type == type && message.data == data;
  };
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

template <MessageCache::Links links>
void MessageCache::append(Order& order, std::uint32_t slot) {
  slots_[slot].*links = {order.newest, none};
  (order.newest == none ? order.oldest : (slots_[order.newest].*links).newer) = slot;
  order.newest = slot;
}

template <MessageCache::Links links>
void MessageCache::unlink(Order& order, std::uint32_t slot) {
  const Neighbours beside = slots_[slot].*links;
  (beside.older == none ? order.oldest : (slots_[beside.older].*links).newer) = beside.newer;
  (beside.newer == none ? order.newest : (slots_[beside.newer].*links).older) = beside.older;
}

AddOutcome MessageCache::add(NewMessage&& message, TimePoint now, std::vector<Evicted>& evicted) {
  const Digest own =
      message.digest == nullptr ? this->digest(message.data_type, message.data.bytes()) : Digest{};
  const Digest& digest = message.digest == nullptr ? own : *message.digest;
  assert(digest == this->digest(message.data_type, message.data.bytes()));
  const std::lock_guard lock(mutex_);
  const auto state = state_of(digest, message.data_type, message.data, now);
  if (state != ContentTable::State::unknown) return {nullptr, known_of(state)};

  // First what memory may be lacking for.
  const std::size_t bytes = bytes_of(message.data);
  while (size_ == capacity_ || (size_ > 0 && bytes_ + bytes > bytes_max_)) evict(now, evicted);
  const std::uint32_t type = order_of(message.data_type);
  const std::uint32_t index = free_slot();
  Slot& slot = slots_[index];
  try {
    slot.content = contents_.add(digest, index);
  } catch (...) {
    free_.push_back(index);
    if (types_.at(type).oldest == none) forget_type(type);
    throw;
  }

  slot.number = fresh_number();
  place_of(slot.number) = static_cast<std::uint16_t>(index);
  // One by one: a temporary would be read in larger pieces than it was written in, which processors wait for.
  slot.message.id = id_of(slot.number, id_keys_);
  slot.message.data_type = message.data_type;
  slot.message.data = std::move(message.data);
  slot.message.valid = message.valid;
  slot.message.origin = message.origin;
  slot.message.onward = message.onward;
  slot.message.sequence = sequence_++;
  slot.type = type;
  slot.pinned = false;
  append<&Slot::by_age>(by_age_, index);
  append<&Slot::by_eviction>(by_eviction_, index);
  append<&Slot::by_type>(types_.at(type), index);
  size_ += 1;
  bytes_ += bytes;
  prefetch_next();
  return {&slot.message, {}};
}

std::optional<Known> MessageCache::known(DataType type, const Payload& data, TimePoint now) {
  const Digest digest = digest_of(key_, type, data.bytes());
  const std::lock_guard lock(mutex_);
  const auto state = state_of(digest, type, data, now);
  if (state == ContentTable::State::unknown) return std::nullopt;
  return known_of(state);
}

std::optional<CachedMessage> MessageCache::get(MessageId id) const {
  const std::lock_guard lock(mutex_);
  const std::uint32_t slot = slot_of(id);
  if (slot == none) return std::nullopt;
  return slots_[slot].message;
}

const CachedMessage* MessageCache::look_at(MessageId id) const {
  const std::lock_guard lock(mutex_);
  const std::uint32_t slot = slot_of(id);
  return slot == none ? nullptr : &slots_[slot].message;
}

std::optional<MessageId> MessageCache::find(DataType type, const Payload& data) const {
  const Digest digest = digest_of(key_, type, data.bytes());
  const std::lock_guard lock(mutex_);
  const std::uint32_t slot = contents_.slot_of(digest, is_equal(type, data));
  if (slot == none) return std::nullopt;
  return slots_[slot].message.id;
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
  contents_.forget(slots_[slot].content);
  take(slot);
  return true;
}

bool MessageCache::reject(MessageId id) {
  const std::lock_guard lock(mutex_);
  const std::uint32_t slot = slot_of(id);
  if (slot == none) return false;
  contents_.reject(slots_[slot].content);
  take(slot);
  return true;
}

bool MessageCache::pin(MessageId id) {
  const std::lock_guard lock(mutex_);
  const std::uint32_t slot = slot_of(id);
  if (slot == none) return false;
  if (!std::exchange(slots_[slot].pinned, true)) {
    unlink<&Slot::by_eviction>(by_eviction_, slot);
    pinned_bytes_ += bytes_of(slots_[slot].message.data);
  }
  return true;
}

bool MessageCache::unpin(MessageId id) {
  const std::lock_guard lock(mutex_);
  const std::uint32_t slot = slot_of(id);
  if (slot == none) return false;
  if (std::exchange(slots_[slot].pinned, false)) {
    append<&Slot::by_eviction>(by_eviction_, slot);
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
  found.reserve(size_);
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
  return size_;
}

std::size_t MessageCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

std::size_t MessageCache::pinned_bytes() const {
  const std::lock_guard lock(mutex_);
  return pinned_bytes_;
}

std::uint32_t MessageCache::slot_of(MessageId id) const {
  const std::uint16_t slot = by_number_[number_of(id, id_keys_) & (by_number_.size() - 1)];
  return slot != no_slot && slots_[slot].message.id == id ? slot : none;
}

ContentTable::State MessageCache::state_of(const Digest& digest, DataType type, const Payload& data,
                                           TimePoint now) {
  return contents_.find(digest, now, is_equal(type, data)).state;
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

std::uint16_t& MessageCache::place_of(std::uint16_t number) {
  return by_number_[number & (by_number_.size() - 1)];
}

std::uint16_t MessageCache::fresh_number() {
  // Ends: there are more places than messages.
  while (place_of(next_number_) != no_slot) ++next_number_;
  return next_number_++;
}

/// The slot in types_ of a type, which is there from now on.
std::uint32_t MessageCache::order_of(DataType type) {
  if (last_type_ == none || types_.key_at(last_type_) != type) last_type_ = types_.insert(type);
  return last_type_;
}

void MessageCache::forget_type(std::uint32_t type) {
  types_.erase_at(type);
  if (last_type_ == type) last_type_ = none;
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
  unlink<&Slot::by_age>(by_age_, index);
  slot.pinned ? void(pinned_bytes_ -= bytes) : unlink<&Slot::by_eviction>(by_eviction_, index);
  Order& of_type = types_.at(slot.type);
  unlink<&Slot::by_type>(of_type, index);
  if (of_type.oldest == none) forget_type(slot.type);
  place_of(slot.number) = no_slot;
  size_ -= 1;
  free_.push_back(index);
  slot.message.data = {};
}

std::uint32_t MessageCache::next_victim() const {
  return by_eviction_.oldest != none ? by_eviction_.oldest : by_age_.oldest;
}

void MessageCache::evict(TimePoint now, std::vector<Evicted>& evicted) {
  const std::uint32_t victim = next_victim();
  const CachedMessage& message = slots_[victim].message;
  evicted.push_back({message.id, message.data_type, message.valid});
  contents_.evict(slots_[victim].content, now);
  take(victim);
}

/// What the next add() will touch may be far away: where it is known it is asked for now.
void MessageCache::prefetch_next() const {
  if (size_ < capacity_) return;
  contents_.prefetch_oldest();
  const Slot& victim = slots_[next_victim()];
  __builtin_prefetch(victim.message.data.bytes().data());
  if (victim.by_eviction.newer == none) return;
  const auto* next = reinterpret_cast<const char*>(&slots_[victim.by_eviction.newer]);
  __builtin_prefetch(next);
  __builtin_prefetch(next + sizeof(Slot) / 2);
}

}  // namespace gossip
