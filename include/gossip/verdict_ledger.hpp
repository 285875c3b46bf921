#pragma once
/// \file
/// Who owes a verdict on what (docs/protocol.md, 'Nothing is lost to haste'). A pending message that a voting
/// client owes a verdict on is protected: it stays in the cache, and counts against what its origin may fill.

#include <gossip/export.hpp>
#include <gossip/message_cache.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

namespace gossip {

/// Keeps account of verdicts owed. Pins in the cache what is protected and unpins it when it no longer is. A
/// client is taken to vote until it has owed verdicts for `verdict_timeout` and cast none; then it is a
/// listener, which protects nothing, until its next verdict. Bounded by the cache and by the clients. Not
/// thread-safe.
class GOSSIP_EXPORT VerdictLedger {
 public:
  /// `cache` must outlive the ledger.
  VerdictLedger(MessageCache& cache, Duration verdict_timeout);

  /// The client was sent this pending message.
  void owe(const CachedMessage& message, ConnectionId client, TimePoint now);

  /// The client cast a verdict, on whatever it may be.
  void on_vote(ConnectionId client, TimePoint now);

  /// Nobody owes a verdict on the message any more: it was decided, or it is no longer cached.
  void settle(MessageId message);

  /// The client is gone, and what it owed with it.
  void forget_client(ConnectionId client);

  /// True for what owe() was told, until the message is settled or the client is gone; listeners owe, too.
  [[nodiscard]] bool owes(ConnectionId client, MessageId message) const;
  /// Messages that the client owes a verdict on; 0 for one that is not known.
  [[nodiscard]] std::size_t owed_by(ConnectionId client) const;
  /// False for a client that has become a listener.
  [[nodiscard]] bool is_voting(ConnectionId client) const;

  /// True while a client that votes owes a verdict on it.
  [[nodiscard]] bool is_protected(MessageId message) const;
  /// Protected messages in all.
  [[nodiscard]] std::size_t protected_total() const { return protected_total_; }
  /// Protected messages that came from this connection.
  [[nodiscard]] std::size_t protected_from(ConnectionId origin) const;

  /// Turns clients whose time is up into listeners and returns them, in the order of their ids. All clients
  /// are looked at, but not more than eight times within verdict_timeout: the turn may come that much later.
  std::vector<ConnectionId> on_time(TimePoint now);
  /// When on_time() wants to be called; nothing means that nothing waits.
  [[nodiscard]] std::optional<TimePoint> next_timer() const { return next_check_; }

 private:
  struct Debt {
    ConnectionId origin{};
    std::uint64_t sequence = 0;
    std::vector<ConnectionId> clients;
    std::size_t voting = 0;  ///< how many of the clients vote
  };
  using Debts = std::unordered_map<MessageId, Debt>;
  struct Client {
    std::size_t owed = 0;
    bool listener = false;
    TimePoint silent_since;
  };

  void set_voting(ConnectionId client, const std::vector<MessageId>& owed, bool voting);
  [[nodiscard]] std::vector<MessageId> messages_owed_by(ConnectionId client) const;
  void add_voter(MessageId message, Debt& debt);
  void drop_voter(MessageId message, Debt& debt);

  MessageCache& cache_;
  Duration verdict_timeout_;
  Debts debts_;
  std::map<ConnectionId, Client> clients_;
  std::unordered_map<ConnectionId, std::size_t> protected_from_;
  std::size_t protected_total_ = 0;
  std::optional<TimePoint> next_check_;  ///< no later than the earliest moment at which a client falls silent
};

}  // namespace gossip
