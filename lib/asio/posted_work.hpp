#pragma once
/// \file
/// Work that other threads want done on the core thread.

#include <gossip/types.hpp>

#include <deque>
#include <functional>
#include <mutex>

namespace gossip::detail {

/// First in, first out, until it is closed; then everything in it and everything that still comes is
/// destroyed without being run. Thread-safe. Not bounded: whoever posts is.
class PostedWork {
 public:
  using Work = std::function<void(TimePoint now)>;

  /// Whether the work was taken. Work that was not is destroyed on the calling thread.
  [[nodiscard]] bool push(Work work);
  /// The oldest; an empty function when there is none.
  [[nodiscard]] Work pop();
  void close();

 private:
  std::mutex mutex_;
  std::deque<Work> queue_;
  bool closed_ = false;
};

}  // namespace gossip::detail
