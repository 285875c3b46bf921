#pragma once
/// \file
/// A transport for unit tests: it does nothing and remembers everything. Frames are kept decoded, so a test
/// compares messages. The test plays the world: it calls the node's events, or those of a controller of its
/// own, and looks at what came out. A complete test:
///
///     gossip::testing::RecordingTransport transport;
///     gossip::NullObserver observer;
///     gossip::Node node({}, transport, observer, 1);
///     const gossip::TimePoint now;
///     const gossip::ConnectionId client = transport.add_connection();
///     const gossip::ConnectionId peer = transport.add_connection();
///     node.start({0x0a000001, 6001}, {}, now);
///     node.on_accepted(client, {gossip::Layer::api, {0x7f000001, 40000}, {0x7f000001, 7001}}, now);
///     node.on_accepted(peer, {gossip::Layer::p2p, {0x0a000002, 40000}, {0x0a000001, 6001}}, now);
///     node.on_message(client, gossip::Announce{{}, gossip::DataType{540}, gossip::Payload("hello")}, now);
///     assert(transport.sent_to<gossip::Announce>(peer).at(0).data.text() == "hello");
///
/// For several nodes, time that passes, or queues that fill up there is MemoryNetwork.

#include <gossip/codec.hpp>
#include <gossip/transport.hpp>

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// What tests of programs and of controllers stand on.
namespace gossip::testing {

/// Keeps a record of what a node does. Checks that each send is one whole frame that can be decoded, and
/// throws std::logic_error where it is not. What it does not check: whether a connection exists, or whether
/// the test honours what was paused or closed. Keeps everything until clear(), without bound. Not
/// thread-safe.
class RecordingTransport final : public Transport {
 public:
  /// A frame that was sent, decoded.
  struct Sent {
    ConnectionId to{};  ///< the connection
    Message message;    ///< shares nothing with the frame
    friend bool operator==(const Sent&, const Sent&) = default;
  };
  /// A connection that the node closed.
  struct Closed {
    ConnectionId connection{};  ///< as the node named it
    CloseReason reason{};       ///< as the node gave it
    friend bool operator==(const Closed&, const Closed&) = default;
  };
  /// A connection that the node began. Whether it comes to be is for the test to tell the node.
  struct Dialled {
    ConnectionId connection{};  ///< what connect() returned
    HostPort address;           ///< not resolved
  };

  /// What connect() gives out begins here; the connections that a test makes up are below.
  static constexpr ConnectionId first_dialled{std::uint64_t{1} << 62U};

  /// An id for a connection that the test is about to have accepted: 1, 2, and so on.
  [[nodiscard]] ConnectionId add_connection() { return ConnectionId{next_accepted_++}; }

  ConnectionId connect(const HostPort& address) override {
    const ConnectionId connection{next_dialled_++};
    dialled.push_back({connection, address});
    return connection;
  }

  SendResult send(ConnectionId connection, const Frame& frame) override {
    sent.push_back({connection, decoded(frame)});
    if (stalled.contains(connection)) return SendResult::stalled;
    return congested.contains(connection) ? SendResult::congested : SendResult::queued;
  }

  void close(ConnectionId connection, CloseReason reason) override {
    closed.push_back({connection, reason});
    paused.erase(connection);
  }
  void pause(ConnectionId connection) override { paused.insert(connection); }
  void resume(ConnectionId connection) override { paused.erase(connection); }

  /// The messages of type M that were sent to a connection, oldest first.
  template <typename M>
  [[nodiscard]] std::vector<M> sent_to(ConnectionId connection) const {
    std::vector<M> found;
    for (const Sent& entry : sent) {
      const auto* message = std::get_if<M>(&entry.message);
      if (entry.to == connection && message != nullptr) found.push_back(*message);
    }
    return found;
  }

  /// Forgets what was sent, dialled and closed so far.
  void clear() {
    sent.clear();
    dialled.clear();
    closed.clear();
  }

  /// \{
  /// What the node did, oldest first; `paused` is what it does not want to hear from now.
  std::vector<Sent> sent;
  std::vector<Dialled> dialled;
  std::vector<Closed> closed;
  std::set<ConnectionId> paused;
  /// \}

  /// \{
  /// Set by the test: sends to these answer so.
  std::set<ConnectionId> congested;
  std::set<ConnectionId> stalled;
  /// \}

 private:
  static Message decoded(const Frame& frame) {
    std::vector<std::byte> bytes(frame.header().begin(), frame.header().end());
    bytes.insert(bytes.end(), frame.body().bytes().begin(), frame.body().bytes().end());
    Framer framer(code_max_extended);
    framer.feed(bytes);
    const auto view = framer.next();
    if (!view || !view.value()) throw std::logic_error("a node sent what is not one frame");
    const bool api = view.value()->code < static_cast<std::uint16_t>(Code::peer_request);
    auto message = decode(api ? Layer::api : Layer::p2p, *view.value());
    if (!message || !message.value()) throw std::logic_error("a node sent a frame that cannot be decoded");
    if (framer.inside_frame()) throw std::logic_error("a node sent more than one frame at once");
    return *std::move(message.value());
  }

  std::uint64_t next_accepted_ = 1;
  std::uint64_t next_dialled_ = value_of(first_dialled);
};

}  // namespace gossip::testing
