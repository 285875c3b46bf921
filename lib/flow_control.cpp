#include <gossip/flow_control.hpp>

#include <utility>

namespace gossip {

FlowControl::FlowControl(Transport& transport, Observer& observer, const VerdictLedger& ledger)
    : transport_(transport), observer_(observer), ledger_(ledger) {}

void FlowControl::hold(ConnectionId source, ConnectionId destination) {
  const auto gate = gates_.try_emplace(source).first;
  gate->second.destinations.insert(destination);
  apply(gate);
}

void FlowControl::relieve(ConnectionId destination) {
  for (auto gate = gates_.begin(); gate != gates_.end();) {
    gate = gate->second.destinations.erase(destination) > 0 ? apply(gate) : std::next(gate);
  }
}

void FlowControl::hold_for_verdicts(ConnectionId peer) {
  const auto gate = gates_.try_emplace(peer).first;
  if (std::exchange(gate->second.for_verdicts, true)) return;
  held_for_verdicts_ += 1;
  apply(gate);
}

void FlowControl::release_for_verdicts(ConnectionId peer) {
  const auto gate = gates_.find(peer);
  if (gate == gates_.end() || !std::exchange(gate->second.for_verdicts, false)) return;
  held_for_verdicts_ -= 1;
  apply(gate);
}

std::vector<ConnectionId> FlowControl::held_for_verdicts() const {
  std::vector<ConnectionId> held;
  for (const auto& [connection, gate] : gates_) {
    if (gate.for_verdicts) held.push_back(connection);
  }
  return held;
}

void FlowControl::review() {
  for (auto gate = gates_.begin(); gate != gates_.end();) gate = apply(gate);
}

void FlowControl::forget(ConnectionId connection) {
  // Its own gate goes first: it may be its own destination, and what is gone is not resumed.
  if (const auto gate = gates_.find(connection); gate != gates_.end()) {
    if (gate->second.for_verdicts) held_for_verdicts_ -= 1;
    gates_.erase(gate);
  }
  relieve(connection);
}

bool FlowControl::is_paused(ConnectionId connection) const {
  const auto gate = gates_.find(connection);
  return gate != gates_.end() && gate->second.paused;
}

FlowControl::Gates::iterator FlowControl::apply(Gates::iterator at) {
  auto& [connection, gate] = *at;
  const bool reason = gate.for_verdicts || !gate.destinations.empty();
  const bool pause = reason && ledger_.owed_by(connection) == 0;
  if (pause != std::exchange(gate.paused, pause)) {
    if (!is_in_process(connection)) {
      pause ? transport_.pause(connection) : transport_.resume(connection);
    }
    pause ? observer_.on_event(event::ReadingPaused{connection})
          : observer_.on_event(event::ReadingResumed{connection});
  }
  return reason ? std::next(at) : gates_.erase(at);
}

}  // namespace gossip
