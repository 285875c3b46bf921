#pragma once
/// \file
/// Something that has to be done however a function is left.

#include <utility>

namespace gossip::detail {

/// Calls the function when it goes out of scope. The function must not throw.
template <typename Function>
class Finally {
 public:
  explicit Finally(Function function) : function_(std::move(function)) {}
  Finally(const Finally&) = delete;
  Finally& operator=(const Finally&) = delete;
  ~Finally() { function_(); }

 private:
  Function function_;
};

}  // namespace gossip::detail
