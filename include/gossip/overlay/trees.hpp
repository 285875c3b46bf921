#pragma once
/// \file
/// The overlay extension's way of spreading: each message once, over one of 64 trees, and repaired where a
/// tree is broken (docs/protocol.md, 'The overlay extension'; Leitão, Pereira, Rodrigues: 'Epidemic Broadcast
/// Trees', 2007).

#include <gossip/export.hpp>
#include <gossip/message.hpp>
#include <gossip/message_cache.hpp>
#include <gossip/node_state.hpp>
#include <gossip/overlay/content_names.hpp>
#include <gossip/overlay/missing.hpp>
#include <gossip/overlay/prune_pace.hpp>
#include <gossip/overlay/spreading.hpp>
#include <gossip/overlay/turnover.hpp>
#include <gossip/payload.hpp>
#include <gossip/types.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace gossip {

/// Spreads over extended links. In each tree a link is eager, and carries DATA, or lazy, and carries IHAVE:
/// the content ids of what its other side can ask for with GRAFT. A link begins eager in all of them; a
/// duplicate prunes it, where PrunePace permits, and a GRAFT makes it eager again. What has a finite ttl goes
/// over every link, since paths in a tree are longer than those of a flood; where it is large, those who have
/// got it say IDONTWANT, and are spared further copies. While the Turnover is too fast for asking, everything
/// goes over every link.
///
/// Content ids cost a hash for each message, so none are made while every link is eager but those that
/// Reconciliation wants. Core thread only.
class GOSSIP_EXPORT Trees final : public Spreading {
 public:
  /// IHAVEs wait so long for others to the same link,
  static constexpr Duration advert_pause = std::chrono::milliseconds(5);
  /// and until the last one is so long ago.
  static constexpr Duration advert_period = std::chrono::milliseconds(100);
  /// Answers that wait until a link has room, at most: as many as one GRAFT can ask for.
  static constexpr std::size_t wanted_max = adverts_max;

  /// Data of so many bytes, with a finite ttl, is large: its receiver says IDONTWANT.
  static constexpr std::size_t large_bytes = 1024;
  /// What a link does not want is remembered for so long,
  static constexpr Duration declined_for = std::chrono::seconds(10);
  /// and so much of it; the oldest is forgotten first, and sent then.
  static constexpr std::size_t declined_max = 64;

  /// The first three must outlive it; `own` is the tree of what enters the overlay here.
  Trees(NodeState& state, ContentNames& names, const Turnover& turnover, Tree own);

  /// \{
  /// It gets what becomes valid from now on. `accepted_bytes`: the largest frame of the extension that its
  /// other side takes, as it has said in HELLO; a message that needs a larger one goes as ANNOUNCE.
  void add(ConnectionId link, TimePoint /*now*/) override { add(link, gossip::frame_bytes_max); }
  void add(ConnectionId link, std::size_t accepted_bytes);
  /// \}
  /// \{
  /// Nothing is sent on the link but what is asked for, until join_in(); then it is lazy in every tree. Of
  /// one that is not its own: no effect.
  void stand_by(ConnectionId link);
  void join_in(ConnectionId link);
  /// \}
  void remove(ConnectionId link) override;
  [[nodiscard]] std::size_t receivers(ConnectionId origin) const override;
  void spread(const CachedMessage& message, TimePoint now) override;
  /// Goes on with what its other side has asked for.
  void on_relieved(ConnectionId link, TimePoint now) override;

  /// True for a link that is its own.
  [[nodiscard]] bool has(ConnectionId link) const { return find(link) != nullptr; }

  /// The cache has got a message, from whomever; to be called before spread() and as soon as it can be. Again
  /// for the same: no effect.
  void on_new(const CachedMessage& message, TimePoint now);
  /// A message that has come as DATA is new, and has made so many hops: remembered for a while, for those who
  /// get it from here.
  void note_hops(const CachedMessage& message, std::uint8_t hops);
  /// A message with this ttl has come and is new: where it is large the other links are told that it need not
  /// come again.
  void decline(const CachedMessage& message, Ttl ttl, TimePoint now);
  /// A message that was known has come again, on whichever link. As DATA on one of its own it may prune.
  /// `cached`: the message in the cache; null where it is gone.
  void on_duplicate(ConnectionId link, const AnnounceView& announce, const CachedMessage* cached,
                    TimePoint now);

  /// \{
  /// On one of its links; any other is ignored.
  void on_i_have(ConnectionId link, const IHave& told, TimePoint now);
  void on_graft(ConnectionId link, const Graft& graft, TimePoint now);
  void on_prune(ConnectionId link, const Prune& prune);
  void on_dont_want(ConnectionId link, const DontWant& declined, TimePoint now);
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
  /// What a link does not want.
  struct Declined {
    IdFingerprint id{};
    Ttl ttl{};  ///< nor with less
    TimePoint until;
  };
  struct Link {
    ConnectionId connection{};
    std::size_t accepted_bytes = frame_bytes_max;  ///< the largest frame that the other side takes
    std::uint64_t eager = std::numeric_limits<std::uint64_t>::max();
    bool stands_by = false;
    std::vector<Advert> adverts;  ///< that wait for others
    TimePoint adverts_due;        ///< and no longer than until then
    std::vector<Advert> wanted;   ///< that wait until there is room for what they ask for
    std::vector<Declined> declined;
  };

  /// How far a message had come, by the lower half of its sequence.
  struct Travelled {
    std::uint32_t sequence = 0;
    std::uint8_t hops = 0;
  };

  [[nodiscard]] std::uint8_t hops_of(const CachedMessage& message) const;
  [[nodiscard]] bool came_by_tree(const CachedMessage& message, ConnectionId again_from, Tree tree) const;
  [[nodiscard]] Link* find(ConnectionId link);
  [[nodiscard]] const Link* find(ConnectionId link) const;
  [[nodiscard]] bool names(TimePoint now) const;
  [[nodiscard]] Tree tree_of(const CachedMessage& message) const;
  void send_to_receivers(const Frame& frame, ConnectionId source);
  SendResult send(const Link& link, const CachedMessage& message, ConnectionId source);
  [[nodiscard]] Frame data_of(const CachedMessage& message) const;
  [[nodiscard]] static bool takes(const Link& link, const CachedMessage& message);
  [[nodiscard]] bool declines(const Link& link, const CachedMessage& message, TimePoint now);
  void advertise(Link& link, const Advert& advert, TimePoint now);
  void send_adverts(Link& link, TimePoint now);
  std::size_t answer(const Link& link, std::span<const Advert> wanted, TimePoint now);
  void ask_for_missing(TimePoint now);
  void send_questions();

  NodeState& state_;
  ContentNames& names_;
  const Turnover& turnover_;
  const Tree own_;
  std::vector<Link> links_;
  Missing missing_;
  PrunePace pace_;
  std::array<Travelled, 16> travelled_;  ///< each at its sequence modulo their number
  bool has_lazy_ = false;                ///< some link was lazy in some tree since there were links
  TimePoint names_until_ = TimePoint::min();
  std::optional<TimePoint> adverts_due_;
  std::vector<ConnectionId> receivers_;  ///< of the frame that is being sent
  std::vector<Missing::Question> questions_;
};

}  // namespace gossip
