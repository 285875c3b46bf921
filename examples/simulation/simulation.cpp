/// \file
/// A test of what a network will do: a hundred nodes, half of them cut off for a while, and what is promised
/// of them all the same.

#include <gossip/sim/scenario.hpp>

#include <chrono>
#include <iostream>

int main() {
  using namespace std::chrono_literals;
  const auto result = gossip::sim::Scenario()
                          .nodes(100)
                          .degree(5)
                          .latency(gossip::sim::uniform(10ms, 100ms))
                          .publish_every(100ms)
                          .partition(0.5)
                          .at(10s)
                          .lasting(5s)
                          .run(7);

  if (!result.ok()) {
    std::cerr << result.failure_text();  // what went wrong, and the command that shows it again
    return 1;
  }
  if (result.reliability() < 1) {
    std::cerr << "a partition of 5 s is to lose nothing, since TCP waits for longer\n";
    return 1;
  }
  std::cout << result.measured_messages() << " messages reached all of " << result.nodes.size() << " nodes\n";
}
