#pragma once
/// \file
/// A table from ids to values for the hot path: no allocation for an entry that takes the place of another.

#include <gossip/flat_index.hpp>
#include <gossip/slot_pool.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace gossip {

/// Scatters a number over all 64 bits: a bijection without a key, for ids that nobody outside chooses.
[[nodiscard]] constexpr std::uint64_t scatter(std::uint64_t number) {
  number *= 0x9e3779b97f4a7c15U;
  return number ^ number >> 32U;
}

/// Values by ids, which are strong types of types.hpp. A value keeps its place and its slot for as long as it
/// is there. An insertion costs O(1) at every size (see FlatIndex and SlotPool). There is no order, and
/// nothing to walk along: hash order never decides what goes out. `chunk_slots` as of SlotPool. Not
/// thread-safe.
template <typename Key, typename Value, std::uint32_t chunk_slots = 4>
class FlatMap {
 public:
  /// What no slot is called.
  static constexpr std::uint32_t none = SlotPool<Value>::none;

  /// `secret` decides where keys go. For those that a peer chooses it has to be one, or they could be made to
  /// crowd.
  explicit FlatMap(std::uint64_t secret = 0) : secret_(secret) {}

  /// The slot of a key; `none` when it is not there.
  [[nodiscard]] std::uint32_t slot_of(Key key) const {
    return index_.find(hash_of(key), [&](std::uint32_t slot) { return pool_[slot].key == key; })
        .value_or(none);
  }

  /// \{
  /// The value of a key; null when it is not there. Valid until it is erased.
  [[nodiscard]] Value* find(Key key) {
    const std::uint32_t slot = slot_of(key);
    return slot == none ? nullptr : &pool_[slot].value;
  }
  [[nodiscard]] const Value* find(Key key) const {
    const std::uint32_t slot = slot_of(key);
    return slot == none ? nullptr : &pool_[slot].value;
  }
  /// \}

  /// The slot of a key, which is there from now on: with a new value where it was not. Throws std::bad_alloc,
  /// and is unchanged then.
  std::uint32_t insert(Key key) {
    std::uint32_t slot = slot_of(key);
    if (slot != none) return slot;
    slot = pool_.take();
    try {
      index_.insert(hash_of(key), slot, hash_at());
    } catch (...) {
      pool_.give_back(slot);
      throw;
    }
    pool_[slot] = {key, Value{}};
    return slot;
  }

  /// Makes sure that so many more can be inserted without an exception. Throws std::bad_alloc.
  void reserve(std::size_t more) {
    index_.reserve(more, hash_at());
    pool_.reserve(more);
  }

  /// \{
  /// Precondition: the slot is in use.
  [[nodiscard]] Key key_at(std::uint32_t slot) const { return pool_[slot].key; }
  [[nodiscard]] Value& at(std::uint32_t slot) { return pool_[slot].value; }
  [[nodiscard]] const Value& at(std::uint32_t slot) const { return pool_[slot].value; }
  void erase_at(std::uint32_t slot) noexcept {
    index_.erase(hash_of(pool_[slot].key), slot);
    pool_[slot].value = Value{};
    pool_.give_back(slot);
  }
  /// \}

  /// False: it was not there.
  bool erase(Key key) noexcept {
    const std::uint32_t slot = slot_of(key);
    if (slot != none) erase_at(slot);
    return slot != none;
  }

  /// Keys that are there.
  [[nodiscard]] std::size_t size() const { return index_.size(); }

  /// \{
  /// Asks for what a find() is about to look at: of this key, once the map itself is there; or of any, where
  /// there are few.
  [[gnu::always_inline]] void prefetch(Key key) const {
    index_.prefetch_slots(
        hash_of(key), [this](std::uint32_t slot) __attribute__((always_inline)) { pool_.prefetch(slot); });
  }
  [[gnu::always_inline]] void prefetch_values() const { pool_.prefetch(); }
  /// \}

 private:
  struct Entry {
    Key key{};
    Value value{};
  };

  [[nodiscard]] std::uint64_t hash_of(Key key) const { return scatter(value_of(key) ^ secret_); }

  [[nodiscard]] auto hash_at() const {
    return [this](std::uint32_t slot) { return hash_of(pool_[slot].key); };
  }

  std::uint64_t secret_;
  FlatIndex index_;
  SlotPool<Entry, chunk_slots> pool_;
};

}  // namespace gossip
