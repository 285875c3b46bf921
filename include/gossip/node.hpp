#pragma once
/// \file
/// One gossip node: a state machine. Events come in, calls on a Transport go out, and nothing else happens:
/// there is no socket, thread, clock or log in here, so the same node runs on TCP, in a simulation and in a
/// unit test. The program that a node runs in publishes and subscribes right here.

#include <gossip/api_controller.hpp>
#include <gossip/config.hpp>
#include <gossip/digest.hpp>
#include <gossip/export.hpp>
#include <gossip/node_state.hpp>
#include <gossip/observer.hpp>
#include <gossip/p2p_controller.hpp>
#include <gossip/prefetch.hpp>
#include <gossip/receipt.hpp>
#include <gossip/statistics.hpp>
#include <gossip/subscription.hpp>
#include <gossip/transport.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace gossip {

/// Names a subscription of the program that a node runs in. Never used again for another.
enum class SubscriptionId : std::uint64_t {};

/// A node as a state machine. Owns the controllers and what they share, and hands each event to the one that
/// it concerns. Not thread-safe: one thread, the core thread, makes all calls. It never blocks; the work for
/// an event is bounded by the cache, the pool and the registrations.
///
/// Validators and the ready handler are called at the end of an event, from on_message(), on_time() and their
/// kin, at most eight for each (next_timer() says that there are more) or so many that no more than
/// Config::queue_high_water_bytes wait for them, and from nowhere else: never from
/// inside publish(), subscribe(), unsubscribe() or decide(), and never one inside another. They may call
/// these four, which take effect at once; they must not destroy the node.
///
/// Where there is no memory for something large (1 KiB or more: a payload, a table) in the middle of an
/// event, std::bad_alloc comes out of it. The node is consistent then, and every message accounted for; but
/// who was to be sent something may not have been. So the transport ends the connection that the event was
/// about and tells the node by on_closed(), which always succeeds in forgetting it. publish(), decide() and
/// on_time() may be called again; subscribe() has left nothing behind.
class GOSSIP_EXPORT Node final : public TransportEvents {
 public:
  /// `transport` and `observer` must outlive the node. The seed decides every random choice and the keys of
  /// the hash tables: take it from the system's entropy where peers may be hostile. Throws
  /// std::invalid_argument where the config is out of bounds.
  Node(const Config& config, Transport& transport, Observer& observer, std::uint64_t seed);
  /// One of many in a process. `commons` need not outlive it.
  Node(const NodeCommons& commons, Transport& transport, Observer& observer, std::uint64_t seed);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  ~Node() { batch_.reset(); }  // which holds the cache

  /// The transport listens on `listen`, whose port is not 0; other nodes are told `advertise`, where given.
  /// Joining starts. To be called once, before any event.
  void start(const Endpoint& listen, std::optional<Endpoint> advertise, TimePoint now);

  /// A connection is established that somebody else has dialled in this node's place: a simulation that
  /// begins with a network as it is. Otherwise as on_connected().
  void on_linked(ConnectionId connection, const ConnectionInfo& info, TimePoint now) {
    p2p_.on_linked(connection, info, now);
  }

  void on_accepted(ConnectionId connection, const ConnectionInfo& info, TimePoint now) override;
  void on_connected(ConnectionId connection, const ConnectionInfo& info, TimePoint now) override;
  void on_connect_failed(ConnectionId connection, std::string_view why, TimePoint now) override;
  void begin_batch() override;
  void end_batch() override;
  void on_message(ConnectionId connection, Message&& message, TimePoint now) override;
  std::size_t on_announces(ConnectionId connection, std::span<const AnnounceView> announces,
                           TimePoint now) override;
  void on_skipped(ConnectionId connection, std::uint16_t code, TimePoint now) override;
  void on_part(ConnectionId connection, TimePoint now) override { p2p_.on_part(connection, now); }
  void on_relieved(ConnectionId connection, TimePoint now) override;
  void on_stalled(ConnectionId connection, TimePoint now) override;
  void on_closed(ConnectionId connection, CloseReason reason, std::string_view detail,
                 TimePoint now) override;
  void on_stopping() override;
  void on_time(TimePoint now) override;
  [[nodiscard]] std::optional<TimePoint> next_timer() const override;

  /// Publishes for the program that the node runs in, as a client's ANNOUNCE does (docs/protocol.md, 'Client
  /// ANNOUNCE'): it is valid at once, and the subscriptions of the same program are not shown it, unless they
  /// begin later, while the cache still has it. Nothing is dropped in silence: the receipt says what became
  /// of it.
  Receipt publish(DataType type, const Payload& data, Ttl ttl, TimePoint now);

  /// Calls `validator` for each message of the type, beginning with what the cache holds, oldest first. While
  /// it answers none of those that are pending for verdict_timeout, it holds up nobody, like any client. The
  /// node calls on_time() for itself by way of next_timer() where there is something to show.
  SubscriptionId subscribe(DataType type, Validator validator, TimePoint now);

  /// Ends it; what it owes verdicts on waits for others. False: no such subscription.
  bool unsubscribe(SubscriptionId subscription, TimePoint now);

  /// A verdict that was put off. True when it decided the message; false where that was decided already or is
  /// not cached any more, where the subscription has ended, and for Verdict::later.
  bool decide(const Ticket& ticket, Verdict verdict, TimePoint now);

