#include <gossip/content_queue.hpp>
#include <gossip/random.hpp>

#include "live_bytes.hpp"

#include <doctest/doctest.h>

#include <deque>

namespace gossip::test {
namespace {

ContentQueue::Record record(std::uint32_t number) {
  ContentQueue::Record made;
  made.bytes = {number, ~number, number * 3, number * 5};
  made.note = number * 7;
  return made;
}

bool is(const ContentQueue::Record& one, const ContentQueue::Record& other) {
  return one.bytes == other.bytes && one.note == other.note;
}

bool holds(const ContentQueue& queue, std::uint32_t number) {
  return queue.distance(number) < queue.size();
}

/// Of the record that is pushed after so many others.
std::uint32_t number(std::uint32_t pushed) {
  return ContentQueue::after(ContentQueue::first, pushed);
}

TEST_SUITE("content_queue") {
  TEST_CASE("ContentQueue: each record keeps its number until it is popped") {
    ContentQueue queue;
    CHECK_FALSE(holds(queue, number(0)));
    for (std::uint32_t i = 0; i < 100; ++i) {
      CHECK(queue.end() == number(i));
      REQUIRE(queue.push(record(i)));
    }
    for (std::uint32_t i = 0; i < 70; ++i) {
      CHECK(queue.front() == number(i));
      queue.pop();
      CHECK_FALSE(holds(queue, number(i)));
    }
    CHECK(queue.size() == 30);
    for (std::uint32_t i = 70; i < 100; ++i) CHECK(is(queue[number(i)], record(i)));
    CHECK_FALSE(holds(queue, number(100)));
  }

  TEST_CASE("ContentQueue: random pushing and popping agrees with a list") {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      CAPTURE(seed);
      Random random(seed);
      ContentQueue queue;
      std::deque<std::uint32_t> model;
      std::uint32_t next = 0;
      for (int step = 0; step < 20000; ++step) {
        // Now it grows, now it shrinks until nothing is left.
        if (model.empty() || random.below(100) < (step / 2000 % 2 == 0 ? 60U : 40U)) {
          REQUIRE(queue.push(record(next)));
          model.push_back(next++);
        } else {
          queue.pop();
          model.pop_front();
        }
        REQUIRE(queue.size() == model.size());
        REQUIRE(queue.end() == number(next));
        if (model.empty()) continue;
        REQUIRE(queue.front() == number(model.front()));
        const std::uint32_t any = model[random.below(model.size())];
        REQUIRE(is(queue[number(any)], record(any)));
        REQUIRE(is(queue[number(next - 1)], record(next - 1)));
      }
    }
  }

  TEST_CASE("ContentQueue: numbers begin anew, and nothing is lost over it") {
    ContentQueue queue;
    constexpr std::uint32_t before_anew = ContentQueue::numbers - ContentQueue::first;
    for (std::uint32_t i = 0; i < before_anew + 60; ++i) REQUIRE(queue.push(record(i)));
    for (std::uint32_t i = 0; i < before_anew - 20; ++i) queue.pop();
    CHECK(queue.front() == ContentQueue::numbers - 20);
    CHECK(queue.end() == 60);
    for (std::uint32_t i = 0; i < 80; ++i) {
      const std::uint32_t at = (ContentQueue::numbers - 20 + i) % ContentQueue::numbers;
      CHECK(is(queue[at], record(before_anew - 20 + i)));
    }
    CHECK_FALSE(holds(queue, ContentQueue::numbers - 21));
    CHECK_FALSE(holds(queue, 60));
  }

  TEST_CASE("ContentQueue: in a steady state it allocates nothing, and what was left is used again") {
    ContentQueue queue;
    const auto push = [&queue](std::uint32_t count) {
      for (std::uint32_t i = 0; i < count; ++i) REQUIRE(queue.push(record(i)));
    };
    const auto pop = [&queue](std::uint32_t count) {
      for (std::uint32_t i = 0; i < count; ++i) queue.pop();
    };
    push(1000);
    pop(1);
    push(32);
    const std::size_t before = allocations();
    for (int round = 0; round < 100; ++round) {
      pop(32);
      push(32);
    }
    pop(1031);
    CHECK(queue.size() == 0);
    push(1000);
    CHECK(allocations() == before);
  }

  TEST_CASE("ContentQueue: without memory nothing is pushed, and it goes on when there is some") {
    ContentQueue queue;
    for (std::uint32_t i = 0; i < 64; ++i) REQUIRE(queue.push(record(i)));
    {
      const AllocationFault fault({});
      CHECK_FALSE(queue.push(record(64)));
      CHECK(AllocationFault::happened());
    }
    CHECK(queue.size() == 64);
    REQUIRE(queue.push(record(64)));
    for (std::uint32_t i = 0; i < 65; ++i) CHECK(is(queue[number(i)], record(i)));
  }
}

}  // namespace
}  // namespace gossip::test
