#pragma once
/// \file
/// What a node tells about itself: typed events for logs, metrics and traces. Observing changes nothing.

#include <gossip/export.hpp>
#include <gossip/transport.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace gossip {

/// The events. String views live as long as the call that hands them over.
namespace event {

/// A connection is established; on the P2P layer it is a peer from now on.
struct ConnectionOpened {
  ConnectionId connection{};
  ConnectionInfo info;
  bool dialled = false;
};

/// A peer's server address is known.
struct PeerIntroduced {
  ConnectionId connection{};
  Endpoint remote;
  Endpoint server_address;
};

/// A connection ended; `by_us` when this node chose to close a healthy one.
struct ConnectionClosed {
  ConnectionId connection{};
  ConnectionInfo info;
  std::optional<Endpoint> server_address;
  CloseReason reason{};
  std::string_view detail;
  bool by_us = false;
};

/// A connection could not be made; `retry_in` when it was to a bootstrapper, which is tried again.
struct ConnectFailed {
  HostPort address;
  std::string_view why;
  std::optional<Duration> retry_in;
};

/// A configured bootstrapper turned out to be this node; it is not tried again.
struct BootstrapperIsSelf {
  HostPort address;
};

/// A peer named a server address that cannot be used.
struct AddressSkipped {
  Endpoint remote;
  Endpoint server_address;
  std::string_view why;
};

struct ClientRegistered {
  ConnectionId client{};
  DataType data_type{};
};

/// A message is new here.
struct MessageAdded {
  MessageId id{};
  DataType data_type{};
  std::size_t data_bytes = 0;
  ConnectionId origin{};
  Layer layer{};
};

/// A message was dropped; `why` names the reason.
struct MessageDropped {
  DataType data_type{};
  ConnectionId origin{};
  Layer layer{};
  std::string_view why;
};

/// The first verdict on a message came in.
struct MessageDecided {
  MessageId id{};
  DataType data_type{};
  bool valid = false;
  ConnectionId client{};
};

struct VerdictIgnored {
  MessageId id{};
  ConnectionId client{};
  bool valid = false;
};

/// A message made way for another.
struct MessageEvicted {
  MessageId id{};
  DataType data_type{};
  bool valid = false;
};

/// A client that owes verdicts has cast none for verdict_timeout.
struct ClientFellSilent {
  ConnectionId client{};
  std::size_t verdicts_owed = 0;
};

/// A program in the node's process threw where it was to find a message valid or not.
struct ValidatorFailed {
  DataType data_type{};
  std::string_view why;
};

/// Reading from a connection stopped, or goes on.
struct ReadingPaused {
  ConnectionId connection{};
};
struct ReadingResumed {
  ConnectionId connection{};
};

/// A frame was skipped: its code is unknown, or belongs to the other layer.
struct FrameSkipped {
  ConnectionId connection{};
  std::uint16_t code = 0;
};

/// Connections cannot be accepted at the moment, for want of descriptors or memory; or again.
struct AcceptSuspended {
  Layer layer{};
  std::string_view why;
};
struct AcceptResumed {
  Layer layer{};
};

}  // namespace event

using Event =
    std::variant<event::ConnectionOpened, event::PeerIntroduced, event::ConnectionClosed,
                 event::ConnectFailed, event::BootstrapperIsSelf, event::AddressSkipped,
                 event::ClientRegistered, event::MessageAdded, event::MessageDropped, event::MessageDecided,
                 event::VerdictIgnored, event::MessageEvicted, event::ClientFellSilent,
                 event::ValidatorFailed, event::ReadingPaused, event::ReadingResumed, event::FrameSkipped,
                 event::AcceptSuspended, event::AcceptResumed>;

/// Called on the core thread, in the middle of things: an observer must not block and must not call the node.
class GOSSIP_EXPORT Observer {
 public:
  Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer() = default;

  virtual void on_event(const Event& event) = 0;
};

/// Looks away.
class GOSSIP_EXPORT NullObserver final : public Observer {
 public:
  void on_event(const Event& /*event*/) override {}
};

}  // namespace gossip
