#include <gossip/fifo.hpp>
#include <gossip/random.hpp>

#include "live_bytes.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <string>

namespace gossip::test {
namespace {

TEST_SUITE("fifo") {
  TEST_CASE("Fifo: it has no memory before the first, and none more in a steady state") {
    const std::size_t before = allocations();
    Fifo<int> line;
    CHECK(line.empty());
    CHECK(allocations() == before);
    for (int i = 0; i < 3; ++i) line.push(i);
    const std::size_t after = allocations();
    for (int i = 3; i < 100; ++i) {
      CHECK(line.pop() == i - 3);
      line.push(i);
    }
    CHECK(allocations() == after);
  }

  TEST_CASE("Fifo: what was taken out is let go of at once, and so is what was erased") {
    const auto shared = std::make_shared<int>(1);
    Fifo<std::shared_ptr<int>> line;
    for (int i = 0; i < 4; ++i) line.push(shared);
    CHECK(shared.use_count() == 5);
    line.pop();
    CHECK(shared.use_count() == 4);
    line.erase_if([](const auto& /*value*/) { return true; });
    CHECK(shared.use_count() == 1);
    CHECK(line.empty());
  }

  TEST_CASE("Fifo: what is appended begins as new, where something else has waited before") {
    Fifo<std::string> line;
    line.append() = "one";
    line.append() += "two";
    CHECK(line.pop() == "one");
    CHECK(line.pop() == "two");
    line.append();
    CHECK(line.size() == 1);
    CHECK(line.back().empty());
  }

  TEST_CASE("Fifo: random use agrees with a deque") {
    Random random(1);
    Fifo<std::uint64_t> line;
    std::deque<std::uint64_t> model;
    for (std::uint64_t step = 0; step < 20000; ++step) {
      const std::uint64_t kind = random.below(100);
      if (kind < 50) {
        line.push(step);
        model.push_back(step);
      } else if (kind < 98 && !model.empty()) {
        REQUIRE(line.front() == model.front());
        REQUIRE(line.pop() == model.front());
        model.pop_front();
      } else {
        const auto is_gone = [&](std::uint64_t value) { return value % 3 == step % 3; };
        line.erase_if(is_gone);
        std::erase_if(model, is_gone);
      }
      REQUIRE(line.size() == model.size());
      if (!model.empty()) REQUIRE(line.back() == model.back());
    }
  }
}

}  // namespace
}  // namespace gossip::test
