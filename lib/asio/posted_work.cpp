#include "posted_work.hpp"

#include <utility>

namespace gossip::detail {

bool PostedWork::push(Work work) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  queue_.push_back(std::move(work));
  return true;
}

PostedWork::Work PostedWork::pop() {
  const std::lock_guard lock(mutex_);
  if (queue_.empty()) return nullptr;
  Work oldest = std::move(queue_.front());
  queue_.pop_front();
  return oldest;
}

void PostedWork::close() {
  std::deque<Work> dropped;  // destroyed after the lock is: what work owns may post again from its destructor
  const std::lock_guard lock(mutex_);
  closed_ = true;
  dropped.swap(queue_);
}

}  // namespace gossip::detail
