#include <gossip/random.hpp>

#include "sim/event_queue.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace gossip::sim {
namespace {

constexpr std::int64_t forever = INT64_MAX;

std::optional<std::uint32_t> next(EventQueue& queue, std::int64_t end = forever) {
  Event event;
  if (!queue.take(end, event)) return std::nullopt;
  return event.item;
}

void put(EventQueue& queue, std::int64_t when, std::uint32_t item) {
  queue.put(when, 0, {0, 0, item, 0});
}

TEST_SUITE("sim event_queue") {
  TEST_CASE("event queue: earlier comes first, and of equals what was put down first") {
    EventQueue queue;
    put(queue, 2'000'000'000, 1);
    put(queue, 5, 2);
    put(queue, 2'000'000'000, 3);
    put(queue, 5, 4);
    CHECK(queue.size() == 4);
    CHECK(next(queue) == 2U);
    CHECK(next(queue) == 4U);
    CHECK(next(queue) == 1U);
    CHECK(next(queue) == 3U);
    CHECK_FALSE(next(queue));
  }

  TEST_CASE("event queue: what is due later stays, and something before it may still be put down") {
    EventQueue queue;
    put(queue, 1'000'000'000, 1);
    CHECK_FALSE(next(queue, 999'999'999));
    put(queue, 500, 2);
    put(queue, 999'999'999, 3);
    CHECK(next(queue, 999'999'999) == 2U);
    CHECK(next(queue, 999'999'999) == 3U);
    CHECK_FALSE(next(queue, 999'999'999));
    CHECK(next(queue, 1'000'000'000) == 1U);
  }

  TEST_CASE("event queue: the kind of an event comes out as it went in") {
    EventQueue queue;
    queue.put(1, 7, {11, 12, 13, 14});
    Event event;
    REQUIRE(queue.take(forever, event));
    CHECK(event.kind() == 7);
    CHECK(event.when == 1);
    CHECK(event.target == 11);
    CHECK(event.generation == 12);
    CHECK(event.item == 13);
    CHECK(event.extra == 14);
  }

  TEST_CASE(
      "event queue: of what is due soon it is known what comes next, and nothing of what is due later") {
    EventQueue queue;
    put(queue, 900'000, 1000);
    for (std::uint32_t item = 0; item < 200; ++item)
      put(queue, 1'000'000 + item * std::int64_t{40'000}, item);
    put(queue, 500'000'000, 200);
    CHECK(next(queue) == 1000U);
    for (std::uint32_t item = 0; item < 200; ++item) {
      REQUIRE(next(queue) == item);
      for (std::uint32_t after = 1; after < EventQueue::ahead_max && item + after < 200; ++after) {
        REQUIRE(queue.ahead(after - 1) != nullptr);
        REQUIRE(queue.ahead(after - 1)->item == item + after);
        REQUIRE(queue.place_ahead(after - 1) == queue.place_ahead(0) + after - 1);
      }
      put(queue, 1'000'000 + item * std::int64_t{40'000} + 300'000'000, 1000);
    }
    CHECK(queue.ahead(0) == nullptr);
    CHECK(next(queue) == 1000U);
  }

  // Against a sorted list: near and far, many at one time, put down while others are taken out.
  TEST_CASE("event queue: it sorts whatever comes") {
    struct Placed {
      std::int64_t when = 0;
      std::uint32_t item = 0;
    };
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      CAPTURE(seed);
      Random random(seed);
      EventQueue queue;
      std::vector<Placed> model;
      std::int64_t now = 0;
      std::uint32_t items = 0;
      for (int step = 0; step < 4000; ++step) {
        if (random.below(5) < 3) {
          const std::uint64_t ranges[] = {1, 1000, 200'000, 50'000'000, 3'000'000'000, 60'000'000'000};
          const auto when = now + static_cast<std::int64_t>(random.below(ranges[random.below(6)]));
          put(queue, when, items);
          model.push_back({when, items++});
        } else {
          const auto end = now + static_cast<std::int64_t>(random.below(100'000'000));
          const auto first = std::ranges::min_element(model, {}, &Placed::when);
          const bool due = first != model.end() && first->when <= end;
          const auto got = next(queue, end);
          REQUIRE(got.has_value() == due);
          if (!due) continue;
          REQUIRE(*got == first->item);
          now = first->when;
          model.erase(first);
        }
        REQUIRE(queue.size() == model.size());
      }
    }
  }
}

}  // namespace
}  // namespace gossip::sim
