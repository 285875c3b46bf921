#include <gossip/overlay/passive_view.hpp>

#include <algorithm>
#include <span>

namespace gossip {

void PassiveView::put_off(const Endpoint& address, TimePoint until, Random& random) {
  const auto found = std::ranges::find(entries_, address, &Entry::address);
  if (found != entries_.end()) {
    found->not_before = std::max(found->not_before, until);
  } else if (entries_.size() < capacity) {
    entries_.push_back({address, until});
  } else {
    entries_[random.below(capacity)] = {address, until};
  }
}

void PassiveView::remove(const Endpoint& address) {
  std::erase_if(entries_, [&](const Entry& entry) { return entry.address == address; });
}

std::optional<Endpoint> PassiveView::pick(Random& random, TimePoint now,
                                          const std::function<bool(const Endpoint&)>& is_wanted) const {
  std::vector<Endpoint> wanted;
  for (const Entry& entry : entries_) {
    if (entry.not_before <= now && is_wanted(entry.address)) wanted.push_back(entry.address);
  }
  if (wanted.empty()) return std::nullopt;
  return wanted[random.below(wanted.size())];
}

std::vector<Endpoint> PassiveView::all() const {
  std::vector<Endpoint> addresses;
  for (const Entry& entry : entries_) addresses.push_back(entry.address);
  return addresses;
}

std::vector<Endpoint> PassiveView::sample(Random& random, std::size_t count) const {
  std::vector<Endpoint> sample = all();
  random.shuffle(std::span(sample));
  if (sample.size() > count) sample.resize(count);
  return sample;
}

bool PassiveView::contains(const Endpoint& address) const {
  return std::ranges::find(entries_, address, &Entry::address) != entries_.end();
}

}  // namespace gossip
