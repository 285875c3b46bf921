#include <gossip/content_table.hpp>

#include <bit>
#include <new>
#include <utility>

namespace gossip {
namespace {

/// Expired contents that are forgotten for each one that is evicted.
constexpr int forgotten_at_once = 4;

}  // namespace

ContentTable::ContentTable(const Limits& limits, std::size_t cached)
    : index_(cached), limits_(limits), lifetime_(lifetime(limits.seen_ttl)) {
  if (limits_.seen_ttl == Duration::zero()) limits_.seen_max = 0;
  digests_.reserve(cached);
}

void ContentTable::add(const Digest& digest, std::uint32_t slot) {
  if (slot >= digests_.size()) digests_.resize(slot + std::size_t{1});
  // Any number of those that are cached may depart before the next is added.
  if (chunks_.capacity() - chunks_.size() < digests_.size() / chunk_contents + 2) reserve_chunks();
  index_.insert(digest.low, slot, [this](std::uint32_t number) { return digest_at(number).low; });
  digests_[slot] = digest;
}

void ContentTable::evict(std::uint32_t slot, TimePoint now) noexcept {
  if (limits_.seen_max == 0) return forget(slot);
  if (seen_.size > 0 && has_expired(departed_at(slots_end + seen_.oldest), now)) forget_expired(now);
  if (seen_.size == limits_.seen_max) pop(seen_);
  depart(slot, seen_, state_and_since(State::seen, ticks(now)));
}

void ContentTable::reject(std::uint32_t slot) noexcept {
  if (limits_.rejected_max == 0) return forget(slot);
  if (rejected_.size == limits_.rejected_max) pop(rejected_);
  depart(slot, rejected_, state_and_since(State::rejected));
}

void ContentTable::forget(std::uint32_t slot) noexcept {
  index_.erase(digests_[slot].low, slot);
}

/// Chunks are small and what names them is not, so that is made where an exception may leave.
void ContentTable::reserve_chunks() {
  chunks_.reserve(chunks_.size() + chunks_.size() / 4 + digests_.size() / chunk_contents + 4);
}

std::uint32_t ContentTable::take_chunk() {
  if (free_chunk_ == none) {
    auto chunk = std::make_unique<Chunk>();
    if (chunks_.size() == chunks_.capacity()) reserve_chunks();
    chunks_.push_back(std::move(chunk));
    return static_cast<std::uint32_t>(chunks_.size() - 1);
  }
  return std::exchange(free_chunk_, chunks_[free_chunk_]->next);
}

/// The content in a slot goes to the end of a queue.
inline void ContentTable::depart(std::uint32_t slot, Queue& queue, std::uint32_t how) noexcept {
  const bool goes_on = queue.size > 0 && (queue.newest + 1) % chunk_contents != 0;
  const std::uint32_t place = goes_on ? queue.newest + 1 : begin_chunk(queue);
  if (place == none) return forget(slot);
  Departed& departed = departed_at(slots_end + place);
  departed.bytes = std::bit_cast<decltype(departed.bytes)>(digests_[slot]);
  departed.state_and_since = how;
  index_.replace(digests_[slot].low, slot, slots_end + place);
  if (queue.size++ == 0) queue.oldest = place;
  queue.newest = place;
}

/// The first place of a chunk behind the newest; none where there is no memory for it.
[[gnu::noinline]] std::uint32_t ContentTable::begin_chunk(const Queue& queue) noexcept try {
  const std::uint32_t chunk = take_chunk();
  chunks_[chunk]->next = none;
  if (queue.size > 0) chunks_[queue.newest / chunk_contents]->next = chunk;
  return chunk * chunk_contents;
} catch (const std::bad_alloc&) {
  return none;
}

/// A few of those whose time is up.
[[gnu::noinline]] void ContentTable::forget_expired(TimePoint now) noexcept {
  for (int i = 0; i < forgotten_at_once && seen_.size > 0; ++i) {
    if (!has_expired(departed_at(slots_end + seen_.oldest), now)) return;
    pop(seen_);
  }
}

/// Precondition: it is not empty.
inline void ContentTable::pop(Queue& queue) noexcept {
  const std::uint32_t number = slots_end + queue.oldest;
  // One whose time was up when it was looked for is not in the index any more.
  const Departed& departed = departed_at(number);
  if (departed.state() != State::unknown) index_.erase(departed.digest().low, number);
  queue.size -= 1;
  queue.oldest += 1;
  if (queue.size == 0 || queue.oldest % chunk_contents == 0) end_chunk(queue);
}

/// The oldest was the last one of its chunk, or of all.
[[gnu::noinline]] void ContentTable::end_chunk(Queue& queue) noexcept {
  const std::uint32_t left = (queue.oldest - 1) / chunk_contents;
  const std::uint32_t next = std::exchange(chunks_[left]->next, std::exchange(free_chunk_, left));
  queue.oldest = next == none ? none : next * chunk_contents;
  // The chunk behind the one that begins now was written long ago: by when it begins it is there.
  if (next == none || chunks_[next]->next == none) return;
  prefetch_between(chunks_[chunks_[next]->next].get(), chunks_[chunks_[next]->next].get() + 1);
}

}  // namespace gossip
