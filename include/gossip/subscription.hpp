#pragma once
/// \file
/// What a program that subscribes sees: the messages that come in and the ways to answer them. The same for a
/// program that a node runs in and for one beside a daemon.

#include <gossip/payload.hpp>
#include <gossip/types.hpp>

#include <cstdint>
#include <functional>

namespace gossip {

/// A program's answer to a message. The first verdict that any program casts on a message decides
/// (docs/protocol.md, 'VALIDATION'); one on a message that is decided already changes nothing.
enum class Verdict {
  accept,  ///< the message is valid and travels on
  reject,  ///< the message is invalid: it goes no further, and is dropped when it comes again
  later,   ///< no answer yet: decide() with the message's ticket gives it
};

/// Names a received message to whoever decides on it later. It never names another message: ids are used
/// again, so a ticket also says when its own was given out. A plain value; one made by hand names nothing.
struct Ticket {
  std::uint64_t session = 0;   ///< the subscription in a node, or the connection of a client
  std::uint64_t sequence = 0;  ///< the place of the message in that session
  MessageId message{};         ///< its id in the node
  friend bool operator==(const Ticket&, const Ticket&) = default;
};

/// A message that a subscriber was sent.
struct Received {
  DataType data_type{};  ///< the one that was subscribed to
  Payload data;          ///< as it was published; keeping it costs no copy
  Ticket ticket;         ///< for a verdict that is given later
};

/// Called once for each message. Whoever takes one says on which thread it is called. One that throws has
/// cast no verdict.
using Validator = std::function<Verdict(const Received&)>;

}  // namespace gossip
