#pragma once
/// \file
/// Reacts to peers: takes in what they announce, passes on what was found valid, hands the cache to
/// newcomers, and leaves who the peers are to Membership. What local clients are to see is returned, not
/// sent: the Node hands it to the ApiController.

#include <gossip/export.hpp>
#include <gossip/membership.hpp>
#include <gossip/message.hpp>
#include <gossip/node_state.hpp>
#include <gossip/prefetch.hpp>
#include <gossip/transport.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <vector>

namespace gossip {

/// What a node does with its peers. Holds the membership, for each peer what of the cache it has yet to be
/// sent, and at most one announcement for each of max_connections peers that has to wait until verdicts make
/// room. Core thread only.
class GOSSIP_EXPORT P2pController {
 public:
  /// `state` must outlive it.
  explicit P2pController(NodeState& state) : state_(state), membership_(state) {}

  /// As Membership::start().
  void start(const Endpoint& listen, std::optional<Endpoint> advertise, TimePoint now);

  /// \{
  /// A connection is established: its far end is a peer now, unless Membership closed it. The newcomer is
  /// sent what is valid in the cache (docs/protocol.md, 'A new connection'), and a pool over its capacity
  /// closes another.
  void on_accepted(ConnectionId connection, const ConnectionInfo& info);
  void on_connected(ConnectionId connection, const ConnectionInfo& info, TimePoint now);
  /// \}
  /// As Membership::on_connect_failed().
  void on_connect_failed(ConnectionId connection, std::string_view why, TimePoint now);
  /// As Membership::on_closed(), and what the peer was still to be sent is forgotten. What it announced and
  /// had to wait goes on waiting.
  void on_closed(ConnectionId connection, CloseReason reason, std::string_view detail, TimePoint now);
  /// Goes on with what a newcomer is still to be sent, where its queue was congested.
  void on_relieved(ConnectionId connection);
  /// \{
  /// As in Membership.
  void on_time(TimePoint now) { membership_.on_time(now); }
  [[nodiscard]] std::optional<TimePoint> next_timer() const { return membership_.next_timer(); }
  /// \}

  /// docs/protocol.md, 'Peer ANNOUNCE': caches it as pending and returns it for the clients (see
  /// MessageCache::look_at()). Null when it was known, or when it has to wait: then its peer is paused, and
  /// admit_waiting() returns it later.
  /// `digest`: the cache's digest of it, where that is at hand.
  const CachedMessage* on_announce(ConnectionId peer, const AnnounceView& announce, TimePoint now,
                                   const Digest* digest = nullptr);

  /// \{
  /// As in Membership; a newcomer whose connection that closes is sent nothing more.
  void on_peer_request(ConnectionId connection, const PeerRequest& request, TimePoint now);
  void on_peer_response(ConnectionId connection, const PeerResponse& response);
  void on_peer_update(ConnectionId connection, const PeerUpdate& update, TimePoint now);
  void on_peer_init(ConnectionId connection, const PeerInit& init, TimePoint now);
  /// \}

  /// A valid message to every peer but the one that it came from, unless its ttl is used up. Returns to how
  /// many.
  std::size_t spread_message_to_p2p(const CachedMessage& message);

  /// To be called once clients were sent pending messages: pauses who fills the share of those.
  void pause_who_fills();

  /// The next announcement that waited and for which there is room now.
  const CachedMessage* admit_waiting(TimePoint now);

  /// Lets those be read from again who fill the share of pending messages no more.
  void resume_who_has_room();

  /// Announcements that wait until verdicts make room.
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

  /// True while anybody is held until verdicts make room: a peer, or an announcement.
  [[nodiscard]] bool holds_anyone() const { return !waiting_.empty() || state_.flow.any_held_for_verdicts(); }
  /// True for every established P2P connection, introduced or not.
  [[nodiscard]] bool is_peer(ConnectionId connection) const {
    return membership_.pool().find(connection) != nullptr;
  }
  /// As Membership::pool().
  [[nodiscard]] const ConnectionPool& pool() const { return membership_.pool(); }

  /// \{
  /// Asks for the memory that holds_anyone() and next_timer() touch, and for what spreading does besides.
  [[gnu::always_inline]] void prefetch() const {
    gossip::prefetch(this, sizeof(state_) + sizeof(waiting_) + sizeof(receivers_) + 48);
  }
  [[gnu::always_inline]] void prefetch_spreading() const {
    gossip::prefetch(this, sizeof(*this) - sizeof(Membership) - sizeof(catch_ups_) + Membership::peers_bytes);
  }
  /// \}

 private:
  /// The part of the cache that a newcomer is still to be sent: a range of sequences.
  struct CatchUp {
    std::uint64_t next = 0;
    std::uint64_t end = 0;
    std::optional<MessageId> previous;  ///< the one before `next`, as it was called
    std::set<std::uint64_t> sent;       ///< sequences in the range that became valid and were sent meanwhile
  };
  struct Waiting {
    ConnectionId peer{};
    Announce announce;
  };

  const CachedMessage* add(ConnectionId peer, const AnnounceView& announce, TimePoint now,
                           const Digest* digest = nullptr);
  [[nodiscard]] bool may_be_added(ConnectionId peer, const AnnounceView& announce, TimePoint now,
                                  const Digest* digest = nullptr);
  void wait_for_verdicts(ConnectionId peer, const AnnounceView& announce);
  [[nodiscard]] std::size_t waiting_bytes() const;
  [[nodiscard]] bool is_waiting(ConnectionId peer) const;
  void exchange_messages(ConnectionId connection);
  bool catch_up(ConnectionId connection, CatchUp& part);
  void forget_dropped();
  [[nodiscard]] std::span<const ConnectionId> receivers_of(ConnectionId origin);

  // What each event touches comes first.
  NodeState& state_;
  std::vector<Waiting> waiting_;
  std::vector<ConnectionId> receivers_;  ///< what receivers_of() returned last, and for what
  ConnectionId receivers_origin_{};
  std::uint64_t receivers_version_ = std::numeric_limits<std::uint64_t>::max();  ///< none
  Membership membership_;
  std::map<ConnectionId, CatchUp> catch_ups_;
};

}  // namespace gossip
