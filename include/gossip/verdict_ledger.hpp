#pragma once
/// \file
/// Who owes a verdict on what (docs/protocol.md, 'Nothing is lost to haste'). A pending message that a voting
/// client owes a verdict on is protected: it stays in the cache, and counts against what its origin may fill.

#include <gossip/export.hpp>
#include <gossip/flat_index.hpp>
#include <gossip/flat_map.hpp>
#include <gossip/message_cache.hpp>
#include <gossip/slot_pool.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace gossip {

/// How much is protected.
struct Protected {
  std::size_t messages = 0;  ///< their number
  std::size_t bytes = 0;     ///< what they need, as MessageCache::bytes_of() counts it
};

/// Keeps account of verdicts owed. Pins in the cache what is protected and unpins it when it no longer is. A
/// client is taken to vote until it has owed verdicts for `verdict_timeout` and cast none; then it is a
/// listener, which protects nothing, until its next verdict. Bounded by the cache and by the clients.
///
/// Owing and settling cost O(1) for each client and message, however many there are, and allocate nothing in
/// a steady state; a client that falls silent, votes again or goes costs what it owes. Not thread-safe.
class GOSSIP_EXPORT VerdictLedger {
 public:
  /// `cache` must outlive the ledger. `debts_max`: debts that it keeps, each of one client for one message.
  /// Beyond it, and for listeners beyond half of it, a client that is sent a message owes nothing on it: it
  /// does not protect it, and its verdict on it does not count.
  VerdictLedger(MessageCache& cache, Duration verdict_timeout,
                std::size_t debts_max = std::numeric_limits<std::size_t>::max());

  /// The client is there, and may come to owe something.
  void add_client(ConnectionId client);

  /// Makes sure that so many clients known by add_client() can come to owe a verdict on one more message
  /// without an exception. Throws std::bad_alloc.
  void reserve(std::size_t clients);

  /// The client was sent this pending message. Throws std::bad_alloc; then it owes nothing more than before.
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
  /// What is protected in all.
  [[nodiscard]] const Protected& all_protected() const { return all_protected_; }
  /// What of it came from this connection.
  [[nodiscard]] Protected all_protected_from(ConnectionId origin) const;
  /// Protected messages in all.
  [[nodiscard]] std::size_t protected_total() const { return all_protected_.messages; }
  /// Protected messages that came from this connection.
  [[nodiscard]] std::size_t protected_from(ConnectionId origin) const {
    return all_protected_from(origin).messages;
  }

  /// Turns clients whose time is up into listeners and returns them, in the order of their ids. All clients
  /// are looked at, but not more than eight times within verdict_timeout: the turn may come that much later.
  std::vector<ConnectionId> on_time(TimePoint now);
  /// When on_time() wants to be called; nothing means that nothing waits.
  [[nodiscard]] std::optional<TimePoint> next_timer() const { return next_check_; }

  /// Asks for the memory that owe() and settle() will touch where little is owed. No effect besides.
  [[gnu::always_inline]] void prefetch() const {
    messages_.prefetch_values();
    clients_.prefetch_values();
    protected_from_.prefetch_values();
    debts_.prefetch();
  }

 private:
  static constexpr std::uint32_t none = SlotPool<int>::none;

  struct Neighbours {
    std::uint32_t before = none;
    std::uint32_t after = none;
  };
  /// A doubly linked list, in the order in which the debts came.
  struct List {
    std::uint32_t first = none;
    std::uint32_t last = none;
  };
  /// That one client owes a verdict on one message; in the list of each.
  struct Debt {
    std::uint32_t message = none;  ///< its slot in messages_
    std::uint32_t client = none;   ///< its slot in clients_
    Neighbours of_message;
    Neighbours of_client;
  };
  using Links = Neighbours Debt::*;
  /// A message that somebody owes a verdict on.
  struct Message {
    ConnectionId origin{};
    std::uint64_t sequence = 0;
    std::size_t bytes = 0;
    std::size_t voting = 0;  ///< how many of the clients vote
    List debts;
  };
  struct Client {
    std::size_t owed = 0;
    bool listener = false;
    TimePoint silent_since;
    List debts;
    Neighbours beside;  ///< in the list of all clients
  };

  std::uint32_t insert_client(ConnectionId client);
  void append(List& list, Links links, std::uint32_t debt);
  void unlink(List& list, Links links, std::uint32_t debt);
  [[nodiscard]] auto hash_of_debt() const;
  [[nodiscard]] std::uint32_t find_debt(std::uint32_t message, std::uint32_t client) const;
  void erase_debt(std::uint32_t debt);
  void forgive(std::uint32_t debt);
  void set_voting(std::uint32_t client, const std::vector<std::uint32_t>& debts, bool voting);
  [[nodiscard]] std::vector<std::uint32_t> debts_of(std::uint32_t client) const;
  void add_voter(std::uint32_t message);
  void drop_voter(std::uint32_t message);

  MessageCache& cache_;
  Duration verdict_timeout_;
  std::size_t debts_max_;
  FlatMap<MessageId, Message> messages_;
  FlatMap<ConnectionId, Client> clients_;
  std::uint32_t first_client_ = none;
  SlotPool<Debt> debts_;
  FlatIndex debt_index_;  ///< by message and client
  FlatMap<ConnectionId, Protected> protected_from_;
  Protected all_protected_;
  std::optional<TimePoint> next_check_;  ///< no later than the earliest moment at which a client falls silent
};

}  // namespace gossip
