#pragma once
/// \file
/// Who the peers are: joining through bootstrappers, introductions, PEER REQUEST, RESPONSE, UPDATE and INIT,
/// replacing the lost, and the rules against links to oneself and double links. It knows nothing of
/// announcements, nor how nodes that speak the overlay extension choose their neighbours: that is
/// Neighborhood's, which has its way by what this offers.

#include <gossip/connection_pool.hpp>
#include <gossip/export.hpp>
#include <gossip/join_schedule.hpp>
#include <gossip/message.hpp>
#include <gossip/node_state.hpp>
#include <gossip/transport.hpp>
#include <gossip/types.hpp>
#include <gossip/update_memory.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <vector>

namespace gossip {

/// Who is a peer, who is to become one, and who is not to stay. Bounded by Config::max_connections and
/// Config::updates_max. Core thread only.
class GOSSIP_EXPORT Membership {
 public:
  /// `state` must outlive it.
  explicit Membership(NodeState& state);

  /// The node listens on `listen` (its port is not 0) and is told to others as `advertise`; joining starts.
  void start(const Endpoint& listen, std::optional<Endpoint> advertise, TimePoint now);

  /// \{
  /// A connection is established. True when it is a peer now, false when it was closed again
  /// (docs/protocol.md, 'A link to oneself' and 'A P2P connection is a peer').
  bool on_accepted(ConnectionId connection, const ConnectionInfo& info);
  bool on_connected(ConnectionId connection, const ConnectionInfo& info, TimePoint now);
  /// \}
  /// A connection to that address, which somebody else has dialled in this node's place, is about to come.
  void expect(ConnectionId connection, const Endpoint& address);
  /// docs/protocol.md, 'Joining': a bootstrapper is tried again later, any other address is not. That one is
  /// returned.
  std::optional<HostPort> on_connect_failed(ConnectionId connection, std::string_view why, TimePoint now);

  /// Returns what it was; nothing where it was no peer. One of the next three is to be called after it.
  std::optional<Peer> on_closed(ConnectionId connection, CloseReason reason, std::string_view detail);
  /// docs/protocol.md, 'A peer that disconnects': a replacement is looked for, and where many were lost the
  /// rest of the network, too.
  void replace_lost(TimePoint now);
  /// A replacement is looked for in other ways. Where many were lost the rest of the network is looked for,
  /// and the result is true.
  bool note_loss(TimePoint now);
  /// The other ways have led to nothing: a peer is asked for others, and the bootstrappers are to be tried,
  /// soon where there is no peer left.
  void fall_back(TimePoint now);

  /// While the pool is over capacity, closes random peers, never the newest.
  void evict_surplus();

  /// docs/protocol.md, 'Joining' and 'PEER REQUEST and PEER INIT': answers with the peers' server addresses,
  /// files the sender's and tells the others of it. Double links and links to oneself that come to light are
  /// closed. `more`: addresses that are named as well, as far as there is room. This and the next three
  /// ignore a connection that is no peer's.
  void on_peer_request(ConnectionId connection, const PeerRequest& request, TimePoint now,
                       std::span<const Endpoint> more = {});
  /// docs/protocol.md, 'Joining': connects to what is new in it, in random order, while there is room.
  void on_peer_response(ConnectionId connection, const PeerResponse& response);
  /// docs/protocol.md, 'PEER UPDATE': connects where it is news from far away, and passes it on.
  void on_peer_update(ConnectionId connection, const PeerUpdate& update, TimePoint now);
  /// docs/protocol.md, 'PEER REQUEST and PEER INIT': as on_peer_request(), without an answer.
  void on_peer_init(ConnectionId connection, const PeerInit& init, TimePoint now);

  /// The link is extended, and its other side has said where it accepts peers. `twin`: another link to the
  /// same node, by its node id. False: it was closed, as the second to the same node.
  bool on_extended(ConnectionId connection, const Endpoint& server_address, std::optional<ConnectionId> twin);

  /// What a PEER REQUEST from this connection means by its server address: that of HELLO where it is IPv6,
  /// which the frame cannot say.
  [[nodiscard]] Endpoint said_by(ConnectionId connection, const Endpoint& server_address) const;

