#include <gossip/overlay/liveness.hpp>

#include "overlay_fixture.hpp"

#include <vector>

namespace gossip::test {
namespace {

bool never(ConnectionId /*link*/) {
  return false;
}

std::vector<ConnectionId> pinged(const Liveness::Due& due) {
  std::vector<ConnectionId> links;
  for (const auto& ping : due.pings) links.push_back(ping.link);
  return links;
}

TEST_SUITE("liveness") {
  TEST_CASE("Liveness: nothing wants to be called while there is no link") {
    Liveness liveness;
    CHECK_FALSE(liveness.next_timer());
    liveness.add(p(1), at(0s));
    CHECK(liveness.next_timer() == at(1s));
    liveness.remove(p(1));
    CHECK_FALSE(liveness.next_timer());
  }

  TEST_CASE("Liveness: a PING after a second of silence, and each second again, until three are over") {
    Liveness liveness;
    liveness.add(p(1), at(0s));
    CHECK(pinged(liveness.take_due(at(1s - 1ns), never)).empty());
    CHECK(pinged(liveness.take_due(at(1s), never)) == std::vector{p(1)});
    CHECK(liveness.next_timer() == at(2s));
    CHECK(pinged(liveness.take_due(at(2s), never)) == std::vector{p(1)});
    CHECK(liveness.take_due(at(3s - 1ns), never).dead.empty());
    const auto due = liveness.take_due(at(3s), never);
    CHECK(due.dead == std::vector{p(1)});
    CHECK(due.pings.empty());
  }

  TEST_CASE("Liveness: whoever says something is alive, and is not asked for a second") {
    Liveness liveness;
    liveness.add(p(1), at(0s));
    liveness.add(p(2), at(0s));
    liveness.on_frame(p(1), at(500ms));
    CHECK(pinged(liveness.take_due(at(1s), never)) == std::vector{p(2)});
    CHECK(liveness.next_timer() == at(1500ms));
    liveness.on_frame(p(2), at(1200ms));
    CHECK(pinged(liveness.take_due(at(1500ms), never)) == std::vector{p(1)});
    liveness.on_frame(p(1), at(3400ms));
    liveness.on_frame(p(2), at(3400ms));
    CHECK(liveness.take_due(at(3500ms), never).dead.empty());
  }

  TEST_CASE("Liveness: a link that is not read from does not die, and is sent PINGs all the same") {
    Liveness liveness;
    liveness.add(p(1), at(0s));
    const auto paused = [](ConnectionId /*link*/) { return true; };
    for (int second = 1; second <= 10; ++second) {
      const auto due = liveness.take_due(at(std::chrono::seconds(second)), paused);
      CHECK(pinged(due) == std::vector{p(1)});
      CHECK(due.dead.empty());
    }
    // Read from again, it has the rest of its time.
    CHECK(liveness.take_due(at(12s - 1ns), never).dead.empty());
    CHECK(liveness.take_due(at(12s), never).dead == std::vector{p(1)});
  }

  TEST_CASE("Liveness: who is busy with a long frame does not die, and is sent PINGs all the same") {
    Liveness liveness;
    liveness.add(p(1), at(0s));
    for (int second = 1; second <= 10; ++second) {
      liveness.on_part(p(1), at(std::chrono::seconds(second)));
      liveness.on_part(p(2), at(std::chrono::seconds(second)));  // is not watched
      const auto due = liveness.take_due(at(std::chrono::seconds(second)), never);
      CHECK(pinged(due) == std::vector{p(1)});
      CHECK(due.dead.empty());
      CHECK(liveness.next_timer() == at(std::chrono::seconds(second + 1)));
    }
    CHECK(liveness.take_due(at(13s - 1ns), never).dead.empty());
    CHECK(liveness.take_due(at(13s), never).dead == std::vector{p(1)});
  }

  TEST_CASE("Liveness: the time from a PING to its PONG, and to no other, is the link's") {
    Liveness liveness;
    liveness.add(p(1), at(0s));
    CHECK_FALSE(liveness.round_trip(p(1)));
    const auto due = liveness.take_due(at(1s), never);
    REQUIRE(due.pings.size() == 1);
    const std::uint32_t token = due.pings.front().token;
    liveness.on_pong(p(1), token + 1, at(1010ms));
    CHECK_FALSE(liveness.round_trip(p(1)));
    liveness.on_pong(p(2), token, at(1020ms));
    liveness.on_pong(p(1), token, at(1030ms));
    CHECK(liveness.round_trip(p(1)) == Duration(30ms));
    liveness.on_pong(p(1), token, at(1500ms));
    CHECK(liveness.round_trip(p(1)) == Duration(30ms));
    CHECK_FALSE(liveness.round_trip(p(2)));
  }

  TEST_CASE("Liveness: what comes on a link that is not watched is ignored") {
    Liveness liveness;
    liveness.on_frame(p(1), at(1s));
    liveness.on_pong(p(1), 0, at(1s));
    liveness.remove(p(1));
    CHECK_FALSE(liveness.next_timer());
  }
}

}  // namespace
}  // namespace gossip::test
