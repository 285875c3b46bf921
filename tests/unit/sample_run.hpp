#pragma once
/// \file
/// A report on a run that never was, for the tests of reports.

#include "simulate/run_report.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace gossipd::simulation {

/// 60 s with a crash at 20 s and a partition from 30 s to 40 s, on a ring of nodes.
inline RunReport sample_run(std::size_t nodes, std::uint64_t seed) {
  RunReport run;
  run.nodes = nodes;
  run.seed = seed;
  run.command = "gossipd simulate --nodes " + std::to_string(nodes) + " --seed " + std::to_string(seed);
  run.messages = 600;
  run.deliveries = 600 * (nodes - 1);
  run.transmissions = 2400 * nodes;
  run.promised = 300 * nodes;
  run.reliability = 0.5;
  run.rmr = 2.5 + static_cast<double>(seed);
  run.ldh_mean = 8.5;
  run.ldh_max = 14;
  run.delivery_ms = {150, 310, 410};
  run.reached = {
      {0.25, 80, 100, 120}, {0.75, 180, 200, 250}, {1, 390, 410, std::numeric_limits<double>::infinity()}};
  for (int second = 0; second < 60; ++second)
    run.timeline.push_back({static_cast<double>(second),
                            static_cast<double>(second + 1),
                            {},
                            10,
                            second == 35 ? 0.5 : 1.0,
                            2.5,
                            8.5,
                            400,
                            410});
  run.failures = {{20, 20, "crash 30 %"}, {30, 40, "partition"}};
  run.phases = {{0, 20, "before", 200, 1, 2.5, 8.5, 400, 410},
                {20, 30, "after crash 30 %", 100, 1, 2, 9, 420, 430},
                {30, 40, "during partition", 100, 0.5, 2, 8, 5000, 11000},
                {40, 60, "after partition", 200, 1, 2, 9, 420, 430}};
  std::vector<Edge> ring;
  for (std::uint32_t node = 0; node < nodes; ++node)
    ring.push_back({node, static_cast<std::uint32_t>((node + 1) % nodes)});
  run.graph = Graph(nodes, ring);
  run.overlay = measure(run.graph, seed);
  run.live_nodes = nodes;
  for (std::size_t node = 0; node < nodes; ++node)
    run.traffic_bytes.push_back(100'000 + 1000 * static_cast<double>(node));
  run.frames = 30'000;
  run.bytes = 4'000'000;
  run.joining_seconds = 12;
  run.seconds = 70;
  run.trace_hash = "0123456789abcdef";
  run.events = 3'000'000;
  run.wall_seconds = 2;
  run.cpu_seconds = 1.5;
  run.bytes_per_node = 25'600;
  return run;
}

}  // namespace gossipd::simulation
