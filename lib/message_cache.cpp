#include <gossip/message_cache.hpp>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
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

std::size_t checked_contents(std::size_t contents) {
  if (contents > ContentTable::departed_max) {
    throw std::invalid_argument("a message cache knows up to " + std::to_string(ContentTable::departed_max) +
                                " contents that were evicted, and as many invalid ones, not " +
                                std::to_string(contents));
  }
  return contents;
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

/// On its own, so that looking for what is new, which comes to it by chance only, stays short.
[[gnu::noinline]] bool are_same(std::span<const std::byte> one, std::span<const std::byte> other) {
  return one.size() == other.size() &&
         (one.empty() || std::memcmp(one.data(), other.data(), one.size()) == 0);
}

/// Drawn either way, so that the same seed goes on in the same way.
std::shared_ptr<const DigestKey> drawn_unless_given(std::shared_ptr<const DigestKey> given, Random& random) {
  const std::uint64_t first = random.next();
  const std::uint64_t second = random.next();
  return given != nullptr ? std::move(given) : std::make_shared<const DigestKey>(first, second);
}

/// No slot. There are at most 65,535, the last of them one less.
constexpr std::uint16_t no_slot = 0xffffU;

}  // namespace

MessageCache::MessageCache(const MessageCacheLimits& limits, Random& random,
                           std::shared_ptr<const DigestKey> digest_key)
    : contents_({limits.seen_ttl, checked_contents(limits.seen_max), checked_contents(limits.rejected_max)},
                checked_size(limits.size)),
      key_(drawn_unless_given(std::move(digest_key), random)),
      ids_(random),
      capacity_(limits.size),
      bytes_max_(limits.bytes_max),
      types_(random.next()),
      by_number_(std::min<std::size_t>(65536, std::bit_ceil(capacity_ * 2)), no_slot) {
  static_assert(sizeof(Slot) == 64);
  slots_.reserve(capacity_);
  free_.reserve(capacity_);  // so that taking a message out cannot fail
}

