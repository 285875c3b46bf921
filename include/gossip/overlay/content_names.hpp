#pragma once
/// \file
/// What the messages of a node are called between nodes: each content id is made once, and looked up after
/// that, by what peers tell of and ask for.

#include <gossip/export.hpp>
#include <gossip/message_cache.hpp>
#include <gossip/overlay/id_memory.hpp>
#include <gossip/random.hpp>
#include <gossip/types.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace gossip {

/// The content ids of what the cache holds, made when they are first asked for and kept for as long as the
/// message is cached: 24 bytes for each place of the cache that was asked about. And which ids the node has
/// had, in an IdMemory. A node that makes none holds nothing. Core thread only.
class GOSSIP_EXPORT ContentNames {
 public:
  /// How long the ids of messages are known that are not cached any more.
  static constexpr Duration lifetime = std::chrono::seconds(120);
  /// And how many ids at most, those of cached messages among them.
  static constexpr std::size_t ids_max = 65536;
  /// Ids that are known for so long already name_all() leaves as they are.
  static constexpr Duration renewal = std::chrono::seconds(30);

  /// `cache` must outlive it. Throws what content_id() throws where there is no SHA-256.
  ContentNames(const MessageCache& cache, Random& random);

  /// What an id is called in tables.
  [[nodiscard]] IdFingerprint fingerprint(const ContentId& id) const { return key_(id); }

  /// The id of a cached message, which is known from now on.
  ContentId id_of(const CachedMessage& message, TimePoint now);

  /// The ids of all that the cache holds are known, for another `lifetime` less `renewal` at least.
  void name_all(TimePoint now);
  /// The cache has got a message that was not named.
  void leave_unnamed() { all_named_ = false; }
  /// Known from now on, though no cached message is called so.
  void note_gone(IdFingerprint id, TimePoint now) { memory_.note(id, MessageId{}, now); }

  /// True for an id that the node has had: not for all, but for those that were made, or noted.
  [[nodiscard]] bool knows(IdFingerprint id, TimePoint now) const { return memory_.knows(id, now); }
  /// The cached message that is called so; null where there is none, or its id was never made. As with
  /// MessageCache::look_at().
  [[nodiscard]] const CachedMessage* find(const ContentId& id, TimePoint now);

  /// How often an id was made, which costs a SHA-256 of the message.
  [[nodiscard]] std::uint64_t made() const { return made_; }

 private:
  struct Named {
    std::uint64_t sequence = std::numeric_limits<std::uint64_t>::max();
    ContentId id;
  };

  const Named& named(const CachedMessage& message, TimePoint now);

  const MessageCache& cache_;
  const IdKey key_;
  IdMemory memory_{lifetime, ids_max};
  std::vector<Named> by_slot_;  ///< by the message's slot in the cache
  bool all_named_ = false;      ///< the id of every message of the cache is known
  TimePoint renewed_;           ///< when that was seen to last, message by message
  std::uint64_t made_ = 0;
};

}  // namespace gossip
