#pragma once
/// \file
/// How a node that speaks the overlay extension chooses its neighbours (docs/protocol.md, 'The overlay
/// extension'; Leitão, Pereira, Rodrigues: 'HyParView: a membership protocol for reliable gossip-based
/// broadcast', 2007): JOIN, NEIGHBOR, DISCONNECT and SHUFFLE. What is a peer at all, Membership knows.

#include <gossip/export.hpp>
#include <gossip/membership.hpp>
#include <gossip/message.hpp>
#include <gossip/node_state.hpp>
#include <gossip/overlay/known_peers.hpp>
#include <gossip/overlay/passive_view.hpp>
#include <gossip/types.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace gossip {

/// Keeps as many links open as the node is to choose itself, half of Config::peers_sought(), from a passive
/// view of addresses that neighbours name, and takes up to peers_sought() that others open. Now and then a
/// probe looks whether the network has another part. Core thread only.
class GOSSIP_EXPORT Neighborhood {
 public:
  /// A neighbour is sent a SHUFFLE so often. One that has just come, or lost somebody, begins with
  /// shuffle_pause_min, which doubles.
  static constexpr Duration shuffle_pause_max = std::chrono::seconds(10);
  static constexpr Duration shuffle_pause_min = std::chrono::seconds(1);  ///< see shuffle_pause_max
  /// A SHUFFLE that comes sooner behind another from the same neighbour is not answered.
  static constexpr Duration shuffle_pace = std::chrono::milliseconds(500);
  /// What a SHUFFLE names beside its sender: so many neighbours,
  static constexpr std::size_t shuffled_neighbors = 3;
  /// and so many of the passive view.
  static constexpr std::size_t shuffled_others = 4;

  /// Neighbours to whom a JOIN goes out for a newcomer.
  static constexpr std::size_t walks = 4;
  /// At this ttl a JOIN is remembered on its way.
  static constexpr std::uint8_t passive_ttl = 3;

  /// Who knows nobody asks a peer for others: so often at once without a new link that comes of it,
  static constexpr unsigned asked_at_once = 8;
  /// and then after a pause of this, which doubles up to shuffle_pause_max: it is told the same again.
  static constexpr Duration ask_pause_min = std::chrono::seconds(1);

  /// A node that had no room is not asked again for so long.
  static constexpr Duration refusal_pause = std::chrono::seconds(10);

  /// A probe goes out so often, give or take a half.
  static constexpr Duration probe_pause = std::chrono::seconds(60);
  /// It ends after so long, unless it brought something new:
  static constexpr Duration probe_time = std::chrono::seconds(10);
  /// later than this, when what was under way has come,
  static constexpr Duration probe_settling = std::chrono::seconds(1);
  /// and so much that it cannot be only the quicker of two ways: one in so many of the messages that were
  /// new.
  static constexpr std::size_t probe_share = 4;

  /// Both must outlive it.
  Neighborhood(NodeState& state, Membership& membership);

  /// Membership has started. Config::known_peers are taken for nodes that could be neighbours, and dialled in
  /// what room the bootstrappers leave.
  void start(TimePoint now);

  /// A link is extended. It is told NEIGHBOR, where this node opened it, and not as a probe. `probes`: its
  /// other side did so.
  void on_extended(ConnectionId link, bool probes, TimePoint now);
  /// A link turned out to be a base link: a probe is over then.
  void on_base(ConnectionId link);
  /// The link has taken the place of another to the same node: where it is a probe it is a link like others
  /// from then on.
  void on_took_over(ConnectionId link);
  /// A peer's link has ended, not by this node's choice.
  void on_lost(const Peer& peer, TimePoint now);
  /// This node is not taken from the passive view for refusal_pause, whoever names it.
  void put_off(const Endpoint& server_address, TimePoint now);
  /// A link is no more, for whatever reason.
  void forget(ConnectionId link);
  /// What was dialled cannot be reached.
  void on_connect_failed(ConnectionId link, const HostPort& address, TimePoint now);
  /// Nor can a bootstrapper: there is room for another node that is known.
  void on_bootstrapper_failed(TimePoint now);

  /// The node stops: neighbours are told, so that they look for others at once and do not dial it.
  void leave();

  /// A newcomer has asked for peers: its neighbours hear of it by JOIN, the first time.
  void on_newcomer(ConnectionId link, const Endpoint& server_address);
  /// What it is told beside the neighbours.
  [[nodiscard]] std::vector<Endpoint> others() {
    return passive_.sample(state_.random, PassiveView::capacity);
  }
  /// A PEER UPDATE tells of it.
  void note(const Endpoint& server_address);
  /// A peer has named these.
  void learn(ConnectionId link, std::span<const Endpoint> server_addresses, TimePoint now);

