#include "sequence_log.hpp"

#include <iterator>

namespace gossipd::load {

bool SequenceLog::add_out_of_order(std::uint64_t number) {
  if (number < end_) return fill(number);
  gaps_.emplace(end_, number);
  if (gaps_.size() > gaps_max) gaps_.erase(gaps_.begin());
  end_ = number + 1;
  ++distinct_;
  return true;
}

bool SequenceLog::fill(std::uint64_t number) {
  auto gap = gaps_.upper_bound(number);
  if (gap == gaps_.begin() || std::prev(gap)->second <= number) {
    ++duplicates_;
    return false;
  }
  gap = std::prev(gap);
  const auto [begin, end] = *gap;
  gaps_.erase(gap);
  if (begin < number) gaps_.emplace(begin, number);
  if (number + 1 < end) gaps_.emplace(number + 1, end);
  ++distinct_;
  return true;
}

}  // namespace gossipd::load
