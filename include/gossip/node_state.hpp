#pragma once
/// \file
/// What the two controllers of a node share: the cache, the registrations, who owes verdicts, who is paused,
/// and the ways out. It holds together what must change together and decides nothing about the protocol.

#include <gossip/config.hpp>
#include <gossip/export.hpp>
#include <gossip/flow_control.hpp>
#include <gossip/local_programs.hpp>
#include <gossip/message_cache.hpp>
#include <gossip/observer.hpp>
#include <gossip/random.hpp>
#include <gossip/registration_handler.hpp>
#include <gossip/statistics.hpp>
#include <gossip/transport.hpp>
#include <gossip/verdict_ledger.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <variant>

namespace gossip {

/// What became of a message that came in: it is in the cache now, or it was known already.
using Admission = std::variant<CachedMessage, Known>;

/// What a node is besides its controllers. Public by intent: a controller in a unit test stands on one of
/// these and on a RecordingTransport. Only the core thread may use it; `cache` and `registrations` are
/// thread-safe by themselves.
struct GOSSIP_EXPORT NodeState {
  /// `transport` and `observer` must outlive it. Throws std::invalid_argument where the config is out of
  /// bounds.
  NodeState(const Config& settings, Transport& way_out, Observer& watcher, std::uint64_t seed);

  const Config config;                ///< within its bounds
  Transport& transport;               ///< the way out
  Observer& observer;                 ///< is told each thing once, by whoever does it
  Random random;                      ///< one for all, so that a seed replays everything
  Statistics statistics;              ///< counted where it happens
  MessageCache cache;                 ///< what is known
  RegistrationHandler registrations;  ///< who wants it
  VerdictLedger ledger;               ///< who owes verdicts on it, and what that protects
  FlowControl flow;                   ///< who is not read from meanwhile
  LocalPrograms programs;             ///< the clients without a connection
  std::set<ConnectionId> open;        ///< established connections of both layers, and such clients

  /// Adds to the cache and keeps the books: what is evicted is settled and counted, what is dropped is
  /// counted.
  Admission add(const NewMessage& message, Layer layer, TimePoint now);

  /// What became of sending something that `source` announced: where the destination is congested, the source
  /// is held, unless it is gone.
  void hold_source(ConnectionId source, ConnectionId destination, SendResult result);

  /// Protected messages that the cache may hold: three quarters of it, and at least one (docs/protocol.md,
  /// 'Nothing is lost to haste').
  [[nodiscard]] std::size_t protected_max() const;
  /// Those among them that may be from one peer: half of that, and at least one.
  [[nodiscard]] std::size_t protected_from_peer_max() const;

  /// True while one more message from this origin may be protected.
  [[nodiscard]] bool has_room_for(ConnectionId origin) const;

  /// True while so many more may be protected that looking for them in the cache pays.
  [[nodiscard]] bool has_ample_room_for(ConnectionId origin) const;

  /// True when a client that votes is registered for the type.
  [[nodiscard]] bool has_voter(DataType type) const;
};

}  // namespace gossip
