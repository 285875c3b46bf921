#pragma once
/// \file
/// What the ready-made hostile nodes have in common.

#include <gossip/codec.hpp>
#include <gossip/sim/hostile.hpp>

#include <vector>

namespace gossip::sim {

/// Keeps a few connections, introduces itself on each, and does its mischief once in a while.
class Intruder : public Hostile {
 public:
  void on_start(HostileReach& reach) override {
    dial_more(reach);
    reach.wake_after(pause());
  }
  void on_accepted(HostileReach& reach, ConnectionId connection) override {
    open_.push_back(connection);
    greet(reach, connection);
  }
  void on_connected(HostileReach& reach, ConnectionId connection) override {
    std::erase(dialled_, connection);
    open_.push_back(connection);
    greet(reach, connection);
    say(reach, connection, PeerRequest{claimed_address(reach)});
  }
  void on_closed(HostileReach& /*reach*/, ConnectionId connection) override {
    std::erase(dialled_, connection);
    std::erase(open_, connection);
  }
  void on_wake(HostileReach& reach) override {
    // What is done to one connection may end it.
    for (const ConnectionId connection : std::vector(open_)) harm(reach, connection);
    dial_more(reach);
    reach.wake_after(pause());
  }

 protected:
  static void say(HostileReach& reach, ConnectionId connection, const Message& message) {
    const Frame frame = encode(message);
    std::vector<std::byte> bytes(frame.header().begin(), frame.header().end());
    bytes.insert(bytes.end(), frame.body().bytes().begin(), frame.body().bytes().end());
    reach.send(connection, bytes);
  }
  /// Somebody else, where there is anybody.
  static NodeNumber pick(HostileReach& reach) {
    const auto drawn = static_cast<NodeNumber>(reach.random().below(reach.node_count()));
    return drawn == reach.self() ? (drawn + 1) % reach.node_count() : drawn;
  }

  /// What it says first on a connection, whoever has opened it.
  virtual void greet(HostileReach& /*reach*/, ConnectionId /*connection*/) {}
  virtual void harm(HostileReach& reach, ConnectionId connection) = 0;
  [[nodiscard]] virtual Duration pause() const { return std::chrono::seconds(1); }
  [[nodiscard]] virtual Endpoint claimed_address(HostileReach& reach) {
    return reach.endpoint_of(reach.self());
  }

 private:
  /// Connections that it keeps.
  static constexpr std::size_t links_wanted = 3;

  void dial_more(HostileReach& reach) {
    if (reach.node_count() < 2) return;
    while (open_.size() + dialled_.size() < links_wanted) {
      dialled_.push_back(reach.connect(reach.endpoint_of(pick(reach))));
    }
  }

  std::vector<ConnectionId> open_;
  std::vector<ConnectionId> dialled_;
};

}  // namespace gossip::sim
