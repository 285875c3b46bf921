#pragma once
/// \file
/// Reacts to peers: takes in what they announce, and leaves who they are to Membership and, on extended
/// links, Neighborhood, and how what was found valid gets to them to Flood or, on extended links, to Trees
/// and Reconciliation. What local clients are to see is returned, not sent: the Node hands it to the
/// ApiController.

#include <gossip/export.hpp>
#include <gossip/membership.hpp>
#include <gossip/message.hpp>
#include <gossip/node_state.hpp>
#include <gossip/overlay/content_names.hpp>
#include <gossip/overlay/flood.hpp>
#include <gossip/overlay/handshakes.hpp>
#include <gossip/overlay/liveness.hpp>
#include <gossip/overlay/neighborhood.hpp>
#include <gossip/overlay/reconciliation.hpp>
#include <gossip/overlay/trees.hpp>
#include <gossip/overlay/turnover.hpp>
#include <gossip/prefetch.hpp>
#include <gossip/transport.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace gossip {

/// What a node does with its peers. Holds the membership, the ways of spreading, and at most one announcement
/// for each of max_connections peers that has to wait until verdicts make room. Core thread only.
class GOSSIP_EXPORT P2pController {
 public:
  /// `state` must outlive it.
  explicit P2pController(NodeState& state);

  /// As Membership::start() and Neighborhood::start().
  void start(const Endpoint& listen, std::optional<Endpoint> advertise, TimePoint now);

  /// \{
  /// A connection is established: its far end is a peer now, unless Membership closed it. The newcomer is
  /// sent what is valid in the cache (docs/protocol.md, 'A new connection'), at once, or with the overlay
  /// extension as soon as it is known whether it speaks that, too. A pool over its capacity closes another.
  void on_accepted(ConnectionId connection, const ConnectionInfo& info, TimePoint now);
  void on_connected(ConnectionId connection, const ConnectionInfo& info, TimePoint now);
  /// \}
  /// As Membership::expect(), and it is there.
  void on_linked(ConnectionId connection, const ConnectionInfo& info, TimePoint now) {
    membership_.expect(connection, info.remote);
    on_connected(connection, info, now);
  }
  /// As Membership::on_connect_failed().
  void on_connect_failed(ConnectionId connection, std::string_view why, TimePoint now);
  /// As Membership::on_closed(), and the link is forgotten. What it announced and had to wait goes on
  /// waiting.
  void on_closed(ConnectionId connection, CloseReason reason, std::string_view detail, TimePoint now);
  /// Goes on with what a newcomer is still to be sent, where its queue was congested.
  void on_relieved(ConnectionId connection, TimePoint now);
  /// As Neighborhood::remember(); nobody where this node speaks the base protocol only.
  std::vector<Endpoint> remember_peers() {
    return extension_ ? extension_->neighborhood.remember() : std::vector<Endpoint>();
  }
  /// As Neighborhood::leave().
  void on_stopping() {
    if (extension_) extension_->neighborhood.leave();
  }
  /// As Membership::on_time(), and that of the overlay extension.
  void on_time(TimePoint now);
  /// When on_time() wants to be called; nothing while nothing waits.
  [[nodiscard]] std::optional<TimePoint> next_timer() const;

  /// docs/protocol.md, 'Peer ANNOUNCE': caches it as pending and returns it for the clients (see
  /// MessageCache::look_at()). Null when it was known, or when it has to wait: then its peer is paused, and
  /// admit_waiting() returns it later.
  /// `digest`: the cache's digest of it, where that is at hand.
  const CachedMessage* on_announce(ConnectionId peer, const AnnounceView& announce, TimePoint now,
                                   const Digest* digest = nullptr);

  /// \{
  /// As in Membership; a newcomer whose connection that closes is sent nothing more.
  void on_peer_request(ConnectionId connection, const PeerRequest& request, TimePoint now);
  void on_peer_response(ConnectionId connection, const PeerResponse& response, TimePoint now);
  void on_peer_update(ConnectionId connection, const PeerUpdate& update, TimePoint now);
  void on_peer_init(ConnectionId connection, const PeerInit& init, TimePoint now);
  /// \}

  /// docs/protocol.md, 'The overlay extension': codes 514 and from 521 on. False where it is not for this
  /// node: any other message, all where it speaks the base protocol only, and a HELLO that is no first frame.
  /// A second HELLO, and the others on a link that is not extended, break the protocol and end the link.
  bool on_extended(ConnectionId connection, const Message& message, TimePoint now);
  /// The connection has brought a frame, whatever becomes of it; to be called before anything does. The first
  /// tells whether its sender says HELLO.
  void on_frame(ConnectionId connection, Code code, TimePoint now) {
    if (!extension_) return;
    extension_->liveness.on_frame(connection, now);
    if (code != Code::hello && extension_->handshakes.any_waiting()) become_base(connection);
  }
  /// The connection has brought bytes, but no whole frame.
  void on_part(ConnectionId connection, TimePoint now) {
    if (extension_) extension_->liveness.on_part(connection, now);
  }
  /// From a PING to its PONG, the last time; nothing where none has come, or on a base link.
  [[nodiscard]] std::optional<Duration> round_trip(ConnectionId connection) const {
    return extension_ ? extension_->liveness.round_trip(connection) : std::nullopt;
  }
  /// How many of them come before the first that the link does not allow: a DATA, where it is not extended.
  [[nodiscard]] std::size_t allowed(ConnectionId connection, std::span<const AnnounceView> announces) const;

