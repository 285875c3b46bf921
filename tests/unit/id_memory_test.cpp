#include <gossip/overlay/id_memory.hpp>

#include "overlay_fixture.hpp"

#include <set>

namespace gossip::test {
namespace {

TEST_SUITE("id_memory") {
  TEST_CASE("IdKey: the same id has the same fingerprint, and another has another") {
    Random random(1);
    const IdKey key(random);
    CHECK(key(numbered_id(1)) == key(numbered_id(1)));
    std::set<IdFingerprint> fingerprints;
    for (std::uint64_t number = 0; number < 1000; ++number) fingerprints.insert(key(numbered_id(number)));
    CHECK(fingerprints.size() == 1000);
  }

  TEST_CASE("IdKey: every byte of an id counts") {
    Random random(1);
    const IdKey key(random);
    std::set<IdFingerprint> fingerprints{key({})};
    for (std::size_t at = 0; at < ContentId{}.bytes.size(); ++at) {
      ContentId id;
      id.bytes[at] = std::byte{1};
      fingerprints.insert(key(id));
    }
    CHECK(fingerprints.size() == 17);
  }

  TEST_CASE("IdKey: another key has other fingerprints") {
    Random random(1);
    const IdKey one(random);
    const IdKey other(random);
    CHECK(one(numbered_id(1)) != other(numbered_id(1)));
  }

  TEST_CASE("IdMemory: what was noted is known, with what the node calls it, and nothing else is") {
    IdMemory memory(120s, 10);
    CHECK_FALSE(memory.knows(fingerprint(1), at(0s)));
    memory.note(fingerprint(1), MessageId{7}, at(0s));
    CHECK(memory.knows(fingerprint(1), at(0s)));
    CHECK(memory.find(fingerprint(1), at(0s)) == MessageId{7});
    CHECK_FALSE(memory.knows(fingerprint(2), at(0s)));
    CHECK_FALSE(memory.find(fingerprint(2), at(0s)));
  }

  TEST_CASE("IdMemory: an id is known for its lifetime, or up to a second less: times are in seconds") {
    IdMemory memory(120s, 10);
    memory.note(fingerprint(1), MessageId{1}, at(0s));
    memory.note(fingerprint(2), MessageId{2}, at(1s - 1ns));
    for (const int number : {1, 2}) {
      CHECK(memory.find(fingerprint(static_cast<std::uint64_t>(number)), at(120s - 1ns)));
      CHECK_FALSE(memory.find(fingerprint(static_cast<std::uint64_t>(number)), at(120s)));
      CHECK_FALSE(memory.knows(fingerprint(static_cast<std::uint64_t>(number)), at(120s)));
    }
  }

  TEST_CASE("IdMemory: of more than size_max the oldest goes first") {
    IdMemory memory(120s, 3);
    for (std::uint64_t number = 1; number <= 3; ++number) {
      memory.note(fingerprint(number), MessageId{}, at(0s));
    }
    CHECK(memory.knows(fingerprint(1), at(0s)));
    memory.note(fingerprint(4), MessageId{}, at(0s));
    CHECK(memory.size() == 3);
    CHECK_FALSE(memory.knows(fingerprint(1), at(0s)));
    for (std::uint64_t number = 2; number <= 4; ++number) CHECK(memory.knows(fingerprint(number), at(0s)));
  }

  TEST_CASE("IdMemory: with room for one, or for none, it keeps the last one") {
    for (const std::size_t size_max : {std::size_t{1}, std::size_t{0}}) {
      IdMemory memory(120s, size_max);
      for (std::uint64_t number = 1; number <= 3; ++number) {
        memory.note(fingerprint(number), MessageId{}, at(0s));
        CHECK(memory.size() == 1);
        CHECK(memory.knows(fingerprint(number), at(0s)));
      }
    }
  }

  TEST_CASE("IdMemory: what is noted again takes no room, is called by its new id, and counts as new") {
    IdMemory memory(120s, 2);
    memory.note(fingerprint(1), MessageId{1}, at(0s));
    memory.note(fingerprint(2), MessageId{2}, at(1s));
    memory.note(fingerprint(1), MessageId{3}, at(60s));
    CHECK(memory.size() == 2);
    CHECK(memory.find(fingerprint(1), at(179s)) == MessageId{3});
    memory.note(fingerprint(3), MessageId{4}, at(60s));
    CHECK(memory.knows(fingerprint(1), at(60s)));
    CHECK_FALSE(memory.knows(fingerprint(2), at(60s)));
  }

  TEST_CASE("IdMemory: what was noted so long ago that it is not known can be noted again") {
    IdMemory memory(120s, 10);
    memory.note(fingerprint(1), MessageId{1}, at(0s));
    memory.note(fingerprint(1), MessageId{2}, at(120s));
    CHECK(memory.find(fingerprint(1), at(239s)) == MessageId{2});
    CHECK_FALSE(memory.knows(fingerprint(1), at(240s)));
  }

  TEST_CASE("IdMemory: the last and the only one can be noted again, and the order goes on") {
    IdMemory memory(120s, 2);
    memory.note(fingerprint(1), MessageId{}, at(0s));
    memory.note(fingerprint(1), MessageId{}, at(1s));
    memory.note(fingerprint(2), MessageId{}, at(2s));
    memory.note(fingerprint(2), MessageId{}, at(3s));
    memory.note(fingerprint(3), MessageId{}, at(4s));
    CHECK_FALSE(memory.knows(fingerprint(1), at(4s)));
    memory.note(fingerprint(4), MessageId{}, at(4s));
    CHECK_FALSE(memory.knows(fingerprint(2), at(4s)));
    CHECK(memory.knows(fingerprint(3), at(4s)));
  }

  TEST_CASE("IdMemory: each new id drops two that are too old, so that they go and no call pays for many") {
    IdMemory memory(120s, 100);
    for (std::uint64_t number = 0; number < 10; ++number) {
      memory.note(fingerprint(number), MessageId{}, at(0s));
    }
    memory.note(fingerprint(10), MessageId{}, at(120s - 1ns));
    CHECK(memory.size() == 11);
    memory.note(fingerprint(11), MessageId{}, at(120s));
    CHECK(memory.size() == 10);
    for (std::uint64_t number = 12; number < 17; ++number) {
      memory.note(fingerprint(number), MessageId{}, at(120s));
    }
    CHECK(memory.size() == 7);  // all that are not too old, 10 to 16
  }
}

}  // namespace
}  // namespace gossip::test
