#include <gossip/overlay/prune_pace.hpp>

#include <algorithm>
#include <bit>

namespace gossip {

void PrunePace::count(Tree tree, TimePoint now) {
  auto rate = std::ranges::find(rates_, tree, &Rate::tree);
  if (rate == rates_.end()) rate = rates_.insert(rates_.end(), {tree, now, 0, 0});
  if (now - rate->since >= window) {
    rate->before = now - rate->since < 2 * window ? rate->counted : 0;
    rate->counted = 0;
    rate->since = now;
  }
  rate->counted += 1;
}

bool PrunePace::permits(Tree tree, const ContentId& id) const {
  const auto rate = std::ranges::find(rates_, tree, &Rate::tree);
  if (rate == rates_.end()) return true;
  const std::uint64_t in_window = std::max(rate->counted, rate->before);
  constexpr std::uint64_t at_most = window / apart;  // of the permitted ones
  static_assert(at_most * apart == window);
  const std::uint64_t one_in = std::bit_ceil(std::max<std::uint64_t>(1, (in_window + at_most - 1) / at_most));
  const auto low = std::to_integer<std::uint64_t>(id.bytes[15]) |
                   std::to_integer<std::uint64_t>(id.bytes[14]) << 8U |
                   std::to_integer<std::uint64_t>(id.bytes[13]) << 16U |
                   std::to_integer<std::uint64_t>(id.bytes[12]) << 24U;
  return (low & (one_in - 1)) == 0;
}

}  // namespace gossip
