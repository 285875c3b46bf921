#pragma once
/// \file
/// What the two controllers of a node share: the cache, the registrations, who owes verdicts, who is paused,
/// and the ways out. It holds together what must change together and decides nothing about the protocol.

#include <gossip/config.hpp>
#include <gossip/digest.hpp>
#include <gossip/export.hpp>
#include <gossip/flat_map.hpp>
#include <gossip/flow_control.hpp>
#include <gossip/local_programs.hpp>
#include <gossip/message_cache.hpp>
#include <gossip/observer.hpp>
#include <gossip/random.hpp>
#include <gossip/registration_handler.hpp>
#include <gossip/statistics.hpp>
#include <gossip/transport.hpp>
#include <gossip/verdict_ledger.hpp>

#include <cassert>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

namespace gossip {

/// What many nodes of one process may have in common, a simulation's say: so each of them is smaller, and
/// what all of them read stays near.
struct NodeCommons {
  /// Precondition: neither is null, and nobody changes the config from now on.
  NodeCommons(std::shared_ptr<const Config> settings, std::shared_ptr<const DigestKey> key)
      : config(std::move(settings)), digest_key(std::move(key)) {
    assert(config != nullptr && digest_key != nullptr);
  }

  std::shared_ptr<const Config> config;         ///< of all of them
  std::shared_ptr<const DigestKey> digest_key;  ///< the secret of their caches
};

/// What a node is besides its controllers. Public by intent: a controller in a unit test stands on one of
/// these and on a RecordingTransport. Only the core thread may use it; `cache` and `registrations` are
/// thread-safe by themselves.
struct GOSSIP_EXPORT NodeState {
 private:
  const std::shared_ptr<const Config> settings_;
  const bool tells_messages_;
  /// may_lack_room() once so much is protected: that is asked with each ANNOUNCE of a peer.
  const std::size_t ample_messages_;
  const std::size_t ample_bytes_;

 public:
  /// \{
  /// `transport` and `observer` must outlive it. Without commons it has a config and a digest key of its own.
  /// Throws std::invalid_argument where the config is out of bounds.
  NodeState(const Config& settings, Transport& way_out, Observer& watcher, std::uint64_t seed);
  NodeState(const NodeCommons& commons, Transport& way_out, Observer& watcher, std::uint64_t seed);
  /// \}

  // What a known message touches stands together: what is above, the connections and the first counters.
  /// Established connections, and programs, which count as connections of the API.
  FlatMap<ConnectionId, Layer, 8> open;
  Statistics statistics;              ///< counted where it happens
  Transport& transport;               ///< the way out
  Observer& observer;                 ///< is told each thing once, by whoever does it
  const Config& config;               ///< within its bounds
  Random random;                      ///< one for all, so that a seed replays everything
  MessageCache cache;                 ///< what is known
  RegistrationHandler registrations;  ///< who wants it
  VerdictLedger ledger;               ///< who owes verdicts on it, and what that protects
  FlowControl flow;                   ///< who is not read from meanwhile
  LocalPrograms programs;             ///< the clients without a connection

  /// Adds to the cache and keeps the books: what is evicted is settled and counted, what is dropped is
  /// counted.
  AddOutcome add(const IncomingMessage& message, Layer layer, TimePoint now);
  /// The same for a message that shares its data with the cache.
  AddOutcome add(const NewMessage& message, Layer layer, TimePoint now) {
    return add(view_of(message), layer, now);
  }

  /// An event about a single message, for an observer that wants those.
  template <typename MessageEvent>
  void tell(const MessageEvent& event) {
    if (tells_messages_) tell_observer(event);
  }

  /// What became of sending something that `source` announced: where the destination is congested, the source
  /// is held, unless it is gone.
  void hold_source(ConnectionId source, ConnectionId destination, SendResult result);

  /// Protected messages that the cache may hold: three quarters of it, and at least one (docs/protocol.md,
  /// 'Nothing is lost to haste').
  [[nodiscard]] std::size_t protected_max() const;
  /// Those among them that may be from one peer: half of that, and at least one.
  [[nodiscard]] std::size_t protected_from_peer_max() const;

  /// \{
  /// The same in bytes, as MessageCache::bytes() counts them: three quarters of what the cache may hold, and
  /// half of that for one peer. The last message may go beyond it, so that there is room for one however
  /// large it is.
  [[nodiscard]] std::size_t protected_bytes_max() const;
  [[nodiscard]] std::size_t protected_bytes_from_peer_max() const;
  /// \}

  /// True while one more message from this origin may be protected.
  [[nodiscard]] bool has_room_for(ConnectionId origin) const;

  /// True while so many more may be protected that looking for them in the cache pays.
  [[nodiscard]] bool has_ample_room_for(ConnectionId origin) const;

  /// False while has_room_for() is true for everybody. O(1).
  [[nodiscard]] bool may_lack_room() const {
    const Protected& all = ledger.all_protected();
    return all.messages >= ample_messages_ || all.bytes >= ample_bytes_;
  }

  /// The clients that are registered for a type, in the order in which they registered. Valid until the next
  /// call, or until anybody registers. Takes no lock and allocates nothing while registrations do not change;
  /// the lists of the types used last are kept, up to audiences_max of them.
  [[nodiscard]] std::span<const ConnectionId> audience(DataType type);

  /// \{
  /// Asks for the memory of the way out; and for what adding a message leads to where few types have been
  /// looked up, and what programs wait for, first and then.
  [[gnu::always_inline]] void prefetch_way_out() const { prefetch_behind(&statistics, sizeof(statistics)); }
  [[gnu::always_inline]] void prefetch_programs() const {
    __builtin_prefetch(audiences_.data());
    __builtin_prefetch(evicted_.data());
    programs.prefetch();
  }
  [[gnu::always_inline]] void prefetch_first_program() const { programs.prefetch_first(); }
  /// \}

  /// True when a client that votes is registered for the type.
  [[nodiscard]] bool has_voter(DataType type);

 private:
  struct Audience {
    DataType type{};
    std::uint32_t size = 0;     ///< of `clients`, which are in other memory
    std::uint64_t version = 0;  ///< of the registrations; 0 before anything was looked up
    RegistrationHandler::Clients clients;
  };

  static constexpr std::size_t audiences_max = 64;

  NodeState(std::shared_ptr<const Config> settings, Transport& way_out, Observer& watcher, std::uint64_t seed,
            std::shared_ptr<const DigestKey> digest_key);

  const Audience& look_up_audience(DataType type);
  AddOutcome add_to_cache(const IncomingMessage& message, TimePoint now);
  void count_duplicate(const IncomingMessage& message, Known known, Layer layer);
  void account_for_evicted();
  /// Out of line: where nobody wants such events, what is done for each message stays short.
  template <typename MessageEvent>
  [[gnu::noinline, gnu::cold]] void tell_observer(const MessageEvent& event) {
    observer.on_event(event);
  }

  std::vector<Audience> audiences_;  ///< by type, one for each place: a power of two, more when types meet
  std::vector<Evicted> evicted_;     ///< by the message that was added last
};

}  // namespace gossip
