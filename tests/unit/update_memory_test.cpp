#include <gossip/update_memory.hpp>

#include "fixture.hpp"

namespace gossip::test {
namespace {

constexpr auto is_found = PeerUpdate::Kind::found;
constexpr auto is_lost = PeerUpdate::Kind::lost;

TEST_SUITE("update_memory") {
  TEST_CASE("PEER UPDATE: one seen within the last 60 s is a repetition") {
    UpdateMemory memory(10, 60s);
    CHECK(memory.note(server(2), is_found, at(0s)));
    CHECK_FALSE(memory.note(server(2), is_found, at(0s)));
    CHECK_FALSE(memory.note(server(2), is_found, at(60s - 1ns)));
    CHECK(memory.note(server(2), is_found, at(60s)));
  }

  TEST_CASE("PEER UPDATE: another address, or another port, is no repetition") {
    UpdateMemory memory(10, 60s);
    CHECK(memory.note({1, 1}, is_found, at(0s)));
    CHECK(memory.note({1, 2}, is_found, at(0s)));
    CHECK(memory.note({2, 1}, is_found, at(0s)));
  }

  TEST_CASE("PEER UPDATE: the opposite kind clears the entry") {
    UpdateMemory memory(10, 60s);
    CHECK(memory.note(server(2), is_found, at(0s)));
    CHECK(memory.note(server(2), is_lost, at(1s)));
    CHECK_FALSE(memory.note(server(2), is_lost, at(2s)));
    CHECK(memory.note(server(2), is_found, at(3s)));
    CHECK(memory.size() == 1);
  }

  TEST_CASE(
      "PEER UPDATE: an address that changes without end is no news any more, for as long as one is "
      "remembered") {
    UpdateMemory memory(10, 60s);
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
    UpdateMemory memory(2, 60s);
    memory.note(server(2), is_found, at(0s));
    memory.note(server(3), is_found, at(1s));
    memory.note(server(4), is_found, at(2s));
    CHECK(memory.size() == 2);
    CHECK_FALSE(memory.note(server(3), is_found, at(3s)));
    CHECK(memory.note(server(2), is_found, at(3s)));
  }

  TEST_CASE("PEER UPDATE: what was seen with the other kind later is younger") {
    UpdateMemory memory(2, 60s);
    memory.note(server(2), is_found, at(0s));
    memory.note(server(3), is_found, at(1s));
    memory.note(server(2), is_lost, at(2s));
    memory.note(server(4), is_found, at(3s));
    CHECK_FALSE(memory.note(server(2), is_lost, at(4s)));
    CHECK(memory.note(server(3), is_found, at(4s)));
  }

  TEST_CASE("PEER UPDATE: a memory of no time or no room drops nothing") {
    UpdateMemory no_time(2, 0s);
    UpdateMemory no_room(0, 60s);
    for (int i = 0; i < 2; ++i) {
      CHECK(no_time.note(server(2), is_found, at(0s)));
      CHECK(no_room.note(server(2), is_found, at(0s)));
    }
    CHECK(no_room.size() == 0);
  }
}

}  // namespace
}  // namespace gossip::test
