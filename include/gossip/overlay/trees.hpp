#pragma once
/// \file
/// The overlay extension's way of spreading: each message once, over one of 64 trees, and repaired where a
/// tree is broken (docs/protocol.md, 'The overlay extension'; Leitão, Pereira, Rodrigues: 'Epidemic Broadcast
/// Trees', 2007).

#include <gossip/export.hpp>
#include <gossip/message.hpp>
#include <gossip/message_cache.hpp>
#include <gossip/node_state.hpp>
#include <gossip/overlay/id_memory.hpp>
#include <gossip/overlay/missing.hpp>
#include <gossip/overlay/prune_pace.hpp>
#include <gossip/overlay/spreading.hpp>
#include <gossip/payload.hpp>
#include <gossip/types.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace gossip {

/// Spreads over extended links. In each tree a link is eager, and carries DATA, or lazy, and carries IHAVE:
/// the content ids of what its other side can ask for with GRAFT. A link begins eager in all of them; a
/// duplicate prunes it, where PrunePace permits, and a GRAFT makes it eager again. What has a finite ttl goes
/// over every link, since paths in a tree are longer than those of a flood.
///
/// Content ids cost a hash for each message, so none are made while every link is eager. Core thread only.
class GOSSIP_EXPORT Trees final : public Spreading {
 public:
  /// IHAVEs wait so long for others to the same link,
  static constexpr Duration advert_pause = std::chrono::milliseconds(5);
  /// and until the last one is so long ago.
  static constexpr Duration advert_period = std::chrono::milliseconds(100);
  /// A link that is drawn is told of all that the cache holds so often: what was lost on the way by accident
  /// is found like this.
  static constexpr Duration reconcile_period = std::chrono::seconds(30);
  /// How long the content ids of messages are known.
  static constexpr Duration id_lifetime = std::chrono::seconds(120);
  /// And how many at most.
  static constexpr std::size_t ids_max = 65536;

  /// `state` must outlive it; `own` is the tree of what enters the overlay here. Throws what content_id()
  /// throws where there is no SHA-256.
  Trees(NodeState& state, Tree own);

  /// \{
  /// The link is told of all that the cache holds. `accepted_bytes`: the largest frame of the extension that
  /// its other side takes, as it has said in HELLO; a message that needs a larger one goes as ANNOUNCE.
  void add(ConnectionId link, TimePoint now) override { add(link, gossip::frame_bytes_max, now); }
  void add(ConnectionId link, std::size_t accepted_bytes, TimePoint now);
  /// \}
  /// \{
  /// The link is lazy in every tree until join_in(), whatever is asked for. Of one that is not its own: no
  /// effect.
  void stand_by(ConnectionId link);
  void join_in(ConnectionId link);
  /// \}
  void remove(ConnectionId link) override;
  [[nodiscard]] std::size_t receivers(ConnectionId origin) const override;
  void spread(const CachedMessage& message, TimePoint now) override;
  void on_relieved(ConnectionId /*link*/, TimePoint /*now*/) override {}

  /// True for a link that is its own.
  [[nodiscard]] bool has(ConnectionId link) const { return find(link) != nullptr; }

  /// The cache has got a message, from whomever; to be called before spread() and as soon as it can be. Again
  /// for the same: no effect.
  void on_new(const CachedMessage& message, TimePoint now);
  /// A message that has come as DATA is new, and has made so many hops: remembered for a while, for those who
  /// get it from here.
  void note_hops(const CachedMessage& message, std::uint8_t hops);
  /// A message that was known has come again, on whichever link. As DATA on one of its own it may prune.
  /// `cached`: the message in the cache; null where it is gone.
  void on_duplicate(ConnectionId link, const AnnounceView& announce, const CachedMessage* cached,
                    TimePoint now);

  /// \{
  /// On one of its links; any other is ignored.
  void on_i_have(ConnectionId link, const IHave& told, TimePoint now);
  void on_graft(ConnectionId link, const Graft& graft, TimePoint now);
  void on_prune(ConnectionId link, const Prune& prune);
  /// \}

  /// What is due goes out.
  void on_time(TimePoint now);
  /// When on_time() wants to be called.
  [[nodiscard]] std::optional<TimePoint> next_timer() const;

  /// The trees in which a link is eager, a bit for each; 0 for a link that is not its own.
  [[nodiscard]] std::uint64_t eager_trees(ConnectionId link) const;
  /// Messages that peers have told of and that have not come.
  [[nodiscard]] std::size_t missing() const { return missing_.size(); }

 private:
  struct Link {
    ConnectionId connection{};
    std::size_t accepted_bytes = frame_bytes_max;  ///< the largest frame that the other side takes
    std::uint64_t eager = std::numeric_limits<std::uint64_t>::max();
    bool stands_by = false;
    std::vector<Advert> adverts;  ///< that wait for others
    TimePoint adverts_due;        ///< and no longer than until then
  };
  /// A message whose id was made, so that it is not made again when its verdict comes.
  struct Named {
    std::uint64_t sequence = std::numeric_limits<std::uint64_t>::max();
    ContentId id;
  };

  /// How far a message had come, by the lower half of its sequence.
  struct Travelled {
    std::uint32_t sequence = 0;
    std::uint8_t hops = 0;
  };

  [[nodiscard]] std::uint8_t hops_of(const CachedMessage& message) const;
  [[nodiscard]] Link* find(ConnectionId link);
  [[nodiscard]] const Link* find(ConnectionId link) const;
  [[nodiscard]] bool names(TimePoint now) const;
  void name_all(TimePoint now);
  ContentId id_of(const CachedMessage& message, TimePoint now);
  [[nodiscard]] Tree tree_of(const CachedMessage& message) const;
  SendResult send(const Link& link, const CachedMessage& message, ConnectionId source);
  [[nodiscard]] Frame data_of(const CachedMessage& message) const;
  [[nodiscard]] static bool takes(const Link& link, const CachedMessage& message);
  void advertise(Link& link, const Advert& advert, TimePoint now);
  void advertise_cache(Link& link, TimePoint now);
  void send_adverts(Link& link, TimePoint now);
  void ask_for_missing(TimePoint now);
  void reconcile(TimePoint now);

  NodeState& state_;
  const Tree own_;
  const IdKey key_;
  std::vector<Link> links_;
  IdMemory ids_{id_lifetime, ids_max};
  Missing missing_;
  PrunePace pace_;
  std::array<Named, 4> named_;
  std::size_t named_next_ = 0;
  std::array<Travelled, 16> travelled_;  ///< each at its sequence modulo their number
  bool has_lazy_ = false;                ///< some link was lazy in some tree since there were links
  bool all_named_ = false;               ///< the id of every message of the cache was noted
  TimePoint names_until_ = TimePoint::min();
  std::optional<TimePoint> adverts_due_;
  std::optional<TimePoint> reconcile_due_;
  std::vector<ConnectionId> receivers_;  ///< of the message that is being spread
};

}  // namespace gossip
