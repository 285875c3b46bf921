#pragma once
/// \file
/// A transport for unit tests: it does nothing and remembers everything. Frames are kept decoded, so a test
/// compares messages; that every one can be decoded is checked on the way.

#include <gossip/codec.hpp>
#include <gossip/transport.hpp>

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace gossip::testing {

/// Not thread-safe. Throws std::logic_error where a node breaks the contract of Transport.
class RecordingTransport final : public Transport {
 public:
  struct Sent {
    ConnectionId to{};
    Message message;
    friend bool operator==(const Sent&, const Sent&) = default;
  };
  struct Closed {
    ConnectionId connection{};
    CloseReason reason{};
    friend bool operator==(const Closed&, const Closed&) = default;
  };
  struct Dialled {
    ConnectionId connection{};
    HostPort address;
  };

  ConnectionId connect(const HostPort& address) override {
    const ConnectionId connection{next_connection_++};
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

  std::vector<Sent> sent;
  std::vector<Dialled> dialled;
  std::vector<Closed> closed;
  std::set<ConnectionId> paused;

  /// Set by the test: sends to these answer so.
  std::set<ConnectionId> congested;
  std::set<ConnectionId> stalled;

 private:
  static Message decoded(const Frame& frame) {
    std::vector<std::byte> bytes(frame.header().begin(), frame.header().end());
    bytes.insert(bytes.end(), frame.body().bytes().begin(), frame.body().bytes().end());
    Framer framer;
    framer.feed(bytes);
    const auto view = framer.next();
    if (!view || !view.value()) throw std::logic_error("a node sent what is not one frame");
    const bool api = view.value()->code < static_cast<std::uint16_t>(Code::peer_request);
    auto message = decode(api ? Layer::api : Layer::p2p, *view.value());
    if (!message || !message.value()) throw std::logic_error("a node sent a frame that cannot be decoded");
    return *std::move(message.value());
  }

  /// Far from what a test would pick for connections of its own.
  std::uint64_t next_connection_ = 1'000'000;
};

}  // namespace gossip::testing
