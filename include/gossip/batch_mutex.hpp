#pragma once
/// \file
/// A mutex that a thread can hold over many calls which lock it themselves: those cost next to nothing then.

#include <atomic>
#include <cstddef>
#include <mutex>

namespace gossip {

/// Recursive. Locking it again on the thread that holds it takes no atomic operation; otherwise it is a
/// std::mutex. Meets the standard's Lockable but for try_lock().
class BatchMutex {
 public:
  /// Waits for other threads. May be nested; each needs an unlock() on the same thread.
  void lock() {
    const void* const self = this_thread();
    // Only this thread ever stores this value, so another's store cannot be mistaken for it.
    if (owner_.load(std::memory_order_relaxed) != self) {
      mutex_.lock();
      owner_.store(self, std::memory_order_relaxed);
    }
    depth_ += 1;
  }

  /// Precondition: this thread holds it.
  void unlock() {
    if (--depth_ > 0) return;
    owner_.store(nullptr, std::memory_order_relaxed);
    mutex_.unlock();
  }

 private:
  /// Different for all threads that live at the same time. It is this library's own, so whoever locks has to
  /// be a part of it.
  static const void* this_thread() {
    static thread_local const char mark = 0;
    return &mark;
  }

  std::mutex mutex_;
  std::atomic<const void*> owner_{nullptr};
  std::size_t depth_ = 0;
};

}  // namespace gossip
