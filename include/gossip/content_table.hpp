#pragma once
/// \file
/// Which contents are known: those of messages at hand, those of messages that were evicted, and those found
/// invalid. One table for all, so that what a message costs in it is to be entered once.

#include <gossip/content_queue.hpp>
#include <gossip/digest.hpp>
#include <gossip/export.hpp>
#include <gossip/flat_index.hpp>
#include <gossip/types.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace gossip {

/// Contents by their digests, each in one of three states. A cached one belongs to a slot of whoever owns the
/// table, who tells whether the bytes are equal; of the others only the digest is left, which decides.
/// Evicted and rejected contents are forgotten in the order in which they came to be so: when there are too
/// many of them, and the evicted also when they get too old. Memory grows with the most that was ever held,
/// up to 40 bytes for each, and 50 while the index grows. No single call pays for more than a few entries.
///
/// In one index all of them have numbers. A cached content gets the one that it will have when it is evicted,
/// in the order in which they are added, which is the one in which most are evicted: so an eviction, and the
/// end of what was evicted, change nothing in the index, which is large and mostly far away. One that is
/// evicted out of that order changes numbers with the one whose turn it is: two changes in the index, for
/// each that is evicted while that one stays. Not thread-safe.
class GOSSIP_EXPORT ContentTable {
 public:
  /// What is known of a content.
  enum class State : std::uint8_t {
    unknown,   ///< nothing
    cached,    ///< its message is at hand
    seen,      ///< its message was evicted
    rejected,  ///< it was found invalid
  };

  /// Evicted contents that may be known at once, and as many rejected ones.
  static constexpr std::size_t departed_max = (std::size_t{1} << 25U) - (std::size_t{1} << 16U);

  /// So much of the beginning of a table does a find() look at: its first members, up to cached_size_.
  static constexpr std::size_t looked_up_bytes =
      sizeof(FlatIndex) + sizeof(ContentQueue) + sizeof(void*) + 2 * sizeof(std::uint32_t);

  /// The bounds of what is known only by its digest.
  struct Limits {
    Duration seen_ttl{};           ///< how long an evicted content is known, up to 24 h; 0: not at all
    std::size_t seen_max = 0;      ///< evicted contents known at once, at most departed_max
    std::size_t rejected_max = 0;  ///< rejected contents known at once, at most departed_max
  };

  /// Room for `cached` contents of messages, 1 to 2^16, whose slots are below that. Throws std::bad_alloc.
  ContentTable(const Limits& limits, std::size_t cached);

  /// What find() found.
  struct Found {
    State state = State::unknown;  ///< how it is known
    std::uint32_t slot = 0;        ///< of a cached content
  };
  /// How a content is known. `equal(slot)` tells whether the message in that slot is the one. What was
  /// evicted seen_ttl ago is unknown.
  template <typename Equal>
  [[nodiscard]] Found find(const Digest& digest, TimePoint now, const Equal& equal) const {
    const std::uint32_t number = look_up(digest, [&](std::uint32_t candidate) {
      if (is_cached(candidate)) return equal(slot_at(candidate));
      return departed(candidate, digest, now) != State::unknown;
    });
    if (number == none) return {};
    if (is_cached(number)) return {State::cached, slot_at(number)};
    return {number < rejected_begin ? State::seen : State::rejected, 0};
  }

  /// The slot of a cached content; nothing where there is no such one.
  template <typename Equal>
  [[nodiscard]] std::optional<std::uint32_t> slot_of(const Digest& digest, const Equal& equal) const {
    const std::uint32_t number = look_up(
        digest, [&](std::uint32_t candidate) { return is_cached(candidate) && equal(slot_at(candidate)); });
    if (number == none) return std::nullopt;
    return slot_at(number);
  }

  /// Whether an evicted content's time is up. Times are kept in steps of 2^20 ns: one is known for seen_ttl
  /// and up to two steps more, about two milliseconds. `now` may be up to a second before the eviction, as
  /// where threads have looked at the clock in another order than they come. A count of steps begins anew
  /// after 13 days: where nothing was evicted for so long, what was evicted before is known once more.
  [[nodiscard]] static bool is_over(Duration seen_ttl, TimePoint evicted, TimePoint now) {
    return is_over(lifetime(seen_ttl), ticks(evicted), ticks(now));
  }

  /// A content that find() does not know is cached in this slot, which is free, from now on. Throws
  /// std::bad_alloc, and is unchanged then.
  void add(const Digest& digest, std::uint32_t slot);

  /// \{
  /// The cached content in a slot is so no longer: it was evicted, found invalid, or is to be forgotten.
  /// Where there is no memory left to remember it, it is forgotten.
  void evict(std::uint32_t slot, TimePoint now) noexcept;
  void reject(std::uint32_t slot) noexcept;
  void forget(std::uint32_t slot) noexcept;
  /// \}

