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
  /// `choices` must outlive it. A node whose `overlay` is extended meets peers that say HELLO and peers that
  /// do not.
  NodeLife(Choices& choices, bool honours_pause, Overlay overlay = Overlay::base);

  /// One event.
  void step();

  [[nodiscard]] NodeWorld& world() { return world_; }

 private:
  std::uint64_t below(std::uint64_t bound) { return choices_.below(bound); }
  bool one_in(std::uint64_t count) { return below(count) == 0; }

  ConnectionId any(Layer layer);
  ConnectionId any();
  Endpoint any_address();
  static Endpoint any_of_both(std::uint64_t number);
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

  // With peers that speak the overlay extension, or act like it.
  [[nodiscard]] bool is_extended() const { return world_.config().overlay == Overlay::extended; }
  ConnectionId any_extended();
  Tree any_tree();
  Advert any_advert();
  void extended_step();
  void say_hello(ConnectionId peer);
  void send_data();
  void tell_of_messages();
  void ask_for_messages();
  void prune();
  void decline();
  void send_digest();
  void talk_of_neighbors();
  void shuffle();
  void pass_time();

  Choices& choices_;
  NodeWorld world_;
};

}  // namespace gossip::test
