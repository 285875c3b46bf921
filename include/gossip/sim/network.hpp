#pragma once
/// \file
/// A network of real nodes in one process and one thread, in virtual time: for seeing what the protocol does
/// with thousands of nodes, under faults, again and again and each time the same. sim/scenario.hpp tells it
/// what to do in a sentence; this is for those who want to do each thing themselves.
///
///     gossip::sim::Network network(7, {.latency = gossip::sim::uniform(10ms, 100ms)});
///     const auto first = network.add_node({});
///     const auto second = network.add_node(network.joining(first));
///     network.subscribe(second, gossip::DataType{540}, 1ms);
///     network.run_for(1s);
///     network.publish(first, gossip::DataType{540}, gossip::Payload("hello"));
///     network.run_for(1s);
///     assert(network.records().at(0).delivered == 2);

#include <gossip/config.hpp>
#include <gossip/export.hpp>
#include <gossip/message.hpp>
#include <gossip/node.hpp>
#include <gossip/payload.hpp>
#include <gossip/receipt.hpp>
#include <gossip/sim/hostile.hpp>
#include <gossip/sim/latency.hpp>
#include <gossip/sim/result.hpp>
#include <gossip/subscription.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace gossip::sim {

/// What the links of a network are like.
struct NetworkOptions {
  /// From which each link's latency is drawn.
  Latency latency{};

  /// Bytes per second in each direction of each link; 0 is without limit.
  std::uint64_t bandwidth = 0;

  /// Bytes on their way and unread at the far end of a connection, as the buffers of two systems hold them;
  /// what goes beyond waits in its sender's queue. At least frame_bytes_max.
  std::size_t window_bytes = std::size_t{256} << 10U;

  /// After so long on a silent link both ends see it end; as long as TCP keep-alive in gossipd takes.
  Duration link_timeout = std::chrono::seconds(90);

  /// Events in one second of virtual time that are too many for anything but a storm: it is reported, and
  /// nothing is handled any more. 0 is without limit.
  std::uint64_t events_per_second_max = 0;

  /// Look at the bounds and the accounting of every node that often, in virtual time; 0: only at the end of
  /// a run function, and before a node crashes.
  Duration audit_period = std::chrono::seconds(1);
};

/// Whoever tampers with nodes, so that a test can see that the checkers find it. Each function does nothing
/// unless it is overridden.
class GOSSIP_EXPORT Tampering {
 public:
  Tampering() = default;
  Tampering(const Tampering&) = delete;
  Tampering& operator=(const Tampering&) = delete;
  virtual ~Tampering() = default;

  /// The configuration that the node is really made with. The checkers go by `config`.
  [[nodiscard]] virtual Config config_of(NodeNumber /*node*/, const Config& config) { return config; }

  /// What a node can be made to do.
  class Grip {
   public:
    /// Sends a frame from the node to each of its peers but one.
    virtual void send_to_others(ConnectionId except, const Frame& frame) = 0;
    /// Shows the message to the program that the node runs in, as a second delivery.
    virtual void deliver_again(const Announce& announce) = 0;

   protected:
    /// \{
    /// The network owns it.
    Grip() = default;
    Grip(const Grip&) = default;
    Grip& operator=(const Grip&) = default;
    ~Grip() = default;
    /// \}
  };
  /// The node is about to be handed this message.
  virtual void on_message(NodeNumber /*node*/, ConnectionId /*connection*/, const Message& /*message*/,
                          Grip& /*grip*/) {}
};

/// Owns its nodes, its links and the time. Not thread-safe.
///
/// Nothing happens but in the run functions. The same seed and the same calls give the same run, event for
/// event and on every machine, which trace_hash() shows. A function that is asked for something impossible
/// throws std::logic_error with a sentence, and nothing has changed.
///
/// Frames are not encoded and decoded again between nodes: what is sent is handed over, its data shared. What
/// hostile nodes send goes through Framer and codec. Connections are TCP's: in order, without loss, until
/// they end. Where the network loses what is sent (a partition, a stalled node) it is held back instead,
/// since TCP sends it again, and arrives when the trouble is over; on a link that is silent for
/// NetworkOptions::link_timeout both ends see the connection end, and what was held back is lost.
///
/// It checks all the time, whoever runs it: see Violation::Kind. What there is not: host names, clients
/// beside a node, and the bound on all queues of a node together.
class GOSSIP_EXPORT Network {
 public:
  /// The seed decides all that is random in the network and in its nodes. Throws std::invalid_argument where
  /// the options are out of bounds.
  explicit Network(std::uint64_t seed, const NetworkOptions& options = {});
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// \{
  /// Starts a node now. The first is at 10.0.0.1:6001; there may be 16 million. Of the addresses in the
  /// config only the bootstrappers count. A config that nodes share is there once. Throws
  /// std::invalid_argument where the config is out of bounds.
  NodeNumber add_node(const Config& config);
  NodeNumber add_joining_node(std::shared_ptr<const Config> config);
  /// \}
  /// Starts a hostile node now.
  NodeNumber add_hostile(std::unique_ptr<Hostile> hostile);
  /// Nodes that were added, whatever became of them.
  [[nodiscard]] NodeNumber size() const;

