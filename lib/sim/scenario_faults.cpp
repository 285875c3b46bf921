#include "fault_traits.hpp"
#include "scenario_run.hpp"
#include "scenario_text.hpp"
#include "share.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace gossip::sim {
namespace {

/// A node that was replaced is back after up to so long.
constexpr std::uint64_t churn_pause_max = 5'000'000'000;

}  // namespace

void ScenarioRun::plan_faults() {
  for (const Fault& fault : faults_) plan(fault);
  if (!faults_.empty()) plan_check_of_liveness();
}

void ScenarioRun::plan(const Fault& fault) {
  const Duration lasting = *fault.lasting;
  switch (fault.kind) {
    case FaultKind::crash:
      return plan_on_nodes(fault, [this](NodeNumber node) { network_.crash(node); });
    case FaultKind::power_loss:
      return plan_on_nodes(fault, [this](NodeNumber node) { network_.crash(node, Network::Ending::silent); });
    case FaultKind::restart:
      return plan_on_nodes(fault, [this, fault, lasting](NodeNumber node) {
        network_.crash(node);
        at(*fault.at + lasting, [this, node] { network_.restart(node); });
      });
    case FaultKind::suspend:
      return plan_on_nodes(fault, [this, lasting](NodeNumber node) { network_.suspend(node, lasting); });
    case FaultKind::partition:
      return plan_partition(fault, false);
    case FaultKind::one_way:
      return plan_partition(fault, true);
    case FaultKind::stall:
      return plan_on_nodes(fault, [this, lasting](NodeNumber node) { network_.stall(node, lasting); });
    case FaultKind::break_links:
      return plan_on_links(fault, [this] { return network_.break_link(); });
    case FaultKind::half_open:
      return plan_on_links(fault, [this] { return network_.half_open_link(); });
    case FaultKind::churn:
      return plan_churn(fault);
  }
}

void ScenarioRun::plan_on_nodes(const Fault& fault, const std::function<void(NodeNumber)>& action) {
  at(*fault.at, [this, fault, action] {
    const bool spares = traits_of(fault.kind).spares && !scenario_.spare_nobody_;
    for (const NodeNumber node : draw(share_of(scenario_.nodes_, fault.share), spares)) action(node);
  });
}

void ScenarioRun::plan_on_links(const Fault& fault, const std::function<bool()>& action) {
  at(*fault.at, [this, fault, action] {
    std::size_t links = std::max<std::size_t>(share_of(network_.edges().size(), fault.share), 1);
    while (links > 0 && action()) links -= 1;
  });
}

void ScenarioRun::plan_partition(const Fault& fault, bool one_way) {
  at(*fault.at, [this, fault, one_way] {
    std::vector<NodeNumber> cut_off = draw(scenario_.nodes_, false);
    // Where a churn has just taken somebody, somebody stays on the other side all the same.
    const std::size_t most = cut_off.empty() ? 0 : cut_off.size() - 1;
    cut_off.resize(std::min(most, share_of(scenario_.nodes_, fault.share)));
    std::vector<std::uint8_t> group_of(network_.size(), 0);
    for (const NodeNumber node : cut_off) group_of[node] = 1;
    network_.partition(group_of, one_way);
  });
  at(*fault.at + *fault.lasting, [this] { network_.heal(); });
}

/// Nodes are replaced one by one, at random times.
void ScenarioRun::plan_churn(const Fault& fault) {
  const std::size_t replaced = replaced_by(fault, scenario_.nodes_);
  for (std::size_t i = 0; i < replaced; ++i) {
    const Duration when = *fault.at + Duration(static_cast<std::int64_t>(
                                          random_.below(static_cast<std::uint64_t>(fault.lasting->count()))));
    at(when, [this, when] {
      for (const NodeNumber node : draw(1, !scenario_.spare_nobody_)) {
        network_.crash(node);
        const Duration pause(static_cast<std::int64_t>(random_.below(churn_pause_max)));
        at(when + pause, [this, node] { network_.restart(node); });
      }
    });
  }
}

/// Once the last fault is over the overlay has to be in one piece, at the latest after the time to heal. It
/// is looked at every now and then until it is.
void ScenarioRun::plan_check_of_liveness() {
  Duration over{};
  for (const Fault& fault : faults_) over = std::max(over, over_at(fault));
  check_liveness(over, over + scenario_.heals_within_);
}

void ScenarioRun::check_liveness(Duration when, Duration latest) {
  at(when, [this, when, latest] {
    const std::size_t pieces = network_.components();
    if (pieces <= 1) return;
    if (when < latest) return check_liveness(std::min(latest, when + check_period), latest);
    network_.report(Violation::Kind::not_live, 0,
                    "the overlay is in " + std::to_string(pieces) + " pieces, " +
                        time_text(scenario_.heals_within_) + " after the last fault was over");
  });
}

/// Of the live nodes of ours, in random order.
std::vector<NodeNumber> ScenarioRun::draw(std::size_t count, bool spares) {
  std::vector<NodeNumber> nodes;
  for (NodeNumber node = 0; node < scenario_.nodes_; ++node) {
    if (network_.is_live(node) && !(spares && is_spared(node))) nodes.push_back(node);
  }
  random_.shuffle(std::span(nodes));
  nodes.resize(std::min(nodes.size(), count));
  return nodes;
}

bool ScenarioRun::is_spared(NodeNumber node) const {
  return node < scenario_.bootstrappers_ || std::ranges::find(publishers_, node) != publishers_.end();
}

/// From when on nothing more comes of a fault but what the nodes make of it.
Duration ScenarioRun::over_at(const Fault& fault) const {
  switch (fault.kind) {
    case FaultKind::power_loss:
    case FaultKind::half_open:
      return *fault.at + scenario_.options_.link_timeout;
    case FaultKind::churn:
      return *fault.at + *fault.lasting + Duration(churn_pause_max);
    default:
      return *fault.at + *fault.lasting;
  }
}

}  // namespace gossip::sim
