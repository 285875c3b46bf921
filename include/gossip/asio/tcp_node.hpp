#pragma once
/// \file
/// A node inside a program: a Node on a TcpTransport with a thread of its own. Configuration in, running node
/// out.

#include <gossip/config.hpp>
#include <gossip/error.hpp>
#include <gossip/export.hpp>
#include <gossip/node.hpp>
#include <gossip/observer.hpp>
#include <gossip/payload.hpp>
#include <gossip/receipt.hpp>
#include <gossip/statistics.hpp>
#include <gossip/subscription.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace gossip {

/// How a TcpNode differs from a node that only the program uses that it runs in.
struct TcpNodeOptions {
  /// Whether other programs on this host may use the node as well, at Config::api_address. There is no
  /// authentication: whoever can connect can publish and vote.
  bool serve_clients = false;

  /// Is told what happens; must outlive the node. Called on the node's thread, by start() before there is
  /// one, and by wait() or the destructor when there is none any more.
  Observer* observer = nullptr;
};

/// A running node on TCP, for the program that it runs in and, where asked, for others on its host.
///
/// Thread safety: every function may be called from any thread, and from inside validators; the exceptions
/// are the destructor, moving, and wait(), which a validator must not call. What a caller sees is what a
/// single thread would: calls take effect in the order in which they return.
///
/// Validators are called on the node's thread, one at a time, never from inside a call to the node; while one
/// runs, the node does nothing else, so one that takes long answers Verdict::later and decides from a thread
/// of its own. Calls from other threads wait for the node's thread to come round: at most eight validators
/// run before it does. So a validator must not call another TcpNode whose validators may call this one, for
/// both would wait; a program that joins two networks hands messages over to a thread of its own.
///
/// Ownership: the node keeps the validators until they are unsubscribed or it is destroyed.
class GOSSIP_EXPORT TcpNode {
 public:
  /// Listens at Config::listen_address, and at api_address if clients are served, resolving host names, which
  /// blocks; begins to join; returns once it serves. The Error says which address could not be used and why,
  /// or which field of `config` is out of bounds.
  ///
  /// With Config::state_dir and the overlay extension the node keeps in that directory, in the text file
  /// `peers`, whom it could turn to after a restart: 96 addresses at most, of peers first. It reads them
  /// here, and writes them when they have changed, a second later, then less often up to once a minute, and
  /// when it stops. A crash leaves the file as it was or as it is to be, whole. The directory is made if only
  /// the last part of its path is lacking; one that cannot be used, or that another node uses, is an Error.
  /// What is wrong with the file is none: a file that is none of these becomes `peers.corrupt`, one that
  /// cannot be written stays as it was, and the observer is told.
  [[nodiscard]] static Result<TcpNode> start(const Config& config, const TcpNodeOptions& options = {});

  /// Stops the node and waits until it has: what is queued is written, which takes at most
  /// Config::shutdown_timeout once the validators that are running have returned. Not to be called by a
  /// validator.
  ~TcpNode();
  /// \{
  /// The node runs on, unaware. What was moved from can only be destroyed or assigned to; what is assigned to
  /// stops its own node first, as the destructor does.
  TcpNode(TcpNode&&) noexcept;
  TcpNode& operator=(TcpNode&&) noexcept;
  /// \}

  /// Publishes a message; it is valid at once, and the subscriptions of this same node are not shown it,
  /// unless they begin later, while the cache still has it.
  /// While what was published earlier has to go first it waits, until a congested peer or client has caught
  /// up or is given up on (Config::slow_consumer_timeout); on the node's thread it cannot wait, and is
  /// refused as congested. Nothing is dropped in silence: the receipt says what became of it. `ttl` is in
  /// hops. Throws std::bad_alloc.
  Receipt publish(DataType type, Payload data, Ttl ttl = unlimited_ttl);

  /// Calls `validator` for each message of the type, beginning with what the cache holds. It may be called
  /// before this returns. Of a node that has stopped it is never called, and the id names nothing.
  SubscriptionId subscribe(DataType type, Validator validator);

  /// Once this has returned to another thread the validator is not called any more, and is destroyed. False:
  /// no such subscription.
  bool unsubscribe(SubscriptionId subscription);

  /// A verdict that was put off. True when it decided the message; false where that was decided already or is
  /// not cached any more, where the subscription has ended, and for Verdict::later.
  bool decide(const Ticket& ticket, Verdict verdict);

  /// Since the node was started; of a node that has stopped, what they were in the end, which waits while it
  /// is stopping.
  [[nodiscard]] Statistics statistics() const;

  /// As Node::remember_peers(), for a program that keeps them itself, and hands them to a later node as
  /// Config::known_peers. None once it has stopped.
  std::vector<Endpoint> remember_peers();

  /// Established connections to other nodes; none once it has stopped.
  [[nodiscard]] std::size_t peers() const;

  /// Where peers connect, with the port that was picked for port 0.
  [[nodiscard]] Endpoint p2p_address() const;
  /// Where peers are told to connect instead, if Config::advertise_address says so.
  [[nodiscard]] std::optional<Endpoint> advertised_address() const;
  /// Where clients connect; nothing if none are served.
  [[nodiscard]] std::optional<Endpoint> api_address() const;

  /// Begins to stop, and returns at once. What is published from then on is refused as stopped. May be
  /// repeated.
  void stop();
  /// Returns once the node has stopped, on whose account ever.
  void wait();

 private:
  class GOSSIP_HIDDEN Core;
  explicit TcpNode(std::unique_ptr<Core> core);

  std::unique_ptr<Core> core_;
};

}  // namespace gossip
