#include "detail/stall.hpp"

#include <doctest/doctest.h>

#include <chrono>

namespace gossip::detail {
namespace {

using namespace std::chrono_literals;

TEST_SUITE("stall") {
  TEST_CASE("stall_after: a client stalls completely at a tenth of slow_consumer_timeout") {
    const Config config;  // 5 s
    CHECK(stall_after(500ms - 1ns, Layer::api, config) == Stall::none);
    CHECK(stall_after(500ms, Layer::api, config) == Stall::complete);
  }

  TEST_CASE("stall_after: a peer does in part at a tenth, and completely at three fifths") {
    const Config config;
    CHECK(stall_after(500ms - 1ns, Layer::p2p, config) == Stall::none);
    CHECK(stall_after(500ms, Layer::p2p, config) == Stall::partial);
    CHECK(stall_after(3s - 1ns, Layer::p2p, config) == Stall::partial);
    CHECK(stall_after(3s, Layer::p2p, config) == Stall::complete);
  }

  TEST_CASE("end_of: each stall ends where the next begins, and the last one with the connection") {
    Config config;
    config.slow_consumer_timeout = 7s;
    CHECK(end_of(Stall::none, config) == 700ms);
    CHECK(stall_after(end_of(Stall::none, config), Layer::p2p, config) == Stall::partial);
    CHECK(stall_after(end_of(Stall::partial, config), Layer::p2p, config) == Stall::complete);
    CHECK(end_of(Stall::complete, config) == 7s);
  }

  TEST_CASE("holds_up: in part above half of the bound, and not at it") {
    Config config;
    config.queue_bytes_max = 4'000'001;
    CHECK(holds_up(Stall::none, 1, config));
    CHECK_FALSE(holds_up(Stall::partial, 2'000'000, config));
    CHECK(holds_up(Stall::partial, 2'000'001, config));
    CHECK_FALSE(holds_up(Stall::complete, 4'000'002, config));
  }

  TEST_CASE("bound_of: who takes nothing at all has no room for messages that may become valid at once") {
    Config config;
    config.cache_size = 40;
    config.queue_bytes_max = 1'000'000;
    CHECK(bound_of(Stall::none, config) == 1'000'000 + 30 * frame_bytes_max);
    CHECK(bound_of(Stall::partial, config) == 1'000'000 + 30 * frame_bytes_max);
    CHECK(bound_of(Stall::complete, config) == 1'000'000);
  }
}

}  // namespace
}  // namespace gossip::detail
