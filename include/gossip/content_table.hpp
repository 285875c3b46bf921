#pragma once
/// \file
/// Which contents are known: those of messages at hand, those of messages that were evicted, and those found
/// invalid. One table for all, so that what a message costs in it is to be entered once and forgotten once.

#include <gossip/digest.hpp>
#include <gossip/export.hpp>
#include <gossip/flat_index.hpp>
#include <gossip/prefetch.hpp>
#include <gossip/types.hpp>

#include <array>
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
/// many of them, and the evicted also when they get too old. They stand in that order, so that memory grows
/// with what is held, up to 40 bytes for each, and a duplicate of what is cached touches nothing but the
/// index. No single call pays for more than a few entries. Not thread-safe.
class GOSSIP_EXPORT ContentTable {
 public:
  /// What is known of a content.
  enum class State : std::uint8_t {
    unknown,   ///< nothing
    cached,    ///< its message is at hand
    seen,      ///< its message was evicted
    rejected,  ///< it was found invalid
  };

  /// The bounds of what is known only by its digest.
  struct Limits {
    Duration seen_ttl{};           ///< how long an evicted content is known; 0: not at all
    std::size_t seen_max = 0;      ///< evicted contents known at once, at most 2^25 - 2^16
    std::size_t rejected_max = 0;  ///< rejected contents known at once, at most 2^25 - 2^16
  };

  /// Room for `cached` contents of messages without growing. Throws std::bad_alloc.
  ContentTable(const Limits& limits, std::size_t cached);

  /// What find() found.
  struct Found {
    State state = State::unknown;  ///< how it is known
    std::uint32_t slot = 0;        ///< of a cached content
  };
  /// How a content is known. `equal(slot)` tells whether the message in that slot is the one. What was
  /// evicted seen_ttl ago is unknown, and forgotten.
  template <typename Equal>
  [[nodiscard]] Found find(const Digest& digest, TimePoint now, const Equal& equal) {
    const std::uint32_t number = look_up(digest, equal);
    if (number == none) return {};
    if (number < slots_end) return {State::cached, number};
    Departed& departed = departed_at(number);
    if (departed.state() == State::seen && has_expired(departed, now)) {
      index_.erase(digest.low, number);
      departed.state_and_since = state_and_since(State::unknown);
      return {};
    }
    return {departed.state(), 0};
  }

  /// The slot of a cached content; nothing where there is no such one.
  template <typename Equal>
  [[nodiscard]] std::optional<std::uint32_t> slot_of(const Digest& digest, const Equal& equal) const {
    const std::uint32_t number = look_up(digest, equal);
    if (number >= slots_end) return std::nullopt;
    return number;
  }

  /// Whether an evicted content's time is up. Times are kept in steps of 2^20 ns: one is known for seen_ttl
  /// and up to two steps more, about two milliseconds.
  [[nodiscard]] static bool is_over(Duration seen_ttl, TimePoint evicted, TimePoint now) {
    return ((ticks(now) - ticks(evicted)) & ticks_mask) >= lifetime(seen_ttl);
  }

  /// A content that find() does not know is cached in this slot, below 2^16 and free, from now on. Throws
  /// std::bad_alloc, and is unchanged then.
  void add(const Digest& digest, std::uint32_t slot);

  /// \{
  /// The cached content in a slot is so no longer: it was evicted, found invalid, or is to be forgotten.
  /// Where there is no memory left to remember it, it is forgotten.
  void evict(std::uint32_t slot, TimePoint now) noexcept;
  void reject(std::uint32_t slot) noexcept;
  void forget(std::uint32_t slot) noexcept;
  /// \}

  /// Asks for the memory that a find() is about to touch, or a forget().
  [[gnu::always_inline]] void prefetch(const Digest& digest) const { index_.prefetch(digest.low); }
  /// Once that is there, calls `touch(slot)` for the slot of a cached content that may be found.
  template <typename Touch>
  [[gnu::always_inline]] void prefetch_slots(const Digest& digest, const Touch& touch) const {
    index_.prefetch_slots(
        digest.low, [&](std::uint32_t number) __attribute__((always_inline)) {
          if (number < slots_end) touch(number);
        });
  }
  /// Asks for what evict() of this slot, which is to be the next but one, will touch, and what it will
  /// forget.
  [[gnu::always_inline]] void prefetch_evict(std::uint32_t slot) const {
    index_.prefetch(digests_[slot].low);
    if (seen_.size >= 2) index_.prefetch(departed_at(slots_end + behind(seen_.oldest)).digest().low);
  }

