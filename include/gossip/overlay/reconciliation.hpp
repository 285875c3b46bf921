#pragma once
/// \file
/// Finds out in what the caches of two nodes differ, and tells the other side of that alone
/// (docs/protocol.md, 'Reconciliation'). What is told of and wanted is Missing's business and Trees'.

#include <gossip/export.hpp>
#include <gossip/message.hpp>
#include <gossip/node_state.hpp>
#include <gossip/overlay/cache_walk.hpp>
#include <gossip/overlay/content_names.hpp>
#include <gossip/overlay/turnover.hpp>
#include <gossip/types.hpp>

#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace gossip {

/// Sends DIGESTs, and IHAVE in answer to those of others: of a message for each id in a bucket that differs,
/// as the link takes it. Holds for each link what of the cache it has yet to be told of, in less than a
/// hundred bytes. Core thread only.
class GOSSIP_EXPORT Reconciliation {
 public:
  /// One link that is drawn gets a DIGEST so often: what was lost on the way by accident is found like this.
  static constexpr Duration period = std::chrono::seconds(30);
  /// A link's DIGESTs are answered once in so long; ...
  static constexpr Duration digest_pause = std::chrono::seconds(1);
  /// ... but so many at once, where none came for a while.
  static constexpr int digests_at_once = 4;

  /// All of them must outlive it.
  Reconciliation(NodeState& state, ContentNames& names, const Turnover& turnover);

  /// The link is extended from now on: it is sent a DIGEST. `accepted_bytes`: the largest frame of the
  /// extension that its other side takes. Precondition: it was not added.
  void add(ConnectionId link, std::size_t accepted_bytes, TimePoint now);
  /// It has ended. Of one that was not added: no effect.
  void remove(ConnectionId link);

  /// On a link that was added; any other is ignored. One that comes too fast, or while the link is still told
  /// of what came of an earlier one, is counted and not answered.
  void on_digest(ConnectionId link, const CacheDigest& digest, TimePoint now);
  /// Whether a DIGEST has come on the link: what its other side sent before then is in that, if it may
  /// travel.
  [[nodiscard]] bool has_told(ConnectionId link) const;
  /// Goes on with what the link is still to be told of.
  void on_relieved(ConnectionId link, TimePoint now);

  /// What is due goes out.
  void on_time(TimePoint now);
  /// When on_time() wants to be called; nothing while there is no link.
  [[nodiscard]] std::optional<TimePoint> next_timer() const { return due_; }

 private:
  /// What a link is still to be told of: of the messages ahead those in some buckets.
  struct Listing {
    CacheWalk walk;
    std::bitset<digest_buckets_max> buckets;
    std::size_t count = 1;  ///< of all buckets
  };
  struct Link {
    ConnectionId connection{};
    std::size_t accepted_bytes = 0;
    bool has_told = false;  ///< a DIGEST has come
    TimePoint paid_until;   ///< by the DIGESTs that came, digest_pause for each
    std::optional<Listing> listing;
  };

  [[nodiscard]] Link* find(ConnectionId link);
  [[nodiscard]] static bool pays(Link& link, TimePoint now);
  [[nodiscard]] std::vector<std::uint64_t> hashes(std::uint64_t salt, std::size_t count, TimePoint now);
  void send_digest(const Link& link, bool wants_answer, TimePoint now);
  void go_on(Link& link, TimePoint now);

  NodeState& state_;
  ContentNames& names_;
  const Turnover& turnover_;
  const std::uint64_t salt_first_;
  const std::uint64_t salt_second_;
  std::uint64_t salts_ = 0;
  std::vector<Link> links_;
  std::optional<TimePoint> due_;
};

}  // namespace gossip
