#pragma once
/// \file
/// A hash table from a hash to a slot number; whoever owns the slots decides equality. It is what makes
/// lookups by id, content and digest O(1) without an allocation per entry.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace gossip {

/// Finds slots by hash. A bucket is a cache line with room for twelve, two thirds full at most on average;
/// one look at its tags finds what may be meant. What finds no room goes into the next bucket, and each
/// bucket counts what went past it, so that nothing has to be moved, or left as a mark, where one is taken
/// out. It grows by doubling when more is inserted than was reserved, and moves what it holds one bucket with
/// each insertion: no single one pays for all. What was reserved and never used takes no memory, since the
/// system hands out zeroed pages as they are touched. Not thread-safe.
class FlatIndex {
 public:
  /// A slot's number is below this: the bits above it tell more of the hash, so that hardly ever a slot is
  /// looked at in vain.
  static constexpr std::uint32_t slots_max = std::uint32_t{1} << 26U;

  /// Room for `capacity` entries without growing; without any there is no memory, either. Throws
  /// std::bad_alloc.
  explicit FlatIndex(std::size_t capacity = 0)
      : table_(capacity == 0 ? Table() : Table(buckets_for(capacity))),
        size_max_(table_.buckets() * entries_per_bucket) {}

  /// The slot for which `equal(slot)` holds among those inserted with this hash, or with another one that
  /// looks the same here: `equal` has to decide alone.
  template <typename Equal>
  [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t hash, const Equal& equal) const {
    const auto place = table_.find(hash, equal);
    if (place || !is_moving_) return place;
    return old_.find(hash, equal);
  }

  /// Precondition: the slot is below slots_max, and not there with the same hash. Where it has to grow,
  /// `hash_of(slot)` is asked with which hash a slot that is there was inserted. Throws std::bad_alloc where
  /// it has to grow, and is unchanged then.
  template <typename HashOf>
  void insert(std::uint64_t hash, std::uint32_t slot, const HashOf& hash_of) {
    if (size_ >= size_max_ || is_moving_) make_room(hash_of);
    table_.place(hash, slot);
    size_ += 1;
  }

  /// Makes sure that so many more can be inserted without an exception. Throws std::bad_alloc.
  template <typename HashOf>
  void reserve(std::size_t more, const HashOf& hash_of) {
    while (size_ + more > size_max_) grow(hash_of);
  }

  /// Precondition: the slot was inserted with this hash.
  void erase(std::uint64_t hash, std::uint32_t slot) {
    if (!is_moving_ || !old_.erase(hash, slot)) table_.erase(hash, slot);
    size_ -= 1;
  }

  /// Asks for the memory that a find(), insert() or erase() with this hash is about to touch. Inlined, as are
  /// those that only call it: compilers see no effect and leave out calls of what has none.
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const { table_.prefetch(hash); }

  /// Entries: what was inserted and not erased.
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  /// On average, at most. Then one entry in fifteen goes past its bucket.
  static constexpr std::size_t entries_per_bucket = 8;
  static constexpr std::size_t bucket_entries = 12;

  struct alignas(64) Bucket {
    std::array<std::uint8_t, bucket_entries> tags;  ///< 0: the entry is free
    std::uint32_t passed;                           ///< entries that belong here or before, and are behind
    std::array<std::uint32_t, bucket_entries> slots;

    /// A bit for each entry with this tag.
    [[nodiscard]] std::uint32_t matches(std::uint8_t tag) const {
#ifdef __SSE2__
      const __m128i all = _mm_load_si128(reinterpret_cast<const __m128i*>(tags.data()));
      const __m128i same = _mm_cmpeq_epi8(all, _mm_set1_epi8(static_cast<char>(tag)));
      return static_cast<std::uint32_t>(_mm_movemask_epi8(same)) & ((1U << bucket_entries) - 1);
#else
      std::uint32_t found = 0;
      for (std::size_t i = 0; i < bucket_entries; ++i) found |= (tags[i] == tag ? 1U : 0U) << i;
      return found;
#endif
    }
  };

  /// What a table without memory looks into.
  static constexpr Bucket no_entries{};

  /// The buckets, all zero at first. A table into which nothing was inserted has no memory.
  class Table {
   public:
    Table() = default;
    explicit Table(std::size_t buckets)
        : memory_(std::calloc(buckets + 1, sizeof(Bucket))), mask_(static_cast<std::uint32_t>(buckets - 1)) {
      if (memory_ == nullptr) throw std::bad_alloc();
      void* aligned = memory_.get();
      std::size_t space = (buckets + 1) * sizeof(Bucket);
      buckets_ = static_cast<Bucket*>(std::align(alignof(Bucket), buckets * sizeof(Bucket), aligned, space));
    }

    [[nodiscard]] bool empty() const { return memory_ == nullptr; }
    [[nodiscard]] std::size_t buckets() const { return empty() ? 0 : std::size_t{mask_} + 1; }
    [[gnu::always_inline]] void prefetch(std::uint64_t hash) const {
      __builtin_prefetch(&buckets_[hash & mask_]);
    }

