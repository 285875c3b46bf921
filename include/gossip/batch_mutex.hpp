#pragma once
/// \file
/// A mutex that a thread can hold over many calls which lock it themselves: those cost next to nothing then.

#include <atomic>
#include <cstddef>
#include <mutex>

namespace gossip {

/// Recursive. Locking it again on the thread that holds it takes no atomic operation; otherwise it is a
/// std::mutex.
class BatchMutex {
 public:
  /// Waits for other threads. May be nested; each needs an unlock() on the same thread.
  [[gnu::always_inline]] void lock() {
    // Only this thread ever stores this value, so another's store cannot be mistaken for it.
    if (owner_.load(std::memory_order_relaxed) != this_thread()) begin();
    depth_ += 1;
  }

  /// Precondition: this thread holds it.
  [[gnu::always_inline]] void unlock() {
    if (--depth_ == 0) end();
  }

 private:
  [[gnu::noinline]] void begin() {
    mutex_.lock();
    owner_.store(this_thread(), std::memory_order_relaxed);
  }
  [[gnu::noinline]] void end() {
    owner_.store(nullptr, std::memory_order_relaxed);
    mutex_.unlock();
  }

  /// Different for all threads that live at the same time. It is this library's own, so whoever locks has to
  /// be a part of it.
  [[gnu::always_inline]] static const void* this_thread() {
    static thread_local const char mark = 0;
    return &mark;
  }

  std::mutex mutex_;
  std::atomic<const void*> owner_{nullptr};
  std::size_t depth_ = 0;
};

/// Locks one for as long as it lives: std::lock_guard, but inlined. Neither copied nor moved.
class BatchLock {
 public:
  [[gnu::always_inline]] explicit BatchLock(BatchMutex& mutex) : mutex_(mutex) { mutex_.lock(); }  ///< waits
  BatchLock(const BatchLock&) = delete;
  BatchLock& operator=(const BatchLock&) = delete;
  [[gnu::always_inline]] ~BatchLock() { mutex_.unlock(); }

 private:
  BatchMutex& mutex_;
};

}  // namespace gossip
