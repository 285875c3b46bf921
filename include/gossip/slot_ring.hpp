#pragma once
/// \file
/// An order of slots, through links that stand in them.

#include <cstdint>

namespace gossip {

/// Slots from the oldest to the newest, of which each names its neighbours; the newest and the oldest are
/// neighbours, too. So the oldest becomes the newest by moving one number, which is all that happens where
/// each that is new takes the place of the oldest. `links_of(slot)` of its functions gives a slot's Links.
/// Every operation on one slot is O(1). Not thread-safe.
class SlotRing {
 public:
  /// What no slot is called.
  static constexpr std::uint32_t none = 0xffffffffU;

  /// The neighbours of a slot.
  struct Links {
    std::uint32_t older = none;  ///< of the oldest: the newest
    std::uint32_t newer = none;  ///< of the newest: the oldest
  };

  /// Whether there is no slot in it.
  [[nodiscard]] bool empty() const { return oldest_ == none; }
  /// none where there is none.
  [[nodiscard]] std::uint32_t oldest() const { return oldest_; }
  /// none where there is none.
  template <typename LinksOf>
  [[nodiscard]] std::uint32_t newest(const LinksOf& links_of) const {
    return empty() ? none : links_of(oldest_).older;
  }
  /// The next newer one; none behind the newest.
  template <typename LinksOf>
  [[nodiscard]] std::uint32_t newer(std::uint32_t slot, const LinksOf& links_of) const {
    const std::uint32_t next = links_of(slot).newer;
    return next == oldest_ ? none : next;
  }

  /// The slot is the newest from now on. Precondition: it is not in it.
  template <typename LinksOf>
  void append(std::uint32_t slot, const LinksOf& links_of) {
    if (empty()) {
      links_of(slot) = {slot, slot};
      oldest_ = slot;
      return;
    }
    const std::uint32_t newest = links_of(oldest_).older;
    links_of(slot) = {newest, oldest_};
    links_of(newest).newer = slot;
    links_of(oldest_).older = slot;
  }

  /// Precondition: the slot is in it.
  template <typename LinksOf>
  void remove(std::uint32_t slot, const LinksOf& links_of) {
    const Links beside = links_of(slot);
    if (oldest_ == slot) oldest_ = beside.newer == slot ? none : beside.newer;
    links_of(beside.older).newer = beside.newer;
    links_of(beside.newer).older = beside.older;
  }

  /// The slot is the newest from now on. Precondition: it is in it.
  template <typename LinksOf>
  void renew(std::uint32_t slot, const LinksOf& links_of) {
    if (slot == oldest_) {
      oldest_ = links_of(slot).newer;
    } else {
      remove(slot, links_of);
      append(slot, links_of);
    }
  }

 private:
  std::uint32_t oldest_ = none;
};

}  // namespace gossip
