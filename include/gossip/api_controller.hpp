#pragma once
/// \file
/// Reacts to clients, the programs on the API layer: what they announce, what they register for, how they
/// vote. What is to travel on to peers is returned, not sent: the Node hands it to the P2pController.

#include <gossip/export.hpp>
#include <gossip/fifo.hpp>
#include <gossip/message.hpp>
#include <gossip/node_state.hpp>
#include <gossip/transport.hpp>
#include <gossip/types.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

namespace gossip {

/// What a node does with its clients. Holds for each what of the cache it has yet to be sent; everything else
/// is in the NodeState. Core thread only.
class GOSSIP_EXPORT ApiController {
 public:
  /// `state` must outlive it.
  explicit ApiController(NodeState& state) : state_(state) {}

  /// A client is there, registered for nothing so far.
  void on_accepted(ConnectionId client, const ConnectionInfo& info);

  /// A program in this process is a client without a connection; `program` is one of the ids for those.
  void add_program(ConnectionId program);
  /// The program is gone, as a client is in on_closed(). No effect where it is not known.
  void remove_program(ConnectionId program);

  /// docs/protocol.md, 'Client ANNOUNCE': caches it as valid and returns it, for the other clients and for
  /// the peers. `digest`: the cache's digest of it, where that is at hand.
  AddOutcome on_announce(ConnectionId client, const AnnounceView& announce, TimePoint now,
                         const Digest* digest = nullptr);

  /// docs/protocol.md, 'NOTIFY': registers, and on the first of a type sends what the cache holds of it,
  /// oldest first. It pauses while the client's queue is congested and while the pending messages have filled
  /// their share.
  void on_notify(ConnectionId client, const Notify& notify, TimePoint now);

  /// docs/protocol.md, 'VALIDATION': returns the message for the peers when this is the verdict that makes it
  /// valid.
  const CachedMessage* on_validation(ConnectionId client, const Validation& validation, TimePoint now);

  /// Goes on with what on_notify() had to put off while the client was congested. No effect where the
  /// connection is no client's.
  void on_relieved(ConnectionId client, TimePoint now);
  /// docs/protocol.md, 'A client that disconnects': its registrations and its debts go. No effect where the
  /// connection is no client's.
  void on_closed(ConnectionId client, CloseReason reason, std::string_view detail);

  /// A NOTIFICATION to every client registered for the type, except to the one that announced it; of a
  /// program in this process, to none in this process. On a pending message each of them owes a verdict from
  /// then on. Returns how many there were.
  std::size_t spread_message_to_api(const CachedMessage& message, TimePoint now);

  /// Goes on with what had to wait until verdicts made room.
  void continue_waiting(TimePoint now);

  /// Asks for the memory of whom a message is shown to, where that is the same as for the last one.
  [[gnu::always_inline]] void prefetch_audience() const { __builtin_prefetch(audience_.programs.data()); }

  /// True while continue_waiting() has something to go on with.
  [[nodiscard]] bool has_waiting() const { return !waiting_.empty(); }

  /// True for the connection of a client and for the id of a program, while it is there.
  [[nodiscard]] bool is_client(ConnectionId connection) const { return clients_.contains(connection); }
  /// The clients' connections, oldest first.
  [[nodiscard]] std::vector<ConnectionId> fetch_identifiers() const;

 private:
  /// The part of the cache that a client is still to be sent: messages of a type in a range of sequences.
  struct CatchUp {
    DataType data_type{};
    std::uint64_t next = 0;
    std::uint64_t end = 0;
    std::optional<MessageId> previous;  ///< the one before `next`, as it was called
  };
  struct Client {
    ConnectionInfo info;
    Fifo<CatchUp> catch_ups;
    bool congested = false;
  };
  /// Who is notified of what one source announces of one type.
  struct Audience {
    std::uint64_t version = 0;  ///< of the registrations; 0 before there was any
    DataType type{};
    ConnectionId origin{};
    bool is_all = false;  ///< nobody who is registered was left out for the origin's sake
    std::vector<ConnectionId> clients;
    std::vector<ConnectionId> programs;

    /// True where it is the same for another origin.
    [[nodiscard]] bool serves(ConnectionId other) const {
      if (other == origin) return true;
      if (!is_all || is_in_process(other)) return false;
      return std::ranges::find(clients, other) == clients.end();
    }
  };

  void forget(ConnectionId client);
  const Audience& audience_of(DataType type, ConnectionId origin);
  SendResult notify(ConnectionId client, const CachedMessage& message, TimePoint now);
  SendResult notify_program(ConnectionId program, const CachedMessage& message, TimePoint now);
  void catch_up(ConnectionId id, Client& client, TimePoint now);
  bool catch_up_one(ConnectionId id, Client& client, CatchUp& part, TimePoint now);

  NodeState& state_;
  std::map<ConnectionId, Client> clients_;
  Audience audience_;  ///< what audience_of() returned last
  /// Clients whose catching up has to wait until verdicts make room, by the origin that fills it.
  std::map<ConnectionId, std::set<ConnectionId>> waiting_;
};

}  // namespace gossip
