#include "to_scenario.hpp"

#include <chrono>
#include <cmath>

namespace gossipd::simulation {

gossip::sim::Scenario to_scenario(const SimulateOptions& options, std::size_t nodes) {
  using gossip::Duration;
  gossip::sim::Scenario scenario;
  scenario.nodes(nodes).degree(options.degree).latency(options.latency);
  if (options.wired) scenario.wired();
  const double pause = static_cast<double>(Duration(std::chrono::seconds(1)).count()) / options.rate;
  scenario.publishers(options.publishers).publish_every(Duration(std::llround(pause)));
  scenario.messages(options.messages).data_bytes(options.data_bytes).validation(options.validation);
  for (const Crash& crash : options.crashes) scenario.crash(crash.share).at(crash.at);
  for (const Partition& partition : options.partitions)
    scenario.partition(0.5).at(partition.at).lasting(partition.lasting);
  if (options.churn_per_minute > 0)
    scenario.churn(options.churn_per_minute).at(Duration::zero()).lasting(options.duration);
  return scenario.duration(options.duration);
}

}  // namespace gossipd::simulation
