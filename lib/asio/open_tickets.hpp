#pragma once
/// \file
/// Which messages of the present connection still want a verdict.

#include <gossip/subscription.hpp>
#include <gossip/types.hpp>

#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace gossip::detail {

/// At most one open ticket for each message id, so at most 65,536: a daemon that uses an id again has
/// forgotten the message that had it before. Thread-safe.
class OpenTickets {
 public:
  /// A new connection, and the number of its session: no ticket from before it is open any more.
  std::uint64_t begin_session();
  /// The connection is gone, and with it every ticket.
  void end_session();

  Ticket open(MessageId message);
  /// True, and the ticket is closed, where it was open.
  bool close(const Ticket& ticket);

 private:
  std::mutex mutex_;
  std::uint64_t session_ = 0;
  std::uint64_t sequence_ = 0;
  std::unordered_map<MessageId, std::uint64_t> open_;
};

}  // namespace gossip::detail