  /// Asks for the memory that a find() is about to touch, or an add().
  [[gnu::always_inline]] void prefetch(const Digest& digest) const { index_.prefetch(digest.low); }
  /// Once that is there, calls `touch(slot)` for the slot of a cached content that may be found.
  template <typename Touch>
  [[gnu::always_inline]] void prefetch_slots(const Digest& digest, const Touch& touch) const {
    index_.prefetch_slots(
        digest.low, [&](std::uint32_t number) __attribute__((always_inline)) {
          if (is_cached(number)) touch(slot_at(number));
        });
  }

  /// Asks for where slots are told by numbers, which a find() of a cached content looks at besides: for all
  /// of it where at most 32 are cached.
  [[gnu::always_inline]] void prefetch_numbers() const {
    __builtin_prefetch(&slots_[seen_.end() & slots_mask_]);
  }
  /// \{
  /// Where nothing was asked for ahead: of where an evict() of this slot will write, and once that is there,
  /// what.
  [[gnu::always_inline]] void prefetch_places(std::uint32_t slot) const {
    gossip::prefetch(&cached_[slot], sizeof(cached_[slot]));
    seen_.prefetch_places();
  }
  [[gnu::always_inline]] void prefetch_departure() const { seen_.prefetch(); }
  /// \}

  /// \{
  /// Contents held in these states. Of the evicted ones whose time is up each evict() drops a few, so some
  /// may be among them.
  [[nodiscard]] std::size_t seen() const { return seen_.size(); }
  [[nodiscard]] std::size_t rejected() const { return rejected_.size(); }
  /// \}

 private:
  static constexpr std::uint64_t ticks_mask = (std::uint64_t{1} << 30U) - 1;

  /// Numbers in the index: those of seen_, of which the cached contents have the next ones, and then those of
  /// rejected_.
  static constexpr std::uint32_t rejected_begin = ContentQueue::numbers;
  static_assert(2 * std::uint64_t{rejected_begin} <= FlatIndex::slots_max);
  static constexpr std::uint32_t none = 0xffffffffU;
  /// In a record's note: FlatIndex::leave() has to look for its entry.
  static constexpr std::uint32_t strayed = std::uint32_t{1} << 31U;
  /// What the index asks.
  struct Slots;

  template <typename Equal>
  [[nodiscard]] std::uint32_t look_up(const Digest& digest, const Equal& equal) const {
    return index_.find(digest.low, equal).value_or(none);
  }

  [[nodiscard]] static std::uint64_t ticks(TimePoint time) {
    return static_cast<std::uint64_t>(time.time_since_epoch().count()) >> 20U & ticks_mask;
  }
  /// The same in ticks; what is above those of `evicted` does not matter.
  [[nodiscard]] static bool is_over(std::uint64_t lifetime, std::uint64_t evicted, std::uint64_t now) {
    constexpr std::uint64_t early = 1024;
    return ((now - evicted + early) & ticks_mask) >= lifetime + early;
  }
  /// In ticks, the one in which it was evicted among them.
  [[nodiscard]] static std::uint64_t lifetime(Duration seen_ttl) {
    if (seen_ttl == Duration::zero()) return 0;
    return ((static_cast<std::uint64_t>(seen_ttl.count()) + (1U << 20U) - 1) >> 20U) + 1;
  }
  [[nodiscard]] bool has_expired(const ContentQueue::Record& evicted, TimePoint now) const {
    return is_over(lifetime_, evicted.note, ticks(now));
  }

  [[nodiscard]] bool is_cached(std::uint32_t number) const {
    return number < rejected_begin && seen_.distance(number) - seen_.size() < cached_size_;
  }
  [[nodiscard]] std::uint32_t slot_at(std::uint32_t number) const { return slots_[number & slots_mask_]; }
  [[nodiscard]] std::uint32_t number_of(std::uint32_t slot) const { return cached_[slot].note & ~strayed; }
  /// The number of the cached content that was given the last one.
  [[nodiscard]] std::uint32_t newest() const { return ContentQueue::after(seen_.end(), cached_size_ - 1); }

  [[nodiscard]] State departed(std::uint32_t number, const Digest& digest, TimePoint now) const;
  void give_number(std::uint32_t slot, std::uint32_t number);
  void swap_numbers(std::uint32_t slot, std::uint32_t other);
  void close_gap(std::uint32_t number);
  void forget_expired(TimePoint now) noexcept;
  void pop(ContentQueue& queue, std::uint32_t begin) noexcept;

  FlatIndex index_;
  ContentQueue seen_;
  std::unique_ptr<std::uint16_t[]> slots_;  ///< of the cached contents, by the lower bits of their numbers
  std::uint32_t slots_mask_;
  std::uint32_t cached_size_ = 0;             ///< cached contents: their numbers are the next ones of seen_
  std::vector<ContentQueue::Record> cached_;  ///< by slot; the note is the number
  Limits limits_;
  std::uint64_t lifetime_;  ///< seen_ttl in ticks
  ContentQueue rejected_;
};

}  // namespace gossip
