#include <gossip/random.hpp>
#include <gossip/slot_ring.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <vector>

namespace gossip::test {
namespace {

struct Ring {
  std::array<SlotRing::Links, 16> links;
  SlotRing ring;

  auto links_of() {
    return [this](std::uint32_t slot) -> SlotRing::Links& { return links.at(slot); };
  }
  void append(std::uint32_t slot) { ring.append(slot, links_of()); }
  void remove(std::uint32_t slot) { ring.remove(slot, links_of()); }
  void renew(std::uint32_t slot) { ring.renew(slot, links_of()); }
  std::vector<std::uint32_t> slots() {
    std::vector<std::uint32_t> found;
    for (std::uint32_t at = ring.oldest(); at != SlotRing::none; at = ring.newer(at, links_of()))
      found.push_back(at);
    return found;
  }
};

using Slots = std::vector<std::uint32_t>;

TEST_SUITE("slot_ring") {
  TEST_CASE("SlotRing: none at first, and none when all were removed") {
    Ring ring;
    CHECK(ring.ring.empty());
    CHECK(ring.ring.oldest() == SlotRing::none);
    CHECK(ring.ring.newest(ring.links_of()) == SlotRing::none);
    ring.append(3);
    CHECK(ring.slots() == Slots{3});
    CHECK(ring.ring.newest(ring.links_of()) == 3);
    ring.remove(3);
    CHECK(ring.ring.empty());
    ring.append(3);
    CHECK(ring.slots() == Slots{3});
  }

  TEST_CASE("SlotRing: the oldest, the newest or another becomes the newest") {
    Ring ring;
    ring.append(1);
    ring.renew(1);
    CHECK(ring.slots() == Slots{1});
    for (const std::uint32_t slot : {2U, 3U, 4U}) ring.append(slot);
    ring.renew(1);
    CHECK(ring.slots() == Slots{2, 3, 4, 1});
    ring.renew(3);
    CHECK(ring.slots() == Slots{2, 4, 1, 3});
    ring.renew(3);
    CHECK(ring.slots() == Slots{2, 4, 1, 3});
  }

  TEST_CASE("SlotRing: random use agrees with a list") {
    Random random(3);
    Ring ring;
    Slots model;
    for (int step = 0; step < 20000; ++step) {
      const auto slot = static_cast<std::uint32_t>(random.below(16));
      const auto at = std::ranges::find(model, slot);
      if (at == model.end()) {
        ring.append(slot);
        model.push_back(slot);
      } else if (model.erase(at); random.below(2) == 0) {
        ring.remove(slot);
      } else {
        ring.renew(slot);
        model.push_back(slot);
      }
      REQUIRE(ring.slots() == model);
      REQUIRE(ring.ring.newest(ring.links_of()) == (model.empty() ? SlotRing::none : model.back()));
    }
  }
}

}  // namespace
}  // namespace gossip::test
