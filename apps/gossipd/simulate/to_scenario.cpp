#include "to_scenario.hpp"

namespace gossipd::simulation {

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
  return scenario.duration(options.duration).grace(options.grace).heals_within(options.heals_within);
}

}  // namespace gossipd::simulation
