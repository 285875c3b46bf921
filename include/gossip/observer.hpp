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
  ConnectionId connection{};  ///< never used again for another
  ConnectionInfo info;        ///< its layer and both ends
  bool dialled = false;       ///< this node opened it
};

/// A peer's server address is known, or has become another.
struct PeerIntroduced {
  ConnectionId connection{};  ///< one that the peer opened
  Endpoint remote;            ///< where it comes from
  Endpoint server_address;    ///< where it says that it accepts peers
  bool again = false;         ///< it had named another before
};

/// Both sides of a link have said HELLO: it is extended from now on (docs/protocol.md, 'The overlay
/// extension').
struct LinkExtended {
  ConnectionId connection{};  ///< that of its ConnectionOpened
  NodeId node;                ///< who the other side says that it is
  Endpoint server_address;    ///< where it says that it accepts peers
};

/// A connection ended; `by_us` when this node chose to close a healthy one.
struct ConnectionClosed {
  ConnectionId connection{};               ///< that of its ConnectionOpened
  ConnectionInfo info;                     ///< its layer and both ends
  std::optional<Endpoint> server_address;  ///< a peer's; nothing for a client, or where it was never told
  CloseReason reason{};                    ///< for programs
  std::string_view detail;                 ///< a phrase for people; empty where by_us, unless malformed
  bool by_us = false;  ///< any but those of the transport: no_room, duplicate_link and so on
};

/// A connection could not be made; `retry_in` when it was to a bootstrapper, which is tried again.
struct ConnectFailed {
  HostPort address;                  ///< a bootstrapper's as it was configured, or what a peer named
  std::string_view why;              ///< a phrase for people
  std::optional<Duration> retry_in;  ///< nothing where it is not tried again
};

/// A configured bootstrapper turned out to be this node; it is not tried again.
struct BootstrapperIsSelf {
  HostPort address;  ///< as it was configured
};

/// A peer named a server address that cannot be used.
struct AddressSkipped {
  Endpoint remote;          ///< the peer's end of the connection that it came on
  Endpoint server_address;  ///< what the peer named
  std::string_view why;     ///< a phrase for people
};

/// A client, or a program in the node's process, is registered for one data type more.
struct ClientRegistered {
  ConnectionId client{};  ///< is_in_process() tells which of the two
  DataType data_type{};   ///< one that it was not registered for before
};

/// A message is new here.
struct MessageAdded {
  MessageId id{};              ///< its name here, until it is evicted or found invalid
  DataType data_type{};        ///< as it was announced
  std::size_t data_bytes = 0;  ///< size of its data
  ConnectionId origin{};       ///< who announced it
  Layer layer{};               ///< api: valid at once; p2p: pending
};

/// A message was dropped; `why` names the reason.
struct MessageDropped {
  DataType data_type{};   ///< as it was announced
  ConnectionId origin{};  ///< who announced it; may have gone while the message waited for room
  Layer layer{};          ///< that of the origin
  std::string_view why;   ///< a phrase for people
};

/// The first verdict on a message came in.
struct MessageDecided {
  MessageId id{};         ///< that of its MessageAdded
  DataType data_type{};   ///< as it was announced
  bool valid = false;     ///< true: it is forwarded; false: it leaves the cache
  ConnectionId client{};  ///< whose verdict it was
};

/// A verdict from a client that owed none on the message: it was decided before, it is not cached any more,
/// or the client was never sent it.
struct VerdictIgnored {
  MessageId id{};         ///< as the client named it; there need not be such a message
  ConnectionId client{};  ///< whose verdict it was
  bool valid = false;     ///< what it would have said
};

/// A message made way for another.
struct MessageEvicted {
  MessageId id{};        ///< free for another from now on
  DataType data_type{};  ///< as it was announced
  bool valid = false;    ///< false: nobody has decided on it
};

/// A client that owes verdicts has cast none for verdict_timeout.
struct ClientFellSilent {
  ConnectionId client{};          ///< a listener from now on, until it votes
  std::size_t verdicts_owed = 0;  ///< messages, which it may still decide
};

