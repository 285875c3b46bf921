#pragma once
/// \file
/// How many connections a transport has open, and whether it may accept more.

#include <gossip/types.hpp>

#include <cstddef>
#include <string>

namespace gossip::detail {

/// Counts sockets: a connection that the core has let go of is one until its socket is closed. One that the
/// node dialled is never refused, only counted. Core thread only.
class OpenConnections {
 public:
  /// `connections_max`: Config::connections_max().
  explicit OpenConnections(std::size_t connections_max) : connections_max_(connections_max) {}

  void add(Layer layer);
  void remove(Layer layer);
  [[nodiscard]] bool none() const { return all_ == 0; }

  /// Why no more are accepted now; empty where they are. Clients may have three quarters of all, which leaves
  /// room for peers: a flood of the ones does not cut the node off.
  [[nodiscard]] std::string why_no_more(Layer layer) const;

 private:
  const std::size_t connections_max_;
  std::size_t all_ = 0;
  std::size_t clients_ = 0;  ///< of them
};

}  // namespace gossip::detail
