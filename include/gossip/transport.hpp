#pragma once
/// \file
/// The one way in which a node touches the world, and the events that come back. A transport carries frames
/// in order and without loss over connections that can end at any time; TCP in gossipd, memory in a
/// simulation, a recorder in a unit test.

#include <gossip/export.hpp>
#include <gossip/message.hpp>
#include <gossip/payload.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gossip {

/// Why a connection ended.
enum class CloseReason {
  remote_closed,      ///< the other side ended it, or the network did
  malformed,          ///< it sent bytes that break the protocol
  frame_timeout,      ///< it started a frame and did not complete it in time
  slow_consumer,      ///< it took no byte for too long
  queue_full,         ///< more was queued for it than one connection may hold
  out_of_memory,      ///< there was no memory for what it sent, or for what it was sent
  no_room,            ///< the pool was over max_connections
  duplicate_link,     ///< a second connection to the same node
  connected_to_self,  ///< the other side is this node
  silent,             ///< it said nothing for too long, and did not answer either
  dismissed,          ///< it has said that it goes, or has no room
  probe_over,         ///< this node has found nothing new behind it
};

/// A phrase for people: "it broke the protocol".
[[nodiscard]] GOSSIP_EXPORT std::string_view to_string(CloseReason reason);

/// What a send found. In every case the frame was taken.
enum class SendResult {
  queued,     ///< there is room for more
  congested,  ///< the queue is above its high-water mark: on_relieved or on_stalled will follow
  stalled,  ///< the same, but the connection has taken nothing for so long that it should hold up nobody else
};

/// Both ends of an established connection.
struct ConnectionInfo {
  Layer layer = Layer::p2p;  ///< which of the two protocols it carries
  Endpoint remote;           ///< the other end; of an accepted connection, its port is not a server's
  Endpoint local;            ///< this end
};

/// What a transport can do for a node. It is called from the core thread only, never blocks, and never calls
/// back from inside: whatever comes of a call arrives later as an event.
class GOSSIP_EXPORT Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  /// Starts a P2P connection; a host name is resolved on the way. on_connected or on_connect_failed follows,
  /// unless close() comes first.
  virtual ConnectionId connect(const HostPort& address) = 0;

  /// Appends a frame to the connection's queue, which is bounded: a connection whose queue would pass its
  /// bound is closed with CloseReason::queue_full. A connection that has ended takes nothing and reports
  /// nothing.
  virtual SendResult send(ConnectionId connection, const Frame& frame) = 0;

  /// A connection that is not simply `queued` after a broadcast.
  struct Congestion {
    ConnectionId connection{};                  ///< one of those that were named
    SendResult result = SendResult::congested;  ///< congested or stalled
  };

  /// What send() to each of them in turn would do, and the answers other than `queued`; valid until the next
  /// call. No connection is named twice. A transport that can share the frame among them has its own way;
  /// this one calls send().
  virtual std::span<const Congestion> broadcast(std::span<const ConnectionId> connections,
                                                const Frame& frame);

  /// Ends the connection once what is queued is written or can no longer be. No event follows for it.
  virtual void close(ConnectionId connection, CloseReason reason) = 0;

  /// \{
  /// After pause() no on_message comes from this connection until resume(). What was read already is kept and
  /// delivered then, in order. Both may be repeated.
  virtual void pause(ConnectionId connection) = 0;
  virtual void resume(ConnectionId connection) = 0;
  /// \}

 protected:
  /// For what broadcast() returns.
  std::vector<Congestion> congestion_;
};

/// What a transport tells. All calls come from one thread, and none from inside a call to the Transport.
/// `now` never goes back.
class GOSSIP_EXPORT TransportEvents {
 public:
  /// A connection that the other side opened is established.
  virtual void on_accepted(ConnectionId connection, const ConnectionInfo& info, TimePoint now) = 0;

  /// A connection that connect() started is established.
  virtual void on_connected(ConnectionId connection, const ConnectionInfo& info, TimePoint now) = 0;

  /// A connection that connect() started came to nothing. `why` is a phrase for people.
  virtual void on_connect_failed(ConnectionId connection, std::string_view why, TimePoint now) = 0;

  /// \{
  /// The messages between these two came together. Nothing has to call them; who does spares the node work
  /// that is as well done once for all of them. Nothing but on_message(), on_announces() and on_skipped() is
  /// called in between.
  virtual void begin_batch() {}
  virtual void end_batch() {}
  /// \}

  /// A well-formed message of this connection's layer.
  virtual void on_message(ConnectionId connection, Message&& message, TimePoint now) = 0;

  /// Well-formed ANNOUNCEs of a connection that came one behind the other, and DATAs among them, which are
  /// the views with a tree: the same as on_message() for each of them in turn, for less. Nothing has to call
  /// it. Returns how many were taken, at least one: it stops behind the one that made the node pause or close
  /// the connection, and may stop sooner; for the rest it is to be called again. The views are good for the
  /// call. Precondition: there is one at least.
  virtual std::size_t on_announces(ConnectionId connection, std::span<const AnnounceView> announces,
                                   TimePoint now) {
    on_message(connection, to_message(announces.front()), now);
    return 1;
  }

  /// A frame was skipped: its code is unknown, or belongs to the other layer.
  virtual void on_skipped(ConnectionId connection, std::uint16_t code, TimePoint now) = 0;

  /// Bytes of a frame have come that is not whole yet: the other side is alive, however long the frame takes
  /// on a slow line. Nothing has to call it.
  virtual void on_part(ConnectionId /*connection*/, TimePoint /*now*/) {}

  /// The queue of a connection whose send was answered other than `queued` has fallen below the low-water
  /// mark.
  virtual void on_relieved(ConnectionId connection, TimePoint now) = 0;

  /// A congested connection has taken nothing for so long that it should hold up nobody else.
  virtual void on_stalled(ConnectionId connection, TimePoint now) = 0;

  /// The connection ended, and not by close(). It comes after the last message. `detail` is a phrase for
  /// people.
  virtual void on_closed(ConnectionId connection, CloseReason reason, std::string_view detail,
                         TimePoint now) = 0;

  /// The transport stops: all connections are about to be closed, and what is sent now goes out first. No
  /// other event follows. Nothing has to call it.
  virtual void on_stopping() {}

  /// Time has passed: at least until next_timer() as it was after the last event.
  virtual void on_time(TimePoint now) = 0;

  /// When on_time wants to be called; nothing means that nothing waits.
  [[nodiscard]] virtual std::optional<TimePoint> next_timer() const = 0;

 protected:
  /// \{
  /// Whoever implements it owns it: it is neither copied nor destroyed by way of this interface.
  TransportEvents() = default;
  TransportEvents(const TransportEvents&) = default;
  TransportEvents& operator=(const TransportEvents&) = default;
  ~TransportEvents() = default;
  /// \}
};

}  // namespace gossip
