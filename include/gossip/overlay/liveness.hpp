#pragma once
/// \file
/// Whether the other sides of extended links are still there, and how far away they are (docs/protocol.md,
/// 'The overlay extension').

#include <gossip/export.hpp>
#include <gossip/types.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace gossip {

/// Watches over links. One that has brought no whole frame for `silence` is to be sent a PING, again each
/// `silence`: where it is busy with a long one, its other side has to hear something, too. One that has
/// brought nothing at all for `patience` is taken to be dead. Lookups are linear. Not thread-safe.
class GOSSIP_EXPORT Liveness {
 public:
  static constexpr Duration silence = std::chrono::seconds(1);   ///< after which a PING goes out
  static constexpr Duration patience = std::chrono::seconds(3);  ///< after which the link is dead

  /// A PING to be sent.
  struct Ping {
    ConnectionId link{};      ///< where to
    std::uint32_t token = 0;  ///< what its PONG repeats
  };
  /// What is to be done.
  struct Due {
    std::vector<Ping> pings;         ///< are to be sent
    std::vector<ConnectionId> dead;  ///< are to be closed; they are watched until remove()
  };

  /// The link is there. Precondition: it was not.
  void add(ConnectionId link, TimePoint now);
  /// It has ended. Of one that is not watched: no effect.
  void remove(ConnectionId link);

  /// \{
  /// The link has brought a frame; a part of one; a PONG with this token. No effect for one that is not
  /// watched.
  void on_frame(ConnectionId link, TimePoint now);
  void on_part(ConnectionId link, TimePoint now);
  void on_pong(ConnectionId link, std::uint32_t token, TimePoint now);
  /// \}

  /// `is_paused`: this node does not read from the link. Then it is no sign of death that nothing comes, but
  /// PINGs go out all the same, since the other side has to hear something.
  [[nodiscard]] Due take_due(TimePoint now, const std::function<bool(ConnectionId)>& is_paused);
  /// When take_due() wants to be called; it may find nothing to do. Nothing while no link is watched.
  [[nodiscard]] std::optional<TimePoint> next_timer() const { return due_; }

  /// From a PING to its PONG, the last time; nothing where none has come.
  [[nodiscard]] std::optional<Duration> round_trip(ConnectionId link) const;

 private:
  struct Link {
    ConnectionId connection{};
    TimePoint heard;  ///< its last frame
    TimePoint alive;  ///< its last bytes
    TimePoint pinged;
    std::uint32_t token = 0;  ///< of the last PING; 0: no PONG is waited for
    std::optional<Duration> round_trip;
  };

  [[nodiscard]] Link* find(ConnectionId link);

  std::vector<Link> links_;
  std::uint32_t token_ = 0;
  std::optional<TimePoint> due_;
};

}  // namespace gossip
