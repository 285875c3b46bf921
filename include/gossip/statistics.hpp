#pragma once
/// \file
/// What a node counts. Nothing is dropped without one of these going up.

#include <gossip/export.hpp>

#include <cstdint>
#include <string>

namespace gossip {

/// Plain numbers since the node was made; read them on the core thread.
struct Statistics {
  std::uint64_t client_announces = 0;     ///< ANNOUNCEs from clients
  std::uint64_t peer_announces = 0;       ///< ANNOUNCEs from peers
  std::uint64_t messages_added = 0;       ///< of those: new
  std::uint64_t duplicates_cached = 0;    ///< of those: dropped, the same is in the cache
  std::uint64_t duplicates_seen = 0;      ///< of those: dropped, the same was evicted less than seen_ttl ago
  std::uint64_t duplicates_rejected = 0;  ///< of those: dropped, the same was found invalid
  std::uint64_t announces_refused = 0;    ///< of those: dropped, a peer went on sending after it was paused

  std::uint64_t notifications_sent = 0;  ///< NOTIFICATIONs queued for clients
  std::uint64_t announces_sent = 0;      ///< ANNOUNCEs queued for peers

  std::uint64_t messages_validated = 0;  ///< pending messages found valid
  std::uint64_t messages_rejected = 0;   ///< pending messages found invalid
  std::uint64_t verdicts_ignored = 0;    ///< VALIDATIONs on what their sender owed no verdict on
  std::uint64_t evicted_valid = 0;       ///< valid messages that made way
  std::uint64_t evicted_pending = 0;     ///< pending messages that made way before anybody found them valid

  std::uint64_t addresses_skipped = 0;      ///< server addresses that were not usable, or one's own
  std::uint64_t updates_repeated = 0;       ///< PEER UPDATEs dropped as repetitions
  std::uint64_t connects_failed = 0;        ///< connections that came to nothing
  std::uint64_t connections_evicted = 0;    ///< peers closed because the pool was over max_connections
  std::uint64_t duplicate_links = 0;        ///< second connections to the same node that were closed
  std::uint64_t frames_skipped = 0;         ///< frames with an unknown code or one of the other layer
  std::uint64_t connections_malformed = 0;  ///< connections closed because they broke the protocol
  std::uint64_t connections_timed_out = 0;  ///< connections closed inside an unfinished frame
  std::uint64_t connections_too_slow = 0;  ///< connections closed because they took too little of their queue
};

/// "client_announces=3 peer_announces=0 ...": every counter that is not 0.
[[nodiscard]] GOSSIP_EXPORT std::string to_string(const Statistics& statistics);

}  // namespace gossip
