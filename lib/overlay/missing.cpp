#include <gossip/overlay/missing.hpp>

#include <algorithm>

namespace gossip {
namespace {

constexpr std::uint32_t none = FlatMap<IdFingerprint, int>::none;

/// What waits goes on when there is room for so many: one by one would be an event for each.
constexpr std::size_t room_to_admit = Missing::of_link_max / 2;

}  // namespace

template <typename T>
void Missing::Queue<T>::push(const T& item) {
  if (first_ > 0 && first_ * 2 >= items_.size()) {
    items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
  items_.push_back(item);
}

template <typename T>
void Missing::Queue<T>::pop() {
  first_ += 1;
  if (first_ < items_.size()) return;
  items_.clear();
  first_ = 0;
}

bool Missing::add(IdFingerprint fingerprint, const Advert& advert, ConnectionId link, TimePoint now) {
  std::uint32_t slot = entries_.slot_of(fingerprint);
  if (slot == none) {
    if (!has_room(link, 1)) {
      const auto backlog = backlogs_.find(link);
      const std::size_t waiting = backlog == backlogs_.end() ? 0 : backlog->second.size();
      if (advert.tree != no_tree || waiting >= backlog_max_) return false;
      backlogs_[link].push({fingerprint, advert.id});
      return true;
    }
    slot = insert(fingerprint, advert, link);
    fresh_.push({now + patience, fingerprint, entries_.at(slot).serial});
  }
  Entry& entry = entries_.at(slot);
  if (advert.tree != no_tree) entry.advert.tree = advert.tree;
  const auto told = std::span(entry.tellers).first(entry.told);
  if (std::ranges::find(told, link) != told.end()) return true;
  if (entry.told == tellers_max) return false;
  entry.tellers[entry.told++] = link;
  return true;
}

void Missing::admit(TimePoint now, const std::function<bool(IdFingerprint)>& is_known) {
  for (auto at = backlogs_.begin(); at != backlogs_.end();) {
    auto& [link, backlog] = *at;
    const bool begins = has_room(link, room_to_admit);
    while (begins && backlog.front() != nullptr && has_room(link, 1)) {
      const Told told = *backlog.front();
      backlog.pop();
      if (is_known(told.fingerprint)) continue;
      const std::uint32_t known = entries_.slot_of(told.fingerprint);
      if (known != none) {
        add(told.fingerprint, {no_tree, told.id}, link, now);
        continue;
      }
      Entry& entry = entries_.at(insert(told.fingerprint, {no_tree, told.id}, link));
      entry.tellers[entry.told++] = link;
      at_once_.push({now, told.fingerprint, entry.serial});
    }
    at = backlog.front() == nullptr ? backlogs_.erase(at) : std::next(at);
  }
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
  const auto may_go_on = [this](const auto& backlog) { return has_room(backlog.first, room_to_admit); };
  if (std::ranges::any_of(backlogs_, may_go_on)) return TimePoint{};
  std::optional<TimePoint> next;
  for (const Turns* const turns : {&fresh_, &again_, &at_once_}) {
    if (turns->front() != nullptr) next = earlier(next, turns->front()->due);
  }
  return next;
}

std::size_t Missing::waiting() const {
  std::size_t count = 0;
  for (const auto& [link, backlog] : backlogs_) count += backlog.size();
  return count;
}

/// Where the next turn is; null when there is none.
Missing::Turns* Missing::next_turns() {
  Turns* next = nullptr;
  for (Turns* const turns : {&fresh_, &again_, &at_once_}) {
    if (turns->front() == nullptr) continue;
    if (next == nullptr || turns->front()->due < next->front()->due) next = turns;
  }
  return next;
}

bool Missing::has_room(ConnectionId link, std::size_t for_more) const {
  const std::uint32_t* const of_link = of_links_.find(link);
  return entries_.size() + for_more <= size_max &&
         (of_link == nullptr ? 0 : *of_link) + for_more <= of_link_max;
}

/// Nobody has told of it yet. Precondition: there is room, and the id is not there.
std::uint32_t Missing::insert(IdFingerprint fingerprint, const Advert& advert, ConnectionId link) {
  of_links_.at(of_links_.insert(link)) += 1;
  const std::uint32_t slot = entries_.insert(fingerprint);
  Entry& entry = entries_.at(slot);
  entry.advert = advert;
  entry.first = link;
  entry.serial = serial_++;
  return slot;
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
  for (Turns* const turns : {&fresh_, &again_, &at_once_}) {
    while (turns->front() != nullptr && is_stale(*turns->front())) turns->pop();
  }
}

}  // namespace gossip
