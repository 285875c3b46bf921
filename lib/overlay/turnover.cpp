#include <gossip/overlay/turnover.hpp>

namespace gossip {

void Turnover::begin(std::uint64_t sequence, TimePoint now) {
  if (ends_ != TimePoint::min()) {
    const auto milliseconds = [](Duration time) {
      return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
    };
    const std::uint64_t come = sequence - first_;
    is_too_fast_ = come * milliseconds(stay_min) > capacity_ * milliseconds(now - began_);
  }
  first_ = sequence;
  began_ = now;
  ends_ = now + window;
}

}  // namespace gossip
