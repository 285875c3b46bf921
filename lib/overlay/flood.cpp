#include <gossip/codec.hpp>
#include <gossip/convert.hpp>
#include <gossip/overlay/flood.hpp>

#include <algorithm>

namespace gossip {

void Flood::add(ConnectionId link, TimePoint /*now*/) {
  links_.push_back(link);
  catch_ups_[link].walk = CacheWalk(state_.cache.next_sequence());
  receivers_origin_.reset();
}

void Flood::remove(ConnectionId link) {
  if (std::erase(links_, link) > 0) receivers_origin_.reset();
  catch_ups_.erase(link);
}

void Flood::catch_up(ConnectionId link) {
  const auto part = catch_ups_.find(link);
  part->second.begun = true;
  if (send_part(link, part->second)) catch_ups_.erase(part);
}

void Flood::spare(ConnectionId link, std::uint64_t sequence) {
  const auto part = catch_ups_.find(link);
  if (part != catch_ups_.end() && part->second.walk.is_ahead(sequence)) part->second.spared.insert(sequence);
}

std::size_t Flood::receivers(ConnectionId origin) const {
  return receivers_of(origin).size();
}

void Flood::spread(const CachedMessage& message, TimePoint /*now*/) {
  const auto receivers = receivers_of(message.origin);
  if (receivers.empty()) return;
  state_.statistics.announces_sent += receivers.size();
  const Frame frame = encode_announce(*message.onward, message.data_type, message.data);
  for (const auto& [peer, result] : state_.transport.broadcast(receivers, frame)) {
    state_.hold_source(message.origin, peer, result);
  }
  for (auto& [peer, part] : catch_ups_) {
    if (peer != message.origin && part.walk.is_ahead(message.sequence)) part.spared.insert(message.sequence);
  }
}

void Flood::on_relieved(ConnectionId link, TimePoint /*now*/) {
  const auto part = catch_ups_.find(link);
  if (part == catch_ups_.end() || !part->second.begun) return;
  if (send_part(link, part->second)) catch_ups_.erase(part);
}

/// All links but that one.
std::span<const ConnectionId> Flood::receivers_of(ConnectionId origin) const {
  if (receivers_origin_ != origin) {
    receivers_.clear();
    std::ranges::copy_if(links_, std::back_inserter(receivers_),
                         [&](ConnectionId link) { return link != origin; });
    receivers_origin_ = origin;
  }
  return receivers_;
}

/// True when the link has been sent all of this part.
bool Flood::send_part(ConnectionId link, CatchUp& part) {
  return part.walk.go_on(state_.cache, [&](const CachedMessage& message) {
    const auto announce = to_announce(message);
    const bool spared = part.spared.erase(message.sequence) > 0;
    if (!message.valid || !announce || message.origin == link || spared) return true;
    state_.statistics.announces_sent += 1;
    return state_.transport.send(link, encode(*announce)) == SendResult::queued;
  });
}

}  // namespace gossip
