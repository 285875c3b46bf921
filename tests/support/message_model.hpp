#pragma once
/// \file
/// What a node must know of messages and owe to whom, kept apart from what the node itself believes. It is
/// plain and slow, and shares no code with what it checks.

#include <gossip/config.hpp>
#include <gossip/message.hpp>
#include <gossip/message_cache.hpp>
#include <gossip/subscription.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace gossip::test {

/// What makes a message the same message (docs/protocol.md, 'Identity of a message').
struct Content {
  DataType type{};
  Payload data;
  friend bool operator==(const Content&, const Content&) = default;
};

/// What somebody announces: a client, a program, or a peer by ANNOUNCE or DATA.
struct Offer {
  ConnectionId from{};
  Content content;
  Ttl ttl = unlimited_ttl;
  Tree tree = no_tree;  ///< as DATA has it
  std::uint8_t hops = 0;
  bool may_be_dropped = false;  ///< it was, or another of the same peer and type
};

/// Told in the order of the happenings what the world did to a node and what the node did, it throws a
/// Violation at the first thing that must not happen. Subscriptions of the node's own program are clients
/// like any other. Not thread-safe.
class MessageModel {
 public:
  explicit MessageModel(const Config& config) : config_(config) { cached_.reserve(config.cache_size); }

  // What the world did.
  void on_client_opened(ConnectionId client);
  void on_peer_opened(ConnectionId peer);
  /// It gets no more of what it has not got yet; and of what becomes valid from now on where `goes_on`.
  void on_turn_over(ConnectionId peer, bool goes_on);
  void on_closed(ConnectionId connection);
  void on_registered(ConnectionId client, DataType type);
  void on_vote(ConnectionId client, TimePoint now);
  /// A peer announces something. What becomes of it may be seen later, until on_none_waiting().
  void on_offered(const Offer& offer);
  void on_none_waiting();
  /// One of the peer's was refused.
  void on_dropped(ConnectionId peer, DataType type);
  /// A peer does not want this one, as long as it leads no further.
  void on_declined(ConnectionId peer, const ContentId& name);
  /// A peer is to be told of all that may travel to it.
  void on_told_nothing(ConnectionId peer);

  // What the node told its observer. `ttl` is the one with which a client announced the content.
  void on_added(const CachedMessage& message, Layer layer, Ttl ttl, TimePoint now);
  void on_evicted(MessageId id, bool valid, TimePoint now);
  void on_decided(MessageId id, bool valid, ConnectionId client);
  void on_fell_silent(ConnectionId client, TimePoint now);

  // What the node sent.
  void on_notification(ConnectionId to, const Notification& notification, TimePoint now);
  void on_announce(ConnectionId to, const Announce& announce);
  /// A message over an extended link, which is eager for it or not, and has asked for it or not. True where
  /// it went because it was asked for.
  bool on_extended_send(ConnectionId to, const Announce& announce, bool eager, bool asked);
  /// The same as DATA; `own` is the tree of what enters the overlay here.
  bool on_data(ConnectionId to, const Data& data, Tree own, bool eager, bool asked);
  /// Told that it need not send it.
  void on_dont_want(ConnectionId to, const DontWant& declined);
  /// Told of by IHAVE: in its turn by its tree, or because digests differ.
  void on_told(ConnectionId to, const Advert& advert, Tree own);
  /// A message that a program is shown may be decided already, or gone: calls wait for the end of an event.
  void on_call(ConnectionId program, const Received& message, TimePoint now);

  /// The cache holds exactly what it must, and each id once.
  void check(const MessageCache& cache);
  /// After the timers ran: no client that owes verdicts and is silent still passes for one that votes.
  void check_silence(TimePoint now) const;
  /// Nobody waits any more: these were sent everything that the cache has for them.
  void check_all_told(const std::vector<ConnectionId>& connections) const;

  /// What has to become of a message that is announced now: nothing where it is new.
  [[nodiscard]] std::optional<Known> known(const Content& content, TimePoint now) const;

  /// True while the ticket's message is cached.
  [[nodiscard]] bool is_cached(const Ticket& ticket) const;
  [[nodiscard]] bool is_cached(const Content& content) const;
  [[nodiscard]] bool is_cached(const ContentId& name) const;
  [[nodiscard]] bool was_ever_here(const ContentId& name) const { return names_.contains(name); }

