#pragma once
/// \file
/// Nodes that keep to no rule, for simulated networks: what they do is a plug-in.

#include <gossip/export.hpp>
#include <gossip/message.hpp>
#include <gossip/random.hpp>
#include <gossip/sim/latency.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <memory>
#include <span>

namespace gossip::sim {

/// What a hostile node can do to the network. It belongs to the network and is good for the call.
class GOSSIP_EXPORT HostileReach {
 public:
  /// The node's own number.
  [[nodiscard]] virtual NodeNumber self() const = 0;
  /// Nodes in the network, hostile ones among them.
  [[nodiscard]] virtual NodeNumber node_count() const = 0;
  /// Where a node listens.
  [[nodiscard]] virtual Endpoint endpoint_of(NodeNumber node) const = 0;
  /// The network's time.
  [[nodiscard]] virtual TimePoint now() const = 0;
  /// Chance of this node's own, decided by the network's seed.
  virtual Random& random() = 0;
  /// Dials; Hostile::on_connected() or on_closed() follows.
  virtual ConnectionId connect(const Endpoint& endpoint) = 0;
  /// Any bytes. They arrive in one piece and are framed and decoded as on TCP. Ignored where the connection
  /// has ended, and where 1 MiB waits on it already.
  virtual void send(ConnectionId connection, std::span<const std::byte> bytes) = 0;
  /// Ends a connection; nothing follows on it.
  virtual void close(ConnectionId connection) = 0;
  /// Hostile::on_wake() is called after this long; not negative.
  virtual void wake_after(Duration time) = 0;

 protected:
  /// \{
  /// The network owns it.
  HostileReach() = default;
  HostileReach(const HostileReach&) = default;
  HostileReach& operator=(const HostileReach&) = default;
  ~HostileReach() = default;
  /// \}
};

/// A node of one's own making. All calls come from the network's thread while it runs. Each does nothing
/// unless it is overridden.
class GOSSIP_EXPORT Hostile {
 public:
  Hostile() = default;
  Hostile(const Hostile&) = delete;
  Hostile& operator=(const Hostile&) = delete;
  virtual ~Hostile() = default;

  /// It was added to the network.
  virtual void on_start(HostileReach& /*reach*/) {}
  /// Somebody has connected to it.
  virtual void on_accepted(HostileReach& /*reach*/, ConnectionId /*connection*/) {}
  /// What it dialled is established.
  virtual void on_connected(HostileReach& /*reach*/, ConnectionId /*connection*/) {}
  /// A connection ended, or never came to be.
  virtual void on_closed(HostileReach& /*reach*/, ConnectionId /*connection*/) {}
  /// A message came in.
  virtual void on_message(HostileReach& /*reach*/, ConnectionId /*connection*/, const Message& /*message*/) {}
  /// The time that it asked for has come.
  virtual void on_wake(HostileReach& /*reach*/) {}
};

/// \{
/// Ready-made ones. Each connects to a few nodes and introduces itself, as an honest node would; then it...

/// ...sends frames that break the protocol, and comes back each time it is cut off.
[[nodiscard]] GOSSIP_EXPORT std::unique_ptr<Hostile> malformed_sender();
/// ...announces messages that are invalid, so many in each second on each connection.
[[nodiscard]] GOSSIP_EXPORT std::unique_ptr<Hostile> flooder(std::uint32_t messages_per_second);
/// ...says nothing, passes nothing on, and accepts whoever comes.
[[nodiscard]] GOSSIP_EXPORT std::unique_ptr<Hostile> silent_peer();
/// ...tells of nodes that do not exist, and claims the addresses of others.
[[nodiscard]] GOSSIP_EXPORT std::unique_ptr<Hostile> address_liar();
/// ...and says HELLO as well, tells in each second of 300 messages that nobody has, and answers no GRAFT.
[[nodiscard]] GOSSIP_EXPORT std::unique_ptr<Hostile> false_advertiser();
/// ...and says HELLO as well, asks for messages that nobody has and, in each second again, for the last 16
/// that it was sent or told of, and prunes every tree.
[[nodiscard]] GOSSIP_EXPORT std::unique_ptr<Hostile> grafter();
/// ...and says HELLO not at all, twice, with another node's id or with the receiver's; sends frames of the
/// overlay extension that break it, one message by two trees, and what it was sent by another one.
[[nodiscard]] GOSSIP_EXPORT std::unique_ptr<Hostile> bad_greeter();
/// \}

}  // namespace gossip::sim
