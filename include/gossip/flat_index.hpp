#pragma once
/// \file
/// An open-addressing table from a hash to a slot number; whoever owns the slots decides equality. It is what
/// makes lookups by id, content and digest O(1) without an allocation per entry.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <utility>

namespace gossip {

/// Finds slots by hash: linear probing at a load of at most one half, deletion by backward shift, so that no
/// tombstones gather. It grows by doubling when more is inserted than was reserved, and moves what it holds a
/// few entries with each insertion: no single one pays for all. What was reserved and never used takes no
/// memory, since the system hands out zeroed pages as they are touched. Not thread-safe.
class FlatIndex {
 public:
  /// Room for `capacity` entries without growing. Throws std::bad_alloc.
  explicit FlatIndex(std::size_t capacity = 0) : table_(buckets_for(capacity)) {}

  /// The slot for which `equal(slot)` holds among those inserted with this hash.
  template <typename Equal>
  [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t hash, const Equal& equal) const {
    if (const auto slot = table_.find(hash, equal)) return slot;
    if (old_.empty()) return std::nullopt;
    return old_.find(hash, equal);
  }

  /// Precondition: the same slot is not there with the same hash. Throws std::bad_alloc where it has to grow,
  /// and is unchanged then.
  void insert(std::uint64_t hash, std::uint32_t slot) {
    if ((size_ + 1) * 2 > table_.buckets()) grow();
    if (!old_.empty()) move_some();
    table_.place({static_cast<std::uint32_t>(hash), slot, true});
    size_ += 1;
  }

  /// Makes sure that so many more can be inserted without an exception. Throws std::bad_alloc.
  void reserve(std::size_t more) {
    while ((size_ + more) * 2 > table_.buckets()) grow();
  }

  /// Precondition: the slot was inserted with this hash.
  void erase(std::uint64_t hash, std::uint32_t slot) {
    if (old_.empty() || !old_.erase(hash, slot)) table_.erase(hash, slot);
    size_ -= 1;
  }

  /// Asks for the memory that a find(), insert() or erase() with this hash is about to touch.
  void prefetch(std::uint64_t hash) const { table_.prefetch(hash); }

  /// Entries: what was inserted and not erased.
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Entry {
    std::uint32_t tag = 0;
    std::uint32_t slot : 31 = 0;
    std::uint32_t used : 1 = 0;

    Entry() = default;
    Entry(std::uint32_t tag_value, std::uint32_t slot_value, bool used_value)
        : tag(tag_value), slot(slot_value & 0x7fffffffU), used(used_value ? 1U : 0U) {}
  };

  /// The buckets, all zero at first. One that was never filled has none.
  class Table {
   public:
    Table() = default;
    explicit Table(std::size_t buckets)
        : entries_(static_cast<Entry*>(std::calloc(buckets, sizeof(Entry)))), mask_(buckets - 1) {
      if (entries_ == nullptr) throw std::bad_alloc();
    }

    [[nodiscard]] bool empty() const { return entries_ == nullptr; }
    [[nodiscard]] std::size_t buckets() const { return empty() ? 0 : mask_ + 1; }
    void prefetch(std::uint64_t hash) const { __builtin_prefetch(&entries_[hash & mask_]); }

    template <typename Equal>
    [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t hash, const Equal& equal) const {
      const auto tag = static_cast<std::uint32_t>(hash);
      for (std::size_t at = tag & mask_; entries_[at].used; at = (at + 1) & mask_) {
        const std::uint32_t slot = entries_[at].slot;
        if (entries_[at].tag == tag && equal(slot)) return slot;
      }
      return std::nullopt;
    }

    void place(Entry entry) {
      std::size_t at = entry.tag & mask_;
      while (entries_[at].used) at = (at + 1) & mask_;
      entries_[at] = entry;
    }

    /// False: it is not here.
    bool erase(std::uint64_t hash, std::uint32_t slot) {
      const auto tag = static_cast<std::uint32_t>(hash);
      std::size_t hole = tag & mask_;
      while (entries_[hole].used && (entries_[hole].slot != slot || entries_[hole].tag != tag)) {
        hole = (hole + 1) & mask_;
      }
      if (!entries_[hole].used) return false;
      close(hole);
      return true;
    }

    /// Takes out what is in a bucket; what stands behind it may move up into it.
    std::optional<Entry> take(std::size_t bucket) {
      if (!entries_[bucket].used) return std::nullopt;
      const Entry taken = entries_[bucket];
      close(bucket);
      return taken;
    }

   private:
    struct Free {
      void operator()(Entry* entries) const { std::free(entries); }
    };

    void close(std::size_t hole) {
      for (std::size_t at = (hole + 1) & mask_; entries_[at].used; at = (at + 1) & mask_) {
        const std::size_t home = entries_[at].tag & mask_;
        if (((at - home) & mask_) < ((at - hole) & mask_)) continue;
        entries_[hole] = entries_[at];
        hole = at;
      }
      entries_[hole] = {};
    }

    std::unique_ptr<Entry[], Free> entries_;
    std::size_t mask_ = 0;
  };

  /// The old buckets are empty long before the new ones are full: those take a quarter of their number of
  /// insertions, this many buckets each are looked at, and there are half as many.
  static constexpr std::size_t buckets_per_insertion = 8;

  static std::size_t buckets_for(std::size_t capacity) {
    std::size_t buckets = 8;
    while (buckets < capacity * 2) buckets *= 2;
    return buckets;
  }

  void grow() {
    Table larger(table_.buckets() * 2);
    while (!old_.empty()) move_some();
    old_ = std::exchange(table_, std::move(larger));
    moved_ = 0;
  }

  /// The buckets below moved_ are empty, and nothing moves up into them: each step leaves a table like any
  /// other.
  void move_some() {
    for (std::size_t i = 0; i < buckets_per_insertion && moved_ < old_.buckets(); ++i, ++moved_) {
      while (const auto entry = old_.take(moved_)) table_.place(*entry);
    }
    if (moved_ == old_.buckets()) old_ = {};
  }

  Table table_;
  Table old_;  ///< what was not moved yet after growing
  std::size_t moved_ = 0;
  std::size_t size_ = 0;
};

}  // namespace gossip
