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
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace gossip {

/// Finds slots by hash. The first eight entries stand in the index itself. Further ones go into buckets, each
/// a cache line with room for twelve; one look at its tags finds what may be meant. What finds no room goes
/// into the next bucket, and each bucket counts what went past it, so that nothing has to be moved, or left
/// as a mark, where one is taken out. When more is inserted than was reserved it grows, and moves what it
/// holds one bucket with each insertion: no single one pays for all. What was reserved and never used takes
/// no memory, since the system hands out zeroed pages as they are touched. Not thread-safe.
///
/// Many small indexes are to take little memory, a large one little time. Up to 1,280 entries ten of a
/// bucket's twelve are taken at most on average, and it grows by a quarter. Where entries come and go for
/// long, something has gone past six buckets of seven then, and who looks for what is not there goes on from
/// those. Beyond 1,280 entries six are taken at most, and it grows by half: something has gone past one
/// bucket in twenty-eight.
class FlatIndex {
 public:
  /// A slot's number is below this: the bits above it tell more of the hash, so that hardly ever a slot is
  /// looked at in vain.
  static constexpr std::uint32_t slots_max = std::uint32_t{1} << 26U;

  /// Room for `capacity` entries without growing; for a few there is no memory besides. Throws
  /// std::bad_alloc.
  explicit FlatIndex(std::size_t capacity = 0)
      : table_(capacity <= few_max ? Table() : Table(buckets_for(capacity))), size_max_(room_of(table_)) {}

  /// The slot for which `equal(slot)` holds among those inserted with this hash, or with another one that
  /// looks the same here: `equal` has to decide alone.
  template <typename Equal>
  [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t hash, const Equal& equal) const {
    const std::uint32_t slot = is_plain() ? table_.find(hash, equal) : find_elsewhere(hash, equal);
    return slot == none ? std::nullopt : std::optional(slot);
  }

  /// Precondition: the slot is below slots_max, and not there with the same hash. Where it has to grow,
  /// `hash_of(slot)` is asked with which hash a slot that is there was inserted. Throws std::bad_alloc where
  /// it has to grow, and is unchanged then.
  template <typename HashOf>
  void insert(std::uint64_t hash, std::uint32_t slot, const HashOf& hash_of) {
    if (size_ >= size_max_ || moving_ != nullptr) make_room(hash_of);
    size_ += 1;
    table_.empty() ? few_.place(hash, slot) : table_.place(hash, slot);
  }

  /// Makes sure that so many more can be inserted without an exception. Throws std::bad_alloc.
  template <typename HashOf>
  void reserve(std::size_t more, const HashOf& hash_of) {
    if (size_ + more > size_max_) grow(size_ + more, hash_of);
  }

  /// Precondition: the slot was inserted with this hash.
  void erase(std::uint64_t hash, std::uint32_t slot) {
    size_ -= 1;
    if (!is_plain() && erase_elsewhere(hash, slot)) return;
    table_.erase(hash, slot);
  }

  /// Another slot takes the place of one that was inserted with this hash. Precondition: as of insert() and
  /// of erase().
  void replace(std::uint64_t hash, std::uint32_t slot, std::uint32_t with) {
    if (!is_plain() && replace_elsewhere(hash, slot, with)) return;
    table_.replace(hash, slot, with);
  }

  /// \{
  /// Asks for the memory that a find(), insert() or erase() with this hash is about to touch. Inlined, as are
  /// those that only call it: compilers see no effect and leave out calls of what has none.
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const { table_.prefetch(hash); }
  /// Once that is there: calls `touch(slot)` for each slot near by that may be meant.
  template <typename Touch>
  [[gnu::always_inline]] void prefetch_slots(std::uint64_t hash, const Touch& touch) const {
    if (!table_.empty()) table_.for_likely(hash, touch);
  }
  /// \}

  /// Entries: what was inserted and not erased.
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  /// No slot. What is returned out of line is no std::optional: that would go through memory, and be read in
  /// one piece after having been written in two, which processors wait for.
  static constexpr std::uint32_t none = 0xffffffffU;
  static constexpr std::size_t bucket_entries = 12;
  /// A table of up to so many buckets is dense, a larger one sparse: so many entries are there for each
  /// bucket, at most.
  static constexpr std::size_t dense_buckets_max = 128;
  static constexpr std::size_t dense_entries = 10;
  static constexpr std::size_t sparse_entries = 6;
  static constexpr std::size_t few_max = 8;

  /// Of bits that no bucket's number is made of; odd, so never 0.
  [[nodiscard]] static std::uint8_t tag_of(std::uint64_t hash) {
    return static_cast<std::uint8_t>(hash >> 32U | 1U);
  }
  /// Further bits, which stand above the slot's number.
  [[nodiscard]] static std::uint32_t mark_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32U) / slots_max * slots_max;
  }

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

  /// Entries of an index that never had more, next to whatever owns it.
  struct Few {
    std::array<std::uint8_t, few_max> tags{};  ///< 0: the entry is free
    std::array<std::uint32_t, few_max> slots{};

    template <typename Equal>
    [[nodiscard]] std::uint32_t find(std::uint64_t hash, const Equal& equal) const {
      for (std::size_t entry = 0; entry < few_max; ++entry) {
        if (tags[entry] != tag_of(hash)) continue;
        const std::uint32_t slot = slots[entry] ^ mark_of(hash);
        if (slot < slots_max && equal(slot)) return slot;
      }
      return none;
    }

    /// The entry of a slot; that of no slot has the tag 0.
    [[nodiscard]] std::size_t entry_of(std::uint8_t tag, std::uint32_t marked) const {
      std::size_t entry = 0;
      while (tags[entry] != tag || (tag != 0 && slots[entry] != marked)) ++entry;
      return entry;
    }
    void place(std::uint64_t hash, std::uint32_t slot) {
      const std::size_t entry = entry_of(0, 0);
      tags[entry] = tag_of(hash);
      slots[entry] = slot ^ mark_of(hash);
    }
    void erase(std::uint64_t hash, std::uint32_t slot) {
      tags[entry_of(tag_of(hash), slot ^ mark_of(hash))] = 0;
    }
    void replace(std::uint64_t hash, std::uint32_t slot, std::uint32_t with) {
      slots[entry_of(tag_of(hash), slot ^ mark_of(hash))] = with ^ mark_of(hash);
    }
  };

  /// The buckets, all zero at first. A table into which nothing was inserted has no memory.
  class Table {
   public:
    Table() = default;
    explicit Table(std::size_t buckets)
        : first_(zeroed(buckets)), buckets_(static_cast<std::uint32_t>(buckets)) {}
    Table(Table&& other) noexcept
        : first_(std::exchange(other.first_, nothing())), buckets_(std::exchange(other.buckets_, 0)) {}
    Table& operator=(Table&& other) noexcept {
      std::swap(first_, other.first_);
      std::swap(buckets_, other.buckets_);
      return *this;
    }
    ~Table() { std::free(is_large(buckets_) ? memory_before(first_) : empty() ? nullptr : first_); }

    [[nodiscard]] bool empty() const { return buckets_ == 0; }
    [[nodiscard]] std::size_t buckets() const { return buckets_; }
    [[gnu::always_inline]] void prefetch(std::uint64_t hash) const {
      __builtin_prefetch(first_ + home_of(hash));
    }
    template <typename Touch>
    [[gnu::always_inline]] void for_likely(std::uint64_t hash, const Touch& touch) const {
      const Bucket& bucket = first_[home_of(hash)];
      for (std::uint32_t same = bucket.matches(tag_of(hash)); same != 0; same &= same - 1) {
        const std::uint32_t slot = bucket.slots[static_cast<std::size_t>(std::countr_zero(same))];
        if ((slot ^ mark_of(hash)) < slots_max) touch(slot ^ mark_of(hash));
      }
    }

    /// Mostly what is looked for is new, and nothing is where it belongs that could be it: that is seen at
    /// once.
    template <typename Equal>
    [[nodiscard]] std::uint32_t find(std::uint64_t hash, const Equal& equal) const {
      const Bucket& bucket = first_[home_of(hash)];
      if (bucket.matches(tag_of(hash)) == 0 && bucket.passed == 0) return none;
      return find_among(hash, equal);
    }

    template <typename Equal>
    [[nodiscard, gnu::noinline]] std::uint32_t find_among(std::uint64_t hash, const Equal& equal) const {
      const std::uint32_t home = home_of(hash);
      const std::uint32_t mark = mark_of(hash);
      std::uint32_t at = home;
      do {
        const Bucket& bucket = first_[at];
        for (std::uint32_t same = bucket.matches(tag_of(hash)); same != 0; same &= same - 1) {
          const std::uint32_t slot = bucket.slots[static_cast<std::size_t>(std::countr_zero(same))] ^ mark;
          if (slot < slots_max && equal(slot)) return slot;
        }
        if (bucket.passed == 0) break;
        at = next(at);
      } while (at != home);  // in a small table something may have gone past each bucket
      return none;
    }

    void place(std::uint64_t hash, std::uint32_t slot) {
      for (std::uint32_t at = home_of(hash);; at = next(at)) {
        Bucket& bucket = first_[at];
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
      const auto [at, entry] = place_of(hash, slot);
      if (entry == bucket_entries) return false;
      const std::uint32_t home = home_of(hash);
      first_[at].tags[entry] = 0;
      for (std::uint32_t past = home; past != at; past = next(past)) first_[past].passed -= 1;
      return true;
    }

    /// False: it is not here.
    bool replace(std::uint64_t hash, std::uint32_t slot, std::uint32_t with) {
      const auto [at, entry] = place_of(hash, slot);
      if (entry == bucket_entries) return false;
      first_[at].slots[entry] = with ^ mark_of(hash);
      return true;
    }

    /// Empties a bucket into another table. What counts as having gone past others goes on counting so.
    template <typename HashOf>
    void move_bucket(std::size_t bucket, Table& to, const HashOf& hash_of) {
      Bucket& from = first_[bucket];
      for (std::size_t entry = 0; entry < bucket_entries; ++entry) {
        if (from.tags[entry] == 0) continue;
        const std::uint32_t slot = from.slots[entry] % slots_max;
        to.place(hash_of(slot), slot);
      }
      from.tags = {};
    }

   private:
    /// A table that never had an entry is not written to.
    [[nodiscard]] static Bucket* nothing() { return const_cast<Bucket*>(&no_entries); }
    [[nodiscard]] static bool is_large(std::size_t buckets) { return buckets * sizeof(Bucket) > 65536; }

    /// A small table takes no more than it needs; of a large one, what is not touched takes nothing. Where
    /// the memory of that begins stands before its first bucket.
    [[nodiscard]] static Bucket* zeroed(std::size_t buckets) {
      const std::size_t bytes = buckets * sizeof(Bucket);
      void* const memory = is_large(buckets) ? std::calloc(buckets + 1, sizeof(Bucket))
                                             : std::aligned_alloc(alignof(Bucket), bytes);
      if (memory == nullptr) throw std::bad_alloc();
      if (!is_large(buckets)) return static_cast<Bucket*>(std::memset(memory, 0, bytes));
      // Behind what malloc() returns there is at least as much as a pointer takes before the next line.
      const std::size_t past_line = reinterpret_cast<std::uintptr_t>(memory) % alignof(Bucket);
      auto* const first =
          reinterpret_cast<Bucket*>(static_cast<std::byte*>(memory) + (alignof(Bucket) - past_line));
      std::memcpy(reinterpret_cast<std::byte*>(first) - sizeof(memory), &memory, sizeof(memory));
      return first;
    }
    [[nodiscard]] static void* memory_before(const Bucket* first) {
      void* memory = nullptr;
      std::memcpy(&memory, reinterpret_cast<const std::byte*>(first) - sizeof(memory), sizeof(memory));
      return memory;
    }
    /// The bucket in which an entry belongs: the upper bits of the lower half of the hash, scaled.
    [[nodiscard]] std::uint32_t home_of(std::uint64_t hash) const {
      return static_cast<std::uint32_t>((hash & 0xffffffffU) * buckets_ >> 32U);
    }
    [[nodiscard]] std::uint32_t next(std::uint32_t bucket) const {
      return bucket + 1 == buckets_ ? 0 : bucket + 1;
    }
    /// Bucket and entry of a slot; the entry is bucket_entries where it is not here.
    [[nodiscard]] std::pair<std::uint32_t, std::size_t> place_of(std::uint64_t hash,
                                                                 std::uint32_t slot) const {
      const std::uint32_t home = home_of(hash);
      const std::uint32_t marked = slot ^ mark_of(hash);
      std::uint32_t at = home;
      do {
        const Bucket& bucket = first_[at];
        for (std::uint32_t same = bucket.matches(tag_of(hash)); same != 0; same &= same - 1) {
          const auto entry = static_cast<std::size_t>(std::countr_zero(same));
          if (bucket.slots[entry] == marked) return {at, entry};
        }
        if (bucket.passed == 0) break;
        at = next(at);
      } while (at != home);
      return {at, bucket_entries};
    }

    Bucket* first_ = nothing();
    std::uint32_t buckets_ = 0;
  };

  /// A table that is being left.
  struct Moving {
    Table from;
    std::size_t moved = 0;  ///< buckets
  };

  /// All that there is, is in the table. Else it is looked for elsewhere, too, out of line: where an index is
  /// large and does not grow, which is where it is asked most, the caller stays short.
  [[nodiscard]] bool is_plain() const {
    return moving_ == nullptr && !table_.empty();
  }

  template <typename Equal>
  [[gnu::noinline]] std::uint32_t find_elsewhere(std::uint64_t hash, const Equal& equal) const {
    if (moving_ == nullptr) return few_.find(hash, equal);
    const std::uint32_t slot = table_.find(hash, equal);
    return slot != none ? slot : moving_->from.find(hash, equal);
  }
  /// \{
  /// False: it is in the table.
  [[gnu::noinline]] bool erase_elsewhere(std::uint64_t hash, std::uint32_t slot) {
    if (moving_ != nullptr) return moving_->from.erase(hash, slot);
    few_.erase(hash, slot);
    return true;
  }
  [[gnu::noinline]] bool replace_elsewhere(std::uint64_t hash, std::uint32_t slot, std::uint32_t with) {
    if (moving_ != nullptr) return moving_->from.replace(hash, slot, with);
    few_.replace(hash, slot, with);
    return true;
  }
  /// \}

  static std::size_t buckets_for(std::size_t capacity) {
    const std::size_t dense = (capacity + dense_entries - 1) / dense_entries;
    return dense <= dense_buckets_max ? dense : (capacity + sparse_entries - 1) / sparse_entries;
  }
  /// What a table of so many buckets is followed by.
  static std::size_t buckets_after(std::size_t buckets) {
    const std::size_t dense = buckets + (buckets + 3) / 4;
    return dense <= dense_buckets_max ? dense : std::max(2 * dense_buckets_max, buckets + buckets / 2);
  }
  static std::uint32_t room_of(const Table& table) {
    if (table.empty()) return few_max;
    const bool is_dense = table.buckets() <= dense_buckets_max;
    return static_cast<std::uint32_t>(table.buckets() * (is_dense ? dense_entries : sparse_entries));
  }

  template <typename HashOf>
  void make_room(const HashOf& hash_of) {
    if (size_ >= size_max_) grow(size_ + std::size_t{1}, hash_of);
    if (moving_ != nullptr) move_some(hash_of);
  }

  /// Room for so many, and for more than there is.
  template <typename HashOf>
  void grow(std::size_t capacity, const HashOf& hash_of) {
    Table larger(std::max(buckets_after(table_.buckets()), buckets_for(capacity)));
    auto moving = table_.empty() ? nullptr : std::make_unique<Moving>();
    while (moving_ != nullptr) move_some(hash_of);
    if (moving == nullptr) {
      for (std::size_t entry = 0; entry < few_max; ++entry) {
        if (few_.tags[entry] == 0) continue;
        const std::uint32_t slot = few_.slots[entry] % slots_max;
        larger.place(hash_of(slot), slot);
      }
      few_ = {};
    } else {
      moving->from = std::move(table_);
      moving_ = std::move(moving);
    }
    table_ = std::move(larger);
    size_max_ = room_of(table_);
  }

  /// The old buckets are empty before the new ones are full: more insertions fit than there are old buckets.
  template <typename HashOf>
  void move_some(const HashOf& hash_of) {
    moving_->from.move_bucket(moving_->moved++, table_, hash_of);
    if (moving_->moved == moving_->from.buckets()) moving_.reset();
  }

  Table table_;
  std::uint32_t size_ = 0;
  std::uint32_t size_max_;  ///< without growing
  std::unique_ptr<Moving> moving_;
  Few few_;  ///< while there is no table
};

}  // namespace gossip
