#pragma once
/// \file
/// What a node knows: messages by id and by content, and the contents that it has seen go. Bounded; when it
/// is full the oldest message makes way. It decides nothing about spreading.

#include <gossip/digest.hpp>
#include <gossip/digest_memory.hpp>
#include <gossip/export.hpp>
#include <gossip/flat_index.hpp>
#include <gossip/payload.hpp>
#include <gossip/random.hpp>
#include <gossip/types.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

namespace gossip {

/// A message on its way into the cache.
struct NewMessage {
  DataType data_type{};         ///< together with the data, what makes it the same as another
  Payload data;                 ///< the cache shares it, and copies nothing
  bool valid = false;           ///< false: pending, it waits for a verdict
  ConnectionId origin{};        ///< where it came from
  std::optional<Ttl> onward{};  ///< the ttl that it is forwarded with; nothing when it goes no further
};

/// A message in the cache.
struct CachedMessage {
  MessageId id{};               ///< its name here, for as long as it is cached
  DataType data_type{};         ///< as it was added
  Payload data;                 ///< as it was added; shared with the cache
  bool valid = false;           ///< false: pending, it waits for a verdict
  ConnectionId origin{};        ///< where it came from first; that connection may have ended since
  std::optional<Ttl> onward{};  ///< the ttl that it is forwarded with; nothing when it goes no further
  std::uint64_t sequence = 0;   ///< counts what was ever added, from 0: a higher one is newer
};

/// Why a message was not added: its content is...
enum class Known {
  cached,    ///< in the cache, valid or pending
  seen,      ///< evicted, within seen_ttl
  rejected,  ///< found invalid
};

/// A message was added. An id of 0 is as good as any other.
struct Added {
  MessageId id{};                        ///< what it is called from now on
  std::optional<CachedMessage> evicted;  ///< what made way for it
};
/// What came of add().
using AddOutcome = std::variant<Added, Known>;

/// The bounds of a cache and of its memory of contents that it held before.
struct MessageCacheLimits {
  std::size_t size = 30;                        ///< messages, 1 to 65535
  Duration seen_ttl = std::chrono::minutes(2);  ///< 0 switches the memory of evicted contents off
  std::size_t seen_max = 65536;                 ///< evicted contents known at once
  std::size_t rejected_max = 65536;             ///< invalid contents known at once
};

/// The messages that a node holds. Two are the same when data type and data are equal (docs/protocol.md,
/// 'Identity of a message'). Every operation on one message is O(1) at every size. Ids are random and unique
/// among the cached messages, and one that became free is not used again before nearly all others have been.
///
/// Eviction: a pinned message is passed over; of the others, the one goes that has been evictable longest,
/// which without pins is the oldest. If all are pinned the oldest goes.
///
/// Thread-safe: every function locks, and what they return is a copy that shares only immutable data.
class GOSSIP_EXPORT MessageCache {
 public:
  /// Throws std::invalid_argument for a size out of bounds. `random` is used in the constructor only.
  MessageCache(const MessageCacheLimits& limits, Random& random);

  /// Adds, or says how the content is known already; then nothing changes.
  AddOutcome add(const NewMessage& message, TimePoint now);

  /// How the content is known, if it is.
  [[nodiscard]] std::optional<Known> known(DataType type, const Payload& data, TimePoint now);

  /// Nothing for an id that is not cached.
  [[nodiscard]] std::optional<CachedMessage> get(MessageId id) const;
  /// The id of the cached message with this content; nothing when there is none, whatever is known of it.
  [[nodiscard]] std::optional<MessageId> find(DataType type, const Payload& data) const;
  /// False for an id that is not cached, too.
  [[nodiscard]] bool is_valid(MessageId id) const;

  /// Marks as valid or pending again. False: no such message.
  bool set_validity(MessageId id, bool valid);

  /// Removes it and forgets that it ever was. False: no such message.
  bool remove(MessageId id);

  /// Removes it and remembers its content as invalid. False: no such message.
  bool reject(MessageId id, TimePoint now);

  /// \{
  /// Keeps from eviction, or no longer. False: no such message. Neither counts how often it was called.
  bool pin(MessageId id);
  bool unpin(MessageId id);
  /// \}

  /// All messages, oldest first.
  [[nodiscard]] std::vector<CachedMessage> messages() const;
  /// The ids of all messages, oldest first.
  [[nodiscard]] std::vector<MessageId> ids() const;

  /// At most `count` messages with a sequence of at least `sequence`, of one type or of all, oldest first.
  /// O(size).
  [[nodiscard]] std::vector<CachedMessage> messages_from(std::uint64_t sequence, std::size_t count,
                                                         std::optional<DataType> type = {}) const;

  /// The sequence that the next message will get.
  [[nodiscard]] std::uint64_t next_sequence() const;

  /// Messages held now, pinned ones among them: at most capacity().
  [[nodiscard]] std::size_t size() const;
  /// MessageCacheLimits::size.
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  static constexpr std::uint32_t none = 0xffffffffU;

  struct Neighbours {
    std::uint32_t older = none;
    std::uint32_t newer = none;
  };
  struct Slot {
    CachedMessage message;
    Digest digest;
    Neighbours by_age;
    Neighbours by_eviction;
    bool pinned = false;
  };
  /// A doubly linked list through the slots.
  struct Order {
    Neighbours Slot::*links;
    std::uint32_t oldest = none;
    std::uint32_t newest = none;
  };

  void append(Order& order, std::uint32_t slot);
  void unlink(Order& order, std::uint32_t slot);
  [[nodiscard]] std::optional<std::uint32_t> slot_of(MessageId id) const;
  [[nodiscard]] std::optional<std::uint32_t> slot_of(const Digest& digest, DataType type,
                                                     const Payload& data) const;
  [[nodiscard]] std::optional<Known> known(const Digest& digest, DataType type, const Payload& data,
                                           TimePoint now);
  [[nodiscard]] MessageId fresh_id();
  std::uint32_t free_slot();
  CachedMessage take(std::uint32_t slot);
  CachedMessage evict(TimePoint now);

  const std::size_t capacity_;
  const DigestKey key_;
  const std::array<std::uint64_t, 4> id_keys_;

  mutable std::mutex mutex_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  Order by_age_{&Slot::by_age};
  Order by_eviction_{&Slot::by_eviction};
  FlatIndex by_id_;
  FlatIndex by_content_;
  DigestMemory seen_;
  DigestMemory rejected_;
  std::uint64_t sequence_ = 0;
  std::uint16_t ids_drawn_ = 0;
};

}  // namespace gossip
