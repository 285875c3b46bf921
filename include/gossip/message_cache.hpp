#pragma once
/// \file
/// What a node knows: messages by id and by content, and the contents that it has seen go. Bounded; when it
/// is full the oldest message makes way. It decides nothing about spreading.

#include <gossip/batch_mutex.hpp>
#include <gossip/content_table.hpp>
#include <gossip/digest.hpp>
#include <gossip/export.hpp>
#include <gossip/flat_index.hpp>
#include <gossip/flat_map.hpp>
#include <gossip/message_id_sequence.hpp>
#include <gossip/payload.hpp>
#include <gossip/prefetch.hpp>
#include <gossip/random.hpp>
#include <gossip/slot_ring.hpp>
#include <gossip/types.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace gossip {

/// A message to be added.
struct NewMessage {
  DataType data_type{};         ///< together with the data, what makes it the same as another
  Payload data;                 ///< the cache shares it, and copies nothing
  bool valid = false;           ///< false: pending, it waits for a verdict
  ConnectionId origin{};        ///< where it came from
  std::optional<Ttl> onward{};  ///< the ttl that it is forwarded with; nothing when it goes no further
};

/// The same, its data where it was received: a cache copies it only if it is new.
struct IncomingMessage {
  DataType data_type{};              ///< as in NewMessage
  std::span<const std::byte> data;   ///< as in NewMessage
  const Payload* payload = nullptr;  ///< where the data is shared from; null: it is copied
  bool valid = false;                ///< as in NewMessage
  ConnectionId origin{};             ///< as in NewMessage
  std::optional<Ttl> onward{};       ///< as in NewMessage
  const Digest* digest = nullptr;    ///< MessageCache::digest() of it, where that is at hand
  Tree tree = no_tree;               ///< by which it came; no_tree: by none
};

/// A message that is at hand, which must outlive it.
[[nodiscard]] inline IncomingMessage view_of(const NewMessage& message) {
  return {message.data_type, message.data.bytes(), &message.data, message.valid,
          message.origin,    message.onward,       nullptr,       no_tree};
}

/// A message in the cache. The order of its members makes it half a cache line.
struct CachedMessage {
  Payload data;                 ///< as it was added; shared with the cache
  ConnectionId origin{};        ///< where it came from first; that connection may have ended since
  std::uint64_t sequence = 0;   ///< counts what was ever added, from 0: a higher one is newer
  MessageId id{};               ///< its name here, for as long as it is cached
  DataType data_type{};         ///< as it was added
  bool valid = false;           ///< false: pending, it waits for a verdict
  Tree tree = no_tree;          ///< as it was added
  std::optional<Ttl> onward{};  ///< the ttl that it is forwarded with; nothing when it goes no further
};

/// Why a message was not added: its content is...
enum class Known {
  cached,    ///< in the cache, valid or pending
  seen,      ///< evicted, within seen_ttl
  rejected,  ///< found invalid
};

/// What came of add(). Plain, and returned in registers: a variant would go through memory.
struct AddOutcome {
  /// The message, which is in the cache now. Null where it was known. As with MessageCache::look_at(), what
  /// it points at is for who holds the cache, or has it alone.
  const CachedMessage* message = nullptr;
  Known known = Known::cached;  ///< how, where it was
  /// Of the message, new or cached already, for who does not hold the cache. An id of 0 is as good as any
  /// other.
  MessageId id{};
};

/// What is left of a message that made way for another.
struct Evicted {
  MessageId id{};        ///< what it was called
  DataType data_type{};  ///< as it was added
  bool valid = false;    ///< false: it was pending
};

/// The bounds of a cache and of its memory of contents that it held before.
struct MessageCacheLimits {
  std::size_t size = 30;                        ///< messages, 1 to 65535
  Duration seen_ttl = std::chrono::minutes(2);  ///< 0 switches the memory of evicted contents off
  std::size_t seen_max = 65536;      ///< evicted contents known at once, up to ContentTable::departed_max
  std::size_t rejected_max = 65536;  ///< invalid contents known at once, up to as many
  /// Bytes of all messages: of each, its data and MessageCache::overhead_bytes. One message is held however
  /// large it is.
  std::size_t bytes_max = std::numeric_limits<std::size_t>::max();
};

