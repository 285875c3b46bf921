#pragma once
/// \file
/// The base protocol's way: every valid message to every peer but the one that it came from, and the whole
/// cache to newcomers.

#include <gossip/export.hpp>
#include <gossip/message_cache.hpp>
#include <gossip/node_state.hpp>
#include <gossip/overlay/cache_walk.hpp>
#include <gossip/overlay/spreading.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

namespace gossip {

/// Sends ANNOUNCEs. Remembers for each newcomer what of the cache it has yet to be sent. Core thread only.
class GOSSIP_EXPORT Flood final : public Spreading {
 public:
  /// `state` must outlive it.
  explicit Flood(NodeState& state) : state_(state) {}

  /// It is sent what becomes valid from now on; catch_up() sends it what was valid before.
  void add(ConnectionId link, TimePoint now) override;
  void remove(ConnectionId link) override;

  /// docs/protocol.md, 'A new connection': every valid message of the cache goes to the link, oldest first;
  /// as its queue has room. What has become valid since add() is not sent twice. Precondition: the link was
  /// added, and this was not called for it.
  void catch_up(ConnectionId link);

  /// The link has brought the message with that sequence: where it is still to be sent it with the cache, it
  /// is not. What is spread from now on it gets like any other link.
  void spare(ConnectionId link, std::uint64_t sequence);

  /// In the order in which they were added. Good until the next one is, or is removed.
  [[nodiscard]] std::span<const ConnectionId> links() const { return links_; }

  /// Asks for the memory of the links. Once the Flood itself is there.
  [[gnu::always_inline]] void prefetch_links() const {
    __builtin_prefetch(links_.data());
    __builtin_prefetch(receivers_.data());
  }

  [[nodiscard]] std::size_t receivers(ConnectionId origin) const override;
  void spread(const CachedMessage& message, TimePoint now) override;
  /// Goes on with what a newcomer is still to be sent.
  void on_relieved(ConnectionId link, TimePoint now) override;

 private:
  /// The part of the cache that a newcomer is still to be sent.
  struct CatchUp {
    CacheWalk walk;
    std::set<std::uint64_t> spared;  ///< sequences ahead that the link has got or brought meanwhile
    bool begun = false;              ///< false until catch_up()
  };

  [[nodiscard]] std::span<const ConnectionId> receivers_of(ConnectionId origin) const;
  bool send_part(ConnectionId link, CatchUp& part);

  NodeState& state_;
  std::vector<ConnectionId> links_;  ///< in the order in which they were added
  std::map<ConnectionId, CatchUp> catch_ups_;
  /// \{
  /// What receivers_of() returned last, and for what: the same for message after message.
  mutable std::vector<ConnectionId> receivers_;
  mutable std::optional<ConnectionId> receivers_origin_;
  /// \}
};

}  // namespace gossip
