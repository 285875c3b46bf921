#include "wire.hpp"

namespace gossip::sim {

/// A frame for which the connection has no room. The queue is watched from now on.
SendResult Wire::queue_up(std::uint32_t from, std::uint32_t frame) {
  Trouble& queue = trouble(from);
  End& end = ends_[from];
  if (queue.backlog.empty()) queue.last_taken = now_;
  queue.backlog.push(frame);
  queue.queued_bytes += frames_[frame].frame.size();
  const Config& limits = *sites_[end.node].limits;
  if (!end.watched) {
    end.watched = true;
    put(queue.last_taken + end_of(end.stall, limits), EventKind::watch, from);
  }
  if (queue.queued_bytes > bound_of(end.stall, limits)) put(now_, EventKind::check_bound, from);
  if (queue.queued_bytes <= limits.queue_high_water_bytes) return SendResult::queued;
  end.congested = true;
  return holds_up(end.stall, queue.queued_bytes, limits) ? SendResult::congested : SendResult::stalled;
}

std::uint32_t Wire::relieve(std::uint32_t index) {
  End& end = ends_[index];
  if (end.state != State::open || !end.congested) return none;
  const Trouble* queue = trouble_of(index);
  if (queue != nullptr && queue->queued_bytes >= sites_[end.node].limits->queue_low_water_bytes) return none;
  end.congested = false;
  const NodeNumber node = end.node;  // it may dial, and ends move then
  sites_[node].events->on_relieved(id_of(index), now_);
  return node;
}

/// Looks whether the other end has taken nothing for too long.
std::uint32_t Wire::watch(std::uint32_t index) {
  End& end = ends_[index];
  end.watched = false;
  if ((end.state != State::open && end.state != State::closing) || !has_backlog(index)) return none;
  const Config& limits = *sites_[end.node].limits;
  const TimePoint last_taken = trouble_of(index)->last_taken;
  const Duration silent = now_ - last_taken;
  if (silent >= limits.slow_consumer_timeout) return cut_off(index, CloseReason::slow_consumer);
  const detail::Stall before = end.stall;
  end.stall = detail::stall_after(silent, Layer::p2p, limits);
  end.watched = true;
  put(last_taken + end_of(end.stall, limits), EventKind::watch, index);
  if (end.stall == before || !end.congested || end.state != State::open) return none;
  if (holds_up(end.stall, trouble(index).queued_bytes, limits)) return none;
  const NodeNumber node = end.node;  // as above
  sites_[node].events->on_stalled(id_of(index), now_);
  return node;
}

std::uint32_t Wire::check_bound(std::uint32_t index) {
  const Trouble* queue = trouble_of(index);
  if (queue == nullptr ||
      queue->queued_bytes <= bound_of(ends_[index].stall, *sites_[ends_[index].node].limits))
    return none;
  return cut_off(index, CloseReason::queue_full);
}

std::uint32_t Wire::cut_off(std::uint32_t index, CloseReason reason) {
  if (ends_[index].state == State::open) return hand_over_end(index, reason, "it takes too little");
  if (ends_[index].state == State::closing) end_quietly(index);
  return none;
}

}  // namespace gossip::sim
