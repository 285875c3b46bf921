#pragma once
/// \file
/// What a node counts. Nothing is dropped without one of these going up, and the counts of messages sum: what
/// came in is what was added, dropped for a reason that has a name, or still waits.

#include <gossip/export.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace gossip {

/// The counters of one node. Plain numbers since it was made; read them on the core thread.
struct Statistics {
  // What came in. What is counted for a known message stands first: it touches little else of a node.
  std::uint64_t peer_announces = 0;     ///< ANNOUNCEs and DATAs from peers
  std::uint64_t client_announces = 0;   ///< ANNOUNCEs from clients
  std::uint64_t program_announces = 0;  ///< messages published in the node's own process

  // What became of each of those; others are peers' that wait for room (Stock::waiting).
  std::uint64_t duplicates_cached = 0;    ///< dropped: the same is in the cache
  std::uint64_t added_valid = 0;          ///< new, from a client or a program: valid at once
  std::uint64_t added_pending = 0;        ///< new, from a peer: waits for a verdict
  std::uint64_t duplicates_seen = 0;      ///< dropped: the same was evicted less than seen_ttl ago
  std::uint64_t duplicates_rejected = 0;  ///< dropped: the same was found invalid
  std::uint64_t announces_refused = 0;    ///< dropped: sent by a paused peer, or early on an extended link
  std::uint64_t publishes_too_large = 0;  ///< refused: a program's data was beyond data_bytes_max
  std::uint64_t publishes_congested = 0;  ///< refused: what a program published earlier has to go first

  // What was added, when it was.
  std::uint64_t messages_delivered = 0;  ///< at least one client or program was notified
  std::uint64_t messages_unclaimed = 0;  ///< none was registered: it waits in the cache for one

  // What became of pending messages; the others are in the cache (Stock::pending).
  std::uint64_t messages_validated = 0;  ///< found valid
  std::uint64_t messages_rejected = 0;   ///< found invalid
  std::uint64_t evicted_pending = 0;     ///< expired: made way before anybody found them valid

  // What became of messages that were valid at once or found so.
  std::uint64_t messages_forwarded = 0;  ///< announced to at least one peer
  std::uint64_t forwards_expired = 0;    ///< not announced: the ttl is used up
  std::uint64_t forwards_unneeded = 0;   ///< not announced: there is no peer but the one that they came from
  std::uint64_t evicted_valid = 0;       ///< and later made way; the others are in the cache (Stock::valid)

  // Single frames, the replays to newcomers among them.
  std::uint64_t notifications_sent = 0;  ///< NOTIFICATIONs queued for clients, and calls of programs
  std::uint64_t announces_sent = 0;      ///< ANNOUNCEs queued for peers
  std::uint64_t data_sent = 0;           ///< DATAs queued for peers
  std::uint64_t verdicts_ignored = 0;    ///< verdicts on what their sender owed none on
  std::uint64_t validators_failed = 0;   ///< calls of programs that threw

  // The overlay extension.
  std::uint64_t links_extended = 0;      ///< links on which both sides have said HELLO
  std::uint64_t adverts_sent = 0;        ///< entries of IHAVEs queued for peers
  std::uint64_t adverts_received = 0;    ///< entries of IHAVEs from peers
  std::uint64_t adverts_dropped = 0;     ///< of those, for which there was no room
  std::uint64_t digests_sent = 0;        ///< DIGESTs queued for peers
  std::uint64_t digests_received = 0;    ///< DIGESTs from peers
  std::uint64_t digests_unanswered = 0;  ///< of those, which came too fast, or during the answer to another
  std::uint64_t grafts_sent = 0;         ///< messages that peers were asked for
  std::uint64_t grafts_received = 0;     ///< messages that peers have asked for
  std::uint64_t grafts_unanswered = 0;   ///< of those, which were not here, or not valid
  std::uint64_t declines_sent = 0;       ///< IDONTWANTs queued for peers
  std::uint64_t declines_received = 0;   ///< IDONTWANTs from peers
  std::uint64_t data_declined = 0;       ///< DATAs that were not sent for that
  std::uint64_t forwards_again = 0;      ///< messages that came again with a ttl that leads further
  std::uint64_t missing_given_up = 0;    ///< messages that none of those gave who had told of them
  std::uint64_t pings_sent = 0;          ///< PINGs queued for peers that had said nothing for a while
  std::uint64_t prunes_sent = 0;         ///< links cut out of a tree by this node
  std::uint64_t prunes_received = 0;     ///< and by the other side

  std::uint64_t joins_passed_on = 0;    ///< JOINs that went on to another
  std::uint64_t neighbors_refused = 0;  ///< links closed since others have the places of those that come
  std::uint64_t shuffles_received = 0;  ///< SHUFFLEs from peers
  std::uint64_t shuffles_ignored = 0;   ///< of those, that came too soon or were not asked for
  std::uint64_t probes_started = 0;     ///< links opened to see whether the network is whole
  std::uint64_t probes_kept = 0;        ///< of those, that led to something new

  std::uint64_t addresses_skipped = 0;      ///< server addresses that were not usable, or one's own
  std::uint64_t updates_repeated = 0;       ///< PEER UPDATEs dropped as repetitions
  std::uint64_t connects_failed = 0;        ///< connections that came to nothing
  std::uint64_t connections_evicted = 0;    ///< peers closed because the pool was over max_connections
  std::uint64_t duplicate_links = 0;        ///< second connections to the same node that were closed
  std::uint64_t frames_skipped = 0;         ///< frames with an unknown code or one of the other layer
  std::uint64_t connections_malformed = 0;  ///< connections closed because they broke the protocol
  std::uint64_t connections_timed_out = 0;  ///< connections closed inside an unfinished frame
  std::uint64_t connections_too_slow = 0;  ///< connections closed because they took too little of their queue
  std::uint64_t connections_silent = 0;    ///< connections closed because they said nothing
  std::uint64_t connections_out_of_memory = 0;  ///< connections closed because there was no memory for them
};

/// The messages that a node holds at a moment.
struct Stock {
  std::size_t valid = 0;    ///< in the cache, valid
  std::size_t pending = 0;  ///< in the cache, waiting for a verdict
  std::size_t waiting = 0;  ///< peers' ANNOUNCEs that wait for room in the cache
};

/// The first sum that does not hold, with both sides, as a sentence; nothing when every message is accounted
/// for, as it is between any two events of a node.
[[nodiscard]] GOSSIP_EXPORT std::optional<std::string> discrepancy(const Statistics& statistics,
                                                                   const Stock& stock);

/// "client_announces=3 peer_announces=0 ...": every counter that is not 0.
[[nodiscard]] GOSSIP_EXPORT std::string to_string(const Statistics& statistics);

}  // namespace gossip