  /// Where the node listens, also one that is still to be added.
  [[nodiscard]] static Endpoint endpoint_of(NodeNumber node);
  /// `config` with this node as its only bootstrapper.
  [[nodiscard]] Config joining(NodeNumber node, Config config = {}) const;
  /// The node itself; null where it has crashed or is hostile.
  [[nodiscard]] const Node* node(NodeNumber node) const;
  /// False for a node that has crashed.
  [[nodiscard]] bool is_live(NodeNumber node) const;

  /// \{
  /// An overlay that is there from the start, for those whose joining would take longer than what is to be
  /// looked at. Nodes added like this do not dial their bootstrappers yet, and link() connects two nodes as
  /// if that had happened long ago: both know each other's server address, and nobody is told. A node that
  /// has room when the network runs joins as any other. Preconditions: both are live, not hostile, different
  /// and not linked, and have room.
  NodeNumber add_linked_node(std::shared_ptr<const Config> config);
  void link(NodeNumber from, NodeNumber to);
  /// \}

  /// Judges a message for the program of a node. `later`: decide() will be called.
  using Judge = std::function<Verdict(NodeNumber node, const Received& message)>;
  /// A program in the node's process registers for the type. Its verdict takes effect after `validation`;
  /// without a judge it accepts what publish() has not marked as invalid. The program comes back when the
  /// node is restarted.
  void subscribe(NodeNumber node, DataType type, Duration validation = {}, Judge judge = {});
  /// As Node::decide(). False for a node that has crashed, too.
  bool decide(NodeNumber node, const Ticket& ticket, Verdict verdict);

  /// The program of the node publishes. With `valid` false, programs without a judge reject it. A node that
  /// has crashed answers `stopped`.
  Receipt publish(NodeNumber node, DataType type, const Payload& data, Ttl ttl = unlimited_ttl,
                  bool valid = true);

  /// \{
  /// Handles what happens in the next `time`, until `end`, or until `done` says so after an event, but no
  /// longer than `limit`; the last returns whether it did. A year at a time at most.
  void run_for(Duration time);
  void run_until(TimePoint end);
  bool run_until(const std::function<bool()>& done, Duration limit);
  /// \}
  /// The virtual time; it starts at an arbitrary moment.
  [[nodiscard]] TimePoint now() const;

  /// How a node goes.
  enum class Ending : std::uint8_t {
    closed,  ///< its process ends, and its system closes its connections
    silent,  ///< its host is gone: peers find out after link_timeout
  };
  /// The node is gone, with all that it knew.
  void crash(NodeNumber node, Ending ending = Ending::closed);
  /// The node runs on from where it stood, but its connections have ended: a process that was frozen, or a
  /// host that slept. Precondition: it is live.
  void suspend(NodeNumber node, Duration time);
  /// A node that has crashed starts anew at the same address, knowing nothing but its config.
  void restart(NodeNumber node);

  /// The node does nothing for so long, and reads nothing; then it goes on.
  void stall(NodeNumber node, Duration time);

  /// Parts the network: what nodes of group 0 send gets to group 0 only, and so on. `group_of[i]` is the
  /// group of node i; nodes added later are in group 0. `one_way`: only what a group sends to one
  /// with a higher number is held up. New connections across time out. It takes the place of an earlier
  /// partition.
  void partition(std::span<const std::uint8_t> group_of, bool one_way = false);
  /// Ends the partition: what was held up arrives.
  void heal();

  /// \{
  /// Ends a connection that is drawn at random: for both ends at once, or for one, while the other finds out
  /// after link_timeout. False where there is none.
  bool break_link();
  bool half_open_link();
  /// \}

  /// Everybody connected to somebody: the links that both ends know of, in a fixed order.
  [[nodiscard]] std::vector<Edge> edges() const;
  /// Groups of live, well-behaved nodes that are connected among each other.
  [[nodiscard]] std::size_t components() const;

  /// What was published, in order. Times count from mark_zero(), or else from the start. `survivors`,
  /// `missed` and `promised` are a scenario's to say.
  [[nodiscard]] const std::vector<MessageRecord>& records() const;
  /// True when the node has delivered it since it was last started, or published it.
  [[nodiscard]] bool has_delivered(NodeNumber node, std::size_t message) const;
  /// The measures of all nodes, the time series and the violations so far.
  [[nodiscard]] Result result() const;
  /// Measures, time series and times of records count from here.
  void mark_zero();
  /// The scenario's zero, or the start.
  [[nodiscard]] TimePoint zero() const;

  /// Events handled.
  [[nodiscard]] std::uint64_t events() const;
  /// Of all events so far.
  [[nodiscard]] std::uint64_t trace_hash() const;

  /// Looks at every node's bounds and accounting now.
  void audit();
  /// Files a violation that somebody else has found.
  void report(Violation::Kind kind, NodeNumber node, std::string what);
  /// Violations so far.
  [[nodiscard]] std::uint64_t violations() const;

  /// Before the first node is added; it must outlive the network.
  void set_tampering(Tampering& tampering);

  /// Bytes that the network itself needs, its nodes apart: links, events and records.
  [[nodiscard]] std::size_t own_bytes() const;

  /// Private to the library.
  class GOSSIP_HIDDEN Core;

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace gossip::sim