    template <typename Equal>
    [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t hash, const Equal& equal) const {
      const std::uint32_t home = static_cast<std::uint32_t>(hash) & mask_;
      const std::uint32_t mark = mark_of(hash);
      std::uint32_t at = home;
      do {
        const Bucket& bucket = buckets_[at];
        for (std::uint32_t same = bucket.matches(tag_of(hash)); same != 0; same &= same - 1) {
          const std::uint32_t slot = bucket.slots[static_cast<std::size_t>(std::countr_zero(same))] ^ mark;
          if (slot < slots_max && equal(slot)) return slot;
        }
        if (bucket.passed == 0) break;
        at = (at + 1) & mask_;
      } while (at != home);  // in a small table something may have gone past each bucket
      return std::nullopt;
    }

    void place(std::uint64_t hash, std::uint32_t slot) {
      for (std::uint32_t at = static_cast<std::uint32_t>(hash) & mask_;; at = (at + 1) & mask_) {
        Bucket& bucket = buckets_[at];
        if (const std::uint32_t free = bucket.matches(0)) {
          const auto entry = static_cast<std::size_t>(std::countr_zero(free));
          bucket.tags[entry] = tag_of(hash);
          bucket.slots[entry] = slot ^ mark_of(hash);
          return;
        }
        bucket.passed += 1;
      }
    }

    /// False: it is not here.
    bool erase(std::uint64_t hash, std::uint32_t slot) {
      const std::uint32_t home = static_cast<std::uint32_t>(hash) & mask_;
      const std::uint32_t marked = slot ^ mark_of(hash);
      std::uint32_t at = home;
      do {
        Bucket& bucket = buckets_[at];
        for (std::uint32_t same = bucket.matches(tag_of(hash)); same != 0; same &= same - 1) {
          const auto entry = static_cast<std::size_t>(std::countr_zero(same));
          if (bucket.slots[entry] != marked) continue;
          bucket.tags[entry] = 0;
          for (std::uint32_t past = home; past != at; past = (past + 1) & mask_) buckets_[past].passed -= 1;
          return true;
        }
        if (bucket.passed == 0) break;
        at = (at + 1) & mask_;
      } while (at != home);
      return false;
    }

    /// Empties a bucket into another table. What counts as having gone past others goes on counting so.
    template <typename HashOf>
    void move_bucket(std::size_t bucket, Table& to, const HashOf& hash_of) {
      Bucket& from = buckets_[bucket];
      for (std::size_t entry = 0; entry < bucket_entries; ++entry) {
        if (from.tags[entry] == 0) continue;
        const std::uint32_t slot = from.slots[entry] % slots_max;
        to.place(hash_of(slot), slot);
      }
      from.tags = {};
    }

   private:
    struct Free {
      void operator()(void* memory) const { std::free(memory); }
    };

    /// Of bits that no bucket's number is made of, short of 2^24 buckets; never 0.
    [[nodiscard]] static std::uint8_t tag_of(std::uint64_t hash) {
      return static_cast<std::uint8_t>(std::max(1U, static_cast<std::uint32_t>(hash) >> 24U));
    }
    /// Further bits, which stand above the slot's number.
    [[nodiscard]] static std::uint32_t mark_of(std::uint64_t hash) {
      return static_cast<std::uint32_t>(hash >> 32U) / slots_max * slots_max;
    }

    std::unique_ptr<void, Free> memory_;
    /// In memory_; where there is none, nothing is inserted either.
    Bucket* buckets_ = const_cast<Bucket*>(&no_entries);
    std::uint32_t mask_ = 0;
  };

  static std::size_t buckets_for(std::size_t capacity) {
    std::size_t buckets = 1;
    while (buckets * entries_per_bucket < capacity) buckets *= 2;
    return buckets;
  }

  template <typename HashOf>
  void make_room(const HashOf& hash_of) {
    reserve(1, hash_of);
    if (is_moving_) move_some(hash_of);
  }

  template <typename HashOf>
  void grow(const HashOf& hash_of) {
    Table larger(std::max<std::size_t>(1, table_.buckets() * 2));
    while (is_moving_) move_some(hash_of);
    old_ = std::exchange(table_, std::move(larger));
    is_moving_ = !old_.empty();
    moved_ = 0;
    size_max_ = table_.buckets() * entries_per_bucket;
  }

  /// The old buckets are empty long before the new ones are full: eight times as many insertions fit.
  template <typename HashOf>
  void move_some(const HashOf& hash_of) {
    old_.move_bucket(moved_++, table_, hash_of);
    if (moved_ < old_.buckets()) return;
    old_ = {};
    is_moving_ = false;
  }

  Table table_;
  Table old_;  ///< what was not moved yet after growing
  bool is_moving_ = false;
  std::size_t moved_ = 0;
  std::size_t size_ = 0;
  std::size_t size_max_;  ///< without growing
};

}  // namespace gossip
