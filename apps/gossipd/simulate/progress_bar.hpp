#pragma once
/// \file
/// How far a simulation is, in one line.

#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace gossipd::simulation {

/// Of one run, and which of how many that is. `run` counts from 1.
struct RunProgress {
  std::size_t run = 1;
  std::size_t runs = 1;
  std::size_t nodes = 0;
  bool joining = false;      ///< before the first message
  gossip::Duration now{};    ///< virtual time in this phase
  gossip::Duration end{};    ///< of this phase
  std::uint64_t events = 0;  ///< of the run
  double run_seconds = 0;    ///< wall-clock time since the run began
  double phase_seconds = 0;  ///< and since this phase began
};

/// "run 2 of 3, 1 000 nodes [#####     ] 27.0 of 60 s, 12 345 678 events, 1 645 000/s, 8 s left". What is
/// left is of this phase, as fast as it went so far; it is told after a second.
[[nodiscard]] std::string to_text(const RunProgress& progress);

}  // namespace gossipd::simulation
