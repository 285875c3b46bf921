#include "links.hpp"

#include <algorithm>
#include <utility>

namespace gossip::detail {

void Links::add(std::unique_ptr<Link> link) {
  const ConnectionId id = link->id;
  links_[id] = std::move(link);
}

std::unique_ptr<Link> Links::take(ConnectionId id) {
  auto found = links_.extract(id);
  return found.empty() ? nullptr : std::move(found.mapped());
}

Links::Map Links::take_all() {
  return std::exchange(links_, {});
}

const Link* Links::largest() const {
  const Link* found = nullptr;
  std::size_t most = 0;
  for (const auto& [id, link] : links_) {
    const std::size_t held = link->held_bytes();
    if (held > most || (held == most && held > 0 && id < found->id)) {
      found = link.get();
      most = held;
    }
  }
  return found;
}

std::vector<ConnectionId> Links::congested() const {
  std::vector<ConnectionId> congested;
  for (const auto& [id, link] : links_) {
    if (link->congested) congested.push_back(id);
  }
  std::ranges::sort(congested);
  return congested;
}

bool Links::all_read_out() const {
  return std::ranges::all_of(links_, [](const auto& link) {
    return link.second->info.layer != Layer::api || link.second->read_out;
  });
}

}  // namespace gossip::detail
