#pragma once
/// \file
/// Counts what operator new gives out, for tests of what holds memory, and lets it fail, for tests of what
/// happens when there is none.

#include <cstddef>

namespace gossip::test {

/// Bytes that are allocated at the moment, by all threads.
std::size_t live_bytes();

/// Allocations that were made so far, by all threads: what makes none leaves it as it was.
std::size_t allocations();

/// While it lives, allocations throw std::bad_alloc: the n-th, counted from 1, and so many from there on, of
/// those whose size is within bounds and that are made while a flag is set, by any thread. One of these at a
/// time.
class AllocationFault {
 public:
  struct Which {
    std::size_t nth = 1;
    std::size_t bytes_min = 0;
    std::size_t bytes_max = static_cast<std::size_t>(-1);
    const bool* only_while = nullptr;  ///< always where there is none
    std::size_t count = 1;
  };
  explicit AllocationFault(const Which& which);
  AllocationFault(const AllocationFault&) = delete;
  AllocationFault& operator=(const AllocationFault&) = delete;
  ~AllocationFault();

  /// True once one has failed.
  [[nodiscard]] static bool happened();
};

}  // namespace gossip::test
