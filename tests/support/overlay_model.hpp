#pragma once
/// \file
/// What the links of a node are by docs/protocol.md, 'The overlay extension', and what may be sent on them,
/// kept apart from what the node itself believes.

#include <gossip/config.hpp>
#include <gossip/message.hpp>
#include <gossip/transport.hpp>
#include <gossip/types.hpp>

#include "message_model.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace gossip::test {

/// Told in the order of the happenings what peers did to a node and what the node did, it throws a Violation
/// at the first thing that must not happen. Of a node that speaks the base protocol only it sees that nothing
/// of the extension is sent. What becomes of messages is a MessageModel's, which must outlive it. Not
/// thread-safe.
class OverlayModel {
 public:
  OverlayModel(const Config& config, MessageModel& messages)
      : extended_(config.overlay == Overlay::extended), config_(config), messages_(messages) {}

  void on_opened(ConnectionId link, bool dialled, TimePoint now);
  void on_ended(ConnectionId link) { links_.erase(link); }
  /// The node reads from it again.
  void on_resumed(ConnectionId link, TimePoint now);
  /// Before the node gets it: a message, or a frame of a code that is skipped.
  void on_received(ConnectionId from, const Message& message, TimePoint now);
  void on_skipped(ConnectionId from, TimePoint now);
  /// What was sent on a P2P connection.
  void on_sent(ConnectionId to, const Message& message, TimePoint now);
  /// The node has closed it.
  void on_closed_by_node(ConnectionId link, CloseReason reason, TimePoint now);
  /// The event is over. `is_draining` tells of a link whether answers may still wait until it has room.
  template <typename IsDraining>
  void finish_event(IsDraining is_draining) {
    for (auto& [id, link] : links_) finish_event(link, is_draining(id));
  }
  /// The node's timers have run: who said nothing in time is a base peer, and who was silent for long is
  /// gone.
  template <typename IsPaused>
  void on_time(IsPaused is_paused, TimePoint now) {
    for (auto& [id, link] : links_) on_time(link, is_paused(id), now);
  }
  /// Everybody had all the time that it takes.
  void check_all_asked() const;

  /// What this peer announces is taken for what it is.
  [[nodiscard]] bool takes(ConnectionId from, bool as_data) const;
  [[nodiscard]] bool is_extended(ConnectionId link) const;
  /// Nobody has said on it what it is.
  [[nodiscard]] bool is_fresh(ConnectionId link) const;
  [[nodiscard]] bool is_standing_by(ConnectionId link) const;
  /// The tokens of the PINGs that the node has sent there and that were not answered.
  [[nodiscard]] std::vector<std::uint32_t> open_pings(ConnectionId link) const;

 private:
  enum class Kind { fresh, base, extended };
  static constexpr std::uint64_t all_trees = std::numeric_limits<std::uint64_t>::max();
  struct Declined {
    Ttl ttl{};  ///< not with this, nor with less
    TimePoint until;
  };
  struct Link {
    Kind kind = Kind::fresh;
    bool dialled = false;
    TimePoint opened;
    bool greeted = false;       ///< the node has said HELLO
    bool probing = false;       ///< as a probe, and has not stayed
    bool probes_us = false;     ///< the other side has, and has not stayed
    bool new_in_event = false;  ///< extended by the event that is going on
    bool over = false;          ///< DISCONNECT was sent
    bool malformed = false;     ///< what came last has to end it
    std::uint64_t eager = all_trees;
    std::uint64_t duplicates = 0;  ///< trees in which a DATA came that may prune
    std::size_t accepted_bytes = frame_bytes_max;
    TimePoint heard;
    TimePoint read_since;  ///< the node reads from it since then
    std::optional<TimePoint> pinged;
    std::vector<std::uint32_t> pings;       ///< of the node, unanswered
    std::vector<std::uint32_t> to_pong;     ///< of the other side, in this event
    std::vector<std::size_t> to_shuffle;    ///< addresses in each of its SHUFFLEs, in this event
    std::multiset<ContentId> asked;         ///< by GRAFT, and not sent
    std::map<ContentId, std::size_t> told;  ///< by IHAVE: as often as the node may ask for it
    std::map<ContentId, std::size_t> listed;
    std::map<ContentId, Declined> declined;  ///< by IDONTWANT
    std::size_t digests = 0;
    std::size_t wanted_digests = 1;  ///< which the node may send
  };

  [[nodiscard]] Link* find(ConnectionId link);
  [[nodiscard]] const Link* find(ConnectionId link) const;
  [[nodiscard]] Tree own_tree() const;
  static bool hear(Link& link, Code code, TimePoint now);
  void become_extended(ConnectionId from, Link& link, const Hello& hello);
  void on_extended_received(ConnectionId from, Link& link, const Message& message, TimePoint now);
  void on_extended_sent(ConnectionId to, Link& link, const Message& message, TimePoint now);
  void on_spread(ConnectionId to, Link& link, const Message& message, TimePoint now);
  void on_graft_sent(Link& link, const Graft& graft);
  void stay(ConnectionId to, Link& link);
  void finish_event(Link& link, bool is_draining);
  static void on_time(Link& link, bool is_paused, TimePoint now);

  const bool extended_;
  const Config config_;
  MessageModel& messages_;
  std::map<ConnectionId, Link> links_;
  std::optional<NodeId> self_;      ///< as the node has said
  std::set<ContentId> ever_asked_;  ///< by the node
};

}  // namespace gossip::test
