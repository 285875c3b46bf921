#include <gossip/join_schedule.hpp>

#include "fixture.hpp"

#include <algorithm>
#include <vector>

namespace gossip::test {
namespace {

struct Schedule : JoinSchedule {
  explicit Schedule(std::size_t bootstrappers)
      : JoinSchedule(std::vector<HostPort>(bootstrappers, {"node.example", 6001}), 1s, 30s) {}
  /// The next attempt, as one that fails `after` it began; returns the pause that follows.
  Duration fail_next(Duration after = 0s) {
    const TimePoint due = next_timer().value();
    REQUIRE(take_due(due) == 0U);
    return failed(0, due + after, random);
  }
  Random random{1};
};

TEST_SUITE("join_schedule") {
  TEST_CASE("Joining: no bootstrapper means that nothing is ever due") {
    Schedule schedule(0);
    schedule.start(at(0s));
    schedule.restart(at(1s), schedule.random);
    CHECK_FALSE(schedule.take_due(at(1000h)));
    CHECK_FALSE(schedule.next_timer());
  }

  TEST_CASE("Joining: every bootstrapper is due at the start, each once") {
    Schedule schedule(3);
    CHECK_FALSE(schedule.next_timer());
    schedule.start(at(5s));
    CHECK(schedule.next_timer() == at(5s));
    CHECK_FALSE(schedule.take_due(at(5s - 1ns)));
    CHECK(schedule.take_due(at(5s)) == 0U);
    CHECK(schedule.take_due(at(5s)) == 1U);
    CHECK(schedule.take_due(at(5s)) == 2U);
    CHECK_FALSE(schedule.take_due(at(5s)));
    CHECK_FALSE(schedule.next_timer());
  }

  TEST_CASE("Joining: the pause doubles up to its longest, shortened by up to a half, for ever") {
    Schedule schedule(1);
    schedule.start(at(0s));
    Duration full = 1s;
    for (int attempt = 0; attempt < 1000; ++attempt) {
      CAPTURE(attempt);
      const TimePoint began = *schedule.next_timer();
      const Duration pause = schedule.fail_next(5s);
      REQUIRE(pause > full / 2);
      REQUIRE(pause <= full);
      REQUIRE(schedule.next_timer() == began + 5s + pause);
      full = std::min<Duration>(full * 2, 30s);
    }
  }

  TEST_CASE("Joining: the jitter spreads the pauses over all of their range") {
    Schedule schedule(1);
    schedule.start(at(0s));
    Duration shortest = 30s;
    Duration longest = 0s;
    for (int attempt = 0; attempt < 200; ++attempt) {
      const Duration pause = schedule.fail_next();
      if (attempt < 10) continue;
      shortest = std::min(shortest, pause);
      longest = std::max(longest, pause);
    }
    CHECK(shortest < 16s);
    CHECK(longest > 29s);
  }

  TEST_CASE("Joining: one that was joined is not tried again until the node is alone") {
    Schedule schedule(1);
    schedule.start(at(0s));
    REQUIRE(schedule.take_due(at(0s)));
    schedule.joined(0, at(1s));
    CHECK_FALSE(schedule.next_timer());
    schedule.restart(at(2s), schedule.random);
    CHECK(*schedule.next_timer() > at(2s));
    CHECK(*schedule.next_timer() <= at(3s));
  }

  TEST_CASE("Joining: being alone changes nothing about one that is being tried or waited for") {
    Schedule schedule(2);
    schedule.start(at(0s));
    REQUIRE(schedule.take_due(at(0s)) == 0U);
    REQUIRE(schedule.take_due(at(0s)) == 1U);
    schedule.failed(1, at(0s), schedule.random);
    const auto due = schedule.next_timer();
    schedule.restart(at(0s), schedule.random);
    CHECK(schedule.next_timer() == due);
    CHECK(schedule.take_due(at(10s)) == 1U);
    CHECK_FALSE(schedule.take_due(at(10s)));
  }

  TEST_CASE("Joining: connections that are lost at once back off too") {
    Schedule schedule(1);
    schedule.start(at(0s));
    TimePoint now = at(0s);
    for (const Duration full : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
      REQUIRE(schedule.take_due(now));
      schedule.joined(0, now);
      schedule.restart(now, schedule.random);
      const Duration pause = *schedule.next_timer() - now;
      CHECK(pause > full / 2);
      CHECK(pause <= full);
      now += pause;
    }
  }

  TEST_CASE("Joining: the pauses start over once a connection has lasted") {
    Schedule schedule(1);
    schedule.start(at(0s));
    for (int i = 0; i < 10; ++i) schedule.fail_next();
    const TimePoint joined = *schedule.next_timer();
    REQUIRE(schedule.take_due(joined));
    schedule.joined(0, joined);
    schedule.restart(joined + 30s, schedule.random);
    CHECK(*schedule.next_timer() - (joined + 30s) <= 1s);
  }

  TEST_CASE("Joining: one that was excluded is never tried again") {
    Schedule schedule(1);
    schedule.start(at(0s));
    schedule.exclude(0);
    schedule.restart(at(1s), schedule.random);
    CHECK_FALSE(schedule.next_timer());
    CHECK_FALSE(schedule.take_due(at(1000h)));
  }

  TEST_CASE("Joining: one that was excluded while it was tried stays so, however the attempt ends") {
    Schedule schedule(2);
    schedule.start(at(0s));
    REQUIRE(schedule.take_due(at(0s)) == 0U);
    REQUIRE(schedule.take_due(at(0s)) == 1U);
    schedule.exclude(0);
    schedule.exclude(1);
    schedule.joined(0, at(1s));
    schedule.failed(1, at(1s), schedule.random);
    schedule.restart(at(2s), schedule.random);
    CHECK_FALSE(schedule.take_due(at(1000h)));
  }

  TEST_CASE("JoinSchedule: it knows its addresses") {
    const JoinSchedule schedule({{"a", 1}, {"b", 2}}, 1s, 2s);
    CHECK(schedule.size() == 2);
    CHECK(schedule.address(1) == HostPort{"b", 2});
  }

  TEST_CASE(
      "Joining: coming back takes the longest pause, shortened by up to a half, and so does not begin anew") {
    Schedule schedule(1);
    schedule.start(at(0s));
    (void)schedule.take_due(at(0s));
    schedule.joined(0, at(0s));
    schedule.come_back(false, at(10s), schedule.random);
    const TimePoint due = schedule.next_timer().value();
    CHECK(due > at(10s + 15s));
    CHECK(due <= at(10s + 30s));
    CHECK_FALSE(schedule.is_sought(0));
    schedule.come_back(true, at(11s), schedule.random);
    CHECK(schedule.next_timer() == due);
    CHECK(schedule.is_sought(0));
  }

  TEST_CASE("Joining: what is sought is so until it was joined") {
    Schedule schedule(2);
    schedule.start(at(0s));
    for (const std::size_t index : {0U, 1U}) {
      CHECK(schedule.take_due(at(0s)) == index);
      schedule.joined(index, at(0s));
    }
    schedule.exclude(1);
    schedule.seek(at(10s), schedule.random);
    CHECK(schedule.is_sought(0));
    CHECK_FALSE(schedule.is_sought(1));
    CHECK(schedule.next_timer().value() <= at(11s));
    CHECK(schedule.take_due(at(11s)) == 0U);
    schedule.failed(0, at(11s), schedule.random);
    CHECK(schedule.is_sought(0));
    schedule.joined(0, at(20s));
    CHECK_FALSE(schedule.is_sought(0));
  }
}

}  // namespace
}  // namespace gossip::test
