#pragma once
/// \file
/// Values under slot numbers, for tables that link them and index them. What was given back is used again, so
/// that a steady state allocates nothing.

#include <gossip/prefetch.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace gossip {

/// Grows by chunks of `chunk_slots`, few so that many small nodes fit into one process, and copies nothing
/// when it does: a value stays where it is, and no insertion pays for all. The first chunk is named by the
/// pool itself, so that where few are in use they are found without looking up where they are. Never shrinks.
/// A value that was given back stays as it was until its slot is used again. Not thread-safe.
template <typename Value, std::uint32_t chunk_slots = 4>
class SlotPool {
 public:
  /// What no slot is called: the end of a list.
  static constexpr std::uint32_t none = 0xffffffffU;

  /// A free slot, the one given back last if there is any. Its value is what its last user left. Throws
  /// std::bad_alloc, and is unchanged then. Precondition: fewer than 2^31 are in use.
  std::uint32_t take() {
    if (free_ == none) add_chunk();
    const std::uint32_t slot = free_;
    free_ = cell(slot).next_free;
    free_slots_ -= 1;
    return slot;
  }

  /// Makes sure that so many more can be taken without an exception. Throws std::bad_alloc.
  void reserve(std::size_t more) {
    while (free_slots_ < more) add_chunk();
  }

  /// Precondition: take() gave it, and it was not given back since.
  void give_back(std::uint32_t slot) noexcept {
    cell(slot).next_free = free_;
    free_ = slot;
    free_slots_ += 1;
  }

  /// Asks for the value of a slot, if it is among those that are found without looking up where they are.
  [[gnu::always_inline]] void prefetch(std::uint32_t slot) const {
    if (slot < chunk_slots) gossip::prefetch(&first_[slot], sizeof(Value));
  }
  /// Asks for the values of the slots that were taken first.
  [[gnu::always_inline]] void prefetch() const {
    if (first_ != nullptr) gossip::prefetch(first_.get(), chunk_slots * sizeof(Cell));
  }

  /// \{
  /// The value of a slot that take() has given at least once.
  [[nodiscard]] Value& operator[](std::uint32_t slot) { return cell(slot).value; }
  [[nodiscard]] const Value& operator[](std::uint32_t slot) const { return cell(slot).value; }
  /// \}

 private:
  struct Cell {
    Value value{};
    std::uint32_t next_free = none;
  };

  [[nodiscard]] Cell& cell(std::uint32_t slot) const {
    return slot < chunk_slots ? first_[slot] : further_[slot / chunk_slots - 1][slot % chunk_slots];
  }

  void add_chunk() {
    std::uint32_t begin = 0;
    if (first_ == nullptr) {
      first_ = std::make_unique<Cell[]>(chunk_slots);
    } else {
      further_.push_back(std::make_unique<Cell[]>(chunk_slots));
      begin = static_cast<std::uint32_t>(further_.size() * chunk_slots);
    }
    for (std::uint32_t slot = begin + chunk_slots; slot-- > begin;) give_back(slot);
  }

  std::unique_ptr<Cell[]> first_;
  std::vector<std::unique_ptr<Cell[]>> further_;
  std::uint32_t free_ = none;
  std::uint32_t free_slots_ = 0;
};

}  // namespace gossip
