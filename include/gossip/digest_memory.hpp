#pragma once
/// \file
/// Remembers contents that are no longer at hand by their digests: what was evicted, and what was found
/// invalid.

#include <gossip/digest.hpp>
#include <gossip/export.hpp>
#include <gossip/flat_index.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace gossip {

/// A set of digests in the order they came. At most `capacity` of them: when full, the oldest is forgotten.
/// With a lifetime, each is also forgotten that long after it was added. Memory grows with what is held. Not
/// thread-safe.
class GOSSIP_EXPORT DigestMemory {
 public:
  /// capacity 0 or a lifetime of 0 remembers nothing; no lifetime means that only the capacity limits.
  /// Precondition: capacity at most 2^30.
  DigestMemory(std::size_t capacity, std::optional<Duration> lifetime);

  /// A digest that is there already keeps its age.
  void add(const Digest& digest, TimePoint now);

  /// True for what was added and has not been forgotten since. Forgets what is too old at `now`.
  [[nodiscard]] bool contains(const Digest& digest, TimePoint now);

  /// Digests held, those included whose time is up but that nothing has looked at since.
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Entry {
    Digest digest;
    TimePoint added;
  };

  void forget_expired(TimePoint now);
  void forget_oldest();
  void make_room();
  [[nodiscard]] std::optional<std::uint32_t> find(const Digest& digest) const;

  std::size_t capacity_;
  std::optional<Duration> lifetime_;
  std::vector<Entry> ring_;
  std::size_t oldest_ = 0;
  std::size_t size_ = 0;
  FlatIndex index_;
};

}  // namespace gossip
