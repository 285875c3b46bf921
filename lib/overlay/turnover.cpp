#include <gossip/overlay/turnover.hpp>

#include <algorithm>
#include <utility>

namespace gossip {

void Turnover::begin(std::uint64_t sequence, TimePoint now) {
  if (ends_ != TimePoint::min()) {
    const auto milliseconds = [](Duration time) {
      return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
    };
    // A message whose verdict took its time is from before.
    const std::uint64_t come = sequence - std::min(first_, sequence);
    const bool was_too_fast = std::exchange(
        fills_too_fast_, come * milliseconds(stay_min) > capacity_ * milliseconds(now - began_));
    is_too_fast_ = was_too_fast && fills_too_fast_;
  }
  first_ = std::max(first_, sequence);
  began_ = now;
  ends_ = now + window;
}

}  // namespace gossip