  /// False while what was published earlier has to go first: publish() refuses then.
  [[nodiscard]] bool may_publish() const { return !state_.flow.is_paused(LocalPrograms::publisher); }

  /// Called each time may_publish() has become true again.
  void set_ready_handler(std::function<void(TimePoint now)> handler) { ready_ = std::move(handler); }

  /// The server addresses that are worth keeping for Config::known_peers of a later run, best first: those of
  /// peers, then of nodes that could be; 96 at most (KnownPeers::capacity). The node itself turns to them,
  /// too, should it lose all of its peers from now on. While it has none they are what they were the last
  /// time: nothing better is known. Without the overlay extension there are none.
  std::vector<Endpoint> remember_peers() { return p2p_.remember_peers(); }

  /// Since the node was made. Between any two events discrepancy(statistics(), stock()) is nothing.
  [[nodiscard]] const Statistics& statistics() const { return state_.statistics; }
  /// What the node holds now. O(cache).
  [[nodiscard]] Stock stock() const;
  /// \{
  /// For looking at, by tests and tools. The cache and the registrations are thread-safe by themselves.
  [[nodiscard]] const MessageCache& cache() const { return state_.cache; }
  [[nodiscard]] const RegistrationHandler& registrations() const { return state_.registrations; }
  [[nodiscard]] const ConnectionPool& pool() const { return p2p_.pool(); }
  [[nodiscard]] const ApiController& api() const { return api_; }
  [[nodiscard]] const P2pController& p2p() const { return p2p_; }
  /// \}

  /// \{
  /// For who runs so many nodes that they are in no processor's cache: asks for the node's own memory that an
  /// ANNOUNCE touches where its content is known, and then, once that is there, for what it leads to. No
  /// effect besides. See MessageCache::prefetch() for the rest of it.
  [[gnu::always_inline]] void prefetch() const {
    prefetch_between(this, &state_.statistics.added_valid);
    state_.cache.prefetch();
    prefetch_between(&state_.ledger.all_protected(), &state_.programs);
    state_.programs.prefetch_line();
    __builtin_prefetch(reinterpret_cast<const std::byte*>(&p2p_) - 8);  // whether anything waits in api_
    p2p_.prefetch();
  }
  [[gnu::always_inline]] void prefetch_connection(ConnectionId connection) const {
    state_.open.prefetch(connection);
    p2p_.prefetch_extension();
  }
  /// The same for a new message, or for a verdict; once that is there, for what it leads to; and once that is
  /// there, for the rest.
  [[gnu::always_inline]] void prefetch_new() const {
    prefetch_between(this, &state_.statistics.verdicts_ignored);
    prefetch_between(&state_.cache, &state_.cache + 1);
    state_.prefetch_way_out();
    state_.registrations.prefetch_version();
    prefetch_between(&state_.ledger, &api_ + 1);
    p2p_.prefetch();
    p2p_.prefetch_spreading();
  }
  [[gnu::always_inline]] void prefetch_tables() const {
    state_.prefetch_programs();
    api_.prefetch_audience();
    state_.cache.prefetch_places();
    state_.ledger.prefetch();
    p2p_.prefetch_links();
  }
  [[gnu::always_inline]] void prefetch_first_program() const { state_.prefetch_first_program(); }
  /// \}
  /// The base peers that a message may go to.
  [[nodiscard]] std::span<const ConnectionId> base_links() const { return p2p_.base_links(); }

 private:
  void admit_programs();
  void from_client(ConnectionId client, const Message& message, TimePoint now);
  void from_peer(ConnectionId peer, const Message& message, TimePoint now);
  Receipt announce(ConnectionId source, const AnnounceView& announce, TimePoint now,
                   const Digest* digest = nullptr);
  void announce_from_peer(ConnectionId peer, const AnnounceView& announce, TimePoint now,
                          const Digest* digest = nullptr);
  [[nodiscard]] bool is_read_from(ConnectionId connection) const;
  std::optional<Layer> layer_of(ConnectionId connection);
  bool validate(ConnectionId client, const Validation& validation, TimePoint now);
  void rebalance(TimePoint now);
  [[nodiscard]] bool is_at_ease() const;
  void settle(TimePoint now);
  void call_programs(TimePoint now);
  [[nodiscard]] Verdict ask(const LocalPrograms::Call& call);
  [[nodiscard]] bool has_to_call() const;

  /// The cache is the node's alone for a batch.
  struct Batch {
    explicit Batch(const MessageCache& cache) : hold(cache.hold()) {}
    MessageCache::Hold hold;
  };

  /// ANNOUNCEs that are handled together: so many that memory has answered by the time it is needed.
  static constexpr std::size_t run_max = 16;

  // What each event touches stands together, at both ends of what each of these owns.
  std::optional<Batch> batch_;
  std::optional<ConnectionId> batch_source_;  ///< whose message came last in it
  Layer batch_layer_{};                       ///< and its layer
  bool held_up_ = false;  ///< may_publish() was false since the ready handler was last called
  bool calling_ = false;  ///< a validator or the ready handler
  NodeState state_;
  ApiController api_;
  P2pController p2p_;
  std::function<void(TimePoint now)> ready_;
};

}  // namespace gossip
