#pragma once
/// \file
/// The connections of a transport as its core sees them: what each has brought and was sent, and which there
/// are.

#include <gossip/framer.hpp>
#include <gossip/transport.hpp>
#include <gossip/types.hpp>

#include "../detail/stall.hpp"
#include "memory_account.hpp"
#include "outbox.hpp"
#include "tcp_connection.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace gossip::detail {

/// One connection. Nothing but the shared TcpConnection belongs to another thread than the core's.
struct Link {
  /// `account`, which the input is charged to, must outlive it.
  explicit Link(MemoryAccount& account) : input_charge(account) {}

  /// Bytes that are kept for it: not taken by the socket, or read and not handled.
  [[nodiscard]] std::size_t held_bytes() const { return queued + input_charge.bytes(); }

  ConnectionId id{};
  std::shared_ptr<TcpConnection> connection;
  ConnectionInfo info;

  Framer framer;
  FrameProgress progress;         ///< since reading went on last
  std::vector<std::byte> unread;  ///< what was read and not delivered, because it is paused
  MemoryCharge input_charge;
  std::optional<ConnectionEnd> ended;  ///< comes after that
  bool waits_for_more = true;          ///< everything that was read has been delivered
  bool paused = false;
  bool read_out = false;       ///< everything that had arrived when stopping began was read
  bool closed = false;         ///< by close(), in the middle of a turn
  bool out_of_memory = false;  ///< what it was sent could not be queued, so it is to be closed

  Outgoing outgoing;       ///< sent in this turn
  std::size_t queued = 0;  ///< bytes handed over and not yet taken by the socket
  TimePoint last_taken;
  bool touched = false;    ///< was sent something in this turn, and is on the list of those
  bool congested = false;  ///< a send was told so, and relief is owed
  Stall stall = Stall::none;
};

/// All of them by their ids. A Link stays where it is until it is taken out. Core thread only; bounded by
/// whoever accepts and dials.
class Links {
 public:
  using Map = std::unordered_map<ConnectionId, std::unique_ptr<Link>>;

  /// Precondition: there is none of this id.
  void add(std::unique_ptr<Link> link);
  /// Null where there is none; so is what take() returns.
  [[nodiscard]] Link* find(ConnectionId id) const {
    const auto found = links_.find(id);
    return found == links_.end() ? nullptr : found->second.get();
  }
  [[nodiscard]] std::unique_ptr<Link> take(ConnectionId id);
  /// All, which are no longer here then.
  [[nodiscard]] Map take_all();

  [[nodiscard]] std::size_t size() const { return links_.size(); }
  /// In no order.
  [[nodiscard]] const Map& all() const { return links_; }

  /// The one that holds most; of equals the oldest. Null where none holds anything.
  [[nodiscard]] const Link* largest() const;
  /// Those that relief is owed, oldest first.
  [[nodiscard]] std::vector<ConnectionId> congested() const;
  /// Everything that clients had sent when stopping began was read.
  [[nodiscard]] bool all_read_out() const;

 private:
  Map links_;
};

}  // namespace gossip::detail