  /// How many peers get a message that becomes valid now.
  [[nodiscard]] std::size_t receivers(ConnectionId origin) const;

  [[nodiscard]] bool owes(ConnectionId client, MessageId id) const;
  [[nodiscard]] std::size_t owed_by(ConnectionId client) const;

  /// True while one more pending message from there may be protected (docs/protocol.md, 'Nothing is lost to
  /// haste').
  [[nodiscard]] bool has_room_for(ConnectionId origin) const;
  [[nodiscard]] std::size_t protected_from(ConnectionId origin) const;

  [[nodiscard]] std::size_t notifications() const { return notifications_; }
  [[nodiscard]] std::size_t announces() const { return announces_; }
  [[nodiscard]] std::size_t datas() const { return datas_; }
  [[nodiscard]] std::size_t decisions() const { return decisions_; }

 private:
  /// What a peer has to get of a message.
  struct Turn {
    std::size_t may = 0;  ///< so often it may be sent the message, or told of it by a tree
    bool owed = false;    ///< and once at least it has to be
  };
  /// One stay of a message in the cache.
  struct Instance {
    MessageId id{};
    std::uint64_t sequence = 0;  ///< no two stays have the same
    Content content;
    ConnectionId origin{};
    std::optional<Ttl> onward;
    bool valid = false;
    ConnectionId bringer{};  ///< who has brought it so that it leads furthest
    ContentId name;
    Tree tree = no_tree;  ///< with hops and ttl, as it came first
    std::uint8_t hops = 0;
    Ttl ttl = unlimited_ttl;
    std::set<ConnectionId> spared;  ///< were told that they need not send it
    std::map<ConnectionId, Turn> turns;
  };
  struct Client {
    std::set<DataType> types;
    std::set<std::uint64_t> notified;  ///< sequences of instances
    std::set<MessageId> owed;
    bool listener = false;
    TimePoint silent_since;
  };
  struct Gone {
    Content content;
    TimePoint when;
  };

  [[nodiscard]] Instance* find(MessageId id);
  [[nodiscard]] Instance* find(const Content& content);
  [[nodiscard]] Instance& travelling(ConnectionId to, const Content& content, Ttl ttl);
  /// docs/protocol.md, 'TTL': with which a message goes on.
  [[nodiscard]] std::optional<Ttl> onward_ttl(Layer layer, Ttl ttl) const;
  void raise(Instance& instance, const Offer& offer) const;
  void give_turns(Instance& instance, ConnectionId except) const;
  [[nodiscard]] bool is_owed(const Instance& instance, ConnectionId peer) const {
    return !declined_.contains({peer, instance.name});
  }
  bool is_explained(Instance& instance, std::optional<Ttl> onward);
  [[nodiscard]] bool is_seen(const Content& content, TimePoint now) const;
  [[nodiscard]] bool is_rejected(const Content& content) const;
  [[nodiscard]] bool is_protected(MessageId id) const;
  [[nodiscard]] std::size_t protected_total() const;
  [[nodiscard]] std::size_t cached_bytes() const;
  /// Of one origin, or of all.
  [[nodiscard]] std::size_t protected_bytes(std::optional<ConnectionId> origin) const;
  void remember_seen(const Content& content, TimePoint now);
  void remember_rejected(const Content& content);
  void settle(MessageId id);
  void remove(MessageId id);

  const Config config_;
  std::vector<Instance> cached_;  ///< oldest first
  std::deque<Gone> seen_;
  std::deque<Content> rejected_;
  std::map<ConnectionId, Client> clients_;
  std::map<ConnectionId, bool> peers_;  ///< and whether each gets what becomes valid
  std::deque<Instance> departed_;       ///< valid ones, of which somebody may still be told
  std::vector<Offer> offers_;           ///< of peers, that may still lead to something
  std::set<ContentId> names_;           ///< of all that was ever added
  std::set<std::pair<ConnectionId, ContentId>> declined_;  ///< by peers, at any time
  std::uint64_t next_sequence_ = 0;
  std::size_t notifications_ = 0;
  std::size_t announces_ = 0;
  std::size_t datas_ = 0;
  std::size_t decisions_ = 0;
};

}  // namespace gossip::test
