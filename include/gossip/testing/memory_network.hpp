#pragma once
/// \file
/// Several nodes in one thread, joined by connections in memory, with a clock that the test owns: for tests
/// of what programs on a gossip network do, without a socket, a thread or a wait.
///
///     gossip::testing::MemoryNetwork network;
///     gossip::Node& a = network.add_node();
///     gossip::Node& b = network.add_node(network.joining(a));
///     gossip::testing::MemoryClient& program = network.add_client(b);
///     program.notify(gossip::DataType{540});
///     network.run();
///     network.publish(a, gossip::DataType{540}, "hello");
///     network.run();
///     assert(program.received().at(0).data.text() == "hello");
///
/// The nodes are real, and so is what they say: every frame is encoded, cut and decoded as on TCP. Queues
/// have the bounds of Config, and who does not read is found out as on TCP. What there is not: loss,
/// reordering, limits of bandwidth, chance on the way.

#include <gossip/config.hpp>
#include <gossip/export.hpp>
#include <gossip/node.hpp>
#include <gossip/observer.hpp>
#include <gossip/payload.hpp>
#include <gossip/random.hpp>
#include <gossip/receipt.hpp>
#include <gossip/subscription.hpp>
#include <gossip/testing/memory_client.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace gossip::testing {

class Agenda;
class Wire;

/// Owns its nodes, its clients and the time. Not thread-safe; nodes and clients belong to the same thread.
///
/// Nothing happens but in the run functions: what a node or a client sends waits there. The same seed and the
/// same calls give the same run, event for event. A function that is asked for something impossible (a node
/// of another network, say) throws std::logic_error with a sentence, and nothing has changed.
///
/// Each connection holds 64 KiB on its way and unread at its far end, as the buffers of a system would; what
/// goes beyond waits in its sender's queue, with the limits of the sending node's Config:
/// queue_high_water_bytes and queue_low_water_bytes, queue_bytes_max and what the pending messages of its
/// cache may hold, and slow_consumer_timeout. A dial is answered as soon as it is there and half a frame may
/// wait for ever, so connect_timeout and frame_timeout play no part. Of the addresses in a Config only the
/// bootstrappers count: write them as addresses.
class GOSSIP_EXPORT MemoryNetwork {
 public:
  /// The seed decides all that is random in the nodes.
  explicit MemoryNetwork(std::uint64_t seed = 1);
  ~MemoryNetwork();
  MemoryNetwork(const MemoryNetwork&) = delete;
  MemoryNetwork& operator=(const MemoryNetwork&) = delete;

  /// \{
  /// Starts a node, which lives as long as the network. The first is at 10.0.0.1:6001, the 256th at
  /// 10.0.1.0:6001, the 65535th is the last. An observer must outlive the network. Throws
  /// std::invalid_argument where the config is out of bounds.
  Node& add_node(const Config& config = {});
  Node& add_node(const Config& config, Observer& observer);
  /// \}

  /// Starts a program on the node's host, which lives as long as the network and connects to the node's API.
  MemoryClient& add_client(const Node& node);

  /// \{
  /// What a program does that the node runs in: Node's functions of the same names, at the network's time.
  /// Validators are called by the run functions. Of a node that has crashed, publish() answers `stopped`, and
  /// the others throw std::logic_error.
  Receipt publish(Node& node, DataType type, std::string_view data, Ttl ttl = unlimited_ttl);
  SubscriptionId subscribe(Node& node, DataType type, Validator validator);
  bool unsubscribe(Node& node, SubscriptionId subscription);
  bool decide(Node& node, const Ticket& ticket, Verdict verdict);
  /// \}

  /// Where the node listens, for Config::bootstrappers and to tell nodes apart.
  [[nodiscard]] HostPort address_of(const Node& node) const;

  /// `config` with `node` as its only bootstrapper.
  [[nodiscard]] Config joining(const Node& node, Config config = {}) const;

  /// Handles everything that is due and does not move the clock: where no delays are set, that is everything
  /// that is under way, and all that comes of it.
  void run();

  /// Moves the clock on by `time`, from event to event. Precondition: `time` is not negative.
  void run_for(Duration time);

  /// The same, but returns true as soon as `done` does; it is asked before and after every event. False when
  /// it is not within `limit`.
  [[nodiscard]] bool run_until(const std::function<bool()>& done, Duration limit);

  /// Events at one moment after which the run functions throw std::runtime_error, for only an endless
  /// exchange can need so many: ten million unless set.
  void set_events_max(std::size_t events) { events_max_ = events; }

  /// The network's clock; it starts at an arbitrary time and is moved by the run functions only.
  [[nodiscard]] TimePoint now() const;

  /// What either node sends takes this long to the other; before, it takes no time. Two messages on a
  /// connection never overtake each other. More than 64 KiB within twice this time fill the queues.
  void set_delay(const Node& left, const Node& right, Duration delay);

  /// \{
  /// Ends all connections between the two, with what is under way on them, and lets no more be made until
  /// restore(): a dial fails at once. Both nodes are told when the network runs.
  void cut(const Node& left, const Node& right);
  void restore(const Node& left, const Node& right);
  /// \}

  /// Ends a node without a word, as a power failure does: what it had queued is lost, the others see their
  /// connections end, its address refuses. It stays where it is, to be looked at, but gets no more events.
  void crash(const Node& node);

 private:
  class GOSSIP_HIDDEN Host;

  [[nodiscard]] Host& host_of(const Node& node) const;
  [[nodiscard]] Host& running_host_of(const Node& node) const;
  bool advance(TimePoint end, const std::function<bool()>& done);
  bool step();
  [[nodiscard]] std::optional<TimePoint> next_moment() const;

  Random random_;
  NullObserver nobody_;
  std::unique_ptr<Agenda> agenda_;
  std::unique_ptr<Wire> wire_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::vector<std::unique_ptr<MemoryClient>> clients_;
  std::size_t events_max_ = 10'000'000;
  bool running_ = false;
};

}  // namespace gossip::testing
