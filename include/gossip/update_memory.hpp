#pragma once
/// \file
/// Which PEER UPDATEs were seen of late (docs/protocol.md, 'PEER UPDATE'): what stops them from going round
/// for ever.

#include <gossip/export.hpp>
#include <gossip/message.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <unordered_set>

namespace gossip {

/// What tells a repeated PEER UPDATE from news. One entry per server address: the kind that was seen last,
/// and when. At most `capacity`; when full, the oldest is forgotten. Not thread-safe.
class GOSSIP_EXPORT UpdateMemory {
 public:
  /// lifetime: how long an entry counts. With a capacity of 0 nothing is ever a repetition.
  UpdateMemory(std::size_t capacity, Duration lifetime);

  /// Times that an address may change from found to lost, or back, within `lifetime`. A *found* and a *lost*
  /// that meet in a ring would follow each other round for ever, and in a mesh become more and more.
  static constexpr std::uint8_t changes_max = 3;

  /// True when this is no repetition: it is remembered, and an entry of the opposite kind is cleared, but for
  /// one that has changed too often.
  bool note(const Endpoint& server_address, PeerUpdate::Kind kind, TimePoint now);

  /// Entries held; those whose time is up go with the next note().
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Endpoint server_address;
    PeerUpdate::Kind kind{};
    std::uint8_t changes = 0;
    TimePoint seen;
    TimePoint changing_since;
  };
  using Entries = std::list<Entry>;

  /// \{
  /// An entry is found by its address, which stands in it alone.
  struct AddressHash {
    using is_transparent = void;
    std::size_t operator()(const Endpoint& address) const noexcept { return std::hash<Endpoint>{}(address); }
    std::size_t operator()(Entries::iterator entry) const noexcept { return (*this)(entry->server_address); }
  };
  struct SameAddress {
    using is_transparent = void;
    bool operator()(Entries::iterator left, Entries::iterator right) const {
      return left->server_address == right->server_address;
    }
    bool operator()(const Endpoint& left, Entries::iterator right) const {
      return left == right->server_address;
    }
    bool operator()(Entries::iterator left, const Endpoint& right) const {
      return left->server_address == right;
    }
  };
  /// \}

  void forget(Entries::iterator entry);

  std::size_t capacity_;
  Duration lifetime_;
  Entries entries_;  // oldest first
  std::unordered_set<Entries::iterator, AddressHash, SameAddress> by_address_;
};

}  // namespace gossip
