#pragma once
/// \file
/// One gossip node: a state machine. Events come in, calls on a Transport go out, and nothing else happens:
/// there is no socket, thread, clock or log in here, so the same node runs on TCP, in a simulation and in a
/// unit test.

#include <gossip/api_controller.hpp>
#include <gossip/config.hpp>
#include <gossip/export.hpp>
#include <gossip/node_state.hpp>
#include <gossip/observer.hpp>
#include <gossip/p2p_controller.hpp>
#include <gossip/statistics.hpp>
#include <gossip/transport.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace gossip {

/// Owns the controllers and what they share, and hands each event to the one that it concerns. Not
/// thread-safe: one thread, the core thread, makes all calls. It never blocks; the work for an event is
/// bounded by the cache, the pool and the registrations.
class GOSSIP_EXPORT Node final : public TransportEvents {
 public:
  /// `transport` and `observer` must outlive the node. The seed decides every random choice and the keys of
  /// the hash tables: take it from the system's entropy where peers may be hostile. Throws
  /// std::invalid_argument where the config is out of bounds.
  Node(const Config& config, Transport& transport, Observer& observer, std::uint64_t seed);

  /// The transport listens on `listen`, whose port is not 0; other nodes are told `advertise`, where given.
  /// Joining starts. To be called once, before any event.
  void start(const Endpoint& listen, std::optional<Endpoint> advertise, TimePoint now);

  void on_accepted(ConnectionId connection, const ConnectionInfo& info, TimePoint now) override;
  void on_connected(ConnectionId connection, const ConnectionInfo& info, TimePoint now) override;
  void on_connect_failed(ConnectionId connection, std::string_view why, TimePoint now) override;
  void on_message(ConnectionId connection, Message&& message, TimePoint now) override;
  void on_skipped(ConnectionId connection, std::uint16_t code, TimePoint now) override;
  void on_relieved(ConnectionId connection, TimePoint now) override;
  void on_stalled(ConnectionId connection, TimePoint now) override;
  void on_closed(ConnectionId connection, CloseReason reason, std::string_view detail,
                 TimePoint now) override;
  void on_time(TimePoint now) override;
  [[nodiscard]] std::optional<TimePoint> next_timer() const override;

  [[nodiscard]] const Statistics& statistics() const { return state_.statistics; }
  [[nodiscard]] const MessageCache& cache() const { return state_.cache; }
  [[nodiscard]] const RegistrationHandler& registrations() const { return state_.registrations; }
  [[nodiscard]] const ConnectionPool& pool() const { return p2p_.pool(); }
  [[nodiscard]] const ApiController& api() const { return api_; }

 private:
  void from_client(ConnectionId client, const Message& message, TimePoint now);
  void from_peer(ConnectionId peer, const Message& message, TimePoint now);
  void settle(TimePoint now);

  NodeState state_;
  ApiController api_;
  P2pController p2p_;
};

}  // namespace gossip
