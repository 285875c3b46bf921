#include "memory_pressure.hpp"

#include <gossip/message.hpp>

namespace gossip::detail {

MemoryPressure::MemoryPressure(const Config& config)
    : high_water_(config.queue_high_water_bytes),
      low_water_(config.queue_low_water_bytes),
      queue_bytes_max_(config.queue_bytes_max),
      pending_bytes_max_(std::min(config.cache_size * frame_bytes_max, config.cache_bytes_max()) * 3 / 4),
      all_bytes_max_(config.queues_bytes_max()) {}

void MemoryPressure::begin_release(ConnectionId connection, std::size_t bytes) {
  releasing_[connection] = bytes;
  releasing_bytes_ += bytes;
}

void MemoryPressure::end_release(ConnectionId connection) {
  if (const auto released = releasing_.extract(connection); !released.empty()) {
    releasing_bytes_ -= released.mapped();
  }
}

}  // namespace gossip::detail
