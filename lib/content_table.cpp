#include <gossip/content_table.hpp>

namespace gossip {
namespace {

/// Expired contents that are forgotten for each one that is evicted.
constexpr int forgotten_at_once = 4;

}  // namespace

ContentTable::ContentTable(const Limits& limits, std::size_t cached) : limits_(limits), index_(cached) {
  if (limits_.seen_ttl == Duration::zero()) limits_.seen_max = 0;
}

ContentTable::Record ContentTable::add(const Digest& digest, std::uint32_t slot) {
  const Record record = records_.take();
  try {
    index_.insert(digest.low, record, [this](Record other) { return records_[other].digest.low; });
  } catch (...) {
    records_.give_back(record);
    throw;
  }
  Content& content = records_[record];
  content.digest = digest;
  content.slot = slot;
  content.state = State::cached;
  return record;
}

void ContentTable::evict(Record record, TimePoint now) noexcept {
  if (limits_.seen_max == 0) {
    forget(record);
    return;
  }
  for (int i = 0; i < forgotten_at_once && seen_.size > 0 && has_expired(records_[seen_.oldest], now); ++i) {
    pop(seen_);
  }
  if (seen_.size == limits_.seen_max) pop(seen_);
  records_[record].state = State::seen;
  records_[record].since = now;
  push(seen_, record);
}

void ContentTable::reject(Record record) noexcept {
  if (limits_.rejected_max == 0) {
    forget(record);
    return;
  }
  if (rejected_.size == limits_.rejected_max) pop(rejected_);
  records_[record].state = State::rejected;
  push(rejected_, record);
}

void ContentTable::forget(Record record) noexcept {
  // One whose time was up when it was looked for is not in the index any more.
  if (records_[record].state != State::unknown) index_.erase(records_[record].digest.low, record);
  records_.give_back(record);
}

void ContentTable::push(Queue& queue, Record record) noexcept {
  records_[record].newer = none;
  (queue.oldest == none ? queue.oldest : records_[queue.newest].newer) = record;
  queue.newest = record;
  queue.size += 1;
}

void ContentTable::pop(Queue& queue) noexcept {
  const Record oldest = queue.oldest;
  queue.oldest = records_[oldest].newer;
  queue.size -= 1;
  forget(oldest);
}

}  // namespace gossip
