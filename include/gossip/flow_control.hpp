#pragma once
/// \file
/// Which connections are not read from, and why: their messages feed a destination that cannot keep up, or
/// fill the part of the cache that waits for verdicts.

#include <gossip/export.hpp>
#include <gossip/observer.hpp>
#include <gossip/transport.hpp>
#include <gossip/types.hpp>
#include <gossip/verdict_ledger.hpp>

#include <map>
#include <set>
#include <vector>

namespace gossip {

/// Pauses and resumes. A connection is paused while it has a reason to be, unless it is a client that owes
/// verdicts: pausing that one could lock two nodes against each other. Bounded by the connections. Not
/// thread-safe.
class GOSSIP_EXPORT FlowControl {
 public:
  /// All three must outlive it.
  FlowControl(Transport& transport, Observer& observer, const VerdictLedger& ledger);

  /// What `source` announced went to `destination`, which is congested.
  void hold(ConnectionId source, ConnectionId destination);
  /// `destination` is not congested any more, or gone.
  void relieve(ConnectionId destination);

  /// The peer fills its part of the pending messages.
  void hold_for_verdicts(ConnectionId peer);
  /// It does no longer. No effect on one that was not held for it.
  void release_for_verdicts(ConnectionId peer);
  /// Those held for verdicts, in the order of their ids.
  [[nodiscard]] std::vector<ConnectionId> held_for_verdicts() const;
  /// The same question without the list: O(1).
  [[nodiscard]] bool any_held_for_verdicts() const { return held_for_verdicts_ > 0; }

  /// True while nobody has a reason to be paused.
  [[nodiscard]] bool is_open() const { return gates_.empty(); }

  /// To be called once what clients owe has changed: those that owe something go on, those that do not may be
  /// paused. Costs nothing while nobody has a reason to be paused.
  void review();

  /// The connection is gone.
  void forget(ConnectionId connection);

  /// True for one that has a reason and owes no verdict; of a program in the node's process, publishing is
  /// what pauses.
  [[nodiscard]] bool is_paused(ConnectionId connection) const;

 private:
  struct Gate {
    std::set<ConnectionId> destinations;
    bool for_verdicts = false;
    bool paused = false;
  };
  using Gates = std::map<ConnectionId, Gate>;

  Gates::iterator apply(Gates::iterator gate);

  Transport& transport_;
  Observer& observer_;
  const VerdictLedger& ledger_;
  Gates gates_;
  std::size_t held_for_verdicts_ = 0;
};

}  // namespace gossip
