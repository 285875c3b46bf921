#pragma once
/// \file
/// The heap of a process that simulates many nodes.

namespace gossipd::simulation {

/// Nodes lie all over the heap, and each event touches another one: with pages of 4 KiB it takes the
/// processor a good part of the time to find out where they are. So this asks for huge pages. It is a hint:
/// where the system has none, or little memory to give, or where this is not glibc on Linux, nothing changes
/// but the time. One per process, for its only thread.
class Heap {
 public:
  Heap();

  /// Gives what is free back to the system, for what the next run takes to be counted anew, and takes address
  /// space for that run: up to a gibibyte, of which what is not touched takes no memory.
  void renew();

  /// Asks for huge pages for what was added to the heap; to be called every now and then.
  void ask_for_huge_pages();

 private:
  [[maybe_unused]] char* const begin_;  ///< a page boundary behind what was there before
};

}  // namespace gossipd::simulation
