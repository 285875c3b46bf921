#pragma once
/// \file
/// A hash table from a hash to a slot number; whoever owns the slots decides equality. It is what makes
/// lookups by id, content and digest O(1) without an allocation per entry.

#include <gossip/flat_table.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace gossip {

/// Finds slots by hash. The first eight entries stand in the index itself. Further ones go into buckets, each
/// a cache line with room for twelve; one look at its tags finds what may be meant. What finds no room goes
/// into the next bucket, and each bucket counts what went past it, so that nothing has to be moved, or left
/// as a mark, where one is taken out. When more is inserted than was reserved it grows, and moves what it
/// holds one bucket with each insertion: no single one pays for all. What was reserved and never used takes
/// no memory, since the system hands out zeroed pages as they are touched; huge ones, where a table has 2 MiB
/// or more and there are such. Not thread-safe.
///
/// An owner whose slots come and go in such an order that their numbers tell which are there may leave the
/// entry of one that goes behind. It costs nothing then; it is dropped once the bucket is full.
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
  static constexpr std::uint32_t slots_max = detail::slots_max;

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

  /// Precondition: the slot is below slots_max, and not there with the same hash; none was left. Where it has
  /// to grow, `hash_of(slot)` is asked with which hash a slot that is there was inserted. Throws
  /// std::bad_alloc where it has to grow, and is unchanged then.
  template <typename HashOf>
  void insert(std::uint64_t hash, std::uint32_t slot, const HashOf& hash_of) {
    insert_among(hash, slot, detail::ErasedSlots<HashOf>{hash_of});
  }

  /// The same for an owner that calls leave(), and whose `slots` say that some are left: Slots::leaves. Of
  /// them, hash_of(slot) is as above; liveness() gives a copy of what tells which slots are there:
  /// 0xffffffff for one that is, 0 for one that was left, and either for what never was, of one
  /// std::uint32_t or of each of a vector of them; on_strayed(slot) is told that it stands where leave() has
  /// to look for it. They are asked and told during insert_among() only.
  template <typename Slots>
  void insert_among(std::uint64_t hash, std::uint32_t slot, const Slots& slots) {
    if (size_ >= size_max_ || moving_ != nullptr) make_room(slots);
    size_ += 1;
    table_.empty() ? few_.place(hash, slot) : table_.place(hash, slot, slots);
  }

  /// Makes sure that so many more can be inserted without an exception. Precondition: none was left. Throws
  /// std::bad_alloc.
  template <typename HashOf>
  void reserve(std::size_t more, const HashOf& hash_of) {
    if (size_ + more > size_max_) grow(size_ + more, detail::ErasedSlots<HashOf>{hash_of});
  }

  /// Precondition: the slot was inserted with this hash.
  void erase(std::uint64_t hash, std::uint32_t slot) {
    size_ -= 1;
    if (!is_plain() && erase_elsewhere(hash, slot)) return;
    table_.erase(hash, slot);
  }

  /// The slot is there no longer, and liveness() says so from now on; `equal` of find() has to. Precondition:
  /// as   /// of erase(), and it was inserted by insert_among(). Its entry may be there until its bucket is
  /// full: who inserts the same slot again sooner has two of them, of which `equal` is to tell apart what it
  /// means. `has_strayed`: on_strayed() was told of it.
  void leave(std::uint64_t hash, std::uint32_t slot, bool has_strayed) {
    if (has_strayed || table_.empty()) return erase(hash, slot);
    size_ -= 1;
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
    table_.empty() ? few_.for_likely(hash, touch) : table_.for_likely(hash, touch);
  }
  /// \}

  /// Entries: what was inserted and neither erased nor left.
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  using Table = detail::FlatTable;
  static constexpr std::uint32_t none = detail::no_slot;
  /// A table of up to so many buckets is dense, a larger one sparse: so many entries are there for each
  /// bucket, at most.
  static constexpr std::size_t dense_buckets_max = 128;
  static constexpr std::size_t dense_entries = 10;
  static constexpr std::size_t sparse_entries = 6;
  static constexpr std::size_t few_max = 8;

  /// Entries of an index that never had more, next to whatever owns it.
  struct Few {
    std::array<std::uint8_t, few_max> tags{};  ///< 0: the entry is free
    std::array<std::uint32_t, few_max> slots{};

    template <typename Equal>
    [[nodiscard]] std::uint32_t find(std::uint64_t hash, const Equal& equal) const {
      for (std::size_t entry = 0; entry < few_max; ++entry) {
        if (tags[entry] != detail::tag_of(hash)) continue;
        const std::uint32_t slot = slots[entry] ^ detail::mark_of(hash);
        if (slot < slots_max && equal(slot)) return slot;
      }
      return none;
    }

    template <typename Touch>
    [[gnu::always_inline]] void for_likely(std::uint64_t hash, const Touch& touch) const {
      for (std::size_t entry = 0; entry < few_max; ++entry) {
        if (tags[entry] != detail::tag_of(hash)) continue;
        if ((slots[entry] ^ detail::mark_of(hash)) < slots_max) touch(slots[entry] ^ detail::mark_of(hash));
      }
    }

    /// The entry of a slot; that of no slot has the tag 0.
    [[nodiscard]] std::size_t entry_of(std::uint8_t tag, std::uint32_t marked) const {
      std::size_t entry = 0;
      while (tags[entry] != tag || (tag != 0 && slots[entry] != marked)) ++entry;
      return entry;
    }
    void place(std::uint64_t hash, std::uint32_t slot) {
      const std::size_t entry = entry_of(0, 0);
      tags[entry] = detail::tag_of(hash);
      slots[entry] = slot ^ detail::mark_of(hash);
    }
    void erase(std::uint64_t hash, std::uint32_t slot) {
      tags[entry_of(detail::tag_of(hash), slot ^ detail::mark_of(hash))] = 0;
    }
    void replace(std::uint64_t hash, std::uint32_t slot, std::uint32_t with) {
      slots[entry_of(detail::tag_of(hash), slot ^ detail::mark_of(hash))] = with ^ detail::mark_of(hash);
    }
  };

  /// A table that is being left.
  struct Moving {
    Table from;
    std::size_t moved = 0;  ///< buckets
  };

  /// All that there is, is in the table. Else it is looked for elsewhere, too, out of line: where an index is
  /// large and does not grow, which is where it is asked most, the caller stays short.
  [[nodiscard]] bool is_plain() const { return moving_ == nullptr && !table_.empty(); }

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

  template <typename Slots>
  void make_room(const Slots& slots) {
    if (size_ >= size_max_) grow(size_ + std::size_t{1}, slots);
    if (moving_ != nullptr) move_some(slots);
  }

  /// Room for so many, and for more than there is.
  template <typename Slots>
  void grow(std::size_t capacity, const Slots& slots) {
    Table larger(std::max(buckets_after(table_.buckets()), buckets_for(capacity)));
    auto moving = table_.empty() ? nullptr : std::make_unique<Moving>();
    while (moving_ != nullptr) move_some(slots);
    if (moving == nullptr) {
      for (std::size_t entry = 0; entry < few_max; ++entry) {
        if (few_.tags[entry] == 0) continue;
        const std::uint32_t slot = few_.slots[entry] % slots_max;
        larger.place(slots.hash_of(slot), slot, slots);
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
  template <typename Slots>
  void move_some(const Slots& slots) {
    moving_->from.move_bucket(moving_->moved++, table_, slots);
    if (moving_->moved == moving_->from.buckets()) moving_.reset();
  }

  Table table_;
  std::uint32_t size_ = 0;
  std::uint32_t size_max_;  ///< without growing
  std::unique_ptr<Moving> moving_;
  Few few_;  ///< while there is no table
};

}  // namespace gossip
