#pragma once
/// \file
/// Remembers contents that are no longer at hand by their digests: what was evicted, and what was found
/// invalid.

#include <gossip/digest.hpp>
#include <gossip/export.hpp>
#include <gossip/flat_index.hpp>
#include <gossip/slot_pool.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace gossip {

/// A set of digests in the order they came. At most `capacity` of them: when full, the oldest is forgotten.
/// With a lifetime, each is also forgotten that long after it was added. Memory grows with what is held, up
/// to 56 bytes for each, and no single addition pays for more than a few entries. Not thread-safe.
class GOSSIP_EXPORT DigestMemory {
 public:
  /// capacity 0 or a lifetime of 0 remembers nothing; no lifetime means that only the capacity limits.
  /// Precondition: capacity at most 2^30.
  DigestMemory(std::size_t capacity, std::optional<Duration> lifetime);

  /// Precondition: contains() would be false for it. Throws std::bad_alloc; then the digest is not there,
  /// though others may have been forgotten.
  void add(const Digest& digest, TimePoint now);

  /// True for what was added and has not been forgotten since.
  [[nodiscard]] bool contains(const Digest& digest, TimePoint now);

  /// Asks for the memory that looking this digest up, or adding it, is about to touch.
  void prefetch(const Digest& digest) const {
    if (size_ > 0) index_.prefetch(digest.low);
  }
  /// Asks for the memory that the next add() will touch in forgetting the oldest.
  void prefetch_oldest() const {
    if (size_ > 0) index_.prefetch(entries_[oldest_].digest.low);
  }

  /// Digests held, at most `capacity`. Of those whose time is up each add() and contains() drops a few, so
  /// some may be among them.
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  static constexpr std::uint32_t none = SlotPool<int>::none;

  struct Entry {
    Digest digest;
    TimePoint added;
    std::uint32_t newer = none;
  };

  [[nodiscard]] bool has_expired(const Entry& entry, TimePoint now) const {
    return lifetime_ && now - entry.added >= *lifetime_;
  }
  void forget_expired(TimePoint now);
  void forget_oldest();

  std::size_t capacity_;
  std::optional<Duration> lifetime_;
  SlotPool<Entry, 128> entries_;
  std::uint32_t oldest_ = none;
  std::uint32_t newest_ = none;
  std::size_t size_ = 0;
  FlatIndex index_;
};

}  // namespace gossip
