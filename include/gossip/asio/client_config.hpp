#pragma once
/// \file
/// Every limit and timer of a Client, with its unit, default and bounds.

#include <gossip/export.hpp>
#include <gossip/message.hpp>
#include <gossip/types.hpp>

#include <chrono>
#include <cstddef>

namespace gossip {

/// What can be set on a Client. A plain value; copy it freely.
struct GOSSIP_EXPORT ClientConfig {
  /// What each message that waits to be written takes besides its data, in bytes.
  static constexpr std::size_t message_overhead_bytes = 256;

  /// Where the daemon serves programs. The host is an address or a name, which is looked up at every attempt
  /// to connect, and of which each address is tried; the port is not 0.
  HostPort api_address{"127.0.0.1", 7001};

  /// An attempt to connect that takes longer, the resolver included, has failed: 1 ms to 24 h.
  std::chrono::milliseconds connect_timeout{5000};

  /// First pause before the next attempt to connect: 1 ms to 24 h. It doubles from one to the next, and each
  /// is shortened by up to a half, at random. A connection that lasted for the longest pause makes the next
  /// one the first again.
  std::chrono::milliseconds retry_pause_min{100};
  /// Longest pause before the next attempt: from retry_pause_min to 24 h.
  std::chrono::milliseconds retry_pause_max{5000};

  /// How long a graceful close may take: up to 24 h.
  std::chrono::milliseconds close_timeout{10000};

  /// Published messages that wait to be written, each counted as its data and message_overhead_bytes; one
  /// more than fits is refused. From data_bytes_max + message_overhead_bytes, so that every message fits into
  /// an empty queue, to 1 TiB.
  std::size_t queue_bytes_max = std::size_t{16} << 20U;

  /// Messages that wait to be received; while there are that many, the daemon is not read from. 1 to 65535.
  std::size_t inbox_messages_max = 256;

  /// Throws std::invalid_argument, which names the first field that is out of bounds, its value and its
  /// bounds.
  void validate() const;
};

}  // namespace gossip
