#pragma once
/// \file
/// The programs that live in a node's own process: what they subscribed to, and the messages that they have
/// yet to be shown. To the controllers each subscription is a client like any other.

#include <gossip/export.hpp>
#include <gossip/fifo.hpp>
#include <gossip/message_cache.hpp>
#include <gossip/subscription.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

namespace gossip {

/// Subscriptions and the line of calls for their validators. It is as long as what it is given and not asked
/// for: the Node calls validators while waiting_bytes() is above Config::queue_high_water_bytes, before it
/// does anything else. Not thread-safe.
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

  /// What waits in line: of each message its data, as if none were shared, and the place in line.
  [[nodiscard]] std::size_t waiting_bytes() const { return waiting_bytes_; }

  /// True while take() has something.
  [[nodiscard]] bool has_calls() const { return !calls_.empty(); }

  /// \{
  /// Asks for the memory that has_calls() looks at; of what notify() and take() touch where few wait, for few
  /// subscriptions; and once that is there, for what is called.
  [[gnu::always_inline]] void prefetch_line() const { gossip::prefetch(&calls_, sizeof(calls_)); }
  [[gnu::always_inline]] void prefetch() const {
    calls_.prefetch();
    if (!validators_.empty()) __builtin_prefetch(&*validators_.begin());
  }
  [[gnu::always_inline]] void prefetch_first() const {
    if (!validators_.empty()) __builtin_prefetch(validators_.begin()->second.get());
  }
  /// \}

 private:
  [[nodiscard]] static std::size_t bytes_of(const Call& call) {
    return sizeof(Call) + call.message.data.size();
  }

  Fifo<Call> calls_;  ///< first, since whether there are any is asked after each event
  std::map<ConnectionId, std::shared_ptr<const Validator>> validators_;
  std::size_t waiting_bytes_ = 0;
  std::uint64_t last_ = value_of(publisher);
};

}  // namespace gossip
