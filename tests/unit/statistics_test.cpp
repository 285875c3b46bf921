#include <gossip/statistics.hpp>

#include <doctest/doctest.h>

namespace gossip {
namespace {

TEST_SUITE("statistics") {
  TEST_CASE("Statistics: every counter that is not 0, in one line") {
    Statistics statistics;
    CHECK(to_string(statistics).empty());
    statistics.client_announces = 3;
    statistics.connections_too_slow = 18446744073709551615U;
    CHECK(to_string(statistics) == "client_announces=3 connections_too_slow=18446744073709551615");
  }

  TEST_CASE("Statistics: what is counted of neighbours, by name") {
    Statistics statistics;
    statistics.joins_passed_on = 1;
    statistics.neighbors_refused = 2;
    statistics.shuffles_received = 3;
    statistics.shuffles_ignored = 4;
    statistics.probes_started = 5;
    statistics.probes_kept = 6;
    CHECK(to_string(statistics) ==
          "joins_passed_on=1 neighbors_refused=2 shuffles_received=3 shuffles_ignored=4 probes_started=5 "
          "probes_kept=6");
  }

  TEST_CASE("Statistics: a message that no counter accounts for is found, at every station of its way") {
    Statistics sound;
    sound.client_announces = 1;
    sound.peer_announces = 3;
    sound.added_valid = 1;
    sound.added_pending = 1;
    sound.duplicates_seen = 1;
    sound.messages_delivered = 2;
    sound.messages_forwarded = 1;
    const Stock stock{1, 1, 1};
    CHECK_FALSE(discrepancy(sound, stock));

    using Counter = std::uint64_t Statistics::*;
    for (const Counter counter :
         {&Statistics::program_announces, &Statistics::duplicates_cached, &Statistics::announces_refused,
          &Statistics::publishes_congested, &Statistics::messages_unclaimed, &Statistics::messages_rejected,
          &Statistics::forwards_expired, &Statistics::forwards_unneeded, &Statistics::evicted_valid,
          &Statistics::evicted_pending, &Statistics::messages_validated}) {
      Statistics wrong = sound;
      wrong.*counter += 1;
      CHECK(discrepancy(wrong, stock));
    }
    CHECK(discrepancy(sound, {2, 1, 1}));
    CHECK(discrepancy(sound, {1, 0, 1}));
    CHECK(discrepancy(sound, {1, 1, 0}) ==
          "announces that came in: 4, but added, duplicate, refused and waiting: 3");
  }
}

}  // namespace
}  // namespace gossip
