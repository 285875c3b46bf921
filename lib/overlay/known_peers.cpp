#include <gossip/overlay/known_peers.hpp>

#include <algorithm>
#include <utility>

namespace gossip {

void KnownPeers::add(const Endpoint& address) {
  if (addresses_.size() == capacity || std::ranges::find(addresses_, address) != addresses_.end()) return;
  addresses_.push_back(address);
}

void KnownPeers::put_first(std::span<const Endpoint> addresses) {
  const std::vector<Endpoint> before = std::exchange(addresses_, {});
  for (const Endpoint& address : addresses) add(address);
  for (const Endpoint& address : before) add(address);
}

void KnownPeers::remove(const Endpoint& address) {
  std::erase(addresses_, address);
}

void KnownPeers::missed(TimePoint now, Random& random) {
  if (!addresses_.empty()) schedule_.restart(now, random);
}

bool KnownPeers::take_due(TimePoint now, Random& random) {
  if (!schedule_.take_due(now)) return false;
  schedule_.failed(0, now, random);
  return true;
}

}  // namespace gossip