/// The messages that a node holds. Two are the same when data type and data are equal (docs/protocol.md,
/// 'Identity of a message'). Every operation on one message is O(1) at every size, and in a steady state none
/// allocates. Ids are random and unique among the cached messages, and one that became free is not used again
/// before nearly all others have been.
///
/// Eviction: a pinned message is passed over; of the others, the one goes that has been evictable longest,
/// which without pins is the oldest. If all are pinned the oldest goes. Each message added takes the place of
/// one, or of as many as it takes to make room for its bytes.
///
/// Thread-safe: every function locks, unless this thread holds the cache. What they return is a copy that
/// shares only immutable data, but for the pointers of add() and look_at().
class GOSSIP_EXPORT MessageCache {
 public:
  /// What a message is taken to need besides its data: its slot, its places in the tables, and what the
  /// allocator adds to its data.
  static constexpr std::size_t overhead_bytes = 256;

  /// Throws std::invalid_argument for a limit out of bounds. `random` is used in the constructor only.
  /// `digest_key`: one that several caches share; where there is none the cache draws its own.
  MessageCache(const MessageCacheLimits& limits, Random& random,
               std::shared_ptr<const DigestKey> digest_key = nullptr);

  /// While it lives, the cache is this thread's: the functions do not lock, and other threads wait in them.
  /// It may be nested. To be destroyed on the thread that made it, before the cache.
  class GOSSIP_EXPORT Hold {
   public:
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    /// The other threads may go on.
    ~Hold();

   private:
    friend MessageCache;
    explicit Hold(BatchMutex& mutex);
    BatchMutex& mutex_;
  };
  /// For a batch of calls: locks once for all of them.
  [[nodiscard]] Hold hold() const;

  /// Adds, or says how the content is known already; then nothing changes. What makes way is appended to
  /// `evicted`, in the order in which it goes. Throws std::bad_alloc: then the message was not added, but
  /// what `evicted` has got is gone.
  AddOutcome add(const IncomingMessage& message, TimePoint now, std::vector<Evicted>& evicted);
  /// The same; `prepare()` is called once the content has turned out to be new, before anything changes. It
  /// may throw std::bad_alloc: then nothing was added, and nothing made way. It may look at the cache. So
  /// what a new message needs besides, a duplicate does not touch.
  template <typename Prepare>
  AddOutcome add(const IncomingMessage& message, TimePoint now, std::vector<Evicted>& evicted,
                 const Prepare& prepare) {
    return add_prepared(message, now, evicted,
                        {&prepare, [](const void* what) { (*static_cast<const Prepare*>(what))(); }});
  }
  /// The same for a message that shares its data with the cache.
  AddOutcome add(const NewMessage& message, TimePoint now, std::vector<Evicted>& evicted) {
    return add(view_of(message), now, evicted);
  }

  /// What digests of contents are made with, for as long as the cache lives. It is secret.
  [[nodiscard]] const DigestKey& digest_key() const { return *key_; }

  /// The cache's digest of a content. Takes no lock.
  [[nodiscard]] Digest digest(DataType type, std::span<const std::byte> data) const {
    return digest_of(*key_, type, data);
  }
  /// The same, put in its place.
  void make_digest(Digest& digest, DataType type, std::span<const std::byte> data) const {
    gossip::make_digest(digest, *key_, type, data);
  }
  /// \{
  /// Asks for the memory that add() is about to touch: of the cache itself; then for a content with this
  /// digest, and where slots are told; and then, once that is there, of the message that may be the same.
  /// Take no lock: only for who holds the cache, or has it alone.
  [[gnu::always_inline]] void prefetch() const {
    gossip::prefetch(&mutex_, sizeof(mutex_) + sizeof(decltype(slots_)) + ContentTable::looked_up_bytes);
  }
  [[gnu::always_inline]] void prefetch(const Digest& digest) const { contents_.prefetch(digest); }
  [[gnu::always_inline]] void prefetch_numbers() const { contents_.prefetch_numbers(); }
  [[gnu::always_inline]] void prefetch_same(const Digest& digest) const {
    contents_.prefetch_slots(
        digest, [this](std::uint32_t slot)
                    __attribute__((always_inline)) { __builtin_prefetch(&slots_[slot]); });
  }
  /// And for all messages, where there are few.
  [[gnu::always_inline]] void prefetch_slots() const {
    for (std::size_t slot = 0; slot < std::min<std::size_t>(slots_.size(), 32); ++slot)
      __builtin_prefetch(&slots_[slot]);
  }
  /// And where the message will be new: its places in the tables, and once they are there, what it makes way.
  [[gnu::always_inline]] void prefetch_places() const {
    gossip::prefetch(by_number_.data(),
                     std::min<std::size_t>(128, by_number_.size() * sizeof(by_number_[0])));
    types_.prefetch_values();
    if (size_ == 0) return;
    __builtin_prefetch(&slots_[next_victim()]);
    contents_.prefetch_places(next_victim());
  }
  [[gnu::always_inline]] void prefetch_victim() const {
    if (size_ < capacity_) return;
    const Slot& victim = slots_[next_victim()];
    __builtin_prefetch(&slots_[victim.by_age.newer]);
    contents_.prefetch_departure();
  }
  /// \}

