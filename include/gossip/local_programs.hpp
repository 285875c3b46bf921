#pragma once
/// \file
/// The programs that live in a node's own process: what they subscribed to, and the messages that they have
/// yet to be shown. To the controllers each subscription is a client like any other.

#include <gossip/export.hpp>
#include <gossip/message_cache.hpp>
#include <gossip/subscription.hpp>
#include <gossip/types.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>

namespace gossip {

/// Subscriptions and the line of calls for their validators. Bounded by the subscriptions and by what one
/// event can notify each of them of, which the cache bounds; data is shared with the cache. Not thread-safe.
class GOSSIP_EXPORT LocalPrograms {
 public:
  /// A message on its way to a validator.
  struct Call {
    std::shared_ptr<const Validator> validator;  ///< outlives a subscription that ends while it runs
    Received message;                            ///< what it is to be shown
  };

  /// Whoever publishes in this process, whichever part of the program it is.
  static constexpr ConnectionId publisher = first_in_process;

  /// Opens a subscription under an id that is never given out again.
  [[nodiscard]] ConnectionId add(Validator validator);

  /// Forgets it and what it was still to be shown. False: no such subscription.
  bool remove(ConnectionId subscription);

  /// True from add() to remove().
  [[nodiscard]] bool contains(ConnectionId subscription) const { return validators_.contains(subscription); }

  /// Puts the message in line for a subscription. Precondition: there is such a one.
  void notify(ConnectionId subscription, const CachedMessage& message);

  /// The next in line; nothing when that is empty.
  [[nodiscard]] std::optional<Call> take();

  /// True while take() has something.
  [[nodiscard]] bool has_calls() const { return !calls_.empty(); }

 private:
  std::map<ConnectionId, std::shared_ptr<const Validator>> validators_;
  std::deque<Call> calls_;
  std::uint64_t last_ = value_of(publisher);
};

}  // namespace gossip
