#include <gossip/content_table.hpp>

namespace gossip {
namespace {

/// Expired contents that are forgotten for each one that is evicted.
constexpr int forgotten_at_once = 4;

}  // namespace

ContentTable::ContentTable(const Limits& limits, std::size_t cached)
    : limits_(limits), lifetime_(lifetime(limits.seen_ttl)), index_(cached) {
  if (limits_.seen_ttl == Duration::zero()) limits_.seen_max = 0;
}

ContentTable::Record ContentTable::add(const Digest& digest, std::uint32_t slot) {
  if (free_ == none) add_chunk();
  const Record record = free_;
  index_.insert(digest.low, record, [this](Record other) { return at(other).digest.low; });
  Content& content = at(record);
  free_ = static_cast<Record>(content.link);
  content.digest = digest;
  content.link = slot & none;
  content.state = State::cached;
  return record;
}

void ContentTable::evict(Record record, TimePoint now) noexcept {
  if (limits_.seen_max == 0) {
    forget(record);
    return;
  }
  for (int i = 0; i < forgotten_at_once && seen_.size > 0 && has_expired(at(seen_.oldest), now); ++i) {
    pop(seen_);
  }
  if (seen_.size == limits_.seen_max) pop(seen_);
  Content& content = at(record);
  content.state = State::seen;
  content.since = ticks(now) & ticks_mask;
  push(seen_, record, content);
}

void ContentTable::reject(Record record) noexcept {
  if (limits_.rejected_max == 0) {
    forget(record);
    return;
  }
  if (rejected_.size == limits_.rejected_max) pop(rejected_);
  Content& content = at(record);
  content.state = State::rejected;
  push(rejected_, record, content);
}

void ContentTable::forget(Record record) noexcept {
  Content& content = at(record);
  // One whose time was up when it was looked for is not in the index any more.
  if (content.state != State::unknown) index_.erase(content.digest.low, record);
  give_back(record, content);
}

void ContentTable::add_chunk() {
  const auto first = static_cast<Record>(chunks_.size() * chunk_records);
  chunks_.push_back(std::make_unique<Content[]>(chunk_records));
  for (Record record = first + chunk_records; record-- > first;) give_back(record, at(record));
}

void ContentTable::give_back(Record record, Content& content) noexcept {
  content.link = free_ & none;
  free_ = record;
}

void ContentTable::push(Queue& queue, Record record, Content& content) noexcept {
  content.link = none;
  if (queue.oldest == none) {
    queue.oldest = record;
  } else {
    at(queue.newest).link = record & none;
  }
  queue.newest = record;
  queue.size += 1;
}

void ContentTable::pop(Queue& queue) noexcept {
  const Record oldest = queue.oldest;
  queue.oldest = static_cast<Record>(at(oldest).link);
  queue.size -= 1;
  forget(oldest);
}

}  // namespace gossip
