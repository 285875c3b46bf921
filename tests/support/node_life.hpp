#pragma once
/// \file
/// A made-up life of a node: a configuration, and then one event after the other, all of them chosen. The
/// alphabets are small, so that contents, types and addresses meet again.

#include "choices.hpp"
#include "node_world.hpp"

#include <string>
#include <vector>

namespace gossip::test {

/// The events go to a NodeWorld, which checks what comes of them. Not thread-safe.
class NodeLife {
 public:
  /// `choices` must outlive it.
  NodeLife(Choices& choices, bool honours_pause);

  /// One event.
  void step();

  [[nodiscard]] NodeWorld& world() { return world_; }

 private:
  std::uint64_t below(std::uint64_t bound) { return choices_.below(bound); }
  bool one_in(std::uint64_t count) { return below(count) == 0; }

  ConnectionId any(Layer layer);
  ConnectionId any();
  Endpoint any_address();
  Content any_content();
  DataType any_type();

  void end_dial();
  void open_client();
  void open_peer();
  void meet_itself();
  void introduce();
  void talk_of_others();
  void announce_from(ConnectionId connection);
  void vote();
  void use_program();
  void frame();

  Choices& choices_;
  NodeWorld world_;
};

}  // namespace gossip::test