  /// A valid message to every peer but the one that it came from, unless its ttl is used up: sent, or told of
  /// where a link is lazy. Returns to how many.
  std::size_t spread_message_to_p2p(const CachedMessage& message, TimePoint now);

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
  /// Flood::links().
  [[nodiscard]] std::span<const ConnectionId> base_links() const { return flood_.links(); }
  /// As Membership::pool().
  [[nodiscard]] const ConnectionPool& pool() const { return membership_.pool(); }
  /// What this node calls itself in HELLO; nothing where it speaks the base protocol only.
  [[nodiscard]] std::optional<NodeId> node_id() const;
  /// \{
  /// Extended links, and who could be at their other ends; null where this node speaks the base protocol
  /// only.
  [[nodiscard]] const Trees* trees() const { return extension_ ? &extension_->trees : nullptr; }
  [[nodiscard]] const Neighborhood* neighborhood() const {
    return extension_ ? &extension_->neighborhood : nullptr;
  }
  /// \}

  /// \{
  /// Asks for the memory that holds_anyone() and next_timer() touch, and for what spreading does besides.
  [[gnu::always_inline]] void prefetch() const {
    gossip::prefetch(this, sizeof(void*) + sizeof(decltype(waiting_)) + sizeof(extension_) + 48);
  }
  [[gnu::always_inline]] void prefetch_spreading() const { gossip::prefetch(&flood_, sizeof(flood_)); }
  [[gnu::always_inline]] void prefetch_links() const { flood_.prefetch_links(); }
  [[gnu::always_inline]] void prefetch_extension() const {
    if (extension_ != nullptr) gossip::prefetch(extension_.get(), sizeof(Extension));
  }
  /// \}

 private:
  /// What only a node that speaks the overlay extension has.
  struct Extension {
    Extension(NodeState& state, Membership& membership);
    NodeId self;
    Handshakes handshakes;
    Liveness liveness;
    Neighborhood neighborhood;
    ContentNames names;
    Turnover turnover;
    Trees trees;
    Reconciliation reconciliation;
    /// Who brought a pending message so that it leads furthest, where it was not the first, by its sequence.
    std::map<std::uint64_t, ConnectionId> furthest;
  };
  struct Waiting {
    ConnectionId peer{};
    Data announce;  ///< with no_tree for what came as ANNOUNCE
  };

  const CachedMessage* add(ConnectionId peer, const AnnounceView& announce, TimePoint now,
                           const Digest* digest = nullptr);
  void go_further(const CachedMessage& message, ConnectionId bringer, Ttl onward, TimePoint now);
  void note_furthest(const CachedMessage& message, ConnectionId bringer);
  [[nodiscard]] ConnectionId take_furthest(const CachedMessage& message);
  [[nodiscard]] bool may_be_added(ConnectionId peer, const AnnounceView& announce, TimePoint now,
                                  const Digest* digest = nullptr);
  void wait_for_verdicts(ConnectionId peer, const AnnounceView& announce);
  [[nodiscard]] std::size_t waiting_bytes() const;
  [[nodiscard]] bool is_waiting(ConnectionId peer) const;
  void say_hello(ConnectionId connection, const ConnectionInfo& info);
  void welcome(ConnectionId connection, TimePoint now);
  [[nodiscard]] bool is_early(ConnectionId connection) const;
  void become_base(ConnectionId connection);
  void remain_base(ConnectionId connection);
  bool on_choice(ConnectionId connection, const Message& message, TimePoint now);
  bool on_hello(ConnectionId connection, const Hello& hello, TimePoint now);
  [[nodiscard]] bool close_double_link(ConnectionId connection, const Hello& hello,
                                       const Handshakes::Extended& other);
  [[nodiscard]] bool is_extended(ConnectionId connection) const {
    return extension_ && extension_->trees.has(connection);
  }
  void close_malformed(ConnectionId connection, std::string_view why, TimePoint now);
  void close_out_of_place(ConnectionId connection, Code code, TimePoint now);
  void replace(const Peer& lost, TimePoint now);
  [[nodiscard]] std::optional<TimePoint> next_timer_extended() const;
  void watch_links(TimePoint now);
  bool forget_dropped();
  void forget(ConnectionId connection);

  // What each event touches comes first.
  NodeState& state_;
  std::vector<Waiting> waiting_;
  std::unique_ptr<Extension> extension_;  ///< null: this node speaks the base protocol only
  Membership membership_;
  Flood flood_;  ///< base links, and those of which it is not known yet
};

}  // namespace gossip
