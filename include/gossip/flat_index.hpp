#pragma once
/// \file
/// An open-addressing table from a hash to a slot number; whoever owns the slots decides equality. It is what
/// makes lookups by id, content and digest O(1) without an allocation per entry.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace gossip {

/// Finds slots by hash: linear probing at a load of at most one half, deletion by backward shift, so that no
/// tombstones gather. Grows by doubling when more is inserted than was reserved. Not thread-safe.
class FlatIndex {
 public:
  /// Room for `capacity` entries without growing.
  explicit FlatIndex(std::size_t capacity = 0) : entries_(buckets_for(capacity)) {}

  /// The slot for which `equal(slot)` holds among those inserted with this hash.
  template <typename Equal>
  [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t hash, const Equal& equal) const {
    const auto tag = static_cast<std::uint32_t>(hash);
    for (std::size_t at = tag & mask(); entries_[at].used; at = (at + 1) & mask()) {
      if (entries_[at].tag == tag && equal(entries_[at].slot)) return entries_[at].slot;
    }
    return std::nullopt;
  }

  /// Precondition: the same slot is not there with the same hash.
  void insert(std::uint64_t hash, std::uint32_t slot) {
    if ((size_ + 1) * 2 > entries_.size()) grow();
    place({static_cast<std::uint32_t>(hash), slot, true});
    size_ += 1;
  }

  /// Precondition: the slot was inserted with this hash.
  void erase(std::uint64_t hash, std::uint32_t slot) {
    const auto tag = static_cast<std::uint32_t>(hash);
    std::size_t hole = tag & mask();
    while (entries_[hole].slot != slot || entries_[hole].tag != tag) hole = (hole + 1) & mask();
    for (std::size_t at = (hole + 1) & mask(); entries_[at].used; at = (at + 1) & mask()) {
      const std::size_t home = entries_[at].tag & mask();
      if (((at - home) & mask()) < ((at - hole) & mask())) continue;
      entries_[hole] = entries_[at];
      hole = at;
    }
    entries_[hole] = {};
    size_ -= 1;
  }

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

  static std::size_t buckets_for(std::size_t capacity) {
    std::size_t buckets = 8;
    while (buckets < capacity * 2) buckets *= 2;
    return buckets;
  }

  [[nodiscard]] std::size_t mask() const { return entries_.size() - 1; }

  void place(Entry entry) {
    std::size_t at = entry.tag & mask();
    while (entries_[at].used) at = (at + 1) & mask();
    entries_[at] = entry;
  }

  void grow() {
    std::vector<Entry> old(entries_.size() * 2);
    old.swap(entries_);
    for (const Entry& entry : old) {
      if (entry.used) place(entry);
    }
  }

  std::vector<Entry> entries_;
  std::size_t size_ = 0;
};

}  // namespace gossip
