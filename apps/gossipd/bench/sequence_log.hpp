#pragma once
/// \file
/// Which of a row of numbered messages have come, and which of them twice.

#include <cstddef>
#include <cstdint>
#include <map>

namespace gossipd::load {

/// The numbers 0, 1, 2... of one publisher, as one subscriber gets them: in any order, with gaps, some more
/// than once. Exact as long as there are at most `gaps_max` gaps at a time; beyond that the lowest gap is
/// given up, so that a number in it that comes late counts as twice. Numbers that come in order cost no
/// memory. Not synchronised.
class SequenceLog {
 public:
  static constexpr std::size_t gaps_max = 65536;

  /// True for one that has not come before.
  bool add(std::uint64_t number) {
    if (number == end_) {
      ++end_;
      ++distinct_;
      return true;
    }
    return add_out_of_order(number);
  }

  /// How many different numbers have come.
  [[nodiscard]] std::uint64_t distinct() const { return distinct_; }

  /// How many came that had come before.
  [[nodiscard]] std::uint64_t duplicates() const { return duplicates_; }

  /// How many of the first `count` numbers have not come, given that none beyond them has.
  [[nodiscard]] std::uint64_t missing(std::uint64_t count) const {
    return count < distinct_ ? 0 : count - distinct_;
  }

 private:
  bool add_out_of_order(std::uint64_t number);
  bool fill(std::uint64_t number);

  /// Behind the highest number that has come.
  std::uint64_t end_ = 0;
  /// What is missing below it: the first number of each gap, and the one behind its last.
  std::map<std::uint64_t, std::uint64_t> gaps_;
  std::uint64_t distinct_ = 0;
  std::uint64_t duplicates_ = 0;
};

}  // namespace gossipd::load
