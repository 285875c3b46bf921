#pragma once
/// \file
/// What the load generator is asked to do. A plain value.

#include <gossip/types.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <sys/types.h>
#include <vector>

namespace gossipd::load {

struct LoadOptions {
  gossip::HostPort publish_at;                 ///< where all publishers connect
  std::vector<gossip::HostPort> subscribe_at;  ///< where subscribers connect, each an API address of a node
  std::size_t publishers = 1;                  ///< at least one
  std::size_t subscribers = 1;                 ///< at each of `subscribe_at`; may be none
  std::size_t stalled = 0;                     ///< more of them, at the first, that never read
  std::size_t body_bytes = 64;                 ///< of each message; at least `body_bytes_min`
  std::optional<std::uint64_t> rate;    ///< messages per second, of all publishers together; else flat out
  std::optional<std::uint64_t> count;   ///< messages after the warm-up, of all publishers together
  std::chrono::seconds duration{10};    ///< of the measured window, which `count` may end sooner
  std::chrono::seconds warm_up{1};      ///< publishes before the window begins
  bool accept = false;                  ///< whether each delivery is answered with a verdict
  std::vector<pid_t> servers;           ///< the processes whose CPU time and memory are reported
  std::chrono::seconds start_max{10};   ///< for the first message to reach every subscriber
  std::chrono::seconds silence_max{5};  ///< without any delivery, after which what is missing is lost
};

}  // namespace gossipd::load
