#pragma once
/// \file
/// Which PEER UPDATEs were seen of late (docs/protocol.md, 'PEER UPDATE'): what stops them from going round
/// for ever.

#include <gossip/digest.hpp>
#include <gossip/export.hpp>
#include <gossip/flat_index.hpp>
#include <gossip/message.hpp>
#include <gossip/slot_pool.hpp>
#include <gossip/types.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace gossip {

/// What tells a repeated PEER UPDATE from news. One entry per server address: the kind that was seen last,
/// and when. At most `capacity`; when full, the oldest is forgotten. Memory grows with what was held at once,
/// some 60 to 70 bytes for each. Not thread-safe.
class GOSSIP_EXPORT UpdateMemory {
 public:
  /// lifetime: how long an entry counts. With a capacity of 0 nothing is ever a repetition. `key` has to
  /// outlive it: peers choose addresses, and must not choose where they go.
  UpdateMemory(std::size_t capacity, Duration lifetime, const DigestKey& key)
      : capacity_(capacity), lifetime_(lifetime), key_(key) {}

  /// Times that an address may change from found to lost, or back, within `lifetime`. A *found* and a *lost*
  /// that meet in a ring would follow each other round for ever, and in a mesh become more and more.
  static constexpr std::uint8_t changes_max = 3;

  /// True when this is no repetition: it is remembered, and an entry of the opposite kind is cleared, but for
  /// one that has changed too often. Throws std::bad_alloc: then nothing is remembered of the address.
  bool note(const Endpoint& server_address, PeerUpdate::Kind kind, TimePoint now);

  /// Entries held; those whose time is up go with the next note().
  [[nodiscard]] std::size_t size() const { return by_address_.size(); }

 private:
  static constexpr std::uint32_t none = 0xffffffffU;

  /// A time in two halves, which leave no gaps between those that stand side by side.
  using Halves = std::array<std::uint32_t, 2>;

  struct Entry {
    Endpoint server_address;
    PeerUpdate::Kind kind{};
    std::uint8_t changes = 0;
    Halves seen{};
    Halves changing_since{};
    std::uint32_t older = none;
    std::uint32_t newer = none;
  };
  static_assert(sizeof(Entry) == 44);

  [[nodiscard]] std::uint64_t hash_of(const Endpoint& address) const;
  [[nodiscard]] auto hash_at() const;
  void forget(std::uint32_t slot);

  std::size_t capacity_;
  Duration lifetime_;
  const DigestKey& key_;
  FlatIndex by_address_;
  SlotPool<Entry> entries_;
  std::uint32_t oldest_ = none;
  std::uint32_t newest_ = none;
};

}  // namespace gossip
