#pragma once
/// \file
/// Which links are extended: those on which both sides have said HELLO (docs/protocol.md, 'The overlay
/// extension').

#include <gossip/export.hpp>
#include <gossip/types.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace gossip {

/// Whose HELLO is waited for, and who has said it. Holds one entry for each link; lookups are linear. Not
/// thread-safe.
class GOSSIP_EXPORT Handshakes {
 public:
  /// A link whose other side says nothing for so long is a base link.
  static constexpr Duration timeout = std::chrono::seconds(2);

  /// An extended link.
  struct Extended {
    ConnectionId link{};      ///< as the transport calls it
    NodeId node;              ///< who the other side says that it is
    Endpoint server_address;  ///< where it says that it accepts peers
  };

  /// HELLO was sent on a new link, and nothing has come yet.
  void await(ConnectionId link, TimePoint now) { waiting_.push_back({link, now + timeout}); }
  /// The other side has said HELLO. Precondition: the link was waiting, and is no longer.
  void extend(const Extended& extended) { extended_.push_back(extended); }
  /// The link waits no longer. False: it did not.
  bool settle(ConnectionId link);
  /// The link has ended.
  void forget(ConnectionId link);

  /// A link whose time is up; it waits no longer.
  std::optional<ConnectionId> take_expired(TimePoint now);
  /// When the first link's time is up; nothing while none waits.
  [[nodiscard]] std::optional<TimePoint> next_timer() const;

  /// \{
  /// While any link, or this one, waits for the other side's first frame.
  [[nodiscard]] bool any_waiting() const { return !waiting_.empty(); }
  [[nodiscard]] bool is_waiting(ConnectionId link) const;
  /// \}
  /// What is known of the other side of an extended link; null for any other link.
  [[nodiscard]] const Extended* find(ConnectionId link) const;
  /// The oldest extended link to that node other than `except`; null where there is none.
  [[nodiscard]] const Extended* find(const NodeId& node, ConnectionId except) const;

 private:
  struct Waiting {
    ConnectionId link{};
    TimePoint until;
  };

  std::vector<Waiting> waiting_;  ///< in the order of their times
  std::vector<Extended> extended_;
};

}  // namespace gossip
