#include <gossip/update_memory.hpp>

#include "fixture.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace gossip::test {
namespace {

constexpr auto is_found = PeerUpdate::Kind::found;
constexpr auto is_lost = PeerUpdate::Kind::lost;
const DigestKey key(1, 2);

TEST_SUITE("update_memory") {
  TEST_CASE("PEER UPDATE: one seen within the last 60 s is a repetition") {
    UpdateMemory memory(10, 60s, key);
    CHECK(memory.note(server(2), is_found, at(0s)));
    CHECK_FALSE(memory.note(server(2), is_found, at(0s)));
    CHECK_FALSE(memory.note(server(2), is_found, at(60s - 1ns)));
    CHECK(memory.note(server(2), is_found, at(60s)));
  }

  TEST_CASE("PEER UPDATE: another address, or another port, is no repetition") {
    UpdateMemory memory(10, 60s, key);
    CHECK(memory.note({1, 1}, is_found, at(0s)));
    CHECK(memory.note({1, 2}, is_found, at(0s)));
    CHECK(memory.note({2, 1}, is_found, at(0s)));
  }

  TEST_CASE("PEER UPDATE: the opposite kind clears the entry") {
    UpdateMemory memory(10, 60s, key);
    CHECK(memory.note(server(2), is_found, at(0s)));
    CHECK(memory.note(server(2), is_lost, at(1s)));
    CHECK_FALSE(memory.note(server(2), is_lost, at(2s)));
    CHECK(memory.note(server(2), is_found, at(3s)));
    CHECK(memory.size() == 1);
  }

  TEST_CASE(
      "PEER UPDATE: an address that changes without end is no news any more, for as long as one is "
      "remembered") {
    UpdateMemory memory(10, 60s, key);
    CHECK(memory.note(server(2), is_found, at(0s)));
    for (int change = 0; change < UpdateMemory::changes_max; ++change) {
      CHECK(memory.note(server(2), change % 2 == 0 ? is_lost : is_found, at(1s)));
    }
    CHECK_FALSE(memory.note(server(2), is_found, at(2s)));
    CHECK_FALSE(memory.note(server(2), is_lost, at(2s)));
    CHECK_FALSE(memory.note(server(2), is_found, at(60s - 1ns)));
    CHECK(memory.note(server(2), is_found, at(60s)));
  }

  TEST_CASE("PEER UPDATE: the memory is bounded, the oldest is forgotten") {
    UpdateMemory memory(2, 60s, key);
    memory.note(server(2), is_found, at(0s));
    memory.note(server(3), is_found, at(1s));
    memory.note(server(4), is_found, at(2s));
    CHECK(memory.size() == 2);
    CHECK_FALSE(memory.note(server(3), is_found, at(3s)));
    CHECK(memory.note(server(2), is_found, at(3s)));
  }

  TEST_CASE("PEER UPDATE: what was seen with the other kind later is younger") {
    UpdateMemory memory(2, 60s, key);
    memory.note(server(2), is_found, at(0s));
    memory.note(server(3), is_found, at(1s));
    memory.note(server(2), is_lost, at(2s));
    memory.note(server(4), is_found, at(3s));
    CHECK_FALSE(memory.note(server(2), is_lost, at(4s)));
    CHECK(memory.note(server(3), is_found, at(4s)));
  }

  TEST_CASE("PEER UPDATE: thousands of addresses come and go") {
    constexpr std::uint32_t capacity = 4096;
    UpdateMemory memory(capacity, 60s, key);
    const auto numbered = [](std::uint32_t number) {
      return Endpoint{0x0a000000 + number, static_cast<std::uint16_t>(number % 7 + 1)};
    };
    for (std::uint32_t number = 0; number < 3 * capacity; ++number) {
      CHECK(memory.note(numbered(number), is_found, at(std::chrono::milliseconds(number))));
      CHECK(memory.size() == std::min(number + 1, capacity));
      if (number >= capacity - 1)
        CHECK_FALSE(memory.note(numbered(number - (capacity - 1)), is_found, at(20s)));
    }
    // The first of those that are left were seen 8.192 s after the beginning.
    CHECK(memory.note(server(2), is_found, at(68s + 192ms)));
    CHECK(memory.size() == capacity);
    CHECK(memory.note(server(3), is_found, at(69s)));
    CHECK(memory.size() == capacity - 808 + 1);
    for (std::uint32_t number = 9001; number < 3 * capacity; ++number)
      CHECK_FALSE(memory.note(numbered(number), is_found, at(69s)));
    CHECK(memory.note(numbered(9000), is_found, at(69s)));
  }

  TEST_CASE("PEER UPDATE: a memory of no time or no room drops nothing") {
    UpdateMemory no_time(2, 0s, key);
    UpdateMemory no_room(0, 60s, key);
    for (int i = 0; i < 2; ++i) {
      CHECK(no_time.note(server(2), is_found, at(0s)));
      CHECK(no_room.note(server(2), is_found, at(0s)));
    }
    CHECK(no_room.size() == 0);
  }
}

}  // namespace
}  // namespace gossip::test
