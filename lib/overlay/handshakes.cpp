#include <gossip/overlay/handshakes.hpp>

#include <algorithm>

namespace gossip {

bool Handshakes::settle(ConnectionId link) {
  return std::erase_if(waiting_, [&](const Waiting& waiting) { return waiting.link == link; }) > 0;
}

void Handshakes::forget(ConnectionId link) {
  settle(link);
  std::erase_if(extended_, [&](const Extended& extended) { return extended.link == link; });
}

std::optional<ConnectionId> Handshakes::take_expired(TimePoint now) {
  if (waiting_.empty() || waiting_.front().until > now) return std::nullopt;
  const ConnectionId link = waiting_.front().link;
  waiting_.erase(waiting_.begin());
  return link;
}

std::optional<TimePoint> Handshakes::next_timer() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.front().until;
}

bool Handshakes::is_waiting(ConnectionId link) const {
  return std::ranges::any_of(waiting_, [&](const Waiting& waiting) { return waiting.link == link; });
}

const Handshakes::Extended* Handshakes::find(ConnectionId link) const {
  const auto found = std::ranges::find(extended_, link, &Extended::link);
  return found == extended_.end() ? nullptr : &*found;
}

const Handshakes::Extended* Handshakes::find(const NodeId& node, ConnectionId except) const {
  const auto found = std::ranges::find_if(
      extended_, [&](const Extended& other) { return other.node == node && other.link != except; });
  return found == extended_.end() ? nullptr : &*found;
}

}  // namespace gossip
