#pragma once
/// \file
/// How long a link takes: the model from which a simulated network draws the latency of each of its links.

#include <gossip/export.hpp>
#include <gossip/types.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gossip::sim {

/// Names a node of a simulated network: they are counted from 0 in the order in which they were added.
using NodeNumber = std::uint32_t;

/// The longest latency: a day.
inline constexpr Duration latency_max = std::chrono::hours(24);

/// One-way latencies, in whole nanoseconds. Two nodes always have the same latency between them, however
/// often they connect: it is made of their numbers and the seed, and of nothing else. A plain value.
class GOSSIP_EXPORT Latency {
 public:
  /// None at all.
  Latency() = default;

  /// From one node to another; never negative. A link within a region, or any under another model, takes as
  /// long in both directions.
  [[nodiscard]] Duration between(NodeNumber from, NodeNumber to, std::uint64_t seed) const;

  /// The longest that between() can return.
  [[nodiscard]] Duration longest() const;

  /// The regions of the matrix; 1 where there is none.
  [[nodiscard]] std::uint32_t region_count() const;

  /// The region of a node: nodes are dealt out to regions in turn.
  [[nodiscard]] std::uint32_t region_of(NodeNumber node) const { return node % region_count(); }

  /// \{
  /// The models. Each throws std::invalid_argument with a sentence where a time is negative or above
  /// latency_max, the longest is shorter than the shortest, or a matrix is not square or is empty.
  friend GOSSIP_EXPORT Latency fixed(Duration latency);
  friend GOSSIP_EXPORT Latency uniform(Duration shortest, Duration longest);
  friend GOSSIP_EXPORT Latency regions(std::vector<std::vector<Duration>> matrix);
  /// \}

  /// As `gossipd simulate --latency` takes it: "50ms", "10ms..100ms", or for a matrix "10ms,80ms/80ms,12ms",
  /// rows parted by slashes.
  [[nodiscard]] std::string text() const;

 private:
  Duration shortest_{};
  Duration longest_{};
  std::vector<std::vector<Duration>> matrix_;
};

/// The same for every link.
[[nodiscard]] GOSSIP_EXPORT Latency fixed(Duration latency);

/// Uniform between the two, drawn once for each pair of nodes.
[[nodiscard]] GOSSIP_EXPORT Latency uniform(Duration shortest, Duration longest);

/// `matrix[a][b]` from a node of region a to one of region b.
[[nodiscard]] GOSSIP_EXPORT Latency regions(std::vector<std::vector<Duration>> matrix);

}  // namespace gossip::sim
