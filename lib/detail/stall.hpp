#pragma once
/// \file
/// How long a connection with a queue may take nothing, and whom it holds up meanwhile: the same for every
/// transport here.

#include <gossip/config.hpp>
#include <gossip/message.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>

namespace gossip::detail {

/// What those that feed a connection, whose queue is above its high-water mark, have from it. A peer may have
/// to wait for verdicts of its own clients (verdict_timeout) before it reads on, so it is waited for longer,
/// but only where its queue would be full before.
enum class Stall : std::uint8_t {
  none,      ///< it takes: it holds them up
  partial,   ///< a peer that took nothing for a tenth of slow_consumer_timeout: only with a long queue
  complete,  ///< a client that did so, a peer that did for three fifths of it: it holds up nobody
};

/// When `stall` ends if nothing is taken: the next begins, or the connection is closed. Counted from when
/// something was taken last, or the queue began.
[[nodiscard]] inline Duration end_of(Stall stall, const Config& config) {
  const Duration closed_after = config.slow_consumer_timeout;
  if (stall == Stall::none) return closed_after / 10;
  return stall == Stall::partial ? closed_after * 3 / 5 : closed_after;
}

/// Of a connection that has taken nothing for so long.
[[nodiscard]] inline Stall stall_after(Duration silent, Layer layer, const Config& config) {
  if (silent < end_of(Stall::none, config)) return Stall::none;
  if (layer == Layer::api || silent >= end_of(Stall::partial, config)) return Stall::complete;
  return Stall::partial;
}

/// Whether so many bytes, which are above the high-water mark, hold up those that feed the connection.
[[nodiscard]] inline bool holds_up(Stall stall, std::size_t queued, const Config& config) {
  if (stall == Stall::partial) return queued > config.queue_bytes_max / 2;
  return stall == Stall::none;
}

/// What a queue may hold, in bytes. Programs that owe verdicts are not paused, so the pending messages of a
/// whole cache may become valid at once.
[[nodiscard]] inline std::size_t bound_of(Stall stall, const Config& config) {
  const std::size_t pending_bytes_max = config.cache_size * 3 / 4 * frame_bytes_max;
  return config.queue_bytes_max + (stall == Stall::complete ? 0 : pending_bytes_max);
}

}  // namespace gossip::detail
