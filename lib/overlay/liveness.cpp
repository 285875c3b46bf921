#include <gossip/overlay/liveness.hpp>

#include <algorithm>

namespace gossip {

void Liveness::add(ConnectionId link, TimePoint now) {
  links_.push_back({link, now, now, now, 0, {}});
  if (!due_) due_ = now + silence;
}

void Liveness::remove(ConnectionId link) {
  std::erase_if(links_, [&](const Link& other) { return other.connection == link; });
  if (links_.empty()) due_.reset();
}

void Liveness::on_frame(ConnectionId link, TimePoint now) {
  if (Link* const found = find(link)) found->heard = found->alive = now;
}

void Liveness::on_part(ConnectionId link, TimePoint now) {
  if (Link* const found = find(link)) found->alive = now;
}

void Liveness::on_pong(ConnectionId link, std::uint32_t token, TimePoint now) {
  Link* const found = find(link);
  if (found == nullptr || found->token == 0 || found->token != token) return;
  found->token = 0;
  found->round_trip = now - found->pinged;
}

Liveness::Due Liveness::take_due(TimePoint now, const std::function<bool(ConnectionId)>& is_paused) {
  Due due;
  if (!due_ || *due_ > now) return due;
  due_.reset();
  for (Link& link : links_) {
    if (is_paused(link.connection)) link.alive = std::max(link.alive, now - silence);
    if (now - link.alive >= patience) {
      due.dead.push_back(link.connection);
      continue;
    }
    if (now - std::max(link.heard, link.pinged) >= silence) {
      // 0 stands for none.
      if (++token_ == 0) ++token_;
      link.token = token_;
      link.pinged = now;
      due.pings.push_back({link.connection, token_});
    }
    const TimePoint next = std::min(std::max(link.heard, link.pinged) + silence, link.alive + patience);
    due_ = due_ ? std::min(*due_, next) : next;
  }
  if (!due_ && !links_.empty()) due_ = now + silence;
  return due;
}

std::optional<Duration> Liveness::round_trip(ConnectionId link) const {
  const auto found = std::ranges::find(links_, link, &Link::connection);
  if (found == links_.end()) return std::nullopt;
  return found->round_trip;
}

Liveness::Link* Liveness::find(ConnectionId link) {
  const auto found = std::ranges::find(links_, link, &Link::connection);
  return found == links_.end() ? nullptr : &*found;
}

}  // namespace gossip