  /// \{
  /// On an extended link; from any other it must not come here.
  void on_join(ConnectionId from, const Join& join, TimePoint now);
  /// False where it says nothing: it is for who opened the link to say.
  bool on_neighbor(ConnectionId from, const Neighbor& neighbor);
  void on_disconnect(ConnectionId from, const Disconnect& disconnect, TimePoint now);
  void on_shuffle(ConnectionId from, const Shuffle& shuffle, TimePoint now);
  /// \}

  /// The link has brought a message that is new.
  void on_new(ConnectionId link, TimePoint now) {
    if (!probe_ || !probe_->counts_from || now < *probe_->counts_from) return;
    probe_->news += 1;
    if (probe_->link == link) probe_->found += 1;
  }
  /// The other side of the link has asked for so many that it had not.
  void on_asked(ConnectionId link, std::size_t messages, TimePoint now) {
    if (is_probe(link) && probe_->counts_from && *probe_->counts_from <= now) probe_->found += messages;
  }
  /// The link is there to look what is behind it, not to carry what others carry, too.
  [[nodiscard]] bool is_probe(ConnectionId link) const { return probe_ && probe_->link == link; }

  /// A probe that is a neighbour like others from now on; it is named once.
  [[nodiscard]] std::optional<ConnectionId> take_kept() { return std::exchange(kept_, std::nullopt); }

  /// What is due is done.
  void on_time(TimePoint now);
  /// When on_time() wants to be called; nothing before the first link.
  [[nodiscard]] std::optional<TimePoint> next_timer() const;

  /// The nodes to turn to after a restart, or after the loss of all peers: neighbours first, those that this
  /// node has dialled before others, then those that could be neighbours, then what was remembered before, as
  /// far as there is room; KnownPeers::capacity at most. Without a peer it is what it was the last time.
  std::vector<Endpoint> remember();

  /// Nodes that could be neighbours.
  [[nodiscard]] const PassiveView& passive() const { return passive_; }

 private:
  /// What is remembered of an extended link.
  struct Link {
    ConnectionId connection{};
    bool has_joined = false;               ///< its other side's JOINs have gone out
    bool probes_us = false;                ///< its other side has opened it as a probe
    std::optional<TimePoint> shuffled_at;  ///< its last SHUFFLE that asked
  };
  struct Probe {
    ConnectionId link{};
    std::optional<TimePoint> counts_from;  ///< nothing: it is not extended yet
    TimePoint until = TimePoint::max();    ///< it is over then; till it is extended others see to its end
    std::size_t news = 0;                  ///< messages that were new
    std::size_t found = 0;                 ///< of those that it has brought, and those that it was asked for
  };

  [[nodiscard]] Link* find(ConnectionId link);
  [[nodiscard]] std::vector<ConnectionId> neighbors_but(ConnectionId except) const;
  [[nodiscard]] std::optional<ConnectionId> pick_neighbor(ConnectionId except);
  [[nodiscard]] bool is_at_a_loss() const;
  void add_to_passive(ConnectionId from, const Endpoint& address);
  void fill(TimePoint now);
  void return_to_known(TimePoint now);
  void miss_known_if_alone(TimePoint now);
  void ask_for_others(TimePoint now);
  void shuffle();
  void shuffle_soon(TimePoint now);
  void start_probe();
  void end_probe();
  [[nodiscard]] TimePoint next_probe(TimePoint now);

  NodeState& state_;
  Membership& membership_;
  PassiveView passive_;
  KnownPeers known_;
  std::vector<Link> links_;
  std::optional<Probe> probe_;
  std::optional<ConnectionId> kept_;   ///< what take_kept() will name
  std::optional<ConnectionId> asked_;  ///< who owes an answer to a SHUFFLE
  Duration shuffle_pause_ = shuffle_pause_min;
  std::optional<TimePoint> shuffle_due_;
  unsigned asked_in_vain_ = 0;  ///< times since a link was extended, or since a long pause
  TimePoint asked_at_;          ///< the last time
  Duration ask_pause_ = ask_pause_min;
  std::optional<TimePoint> ask_due_;  ///< when who knows nobody may ask again
  std::optional<TimePoint> probe_due_;
};

}  // namespace gossip