/// What they refer to has to outlive what is returned.
auto MessageCache::is_equal(const DataType& type, const std::span<const std::byte>& data) const {
  return [this, &type, &data](std::uint32_t slot) {
    const CachedMessage& message = slots_[slot].message;
    return message.data_type == type && are_same(message.data.bytes(), data);
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

/// What the next add() will touch may be far away: where it is known it is asked for now.
inline void MessageCache::prefetch_next() const {
  if (size_ < capacity_) return;
  __builtin_prefetch(slots_[next_victim()].message.data.memory());
}

AddOutcome MessageCache::add(const IncomingMessage& message, TimePoint now, std::vector<Evicted>& evicted) {
  return add_prepared(message, now, evicted, {nullptr, [](const void* /*what*/) {}});
}

AddOutcome MessageCache::add_prepared(const IncomingMessage& message, TimePoint now,
                                      std::vector<Evicted>& evicted, Preparation preparation) {
  const Digest own = message.digest == nullptr ? this->digest(message.data_type, message.data) : Digest{};
  const Digest& digest = message.digest == nullptr ? own : *message.digest;
  assert(digest == this->digest(message.data_type, message.data));
  const BatchLock lock(mutex_);
  const auto found = contents_.find(digest, now, is_equal(message.data_type, message.data));
  if (found.state != ContentTable::State::unknown) {
    const bool is_here = found.state == ContentTable::State::cached;
    return {nullptr, known_of(found.state), is_here ? slots_[found.slot].message.id : MessageId{}};
  }

  // First what memory may be lacking for.
  preparation.call(preparation.what);
  const std::size_t bytes = bytes_of(message.data);
  const Place place = place_for(bytes, now, evicted);
  Slot& slot = slots_[place.slot];
  std::uint32_t type = none;
  try {
    if (message.payload != nullptr) {
      slot.message.data = *message.payload;
    } else {
      slot.message.data.assign(message.data);
    }
    type = order_of(message.data_type);
    contents_.add(digest, place.slot);
  } catch (...) {
    drop(place);
    if (last_type_ != none && types_.at(last_type_).empty()) forget_type(last_type_);
    throw;
  }

  const std::uint16_t number = fresh_number();
  place_of(number) = static_cast<std::uint16_t>(place.slot);
  // One by one: a temporary would be read in larger pieces than it was written in, which processors wait for.
  slot.message.origin = message.origin;
  slot.message.sequence = sequence_++;
  slot.message.id = ids_.id_of(number);
  slot.message.data_type = message.data_type;
  slot.message.valid = message.valid;
  slot.message.tree = message.tree;
  slot.message.onward = message.onward;
  put_in_order(place, type);
  size_ += 1;
  bytes_ += bytes;
  prefetch_next();
  return {&slot.message, {}, slot.message.id};
}

std::optional<Known> MessageCache::known(DataType type, std::span<const std::byte> data, TimePoint now,
                                         const Digest* digest) {
  const Digest own = digest == nullptr ? this->digest(type, data) : *digest;
  const BatchLock lock(mutex_);
  const auto state = contents_.find(own, now, is_equal(type, data)).state;
  if (state == ContentTable::State::unknown) return std::nullopt;
  return known_of(state);
}

std::optional<CachedMessage> MessageCache::get(MessageId id) const {
  const BatchLock lock(mutex_);
  const std::uint32_t slot = slot_of(id);
  if (slot == none) return std::nullopt;
  return slots_[slot].message;
}

const CachedMessage* MessageCache::look_at(MessageId id) const {
  const BatchLock lock(mutex_);
  const std::uint32_t slot = slot_of(id);
  return slot == none ? nullptr : &slots_[slot].message;
}

std::optional<std::size_t> MessageCache::slot(MessageId id) const {
  const BatchLock lock(mutex_);
  const std::uint32_t slot = slot_of(id);
  return slot == none ? std::nullopt : std::optional<std::size_t>(slot);
}

std::optional<MessageId> MessageCache::find(DataType type, const Payload& data) const {
  const Digest own = digest(type, data.bytes());
  const BatchLock lock(mutex_);
  const auto slot = contents_.slot_of(own, is_equal(type, data.bytes()));
  if (!slot) return std::nullopt;
  return slots_[*slot].message.id;
}

bool MessageCache::is_valid(MessageId id) const {
  const BatchLock lock(mutex_);
  const std::uint32_t slot = slot_of(id);
  return slot != none && slots_[slot].message.valid;
}

bool MessageCache::set_validity(MessageId id, bool valid) {
  const BatchLock lock(mutex_);
  const std::uint32_t slot = slot_of(id);
  if (slot == none) return false;
  slots_[slot].message.valid = valid;
  return true;
}

bool MessageCache::raise_onward(MessageId id, Ttl onward) {
  const BatchLock lock(mutex_);
  const std::uint32_t slot = slot_of(id);
  if (slot == none) return false;
  std::optional<Ttl>& known = slots_[slot].message.onward;
  if (known && (*known == unlimited_ttl || (onward != unlimited_ttl && onward <= *known))) return false;
  known = onward;
  return true;
}

bool MessageCache::remove(MessageId id) {
  const BatchLock lock(mutex_);
  const std::uint32_t slot = slot_of(id);
  if (slot == none) return false;
  contents_.forget(slot);
  take(slot);
  drop({slot, true});
  return true;
}

bool MessageCache::reject(MessageId id) {
  const BatchLock lock(mutex_);
  const std::uint32_t slot = slot_of(id);
  if (slot == none) return false;
  contents_.reject(slot);
  take(slot);
  drop({slot, true});
  return true;
}

bool MessageCache::pin(MessageId id) {
  const BatchLock lock(mutex_);
  const std::uint32_t slot = slot_of(id);
  if (slot == none) return false;
  if (!slots_[slot].is_pinned()) {
    by_eviction_.remove(slot, in_slots(&Slot::by_eviction));
    slots_[slot].by_eviction.older = pinned_mark;
    pinned_bytes_ += bytes_of(slots_[slot].message.data);
  }
  return true;
}

bool MessageCache::unpin(MessageId id) {
  const BatchLock lock(mutex_);
  const std::uint32_t slot = slot_of(id);
  if (slot == none) return false;
  if (slots_[slot].is_pinned()) {
    by_eviction_.append(slot, in_slots(&Slot::by_eviction));
    pinned_bytes_ -= bytes_of(slots_[slot].message.data);
  }
  return true;
}

std::vector<CachedMessage> MessageCache::messages() const {
  return messages_from(0, capacity_);
}

std::vector<MessageId> MessageCache::ids() const {
  const BatchLock lock(mutex_);
  std::vector<MessageId> found;
  found.reserve(size_);
  visit([&](const CachedMessage& message) { found.push_back(message.id); });
  return found;
}

std::vector<CachedMessage> MessageCache::messages_from(std::uint64_t sequence, std::size_t count,
                                                       std::optional<DataType> type,
                                                       std::optional<MessageId> previous) const {
  const BatchLock lock(mutex_);
  std::vector<CachedMessage> found;
  const std::uint32_t order_of_type = type ? types_.slot_of(*type) : none;
  if (type && order_of_type == none) return found;
  const SlotRing& order = type ? types_.at(order_of_type) : by_age_;
  const auto links = in_slots(type ? &Slot::by_type : &Slot::by_age);

  std::uint32_t at = previous ? slot_of(*previous) : none;
  const bool goes_on = at != none && slots_[at].message.sequence < sequence &&
                       (!type || slots_[at].message.data_type == *type);
  if (!goes_on) at = first_from(sequence, order, links);
  for (; at != none && found.size() < count; at = order.newer(at, links)) {
    if (slots_[at].message.sequence >= sequence) found.push_back(slots_[at].message);
  }
  return found;
}

std::uint64_t MessageCache::next_sequence() const {
  const BatchLock lock(mutex_);
  return sequence_;
}

std::size_t MessageCache::size() const {
  const BatchLock lock(mutex_);
  return size_;
}

std::size_t MessageCache::bytes() const {
  const BatchLock lock(mutex_);
  return bytes_;
}

std::size_t MessageCache::pinned_bytes() const {
  const BatchLock lock(mutex_);
  return pinned_bytes_;
}

std::uint32_t MessageCache::slot_of(MessageId id) const {
  const std::uint16_t slot = by_number_[ids_.number_of(id) & (by_number_.size() - 1)];
  return slot != no_slot && slots_[slot].message.id == id ? slot : none;
}

/// The first of an order whose sequence is no lower: none when there is none. Looks from both ends, since
/// what is asked for is mostly near one of them.
std::uint32_t MessageCache::first_from(std::uint64_t sequence, const SlotRing& order,
                                       const LinksIn<const Slot>& links) const {
  std::uint32_t from_oldest = order.oldest();
  std::uint32_t found = none;
  std::uint32_t from_newest = order.newest(links);
  while (from_oldest != none) {
    if (slots_[from_oldest].message.sequence >= sequence) return from_oldest;
    if (slots_[from_newest].message.sequence < sequence) return found;
    found = from_newest;
    from_newest = links(from_newest).older;
    from_oldest = order.newer(from_oldest, links);
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

/// A slot for a message of so many bytes, for which others have made way where they had to. It may hold the
/// data of one that did, whose memory the next may have, and its place in the order of all, which is where
/// the next one's mostly is found by moving a number.
MessageCache::Place MessageCache::place_for(std::size_t bytes, TimePoint now, std::vector<Evicted>& evicted) {
  Place place;
  while (size_ == capacity_ || (size_ > 0 && bytes_ + bytes > bytes_max_)) {
    if (place.slot != none) drop(place);
    place = {evict(now, evicted), true};
  }
  if (place.slot != none) return place;
  if (free_.empty()) {
    slots_.emplace_back();
    return {static_cast<std::uint32_t>(slots_.size() - 1), false};
  }
  place.slot = free_.back();
  free_.pop_back();
  return place;
}

/// Precondition: take() has taken what was in it.
void MessageCache::drop(Place place) {
  if (place.is_in_order) take_out_of_order(place.slot);
  slots_[place.slot].message.data = {};
  free_.push_back(place.slot);
}

/// Behind all others.
inline void MessageCache::put_in_order(Place place, std::uint32_t type) {
  const std::uint32_t index = place.slot;
  Slot& slot = slots_[index];
  const auto by_eviction = in_slots(&Slot::by_eviction);
  const auto by_type = in_slots(&Slot::by_type);
  if (place.is_in_order && slot.type == type) {
    by_age_.renew(index, in_slots(&Slot::by_age));
    slot.is_pinned() ? by_eviction_.append(index, by_eviction) : by_eviction_.renew(index, by_eviction);
    types_.at(type).renew(index, by_type);
    return;
  }
  if (place.is_in_order) take_out_of_order(index);
  by_age_.append(index, in_slots(&Slot::by_age));
  by_eviction_.append(index, by_eviction);
  types_.at(type).append(index, by_type);
  slot.type = type;
}

[[gnu::noinline]] void MessageCache::take_out_of_order(std::uint32_t slot) {
  by_age_.remove(slot, in_slots(&Slot::by_age));
  if (!slots_[slot].is_pinned()) by_eviction_.remove(slot, in_slots(&Slot::by_eviction));
  SlotRing& of_type = types_.at(slots_[slot].type);
  of_type.remove(slot, in_slots(&Slot::by_type));
  if (of_type.empty()) forget_type(slots_[slot].type);
}

/// Out of all tables but that of the contents and the orders; the slot is neither in use nor free then, and
/// keeps the data.
inline void MessageCache::take(std::uint32_t index) {
  const Slot& slot = slots_[index];
  const std::size_t bytes = bytes_of(slot.message.data);
  bytes_ -= bytes;
  if (slot.is_pinned()) pinned_bytes_ -= bytes;
  place_of(ids_.number_of(slot.message.id)) = no_slot;
  size_ -= 1;
}

/// Gives the slot of the one that went, as take() leaves it.
std::uint32_t MessageCache::evict(TimePoint now, std::vector<Evicted>& evicted) {
  const std::uint32_t victim = next_victim();
  const CachedMessage& message = slots_[victim].message;
  evicted.push_back({message.id, message.data_type, message.valid});
  contents_.evict(victim, now);
  take(victim);
  return victim;
}

}  // namespace gossip
