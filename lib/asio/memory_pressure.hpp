#pragma once
/// \file
/// What a transport's connections may hold in memory, each by itself and all together, and what follows from
/// how much they do hold: when feeders are told to wait, when they may go on, and when somebody must go. Who
/// that is, the core decides.

#include <gossip/config.hpp>
#include <gossip/types.hpp>

#include "../detail/stall.hpp"
#include "memory_account.hpp"

#include <algorithm>
#include <cstddef>
#include <unordered_map>

namespace gossip::detail {

/// Owns the account, and remembers what is still on it of those that were cut off. Core thread only, but for
/// the account itself. Bounded by the connections that were cut off and are not gone yet.
class MemoryPressure {
 public:
  explicit MemoryPressure(const Config& config);

  /// What handlers and connections hold is on it, so it must outlive them.
  [[nodiscard]] MemoryAccount& account() { return account_; }

  /// All connections together hold so much that feeders are paused sooner: since it was above half of what
  /// they may hold, and until it is below a quarter. As it was when somebody looked last.
  [[nodiscard]] bool is_short() const { return is_short_; }

  /// Looks what they hold now. True when memory has just ceased to be short: then queues relieve that did not
  /// before.
  [[nodiscard]] bool review() {
    const std::size_t bytes = account_.bytes();
    if (!is_short_) {
      is_short_ = bytes > all_bytes_max_ / 2;
      return false;
    }
    if (bytes >= all_bytes_max_ / 4) return false;
    is_short_ = false;
    return true;
  }

  /// Bytes queued for one of so many connections above which its feeders are paused; where memory is short,
  /// an equal part of half of what all may hold, where that is less.
  [[nodiscard]] std::size_t high_water(std::size_t connections) const {
    if (!is_short_) return high_water_;
    return std::min(high_water_, all_bytes_max_ / 2 / (connections + 1));
  }
  /// Those below which its feeders go on. Never 0: a queue that is empty relieves, however much others hold.
  [[nodiscard]] std::size_t low_water(std::size_t connections) const {
    if (!is_short_) return low_water_;
    return std::max<std::size_t>(1, std::min(low_water_, high_water(connections) / 2));
  }

  /// Bytes queued for one connection above which it is cut off. Clients that owe verdicts are not paused, so
  /// the pending messages of a whole cache may become valid at once; one that has stalled is not left room
  /// for them.
  [[nodiscard]] std::size_t queue_bytes_max(Stall stall) const {
    return queue_bytes_max_ + (stall == Stall::complete ? 0 : pending_bytes_max_);
  }
  /// The same for all connections together.
  [[nodiscard]] std::size_t all_bytes_max() const { return all_bytes_max_; }

  /// They hold more than they may, and would when all that were cut off are gone.
  [[nodiscard]] bool is_exceeded() const { return account_.bytes() > all_bytes_max_ + releasing_bytes_; }
  /// This one, which holds so much, is cut off for that: it counts no more.
  void begin_release(ConnectionId connection, std::size_t bytes);
  /// A connection is gone, and what it held is off the account or others hold it as well. Nothing for one
  /// that was not cut off.
  void end_release(ConnectionId connection);

 private:
  MemoryAccount account_;
  const std::size_t high_water_;
  const std::size_t low_water_;
  const std::size_t queue_bytes_max_;
  const std::size_t pending_bytes_max_;
  const std::size_t all_bytes_max_;
  bool is_short_ = false;
  std::unordered_map<ConnectionId, std::size_t> releasing_;
  std::size_t releasing_bytes_ = 0;  ///< their sum
};

}  // namespace gossip::detail
