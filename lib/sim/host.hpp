#pragma once
/// \file
/// The places in a simulated network: one with a real node, or with a hostile one.

#include <gossip/node.hpp>
#include <gossip/prefetch.hpp>
#include <gossip/random.hpp>
#include <gossip/sim/hostile.hpp>
#include <gossip/sim/network.hpp>
#include <gossip/transport.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace gossip::sim {

/// What runs beside a node and comes back with it.
struct Program {
  DataType type{};
  Duration validation{};
  Network::Judge judge;
};

/// A node and its way out. Made and owned by the core, which must outlive it.
class alignas(cache_line_bytes) Host : public Transport {
 public:
  Host(Network::Core& owner, NodeNumber its_number, std::shared_ptr<const Config> its_config)
      : core(owner), number(its_number), config(std::move(its_config)) {}

  /// \{
  /// Asks for what an event touches of it besides the node; and once that is there, for where it leads to.
  [[gnu::always_inline]] void prefetch() const {
    prefetch_between(&number, &programs + 1);
    prefetch_behind(&node, sizeof(Node) * 4 / 5);  // in the next page: both are looked up at the same time
  }
  [[gnu::always_inline]] void prefetch_programs() const { __builtin_prefetch(programs.data()); }
  /// \}
  ~Host() override = default;

  ConnectionId connect(const HostPort& address) override;
  SendResult send(ConnectionId connection, const Frame& frame) override;
  std::span<const Congestion> broadcast(std::span<const ConnectionId> connections,
                                        const Frame& frame) override;
  void close(ConnectionId connection, CloseReason reason) override;
  void pause(ConnectionId connection) override;
  void resume(ConnectionId connection) override;

  /// Nobody's node runs here.
  [[nodiscard]] virtual bool is_hostile() const { return false; }
  /// The time that it asked for has come.
  virtual void on_wake() {}

  Network::Core& core;
  const NodeNumber number;
  std::uint32_t incarnation = 0;
  bool has_node = false;  ///< asked for each event, and far from the end of `node`, which says the same
  bool live = true;
  bool survivor = true;  ///< live since the zero
  TimePoint timer_due = TimePoint::max();
  Traffic traffic;
  std::uint64_t delivered = 0;
  std::vector<Program> programs;
  const std::shared_ptr<const Config> config;  ///< what the checkers go by
  std::vector<ConnectionId> phantom_dials;     ///< to bootstrappers, which were not made
  std::optional<Node> node;
};

/// A hostile node: it hears what comes in and says what it likes.
class HostileHost final : public Host, public TransportEvents, public HostileReach {
 public:
  HostileHost(Network::Core& owner, NodeNumber its_number, std::shared_ptr<const Config> its_config,
              std::unique_ptr<Hostile> hostile, std::uint64_t seed)
      : Host(owner, its_number, std::move(its_config)), hostile_(std::move(hostile)), random_(seed) {}

  void start() { hostile_->on_start(*this); }
  [[nodiscard]] bool is_hostile() const override { return true; }
  void on_wake() override { hostile_->on_wake(*this); }

  [[nodiscard]] NodeNumber self() const override { return number; }
  [[nodiscard]] NodeNumber node_count() const override;
  [[nodiscard]] Endpoint endpoint_of(NodeNumber other) const override;
  [[nodiscard]] TimePoint now() const override;
  Random& random() override { return random_; }
  using Host::connect;
  ConnectionId connect(const Endpoint& endpoint) override;
  using Host::send;
  void send(ConnectionId connection, std::span<const std::byte> bytes) override;
  using Host::close;
  void close(ConnectionId connection) override;
  void wake_after(Duration time) override;

  void on_accepted(ConnectionId connection, const ConnectionInfo& info, TimePoint now) override;
  void on_connected(ConnectionId connection, const ConnectionInfo& info, TimePoint now) override;
  void on_connect_failed(ConnectionId connection, std::string_view why, TimePoint now) override;
  void on_message(ConnectionId connection, Message&& message, TimePoint now) override;
  void on_skipped(ConnectionId /*connection*/, std::uint16_t /*code*/, TimePoint /*now*/) override {}
  void on_relieved(ConnectionId /*connection*/, TimePoint /*now*/) override {}
  void on_stalled(ConnectionId /*connection*/, TimePoint /*now*/) override {}
  void on_closed(ConnectionId connection, CloseReason reason, std::string_view detail,
                 TimePoint now) override;
  void on_time(TimePoint /*now*/) override {}
  [[nodiscard]] std::optional<TimePoint> next_timer() const override { return std::nullopt; }

 private:
  static constexpr std::size_t queued_bytes_max = std::size_t{1} << 20U;

  std::unique_ptr<Hostile> hostile_;
  Random random_;
};

}  // namespace gossip::sim
