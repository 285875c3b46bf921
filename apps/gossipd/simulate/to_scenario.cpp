#include "to_scenario.hpp"

#include "quantities.hpp"

#include <string>

namespace gossipd::simulation {
namespace {

using gossip::sim::Protocol;
using gossip::sim::Scenario;

/// What a report shows beside the scenario has to be in its command, too. A preset's is the one that was
/// given: what the scenario leaves out as usual is not what the preset would have.
void complete_command(Scenario& scenario, const SimulateOptions& options, std::size_t nodes,
                      Protocol protocol) {
  if (!options.preset_command.empty()) {
    std::string command = options.preset_command + " --nodes " + std::to_string(nodes);
    if (protocol != Protocol::base) command.append(" --protocol ").append(to_string(protocol));
    scenario.set_command(
        [command](std::uint64_t seed) { return command + " --seed " + std::to_string(seed); });
  } else if (options.settle > gossip::Duration::zero()) {
    scenario.set_command([plain = scenario, settle = " --settle " + to_string(options.settle)](
                             std::uint64_t seed) { return plain.command(seed) + settle; });
  }
}

}  // namespace

gossip::sim::Scenario to_scenario(const SimulateOptions& options, std::size_t nodes) {
  return to_scenario(options, nodes, options.protocols.front());
}

gossip::sim::Scenario to_scenario(const SimulateOptions& options, std::size_t nodes,
                                  gossip::sim::Protocol protocol) {
  gossip::sim::Scenario scenario;
  scenario.nodes(nodes).protocol(protocol).cache_size(options.cache_size);
  if (options.degree) scenario.degree(*options.degree);
  if (options.wired) {
    scenario.wired(options.bootstrappers);
  } else {
    scenario.joined(options.bootstrappers, options.join_pause);
  }
  for (const auto& [kind, count] : options.hostile) scenario.hostile(kind, count);
  scenario.publishers(options.publishers).publish_every(options.publish_every).messages(options.messages);
  scenario.data_bytes(options.data_bytes).invalid(options.invalid).validation(options.validation);
  scenario.latency(options.latency).bandwidth(options.bandwidth).link_timeout(options.link_timeout);
  for (const gossip::sim::Fault& fault : options.faults) scenario.fault(fault);
  if (options.spare_nobody) scenario.spare_nobody();
  scenario.duration(options.duration).grace(options.grace).heals_within(options.heals_within);
  complete_command(scenario, options, nodes, protocol);
  return scenario;
}

}  // namespace gossipd::simulation
