#pragma once
/// \file
/// A line of values that wait for their turn, for the many lines that are empty: those take no memory.

#include <gossip/prefetch.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

namespace gossip {

/// First in, first out, in memory that grows by doubling and is used again, so that a steady state allocates
/// nothing. It has none before the first push(), and keeps what it has. Value can be made without arguments,
/// and moving it does not throw. Not thread-safe.
template <typename Value>
class Fifo {
 public:
  /// True where nothing waits.
  [[nodiscard]] bool empty() const { return size_ == 0; }
  /// Values that wait.
  [[nodiscard]] std::size_t size() const { return size_; }

  /// \{
  /// What has waited longest, and what came last. Precondition: it is not empty.
  [[nodiscard]] Value& front() { return at(0); }
  [[nodiscard]] const Value& back() const { return values_[place(size_ - 1)]; }
  /// \}

  /// Asks for the memory that push() and pop() are about to touch.
  [[gnu::always_inline]] void prefetch() const {
    if (capacity_ != 0) gossip::prefetch(&values_[first_], sizeof(Value));
  }

  /// To the end of the line. Throws std::bad_alloc, and is unchanged then.
  void push(Value value) { append() = std::move(value); }

  /// A new one at the end of the line, made without arguments, to be filled in where it is. Throws
  /// std::bad_alloc, and changes nothing then.
  Value& append() {
    if (size_ == capacity_) grow();
    size_ += 1;
    return at(size_ - 1);
  }

  /// The next in line. Precondition: it is not empty.
  Value pop() noexcept {
    Value value = std::exchange(at(0), Value());
    first_ = place(1);
    size_ -= 1;
    return value;
  }

  /// Takes those out for which `is_gone(value)`; the others stay in their order.
  template <typename IsGone>
  void erase_if(const IsGone& is_gone) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      if (is_gone(std::as_const(at(i)))) continue;
      if (kept != i) at(kept) = std::move(at(i));
      kept += 1;
    }
    for (std::size_t i = kept; i < size_; ++i) at(i) = Value();
    size_ = kept;
  }

 private:
  [[nodiscard]] std::size_t place(std::size_t index) const { return (first_ + index) & (capacity_ - 1); }
  [[nodiscard]] Value& at(std::size_t index) { return values_[place(index)]; }

  void grow() {
    const std::size_t capacity = std::max<std::size_t>(1, capacity_ * 2);
    auto values = std::make_unique<Value[]>(capacity);
    for (std::size_t i = 0; i < size_; ++i) values[i] = std::move(at(i));
    values_ = std::move(values);
    capacity_ = capacity;
    first_ = 0;
  }

  std::unique_ptr<Value[]> values_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;  ///< 0, or a power of two
  std::size_t first_ = 0;
};

}  // namespace gossip
