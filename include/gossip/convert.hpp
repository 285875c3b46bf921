#pragma once
/// \file
/// From one message to the one that it becomes on the next leg of its way.

#include <gossip/export.hpp>
#include <gossip/message.hpp>
#include <gossip/message_cache.hpp>
#include <gossip/types.hpp>

#include <optional>

namespace gossip {

/// The ttl with which a client's ANNOUNCE leaves its node (docs/protocol.md, 'TTL'): its own, capped by
/// `max_ttl` unless that is 0; unlimited is larger than any cap.
[[nodiscard]] GOSSIP_EXPORT Ttl capped_ttl(Ttl ttl, Ttl max_ttl);

/// The ttl with which a peer's ANNOUNCE is forwarded: one less, 0 stays 0; nothing when it goes no further.
[[nodiscard]] GOSSIP_EXPORT std::optional<Ttl> stepped_ttl(Ttl ttl);

/// A client's ANNOUNCE as it is cached: valid at once.
[[nodiscard]] GOSSIP_EXPORT IncomingMessage from_client_announce(const AnnounceView& announce,
                                                                 ConnectionId client, Ttl max_ttl);

/// A peer's ANNOUNCE as it is cached: pending.
[[nodiscard]] GOSSIP_EXPORT IncomingMessage from_peer_announce(const AnnounceView& announce,
                                                               ConnectionId peer);

/// What a local client is told of an ANNOUNCE that was given this id. Shares the data.
[[nodiscard]] GOSSIP_EXPORT Notification from_announce_to_notification(const Announce& announce,
                                                                       MessageId id);

/// What a local client is told of a cached message. Shares the data.
[[nodiscard]] GOSSIP_EXPORT Notification to_notification(const CachedMessage& message);

/// What peers are sent of a cached message; nothing when it goes no further. Shares the data.
[[nodiscard]] GOSSIP_EXPORT std::optional<Announce> to_announce(const CachedMessage& message);

}  // namespace gossip