  /// How the content is known, if it is. `digest`: digest() of it, where that is at hand.
  [[nodiscard]] std::optional<Known> known(DataType type, std::span<const std::byte> data, TimePoint now,
                                           const Digest* digest = nullptr);

  /// Nothing for an id that is not cached.
  [[nodiscard]] std::optional<CachedMessage> get(MessageId id) const;
  /// The message itself; null for an id that is not cached. It stays where it is until it leaves the cache;
  /// while it is looked at nobody else may change the cache: other threads are kept out by hold().
  [[nodiscard]] const CachedMessage* look_at(MessageId id) const;
  /// Its number among capacity() places, which is no other message's for as long as it is cached: for tables
  /// of what belongs to cached messages. Nothing for an id that is not cached.
  [[nodiscard]] std::optional<std::size_t> slot(MessageId id) const;
  /// The id of the cached message with this content; nothing when there is none, whatever is known of it.
  [[nodiscard]] std::optional<MessageId> find(DataType type, const Payload& data) const;
  /// False for an id that is not cached, too.
  [[nodiscard]] bool is_valid(MessageId id) const;

  /// Marks as valid or pending again. False: no such message.
  bool set_validity(MessageId id, bool valid);

  /// The message is forwarded with this ttl from now on if that goes further than the one that it has. False:
  /// it does not, or there is no such message.
  bool raise_onward(MessageId id, Ttl onward);

  /// Removes it and forgets that it ever was. False: no such message.
  bool remove(MessageId id);

  /// Removes it and remembers its content as invalid. False: no such message.
  bool reject(MessageId id);

  /// \{
  /// Keeps from eviction, or no longer. False: no such message. Neither counts how often it was called.
  bool pin(MessageId id);
  bool unpin(MessageId id);
  /// \}

  /// Calls `look(message)` for all messages, oldest first, without copying them: each is good for the call.
  /// It must not change the cache, and other threads wait for as long as it takes.
  template <typename Look>
  void visit(const Look& look) const {
    const Hold held = hold();  // out of line: the library tells threads apart, a program would do it anew
    const auto links = in_slots(&Slot::by_age);
    for (std::uint32_t at = by_age_.oldest(); at != none; at = by_age_.newer(at, links))
      look(slots_[at].message);
  }

  /// All messages, oldest first.
  [[nodiscard]] std::vector<CachedMessage> messages() const;
  /// The ids of all messages, oldest first.
  [[nodiscard]] std::vector<MessageId> ids() const;

  /// At most `count` messages with a sequence of at least `sequence`, of one type or of all, oldest first. It
  /// costs what it returns where it starts with the oldest of the type, or goes on behind `previous`: a
  /// message with a lower sequence, such as the last one of an earlier call. Where `previous` is not cached
  /// any more, or there is none, the start is looked for from both ends.
  [[nodiscard]] std::vector<CachedMessage> messages_from(std::uint64_t sequence, std::size_t count,
                                                         std::optional<DataType> type = {},
                                                         std::optional<MessageId> previous = {}) const;

  /// The sequence that the next message will get.
  [[nodiscard]] std::uint64_t next_sequence() const;

  /// Messages held now, pinned ones among them: at most capacity().
  [[nodiscard]] std::size_t size() const;
  /// MessageCacheLimits::size.
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

