#pragma once
/// \file
/// A program beside a node of a MemoryNetwork, played by a test: it speaks the API protocol of gossipd
/// (docs/protocol.md, 'Bodies'), byte for byte.

#include <gossip/export.hpp>
#include <gossip/message.hpp>
#include <gossip/payload.hpp>
#include <gossip/subscription.hpp>
#include <gossip/transport.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace gossip::testing {

class Wire;

/// Made and owned by a network: MemoryNetwork::add_client(). Its functions return at once; what they send is
/// on its way, and the network's run functions take it there. Not thread-safe.
///
/// Bounds: 16 MiB wait at most for a node that does not read; more throws std::logic_error. What is received
/// is kept until take() and has no bound.
class GOSSIP_EXPORT MemoryClient final : private TransportEvents {
 public:
  /// Decides on a message as it comes in; Verdict::later sends nothing.
  using Decision = std::function<Verdict(const Notification&)>;

  /// Connects to a node's API; for MemoryNetwork.
  MemoryClient(Wire& wire, const Endpoint& api);

  /// Registers for a data type.
  void notify(DataType data_type);

  /// Publishes. Throws std::logic_error for more than data_bytes_max bytes.
  void announce(DataType data_type, std::string_view data, Ttl ttl = unlimited_ttl);

  /// \{
  /// Casts a verdict.
  void accept(MessageId message) { send(Validation{message, true}); }
  void reject(MessageId message) { send(Validation{message, false}); }
  /// \}

  /// From now on `decision` answers each message. It may call the client; it must not run the network.
  void decide_with(Decision decision) { decision_ = std::move(decision); }

  /// Any message, also one that a well-behaved program would not send. Throws std::logic_error once the
  /// connection is closed, from either end.
  void send(const Message& message);
  /// Any bytes, also such as break the protocol.
  void send_bytes(std::span<const std::byte> bytes);

  /// What the node has sent and take() has not taken, oldest first.
  [[nodiscard]] const std::vector<Notification>& received() const { return received_; }
  /// Hands all of it over, and keeps none.
  std::vector<Notification> take();

  /// \{
  /// After pause() nothing is received until resume(): a program that hangs. The node notices once more is
  /// under way than the 64 KiB that a connection holds.
  void pause();
  void resume();
  /// \}

  /// Ends the connection once what was sent is through; nothing is received any more.
  void close();

  /// Why the node ended the connection, or could not be reached; nothing while it has not.
  [[nodiscard]] std::optional<CloseReason> closed_because() const { return closed_because_; }
  /// True until either end has closed it; a connection that is being made is open already.
  [[nodiscard]] bool is_open() const { return !left_ && !closed_because_; }

 private:
  void on_message(ConnectionId connection, Message&& message, TimePoint now) override;
  void on_connect_failed(ConnectionId connection, std::string_view why, TimePoint now) override;
  void on_closed(ConnectionId connection, CloseReason reason, std::string_view detail,
                 TimePoint now) override;
  void on_accepted(ConnectionId, const ConnectionInfo&, TimePoint) override {}
  void on_connected(ConnectionId, const ConnectionInfo&, TimePoint) override {}
  void on_skipped(ConnectionId, std::uint16_t, TimePoint) override {}
  void on_relieved(ConnectionId, TimePoint) override {}
  void on_stalled(ConnectionId, TimePoint) override {}
  void on_time(TimePoint) override {}
  [[nodiscard]] std::optional<TimePoint> next_timer() const override { return std::nullopt; }

  void put(const Frame& frame);

  Wire& wire_;
  ConnectionId connection_;
  Decision decision_;
  std::vector<Notification> received_;
  std::optional<CloseReason> closed_because_;
  bool left_ = false;
};

}  // namespace gossip::testing