  /// Of what a peer names, those that can be dialled, each once: neither a peer's, nor this node's own, nor
  /// such as no node can be reached at. Those two are counted.
  [[nodiscard]] std::vector<Endpoint> news_in(ConnectionId connection,
                                              std::span<const Endpoint> server_addresses);
  /// Dials what is not known, whether there is room or not.
  void connect_to(const HostPort& address);
  /// The same, and who answers is told nothing but HELLO: the rest is to be said by introduce_to(), if it is
  /// to be a peer like others.
  ConnectionId probe(const HostPort& address);
  /// PEER INIT, to a peer that this node dialled.
  void introduce_to(const Peer& peer);
  /// The bootstrappers that are neither a peer's address nor this node's own, as far as their addresses tell.
  [[nodiscard]] std::vector<HostPort> bootstrappers_out_of_view() const;
  /// True for an address of this node's own, as far as it knows.
  [[nodiscard]] bool is_self(const Endpoint& address) const;
  /// True for an address that is neither a peer's, nor one being dialled, nor this node's own.
  [[nodiscard]] bool is_out_of_view(const Endpoint& address) const {
    return !pool_.knows(address) && !is_self(address);
  }

  /// Tries the bootstrappers that are due.
  void on_time(TimePoint now);
  /// When on_time() wants to be called; nothing while no bootstrapper waits for its turn.
  [[nodiscard]] std::optional<TimePoint> next_timer() const { return schedule_.next_timer(); }

  /// The other end of a link is this node itself, as it says. What was dialled remembers the address; the
  /// accepting end closes.
  void on_self_link(ConnectionId connection, TimePoint now);
  /// Closes a peer's connection, which take_dropped() will name. No effect where no peer has it. `detail` is
  /// what the reason does not say. For want of room, an extended link is told DISCONNECT.
  void drop(ConnectionId connection, CloseReason reason, std::string_view detail = {});
  /// What a peer is told to be this node's server address, on a connection with this local end.
  [[nodiscard]] Endpoint own_address(const Endpoint& local) const;

  /// Who is a peer now, and who is being dialled.
  [[nodiscard]] const ConnectionPool& pool() const { return pool_; }

  /// The connections that this class chose to close since the last call.
  [[nodiscard]] std::vector<ConnectionId> take_dropped();

 private:
  struct Dial {
    HostPort address;
    std::optional<std::size_t> bootstrapper;  ///< its index in the schedule; nothing for any other address
    bool probes = false;                      ///< who answers is not told anything but HELLO yet
  };

  bool file_address(const Peer& peer, const Endpoint& server_address,
                    std::optional<ConnectionId> twin = std::nullopt);
  ConnectionId dial(const HostPort& address, std::optional<std::size_t> bootstrapper);
  void try_bootstrapper(std::size_t index, TimePoint now);
  void exclude_bootstrapper(std::size_t index);
  [[nodiscard]] bool has_lost_many(TimePoint now);
  void introduce(ConnectionId connection, const Endpoint& server_address, TimePoint now);
  void skip(ConnectionId connection, const Endpoint& address, std::string_view why);
  bool close_if_self_link(const Peer& accepted, TimePoint now);
  /// Returns the connection that was closed, if there were two to the same node.
  std::optional<ConnectionId> close_double_link(ConnectionId connection);

  void send_peer_request(const Peer& peer);
  void send_peer_update(const PeerUpdate& update, ConnectionId source, bool extended_too = true);

  NodeState& state_;
  JoinSchedule schedule_;
  ConnectionPool pool_;
  UpdateMemory updates_;
  std::map<ConnectionId, Dial> dials_;
  Endpoint listen_;
  std::optional<Endpoint> advertise_;
  std::set<Endpoint> aliases_;  ///< other addresses at which this node has met itself
  std::vector<ConnectionId> dropped_;
  std::size_t losses_ = 0;  ///< peers lost since then
  TimePoint losing_since_;
};

}  // namespace gossip
