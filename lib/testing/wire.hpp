#pragma once
/// \file
/// The connections of a MemoryNetwork: frames in, messages out, with the queues, limits and ends that
/// gossip/transport.hpp describes. Who is connected, and why, is not known here.

#include <gossip/config.hpp>
#include <gossip/framer.hpp>
#include <gossip/message.hpp>
#include <gossip/transport.hpp>
#include <gossip/types.hpp>

#include "../detail/stall.hpp"
#include "agenda.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace gossip::testing {

/// Whoever has connections: a node, or a client.
struct Party {
  TransportEvents* events = nullptr;
  IpAddress address;               ///< of its host
  const Config* limits = nullptr;  ///< of its queues; none for a client, whose queue nobody watches
};

/// A connection is two ends, each with an id of its own and, until it is gone, a place in the table. All
/// events come from actions on the agenda, none from inside a call. Not thread-safe.
class Wire {
 public:
  /// Hosts in the order of their addresses.
  using HostPair = std::pair<IpAddress, IpAddress>;

  /// `agenda`, and the events and limits of every party, must outlive it.
  explicit Wire(Agenda& agenda) : agenda_(agenda) {}

  void listen(const Endpoint& endpoint, Layer layer, const Party& party);

  // What Transport asks for, for all parties.
  ConnectionId connect(const Party& party, Layer layer, const HostPort& address);
  SendResult send(ConnectionId connection, const Frame& frame);
  void close(ConnectionId connection);
  void pause(ConnectionId connection);
  void resume(ConnectionId connection);

  /// Bytes that wait at this end, beyond what is on its way.
  [[nodiscard]] std::size_t queued_bytes(ConnectionId connection) const;

  void set_delay(const HostPair& hosts, Duration delay) { delays_[hosts] = delay; }
  void cut(const HostPair& hosts);
  void restore(const HostPair& hosts) { cuts_.erase(hosts); }

  /// The party is gone: it gets no more events, and its listeners and connections end.
  void crash(const TransportEvents* events);

 private:
  struct Listener {
    Layer layer{};
    Party party;
  };
  struct Skipped {
    std::uint16_t code = 0;
  };
  struct Ended {
    CloseReason reason{};
    std::string detail;
  };
  /// Something that arrived and was not handed over yet.
  struct Arrival {
    std::variant<Message, Skipped, Ended> what;
    std::size_t bytes = 0;
  };
  struct End {
    Party party;
    ConnectionInfo info;
    ConnectionId other{};    ///< no end has this id before the listener was reached, or when that end is gone
    bool connected = false;  ///< its party knows of the connection
    bool closing = false;    ///< its party has closed it: what is queued still goes out

    std::deque<Frame> queue;
    std::size_t queued_bytes = 0;
    std::size_t under_way_bytes = 0;  ///< that the other end was not handed yet
    TimePoint last_taken;
    TimePoint last_arrival;  ///< of what was sent last
    bool congested = false;  ///< a send was told so, and relief is owed
    detail::Stall stall = detail::Stall::none;
    bool watched = false;  ///< watch() is on the agenda

    Framer framer;
    std::deque<Arrival> inbox;
    bool paused = false;
    bool ended = false;  ///< nothing more comes in
  };
  using Ends = std::map<ConnectionId, End>;

  void reach_listener(ConnectionId dialler, const HostPort& address);
  void become_connected(ConnectionId dialler);
  void fail(ConnectionId dialler, const std::string& why);

  void pump(ConnectionId from);
  void arrive(ConnectionId to, const Frame& frame);
  static bool take(End& end, std::span<const std::byte> bytes);
  static void end_input(End& end, Ended&& ended);
  void deliver(ConnectionId to);
  void hand_over_end(ConnectionId to, const Ended& ended);
  void release(ConnectionId sender, std::size_t bytes);

  void relieve(ConnectionId connection);
  void watch(ConnectionId connection);
  void check_bound(ConnectionId connection);
  void cut_off(ConnectionId connection, CloseReason reason);
  void remove(ConnectionId connection, const std::string& detail);

  [[nodiscard]] End* find(ConnectionId connection);
  [[nodiscard]] Duration delay_of(const ConnectionInfo& info) const;
  [[nodiscard]] static HostPair hosts_of(const ConnectionInfo& info);

  Agenda& agenda_;
  std::map<Endpoint, Listener> listeners_;
  Ends ends_;
  std::uint64_t next_connection_ = 1;
  std::uint16_t next_port_ = 40000;
  std::map<HostPair, Duration> delays_;
  std::set<HostPair> cuts_;
};

}  // namespace gossip::testing
