#pragma once
/// \file
/// Nodes that a node has known in an earlier run, or knew before it lost all of its peers: whom it turns to
/// when it is alone. Where they are kept meanwhile is not known here.

#include <gossip/export.hpp>
#include <gossip/join_schedule.hpp>
#include <gossip/random.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace gossip {

/// A bounded list of server addresses, best first, and when to try them again: after pauses like those of one
/// bootstrapper (JoinSchedule), for all of them together. An address stays until it is removed or pushed out
/// at the end, whether it could be reached or not: where the network is gone none can. Lookups are linear.
/// Not thread-safe.
class GOSSIP_EXPORT KnownPeers {
 public:
  /// Addresses at most: as many neighbours as the passive view has places, and the passive view.
  static constexpr std::size_t capacity = 96;

  /// As JoinSchedule; nobody is to be tried before missed().
  KnownPeers(Duration pause_min, Duration pause_max) : schedule_({HostPort{}}, pause_min, pause_max) {}

  /// As the last of all. One that is in already stays where it is; where the list is full there is no effect.
  void add(const Endpoint& address);
  /// These come first from now on, in that order. What was in before follows, as far as there is room.
  void put_first(std::span<const Endpoint> addresses);
  /// Of one that is not in: no effect.
  void remove(const Endpoint& address);
  /// Best first, each once. Valid until one is added or removed.
  [[nodiscard]] std::span<const Endpoint> all() const { return addresses_; }

  /// The node has no peer: after a pause they are to be tried again. Said again meanwhile it has no effect,
  /// nor has it while there is nobody.
  void missed(TimePoint now, Random& random);
  /// It has one: they need not be tried.
  void met(TimePoint now) { schedule_.joined(0, now); }
  /// True when they are to be tried now; and again after a longer pause, until met().
  [[nodiscard]] bool take_due(TimePoint now, Random& random);
  /// When take_due() will be true; nothing while they need not be tried.
  [[nodiscard]] std::optional<TimePoint> next_timer() const { return schedule_.next_timer(); }

 private:
  std::vector<Endpoint> addresses_;
  JoinSchedule schedule_;  ///< of one bootstrapper, which stands for them all
};

}  // namespace gossip
