#pragma once
/// \file
/// The account of the memory that a transport's connections take: what waits to be written to them, and what
/// they have sent and nobody has taken.

#include <atomic>
#include <cstddef>
#include <utility>

namespace gossip::detail {

/// A sum of bytes. Thread-safe.
class MemoryAccount {
 public:
  void add(std::size_t bytes) { bytes_.fetch_add(bytes, std::memory_order_relaxed); }
  void subtract(std::size_t bytes) { bytes_.fetch_sub(bytes, std::memory_order_relaxed); }
  [[nodiscard]] std::size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> bytes_ = 0;
};

/// What one owner has on the account, for as long as it lives. One thread at a time.
class MemoryCharge {
 public:
  /// `account` must outlive it.
  explicit MemoryCharge(MemoryAccount& account) : account_(account) {}
  MemoryCharge(const MemoryCharge&) = delete;
  MemoryCharge& operator=(const MemoryCharge&) = delete;
  ~MemoryCharge() { account_.subtract(bytes_); }

  /// So much, instead of what it was.
  void set(std::size_t bytes) {
    if (bytes != bytes_) account_.add(bytes - bytes_);  // wraps around, which takes away
    bytes_ = bytes;
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  MemoryAccount& account_;
  std::size_t bytes_ = 0;
};

}  // namespace gossip::detail
