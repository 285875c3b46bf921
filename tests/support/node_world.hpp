#pragma once
/// \file
/// A node and the world around it: a transport, an observer and a clock. Whatever the world does to the node,
/// what must hold is checked, at each call that the node makes and after each event.

#include <gossip/framer.hpp>
#include <gossip/node.hpp>

#include "message_model.hpp"
#include "overlay_model.hpp"
#include "violation.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace gossip::test {

/// What goes wrong, once: the n-th call of a kind, counted from 1, is answered badly.
struct TransportFault {
  enum class Kind {
    gone,       ///< a send to a connection that has ended: on_closed follows
    congested,  ///< a send that finds the queue above its high-water mark
    stalled,    ///< a send to a connection that has taken nothing for long
    refused,    ///< a connect: on_connect_failed follows at once
  };
  Kind kind{};
  std::size_t call = 0;
};

struct WorldSettings {
  Config config;
  Endpoint listen{0x0a000001, 6001};
  std::optional<Endpoint> advertise;
  std::uint64_t seed = 1;
  /// A transport that does not honour pause() brings messages from paused connections all the same.
  bool honours_pause = true;
  std::optional<TransportFault> fault;
};

/// Every function that is an event tells the node, then takes in what came of it; each throws a Violation
/// where a promise is broken. An exception that the node lets out passes through: then the world is to be
/// told with closed() that the connection ended. Connections that are not there are left alone. Not
/// thread-safe.
class NodeWorld final : private Transport, private Observer {
 public:
  explicit NodeWorld(const WorldSettings& settings);

  ConnectionId accept_client();
  ConnectionId accept_peer(const Endpoint& remote, const Endpoint& local);
  void connected(ConnectionId dial, const Endpoint& remote, const Endpoint& local);
  void connect_failed(ConnectionId dial);
  void closed(ConnectionId connection, CloseReason reason);

  /// The connection has ended and the node has not heard of it: closed() is still to come.
  void lose(ConnectionId connection);

  /// From now on sends to it are answered so; with relieve() no more.
  void congest(ConnectionId connection);
  void stall(ConnectionId connection);
  void relieve(ConnectionId connection);

  /// Nothing comes from a connection that is paused, where the transport honours that.
  void message(ConnectionId connection, const Message& message);
  /// As a transport treats what arrives: decoded, skipped, or the end of the connection.
  void frame(ConnectionId connection, const FrameView& frame);

  /// What a program does with what it is shown.
  enum class Validating {
    accept,
    reject,
    later,
    fail,     ///< throws
    publish,  ///< publishes the same data under another type, and puts its verdict off
    leave,    ///< ends its subscription, and rejects
  };
  void subscribe(DataType type, Validating validating);
  void unsubscribe(std::size_t subscription);
  void publish(const Content& content);
  /// On a message that was put off.
  void decide(std::size_t ticket, Verdict verdict);

  /// The other side answers all PINGs that the node has sent it and that it did not answer.
  void answer_pings(ConnectionId connection);

  void pass(Duration time);

  /// Every queue drains, every lost connection ends, every verdict's time runs out; nothing may be left
  /// waiting.
  void heal();

  /// The ttl with which a connection announces a content in this world: always the same.
  [[nodiscard]] static Ttl ttl_of(ConnectionId origin, const Content& content);

  struct Link {
    ConnectionId connection{};
    ConnectionInfo info;
    bool dialled = false;
    bool lost = false;       ///< it has ended, and the node does not know
    bool paused = false;     ///< by the node
    bool congested = false;  ///< sends to it are answered so
    bool stalled = false;
    bool told = false;  ///< a send to it was answered congested, and nothing since has relieved its sources
  };
  struct Dial {
    ConnectionId connection{};
    HostPort address;
  };

  struct Subscription {
    SubscriptionId id{};
    Validating validating{};
  };

  /// Of the program that the node runs in, oldest first.
  [[nodiscard]] const std::vector<Subscription>& subscriptions() const { return subscriptions_; }
  /// Of messages on which a program has put its verdict off; of all that were, the newest.
  [[nodiscard]] const std::vector<Ticket>& tickets() const { return tickets_; }

  /// Established connections, oldest first.
  [[nodiscard]] const std::vector<Link>& links() const { return links_; }
  [[nodiscard]] const std::vector<Dial>& dials() const { return dials_; }
  [[nodiscard]] std::vector<ConnectionId> connections(Layer layer) const;

  [[nodiscard]] const Node& node() const { return node_; }
  [[nodiscard]] const MessageModel& messages() const { return messages_; }
  [[nodiscard]] const OverlayModel& overlay() const { return overlay_; }
  [[nodiscard]] const Config& config() const { return settings_.config; }
  /// True once the fault of the settings has happened.
  [[nodiscard]] bool fault_happened() const { return fault_happened_; }
  /// True while the node handles something: what is allocated then is allocated on its behalf.
  [[nodiscard]] const bool& inside_node() const { return inside_node_; }

 private:
  // What the node calls.
  ConnectionId connect(const HostPort& address) override;
  SendResult send(ConnectionId connection, const Frame& frame) override;
  void close(ConnectionId connection, CloseReason reason) override;
  void pause(ConnectionId connection) override;
  void resume(ConnectionId connection) override;
  void on_event(const Event& event) override;

  template <typename Happening>
  void tell(Happening happening);

  [[nodiscard]] Link* find(ConnectionId connection);
  void open(ConnectionId connection, const ConnectionInfo& info, bool dialled);
  void forget(ConnectionId connection);
  [[nodiscard]] bool strikes(TransportFault::Kind kind);
  SendResult answer(Link& link);
  Verdict validate(Validating validating, const Received& message);
  void hand_over(ConnectionId connection, const Message& message);
  void hear_peer(ConnectionId peer, const Message& message);
  void compare_digests(ConnectionId peer);
  void expect_verdict(const Ticket& ticket);
  [[nodiscard]] bool is_subscribed(ConnectionId program) const;
  void end_subscription(SubscriptionId id);

  void finish_event();
  void check_connections() const;
  void check_paused(const Stock& stock) const;
  void check_sums(const Stock& stock) const;

  const WorldSettings settings_;
  MessageModel messages_;
  OverlayModel overlay_;
  std::vector<Link> links_;
  std::vector<Dial> dials_;
  std::vector<Subscription> subscriptions_;
  std::vector<Ticket> tickets_;
  std::vector<ConnectionId> decided_by_;  ///< in the last event that was a message
  std::optional<Violation> broken_while_called_;
  bool left_while_called_ = false;       ///< a subscription ended with calls in line, which are never made
  bool calling_ = false;                 ///< a validator is being called
  bool was_held_up_ = false;             ///< publishing was, and nobody was told since that it is no more
  std::vector<ConnectionId> to_close_;   ///< faults: on_closed is to follow
  std::vector<ConnectionId> to_refuse_;  ///< faults: on_connect_failed is to follow
  std::size_t sends_ = 0;
  std::size_t connects_ = 0;
  bool fault_happened_ = false;
  bool inside_node_ = false;
  std::uint64_t next_connection_ = 1;
  TimePoint now_ = TimePoint{} + std::chrono::hours(1);
  Node node_;
};

template <typename Happening>
void NodeWorld::tell(Happening happening) {
  struct Inside {
    explicit Inside(bool& flag) : inside(flag), before(std::exchange(flag, true)) {}
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    ~Inside() { inside = before; }
    bool& inside;
    bool before;
  };
  const Inside inside(inside_node_);
  happening();
}

}  // namespace gossip::test