  /// Bytes held now as MessageCacheLimits::bytes_max counts them, those of pinned messages among them: at
  /// most bytes_max(), unless a single message has more.
  [[nodiscard]] std::size_t bytes() const;
  /// Those of pinned messages.
  [[nodiscard]] std::size_t pinned_bytes() const;
  /// MessageCacheLimits::bytes_max.
  [[nodiscard]] std::size_t bytes_max() const { return bytes_max_; }

  /// What a message with this data counts against bytes_max().
  [[nodiscard]] static std::size_t bytes_of(const Payload& data) { return bytes_of(data.bytes()); }

 private:
  static constexpr std::uint32_t none = SlotRing::none;
  static constexpr std::uint32_t pinned_mark = none - 1;

  /// One cache line.
  struct alignas(cache_line_bytes) Slot {
    CachedMessage message;
    std::uint32_t type = none;  ///< the slot of its ring in types_
    SlotRing::Links by_age;
    SlotRing::Links by_eviction;  ///< a pinned one has none and is marked so
    SlotRing::Links by_type;

    [[nodiscard]] bool is_pinned() const { return by_eviction.older == pinned_mark; }
  };
  using Links = SlotRing::Links Slot::*;
  /// What a SlotRing asks.
  template <typename SomeSlot>
  struct LinksIn {
    SomeSlot* slots;
    Links links;

    [[nodiscard]] auto& operator()(std::uint32_t slot) const { return slots[slot].*links; }
  };
  [[nodiscard]] LinksIn<Slot> in_slots(Links links) { return {slots_.data(), links}; }
  [[nodiscard]] LinksIn<const Slot> in_slots(Links links) const { return {slots_.data(), links}; }
  /// Where a new message goes.
  struct Place {
    std::uint32_t slot = none;
    bool is_in_order = false;  ///< among the others, as the one that was there before
  };
  /// What `prepare` of add() is to be called with.
  struct Preparation {
    const void* what;
    void (*call)(const void* what);
  };

  [[nodiscard]] static std::size_t bytes_of(std::span<const std::byte> data) {
    return overhead_bytes + data.size();
  }

  AddOutcome add_prepared(const IncomingMessage& message, TimePoint now, std::vector<Evicted>& evicted,
                          Preparation preparation);
  void put_in_order(Place place, std::uint32_t type);
  void take_out_of_order(std::uint32_t slot);
  std::uint32_t order_of(DataType type);
  void forget_type(std::uint32_t type);
  [[nodiscard]] std::uint32_t slot_of(MessageId id) const;
  [[nodiscard]] auto is_equal(const DataType& type, const std::span<const std::byte>& data) const;
  [[nodiscard]] std::uint32_t first_from(std::uint64_t sequence, const SlotRing& order,
                                         const LinksIn<const Slot>& links) const;
  [[nodiscard]] std::uint16_t& place_of(std::uint16_t number);
  [[nodiscard]] std::uint16_t fresh_number();
  [[nodiscard]] Place place_for(std::size_t bytes, TimePoint now, std::vector<Evicted>& evicted);
  void drop(Place place);
  void take(std::uint32_t slot);
  std::uint32_t evict(TimePoint now, std::vector<Evicted>& evicted);
  [[gnu::always_inline]] void prefetch_next() const;
  [[nodiscard]] std::uint32_t next_victim() const {
    return by_eviction_.empty() ? by_age_.oldest() : by_eviction_.oldest();
  }

  // What a duplicate touches stands together, in as few cache lines as possible.
  alignas(cache_line_bytes) mutable BatchMutex mutex_;
  std::vector<Slot> slots_;
  ContentTable contents_;

  const std::shared_ptr<const DigestKey> key_;
  const MessageIdSequence ids_;
  const std::size_t capacity_;
  const std::size_t bytes_max_;
  std::vector<std::uint32_t> free_;
  SlotRing by_age_;
  SlotRing by_eviction_;
  FlatMap<DataType, SlotRing> types_;  ///< of the types of cached messages
  std::uint32_t last_type_ = none;  ///< in types_: that of the last message, most likely of the next; or none
  std::size_t size_ = 0;
  /// Slots by the lower bits of the numbers that ids are made of. One number comes after the other, so the
  /// places do, too: no other message is there but one that was pinned while all others went, and its place
  /// is left out.
  std::vector<std::uint16_t> by_number_;
  std::size_t bytes_ = 0;
  std::size_t pinned_bytes_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint16_t next_number_ = 0;
};

}  // namespace gossip
