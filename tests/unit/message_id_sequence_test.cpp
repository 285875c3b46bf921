#include <gossip/message_id_sequence.hpp>

#include <doctest/doctest.h>

#include <bitset>
#include <cstdint>

namespace gossip {
namespace {

TEST_SUITE("message_id_sequence") {
  TEST_CASE("MessageIdSequence: each number has an id of its own, and the way back leads to it") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      CAPTURE(seed);
      Random random(seed);
      const MessageIdSequence ids(random);
      std::bitset<65536> seen;
      bool leads_back = true;
      for (std::uint32_t number = 0; number < 65536; ++number) {
        const MessageId id = ids.id_of(static_cast<std::uint16_t>(number));
        seen.set(value_of(id));
        leads_back = leads_back && ids.number_of(id) == number;
      }
      CHECK(seen.all());
      CHECK(leads_back);
    }
  }

  TEST_CASE("MessageIdSequence: which id comes first differs with the seed") {
    std::bitset<65536> first;
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
      Random random(seed);
      first.set(value_of(MessageIdSequence(random).id_of(0)));
    }
    CHECK(first.count() > 900);  // of 1,000 drawn at random from 65,536 some 8 are drawn twice
  }
}

}  // namespace
}  // namespace gossip