  /// \{
  /// Where nothing was asked for ahead: of where an evict() of this slot will write, and once that is there,
  /// what.
  [[gnu::always_inline]] void prefetch_places(std::uint32_t slot) const {
    __builtin_prefetch(&digests_[slot]);
    if (seen_.size == 0) return;
    __builtin_prefetch(&chunks_[seen_.newest / chunk_contents]);
    __builtin_prefetch(&chunks_[seen_.oldest / chunk_contents]);
  }
  [[gnu::always_inline]] void prefetch_departure(std::uint32_t slot) const {
    index_.prefetch(digests_[slot].low);
    if (seen_.size == 0) return;
    const Chunk& newest = *chunks_[seen_.newest / chunk_contents];
    const Chunk& oldest = *chunks_[seen_.oldest / chunk_contents];
    __builtin_prefetch(&newest.departed[seen_.newest % chunk_contents]);
    __builtin_prefetch(&oldest.departed[seen_.oldest % chunk_contents]);
  }
  /// \}

  /// \{
  /// Contents held in these states. Of the evicted ones whose time is up each evict() drops a few, so some
  /// may be among them.
  [[nodiscard]] std::size_t seen() const { return seen_.size; }
  [[nodiscard]] std::size_t rejected() const { return rejected_.size; }
  /// \}

 private:
  static constexpr unsigned tick_bits = 30;
  static constexpr std::uint64_t ticks_mask = (std::uint64_t{1} << tick_bits) - 1;

  /// In the index contents have numbers: a cached one that of its slot, the others come behind.
  static constexpr std::uint32_t slots_end = std::uint32_t{1} << 16U;
  static constexpr std::uint32_t none = 0xffffffffU;

  /// What is known of a content that is not cached.
  struct Departed {
    std::array<std::uint32_t, 4> bytes{};  ///< of its digest: that itself would leave gaps between them
    std::uint32_t state_and_since = 0;     ///< since when it was evicted, in ticks: begins anew after 13 days

    [[nodiscard]] Digest digest() const { return std::bit_cast<Digest>(bytes); }
    [[nodiscard]] State state() const { return static_cast<State>(state_and_since >> tick_bits); }
    [[nodiscard]] std::uint64_t since() const { return state_and_since & ticks_mask; }
  };
  static_assert(sizeof(Departed) == 20);
  [[nodiscard]] static std::uint32_t state_and_since(State state, std::uint64_t since = 0) {
    return static_cast<std::uint32_t>(state) << tick_bits | static_cast<std::uint32_t>(since);
  }
  /// Those that stand behind one another in a queue.
  static constexpr std::uint32_t chunk_contents = 32;
  struct Chunk {
    std::array<Departed, chunk_contents> departed;
    std::uint32_t next = none;  ///< in its queue, or free
  };
  /// Those of one state, in the order in which they are forgotten. Places are counted chunk by chunk.
  struct Queue {
    std::uint32_t oldest = none;
    std::uint32_t newest = none;
    std::size_t size = 0;
  };

  template <typename Equal>
  [[nodiscard]] std::uint32_t look_up(const Digest& digest, const Equal& equal) const {
    return index_
        .find(digest.low,
              [&](std::uint32_t number) {
                return number < slots_end ? equal(number) : digest_at(number) == digest;
              })
        .value_or(none);
  }

  [[nodiscard]] static std::uint64_t ticks(TimePoint time) {
    return static_cast<std::uint64_t>(time.time_since_epoch().count()) >> 20U & ticks_mask;
  }
  /// In ticks, the one in which it was evicted among them.
  [[nodiscard]] static std::uint64_t lifetime(Duration seen_ttl) {
    if (seen_ttl == Duration::zero()) return 0;
    return ((static_cast<std::uint64_t>(seen_ttl.count()) + (1U << 20U) - 1) >> 20U) + 1;
  }
  [[nodiscard]] bool has_expired(const Departed& departed, TimePoint now) const {
    return ((ticks(now) - departed.since()) & ticks_mask) >= lifetime_;
  }

  [[nodiscard]] Digest digest_at(std::uint32_t number) const {
    return number < slots_end ? digests_[number] : departed_at(number).digest();
  }
  [[nodiscard]] Departed& departed_at(std::uint32_t number) const {
    const std::uint32_t place = number - slots_end;
    return chunks_[place / chunk_contents]->departed[place % chunk_contents];
  }
  /// The place behind one in its queue. Precondition: it is not the newest.
  [[nodiscard]] std::uint32_t behind(std::uint32_t place) const {
    if ((place + 1) % chunk_contents != 0) return place + 1;
    return chunks_[place / chunk_contents]->next * chunk_contents;
  }
  void reserve_chunks();
  [[nodiscard]] std::uint32_t take_chunk();
  void depart(std::uint32_t slot, Queue& queue, std::uint32_t how) noexcept;
  [[nodiscard]] std::uint32_t begin_chunk(const Queue& queue) noexcept;
  void forget_expired(TimePoint now) noexcept;
  void pop(Queue& queue) noexcept;
  void end_chunk(Queue& queue) noexcept;

  FlatIndex index_;
  Limits limits_;
  std::uint64_t lifetime_;       ///< seen_ttl in ticks
  std::vector<Digest> digests_;  ///< of cached contents, by slot
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::uint32_t free_chunk_ = none;
  Queue seen_;
  Queue rejected_;
};

}  // namespace gossip
