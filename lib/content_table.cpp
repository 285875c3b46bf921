#include <gossip/content_table.hpp>

#include <utility>

namespace gossip {
namespace {

/// Expired contents that are forgotten for each one that is evicted.
constexpr int forgotten_at_once = 4;

}  // namespace

struct ContentTable::Slots {
  static constexpr bool leaves = true;
  ContentTable& table;

  [[nodiscard]] ContentQueue::Record& record(std::uint32_t number) const {
    if (number >= rejected_begin) return table.rejected_[number - rejected_begin];
    return table.is_cached(number) ? table.cached_[table.slot_at(number)] : table.seen_[number];
  }
  [[nodiscard]] std::uint64_t hash_of(std::uint32_t number) const { return record(number).digest().low; }
  [[nodiscard]] auto liveness() const {
    return [seen = table.seen_.front(), seen_size = table.seen_.size() + table.cached_size_,
            rejected = table.rejected_.front(), rejected_size = table.rejected_.size()](auto numbers) {
      const auto is_rejected = 0U - (numbers / rejected_begin);
      const auto first = seen ^ ((seen ^ rejected) & is_rejected);
      const auto size = seen_size ^ ((seen_size ^ rejected_size) & is_rejected);
      // Both are below half of what fits.
      return 0U - ((((numbers - first) & (ContentQueue::numbers - 1)) - size) >> 31U);
    };
  }
  void on_strayed(std::uint32_t number) const { record(number).note |= strayed; }
};

ContentTable::ContentTable(const Limits& limits, std::size_t cached)
    : index_(cached),
      slots_(std::make_unique<std::uint16_t[]>(std::bit_ceil(cached))),
      slots_mask_(static_cast<std::uint32_t>(std::bit_ceil(cached) - 1)),
      limits_(limits),
      lifetime_(lifetime(limits.seen_ttl)) {
  if (limits_.seen_ttl == Duration::zero()) limits_.seen_max = 0;
  cached_.reserve(cached);
}

void ContentTable::add(const Digest& digest, std::uint32_t slot) {
  if (slot >= cached_.size()) cached_.resize(slot + std::size_t{1});
  cached_[slot] = {std::bit_cast<decltype(ContentQueue::Record::bytes)>(digest), 0};
  cached_size_ += 1;
  const std::uint32_t number = newest();
  give_number(slot, number);
  try {
    index_.insert_among(digest.low, number, Slots{*this});
  } catch (...) {
    cached_size_ -= 1;
    throw;
  }
}

void ContentTable::evict(std::uint32_t slot, TimePoint now) noexcept {
  if (limits_.seen_max == 0) return forget(slot);
  if (seen_.size() > 0 && has_expired(seen_[seen_.front()], now)) forget_expired(now);
  if (seen_.size() == limits_.seen_max) pop(seen_, 0);
  if (number_of(slot) != seen_.end()) swap_numbers(slot, slot_at(seen_.end()));
  ContentQueue::Record record = cached_[slot];
  record.note = (record.note & strayed) | static_cast<std::uint32_t>(ticks(now));
  if (!seen_.push(record)) return forget(slot);
  cached_size_ -= 1;
}

void ContentTable::reject(std::uint32_t slot) noexcept {
  if (limits_.rejected_max == 0) return forget(slot);
  if (rejected_.size() == limits_.rejected_max) pop(rejected_, rejected_begin);
  const std::uint32_t number = number_of(slot);
  const std::uint32_t rejected = rejected_begin + rejected_.end();
  if (!rejected_.push(cached_[slot])) return forget(slot);
  index_.replace(cached_[slot].digest().low, number, rejected);
  close_gap(number);
}

void ContentTable::forget(std::uint32_t slot) noexcept {
  const std::uint32_t number = number_of(slot);
  index_.erase(cached_[slot].digest().low, number);
  close_gap(number);
}

/// Of a content that is not cached; unknown where it is not this one, or was forgotten.
ContentTable::State ContentTable::departed(std::uint32_t number, const Digest& digest, TimePoint now) const {
  if (number >= rejected_begin) {
    const std::uint32_t rejected = number - rejected_begin;
    const bool is_here = rejected_.distance(rejected) < rejected_.size();
    return is_here && rejected_[rejected].digest() == digest ? State::rejected : State::unknown;
  }
  if (seen_.distance(number) >= seen_.size()) return State::unknown;
  const ContentQueue::Record& evicted = seen_[number];
  return evicted.digest() == digest && !has_expired(evicted, now) ? State::seen : State::unknown;
}

/// Where it stands in the index stays as it is.
inline void ContentTable::give_number(std::uint32_t slot, std::uint32_t number) {
  cached_[slot].note = (cached_[slot].note & strayed) | number;
  slots_[number & slots_mask_] = static_cast<std::uint16_t>(slot);
}

/// Of two cached contents. Where their hashes look the same to the index it may exchange their entries
/// instead: then one that has strayed is not known to have, and is dropped with those that were left.
[[gnu::noinline]] void ContentTable::swap_numbers(std::uint32_t slot, std::uint32_t other) {
  const std::uint32_t number = number_of(slot);
  const std::uint32_t other_number = number_of(other);
  index_.replace(cached_[slot].digest().low, number, other_number);
  index_.replace(cached_[other].digest().low, other_number, number);
  give_number(slot, other_number);
  give_number(other, number);
}

/// A number is no cached content's any more: the newest has it from now on, so that there is none between
/// them that nobody has.
[[gnu::noinline]] void ContentTable::close_gap(std::uint32_t number) {
  const std::uint32_t last = newest();
  if (number != last) {
    const std::uint32_t slot = slot_at(last);
    index_.replace(cached_[slot].digest().low, last, number);
    give_number(slot, number);
  }
  cached_size_ -= 1;
}

/// A few of those whose time is up.
[[gnu::noinline]] void ContentTable::forget_expired(TimePoint now) noexcept {
  for (int i = 0; i < forgotten_at_once && seen_.size() > 0; ++i) {
    if (!has_expired(seen_[seen_.front()], now)) return;
    pop(seen_, 0);
  }
}

/// Precondition: it is not empty. `begin`: of its numbers in the index.
inline void ContentTable::pop(ContentQueue& queue, std::uint32_t begin) noexcept {
  const std::uint32_t number = queue.front();
  const ContentQueue::Record& record = queue[number];
  index_.leave(record.digest().low, begin + number, (record.note & strayed) != 0);
  queue.pop();
}

}  // namespace gossip
