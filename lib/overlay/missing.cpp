#include <gossip/overlay/missing.hpp>

#include <algorithm>

namespace gossip {
namespace {

constexpr std::uint32_t none = FlatMap<IdFingerprint, int>::none;

}  // namespace

void Missing::Turns::push(const Turn& turn) {
  if (first_ > 0 && first_ * 2 >= turns_.size()) {
    turns_.erase(turns_.begin(), turns_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
  turns_.push_back(turn);
}

void Missing::Turns::pop() {
  first_ += 1;
  if (first_ < turns_.size()) return;
  turns_.clear();
  first_ = 0;
}

bool Missing::add(IdFingerprint fingerprint, const Advert& advert, ConnectionId link, TimePoint now) {
  std::uint32_t slot = entries_.slot_of(fingerprint);
  if (slot == none) {
    std::uint32_t* const of_link = of_links_.find(link);
    if (entries_.size() >= size_max || (of_link != nullptr && *of_link >= of_link_max)) return false;
    of_links_.at(of_links_.insert(link)) += 1;
    slot = entries_.insert(fingerprint);
    Entry& entry = entries_.at(slot);
    entry.advert = advert;
    entry.first = link;
    entry.serial = serial_++;
    fresh_.push({now + patience, fingerprint, entry.serial});
  }
  Entry& entry = entries_.at(slot);
  if (advert.tree != no_tree) entry.advert.tree = advert.tree;
  const auto told = std::span(entry.tellers).first(entry.told);
  if (std::ranges::find(told, link) != told.end()) return true;
  if (entry.told == tellers_max) return false;
  entry.tellers[entry.told++] = link;
  return true;
}

bool Missing::erase(IdFingerprint fingerprint) {
  const std::uint32_t slot = entries_.slot_of(fingerprint);
  if (slot == none) return false;
  erase_entry(slot);
  drop_stale();
  return true;
}

std::optional<Missing::Question> Missing::take_due(TimePoint now,
                                                   const std::function<bool(ConnectionId)>& is_open) {
  while (Turns* const turns = next_turns()) {
    const Turn turn = *turns->front();
    if (turn.due > now) return std::nullopt;
    turns->pop();
    const std::uint32_t slot = entries_.slot_of(turn.fingerprint);
    Entry& entry = entries_.at(slot);
    while (entry.asked < entry.told && !is_open(entry.tellers[entry.asked])) entry.asked += 1;
    if (entry.asked == entry.told) {
      given_up_ += 1;
      erase_entry(slot);
      drop_stale();
      continue;
    }
    again_.push({now + retry, turn.fingerprint, entry.serial});
    const ConnectionId link = entry.tellers[entry.asked++];
    drop_stale();
    return Question{link, entry.advert};
  }
  return std::nullopt;
}

std::optional<TimePoint> Missing::next_timer() const {
  const Turn* const fresh = fresh_.front();
  const Turn* const again = again_.front();
  if (fresh == nullptr || again == nullptr) {
    if (fresh == again) return std::nullopt;
    return (fresh == nullptr ? again : fresh)->due;
  }
  return std::min(fresh->due, again->due);
}

/// Where the next turn is; null when there is none.
Missing::Turns* Missing::next_turns() {
  const Turn* const fresh = fresh_.front();
  const Turn* const again = again_.front();
  if (fresh == nullptr) return again == nullptr ? nullptr : &again_;
  return again == nullptr || fresh->due <= again->due ? &fresh_ : &again_;
}

bool Missing::is_stale(const Turn& turn) const {
  const Entry* const entry = entries_.find(turn.fingerprint);
  return entry == nullptr || entry->serial != turn.serial;
}

void Missing::erase_entry(std::uint32_t slot) {
  const ConnectionId first = entries_.at(slot).first;
  entries_.erase_at(slot);
  const std::uint32_t of_link = of_links_.slot_of(first);
  if (--of_links_.at(of_link) == 0) of_links_.erase_at(of_link);
}

/// So that nobody is woken for what has come.
void Missing::drop_stale() {
  for (Turns* const turns : {&fresh_, &again_}) {
    while (turns->front() != nullptr && is_stale(*turns->front())) turns->pop();
  }
}

}  // namespace gossip
