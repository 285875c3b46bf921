#include <gossip/join_schedule.hpp>

#include <algorithm>

namespace gossip {

JoinSchedule::JoinSchedule(std::vector<HostPort> bootstrappers, Duration pause_min, Duration pause_max)
    : pause_min_(pause_min), pause_max_(pause_max) {
  for (HostPort& address : bootstrappers) {
    Entry entry;
    entry.address = std::move(address);
    entries_.push_back(std::move(entry));
  }
}

void JoinSchedule::start(TimePoint now) {
  for (Entry& entry : entries_) {
    if (entry.state != State::idle) continue;
    entry.state = State::waiting;
    entry.due = now;
  }
  note_next();
}

void JoinSchedule::restart(TimePoint now, Random& random) {
  for (Entry& entry : entries_) {
    const bool is_idle = entry.state == State::idle || (entry.state == State::waiting && entry.comes_back);
    if (!is_idle) continue;
    entry.comes_back = false;
    if (entry.joined_at && now - *entry.joined_at >= pause_max_) entry.failures = 0;
    entry.state = State::waiting;
    entry.due = now + pause_after(entry.failures++, random);
  }
  note_next();
}

void JoinSchedule::come_back(bool anyway, TimePoint now, Random& random) {
  for (Entry& entry : entries_) {
    if (anyway && entry.state != State::excluded) entry.sought = true;
    if (entry.state != State::idle) continue;
    entry.state = State::waiting;
    entry.comes_back = true;
    entry.due = now + shortened(pause_max_, random);
  }
  note_next();
}

void JoinSchedule::seek(TimePoint now, Random& random) {
  for (Entry& entry : entries_) entry.sought = entry.state != State::excluded;
  restart(now, random);
}

std::optional<std::size_t> JoinSchedule::take_due(TimePoint now) {
  for (std::size_t index = 0; index < entries_.size(); ++index) {
    Entry& entry = entries_[index];
    if (entry.state != State::waiting || entry.due > now) continue;
    entry.state = State::trying;
    entry.comes_back = false;
    note_next();
    return index;
  }
  return std::nullopt;
}

void JoinSchedule::joined(std::size_t index, TimePoint now) {
  if (entries_[index].state == State::excluded) return;
  entries_[index].state = State::idle;
  entries_[index].joined_at = now;
  entries_[index].sought = false;
  note_next();
}

Duration JoinSchedule::failed(std::size_t index, TimePoint now, Random& random) {
  Entry& entry = entries_[index];
  const Duration pause = pause_after(entry.failures++, random);
  if (entry.state == State::excluded) return pause;
  entry.state = State::waiting;
  entry.due = now + pause;
  note_next();
  return pause;
}

void JoinSchedule::exclude(std::size_t index) {
  entries_[index].state = State::excluded;
  note_next();
}

/// To be called whenever what waits, or how long, has changed: next_timer() is asked after each event.
void JoinSchedule::note_next() {
  next_.reset();
  for (const Entry& entry : entries_) {
    if (entry.state == State::waiting && (!next_ || entry.due < *next_)) next_ = entry.due;
  }
}

Duration JoinSchedule::pause_after(unsigned failures, Random& random) const {
  Duration pause = pause_min_;
  for (unsigned i = 0; i < failures && pause < pause_max_; ++i) pause *= 2;
  return shortened(std::min(pause, pause_max_), random);
}

Duration JoinSchedule::shortened(Duration pause, Random& random) {
  return pause - std::chrono::duration_cast<Duration>(pause * (random.fraction() / 2));
}

}  // namespace gossip
