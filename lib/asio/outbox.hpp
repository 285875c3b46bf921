#pragma once
/// \file
/// What is sent in one turn, encoded: a frame that goes to many connections is encoded once, and the frames
/// of a turn that go to the same connections stand in one parcel that all of them write.

#include <gossip/transport.hpp>
#include <gossip/types.hpp>

#include "parcel.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace gossip::detail {

struct Fanout;

/// What waits to be handed to one connection when the turn ends, in order.
struct Outgoing {
  std::vector<std::shared_ptr<const Parcel>> parcels;
  std::shared_ptr<Parcel> open;  ///< the last of them, where it is this connection's own
  Fanout* fanout = nullptr;      ///< the one that it has joined: its parcel comes after the others
  std::size_t bytes = 0;         ///< in `parcels`, without the fanout's
};

/// Connections that are sent the same frames.
struct Fanout {
  std::vector<ConnectionId> connections;  ///< as the sender named them
  std::vector<Outgoing*> members;         ///< those of them that there are
  std::shared_ptr<Parcel> parcel;
  std::size_t queued_max = 0;  ///< the most that any of them has queued besides; kept by the owner
  std::size_t room = 0;        ///< bytes that may follow before that is to be looked at; kept by the owner

  [[nodiscard]] bool is_open() const { return parcel != nullptr; }
  /// It is open and to exactly these, of which there is one at least.
  [[nodiscard]] bool is_to(std::span<const ConnectionId> others) const {
    return is_open() && connections.size() == others.size() && connections.front() == others.front() &&
           (others.size() == 1 || std::ranges::equal(connections, others));
  }
};

/// The parcels of a turn. A connection's frames keep their order, whether they were sent to it alone or to
/// many: one that is in a fanout leaves it, with all others, before it is sent anything else. Core thread
/// only.
class Outbox {
 public:
  /// `account` must outlive it. `writes_here`: what is handed over is written on this thread, so that a
  /// parcel that nobody keeps has been let go of for good, and can be used again.
  Outbox(MemoryAccount& account, bool writes_here) : account_(account), writes_here_(writes_here) {}

  /// Throws std::bad_alloc; then nothing of the frame was added.
  void send(Outgoing& to, const Frame& frame);

  /// Adds a frame to what all members are sent. Throws std::bad_alloc; then nothing of it was added.
  void append(Fanout& fanout, const Frame& frame) {
    fanout.parcel->append(frame);
    bytes_ += frame.size();
  }

  /// \{
  /// The fanout to exactly these, where it is still open; null where not. Precondition: there is one at
  /// least. Mostly it is the one that was asked for before.
  [[nodiscard]] Fanout* find(std::span<const ConnectionId> connections) {
    Fanout* const same = find_same(connections);
    return same != nullptr ? same : find_other(connections);
  }
  [[nodiscard]] Fanout* find_same(std::span<const ConnectionId> connections) {
    return found_ != nullptr && found_->is_to(connections) ? found_ : nullptr;
  }
  /// \}
  /// Opens one without members. An older one may be closed for it.
  Fanout& open(std::span<const ConnectionId> connections);
  void join(Fanout& fanout, Outgoing& member);

  /// What a fanout holds becomes its members' own; then it has none.
  void close(Fanout& fanout);
  /// Nothing more comes before everything is handed over.
  void seal();
  /// The connection is gone.
  void forget(Outgoing& gone);

  /// True when so much has gathered that it should be handed over before the turn is over.
  [[nodiscard]] bool is_crowded() const { return pieces_ > pieces_max || bytes_ > bytes_max; }

  /// Everything was handed over: parcels that nobody keeps are used again, where they are written here.
  void finish_turn();

 private:
  static constexpr std::size_t fanouts_max = 4;
  static constexpr std::size_t spare_max = 2;
  static constexpr std::size_t pieces_max = 4096;
  static constexpr std::size_t bytes_max = std::size_t{2} << 20U;

  [[nodiscard]] Fanout* find_other(std::span<const ConnectionId> connections);
  void leave(Fanout& fanout, bool copied);
  bool copy(const Parcel& parcel, Outgoing& to);
  void open_own(Outgoing& to);

  std::shared_ptr<Parcel> new_parcel();

  MemoryAccount& account_;
  const bool writes_here_;
  std::array<Fanout, fanouts_max> fanouts_;
  std::size_t next_ = 0;     ///< which of them the next one takes
  Fanout* found_ = nullptr;  ///< the one that find() returned last
  std::vector<std::shared_ptr<Parcel>> parcels_;
  std::vector<std::shared_ptr<Parcel>> spare_;
  std::size_t pieces_ = 0;  ///< parcels that connections were given since the last finish_turn()
  std::size_t bytes_ = 0;   ///< frames since then, each once however many it goes to
};

}  // namespace gossip::detail
