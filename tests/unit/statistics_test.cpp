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
}

}  // namespace
}  // namespace gossip
