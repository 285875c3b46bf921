#pragma once
/// \file
/// A way through the cache that may be interrupted: for what is sent as a link takes it.

#include <gossip/message_cache.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

namespace gossip {

/// Visits the messages of a cache, oldest first, and goes on where it stopped, whatever the cache has lost
/// meanwhile. Copies a few of them at a time, however many there are; of itself it holds none. Not
/// thread-safe.
class CacheWalk {
 public:
  /// Over messages with a sequence below `end`: MessageCache::next_sequence() for what is there now.
  explicit CacheWalk(std::uint64_t end = std::numeric_limits<std::uint64_t>::max()) : end_(end) {}

  /// Calls `visit(message)` for one after the other, until it returns false; then it goes on behind that one
  /// the next time. True once there are no more.
  template <typename Visit>
  bool go_on(const MessageCache& cache, const Visit& visit) {
    while (true) {
      const auto messages = cache.messages_from(next_, chunk, {}, previous_);
      for (const CachedMessage& message : messages) {
        if (message.sequence >= end_) return true;
        next_ = message.sequence + 1;
        previous_ = message.id;
        if (!visit(message)) return false;
      }
      if (messages.size() < chunk) return true;
    }
  }

  /// True while a message with this sequence is still to be visited, where it is in the cache.
  [[nodiscard]] bool is_ahead(std::uint64_t sequence) const { return sequence >= next_ && sequence < end_; }

 private:
  /// Messages copied out of the cache at a time. Going on behind them costs nothing.
  static constexpr std::size_t chunk = 64;

  std::uint64_t next_ = 0;
  std::uint64_t end_;
  std::optional<MessageId> previous_;  ///< the one before `next_`, as it was called
};

}  // namespace gossip