/// A program in the node's process threw where it was to find a message valid or not.
struct ValidatorFailed {
  DataType data_type{};  ///< of the message, on which it has cast no verdict
  std::string_view why;  ///< what() of the exception that was thrown, where it has one
};

/// Reading from a connection stopped: its messages feed a destination that cannot keep up, or fill the part
/// of the cache that waits for verdicts.
struct ReadingPaused {
  ConnectionId connection{};  ///< first_in_process: what has to wait is publishing in the node's process
};
/// Reading from a connection goes on.
struct ReadingResumed {
  ConnectionId connection{};  ///< that of a ReadingPaused
};

/// A frame was skipped: its code is unknown, or belongs to the other layer.
struct FrameSkipped {
  ConnectionId connection{};  ///< it stays open
  std::uint16_t code = 0;     ///< from code_min to code_max, or code_max_extended
};

/// Connections cannot be accepted at the moment, for want of descriptors or memory.
struct AcceptSuspended {
  Layer layer{};         ///< whose listener rests
  std::string_view why;  ///< a phrase for people
};
/// They can be again.
struct AcceptResumed {
  Layer layer{};  ///< whose listener goes on
};

/// A connection that the node had closed, or let end as it stops, has not taken all that was queued for it in
/// its time: what was left is lost.
struct OutputLost {
  ConnectionId connection{};  ///< that has ended
  Layer layer{};              ///< of it
  std::size_t bytes = 0;      ///< those that the system had not taken either are not known
};

/// A TcpNode has read which nodes an earlier run has known (Config::state_dir).
struct PeersRead {
  std::string_view file;      ///< its path
  std::size_t addresses = 0;  ///< how many there are, those included that turn out to be of no use
};
/// They cannot be read: the node starts without them.
struct PeersUnread {
  std::string_view file;  ///< its path
  std::string_view why;   ///< a sentence for people, with the path, and the line where it is about one
};
/// Which nodes are known was written to the file.
struct PeersSaved {
  std::string_view file;      ///< its path
  std::size_t addresses = 0;  ///< how many it has now
  bool again = false;         ///< the last PeersUnsaved is over
};
/// It cannot be written, and is as it was. Told once, until it can be again.
struct PeersUnsaved {
  std::string_view file;  ///< its path
  std::string_view why;   ///< a sentence for people, with the path
};

}  // namespace event

/// Any of them. More may be added: an observer passes over those that it does not know.
using Event =
    std::variant<event::ConnectionOpened, event::PeerIntroduced, event::LinkExtended, event::ConnectionClosed,
                 event::ConnectFailed, event::BootstrapperIsSelf, event::AddressSkipped,
                 event::ClientRegistered, event::MessageAdded, event::MessageDropped, event::MessageDecided,
                 event::VerdictIgnored, event::MessageEvicted, event::ClientFellSilent,
                 event::ValidatorFailed, event::ReadingPaused, event::ReadingResumed, event::FrameSkipped,
                 event::AcceptSuspended, event::AcceptResumed, event::OutputLost, event::PeersRead,
                 event::PeersUnread, event::PeersSaved, event::PeersUnsaved>;

/// Is told what happens. It is called on the core thread, in the middle of things: an observer must not block
/// and must not call the node.
class GOSSIP_EXPORT Observer {
 public:
  Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer() = default;

  /// `event`, and what its views show, is there until this returns.
  virtual void on_event(const Event& event) = 0;

  /// Asked once, by whoever is about to observe by it. False: it passes over the events about single messages
  /// (MessageAdded, MessageDropped, MessageDecided, MessageEvicted, VerdictIgnored), which need not be made
  /// then; there may be millions of them.
  [[nodiscard]] virtual bool wants_messages() const { return true; }
};

/// Looks away.
class GOSSIP_EXPORT NullObserver final : public Observer {
 public:
  /// Does nothing.
  void on_event(const Event& /*event*/) override {}
  [[nodiscard]] bool wants_messages() const override { return false; }
};

}  // namespace gossip
