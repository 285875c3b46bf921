#pragma once
/// \file
/// The live peers of a node, the connections being made, and what their server addresses are.

#include <gossip/export.hpp>
#include <gossip/random.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace gossip {

/// One established P2P connection.
struct Peer {
  ConnectionId connection{};  ///< what the transport calls it
  Endpoint remote;            ///< the other end; only where this node dialled, a server address
  Endpoint local;             ///< this node's end
  bool dialled = false;       ///< this node opened it
  /// Where the other node listens: the dialled address, or what it said of itself; nothing until it has.
  std::optional<Endpoint> server_address;
  bool extended = false;  ///< both sides have said HELLO
};

/// The peers and the dials of a node. Holds what it is told to hold; that the pool stays within its capacity
/// is the caller's doing, by over_capacity() and pick_to_evict(). Lookups are linear: a pool has tens of
/// peers. Not thread-safe.
class GOSSIP_EXPORT ConnectionPool {
 public:
  /// What the node looks for.
  enum class Seeks {
    peers,  ///< so many of them, whoever opened the connection
    own,    ///< so many that it has opened itself, which nobody who comes later can take the place of
  };

  /// capacity: peers at most; sought: what the node looks for itself, at most capacity.
  ConnectionPool(std::size_t capacity, std::size_t sought, Seeks seeks = Seeks::peers);

  /// Precondition: no peer has this connection yet.
  void add(const Peer& peer);
  /// Returns what it was; nothing when no peer has this connection.
  std::optional<Peer> remove(ConnectionId connection);

  /// A connection to this server address is being made; nothing for a host that is not resolved yet. It
  /// takes room until remove_dial().
  void add_dial(ConnectionId connection, std::optional<Endpoint> server_address);
  /// It is made, or came to nothing. Of one that is not being made: no effect.
  void remove_dial(ConnectionId connection);

  /// Null when there is none. What find() and the picks return is valid until a peer is added or removed.
  [[nodiscard]] const Peer* find(ConnectionId connection) const;
  /// The oldest peer with that server address other than `except`; null when there is none.
  [[nodiscard]] const Peer* find(const Endpoint& server_address,
                                 std::optional<ConnectionId> except = {}) const;
  /// \{
  /// Files what a peer said of itself. No effect when no peer has this connection.
  void set_server_address(ConnectionId connection, const Endpoint& server_address);
  void set_extended(ConnectionId connection);
  /// \}

  /// All peers, oldest first.
  [[nodiscard]] std::span<const Peer> peers() const { return peers_; }
  /// The server addresses of the peers, each once, of the oldest first. Valid until a peer is added or
  /// removed or tells its own. Costs nothing while neither happens: who asks for it often costs the node
  /// little.
  [[nodiscard]] std::span<const Endpoint> server_addresses();
  /// Changes whenever a peer is added or removed.
  [[nodiscard]] std::uint64_t version() const { return version_; }
  /// Peers, without those that are being dialled.
  [[nodiscard]] std::size_t size() const { return peers_.size(); }
  /// Connections being made.
  [[nodiscard]] std::size_t dials() const { return dials_.size(); }
  /// True without a peer, whatever is being dialled.
  [[nodiscard]] bool empty() const { return peers_.empty(); }

  /// True while the node may look for more peers, those being dialled counted in.
  [[nodiscard]] bool has_room() const { return held() + dials_.size() < sought_; }
  /// Peers that this node dialled.
  [[nodiscard]] std::size_t dialled() const;
  /// True while there are more peers than `capacity`: the caller is to remove pick_to_evict().
  [[nodiscard]] bool over_capacity() const { return peers_.size() > capacity_; }

  /// True for an address that a peer has or that is being dialled.
  [[nodiscard]] bool knows(const Endpoint& server_address) const;
  /// The addresses that are not known, each once, in the given order.
  [[nodiscard]] std::vector<Endpoint> unknown(std::span<const Endpoint> server_addresses) const;

  /// A random peer; nothing when there is none.
  [[nodiscard]] const Peer* pick(Random& random) const;
  /// A random peer that is not the newest, nor one of those that nobody can take the place of while there is
  /// any other; nothing when there are fewer than two.
  [[nodiscard]] const Peer* pick_to_evict(Random& random) const;

 private:
  [[nodiscard]] std::size_t held() const { return seeks_ == Seeks::peers ? peers_.size() : dialled(); }

  struct Dial {
    ConnectionId connection{};
    std::optional<Endpoint> server_address;
  };

  std::size_t capacity_;
  std::size_t sought_;
  Seeks seeks_;
  std::vector<Peer> peers_;
  std::vector<Endpoint> server_addresses_;  ///< empty: not made since a peer's changed
  std::uint64_t version_ = 0;
  std::vector<Dial> dials_;
};

}  // namespace gossip
