#pragma once
/// \file
/// What the ways of spreading messages have in common. Each link is one way's at a time; what a way does with
/// its links is its own.

#include <gossip/export.hpp>
#include <gossip/message_cache.hpp>
#include <gossip/types.hpp>

#include <cstddef>

namespace gossip {

/// How messages that were found valid here get to the peers on some of the links. Core thread only.
class GOSSIP_EXPORT Spreading {
 public:
  Spreading() = default;
  Spreading(const Spreading&) = delete;
  Spreading& operator=(const Spreading&) = delete;
  virtual ~Spreading() = default;

  /// The link is its own from now on. Precondition: it has not got it.
  virtual void add(ConnectionId link, TimePoint now) = 0;
  /// The link has ended, or is another's. Of one that it has not got: no effect.
  virtual void remove(ConnectionId link) = 0;

  /// Links that spread() would tell of a message from there.
  [[nodiscard]] virtual std::size_t receivers(ConnectionId origin) const = 0;
  /// Sends a valid message to its links, or tells them of it, all but the one that it came from. Where one is
  /// congested, who announced the message is held. Precondition: the message has an onward ttl.
  virtual void spread(const CachedMessage& message, TimePoint now) = 0;

  /// The queue of a link has room again.
  virtual void on_relieved(ConnectionId link, TimePoint now) = 0;
};

}  // namespace gossip
