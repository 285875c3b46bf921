#include <gossip/overlay/passive_view.hpp>

#include "fixture.hpp"

#include <set>
#include <vector>

namespace gossip::test {
namespace {

bool anybody(const Endpoint&) {
  return true;
}

TEST_SUITE("passive_view") {
  TEST_CASE("PassiveView: what is in already is not added again, and what is removed is not in") {
    Random random(1);
    PassiveView view;
    for (int i = 0; i < 2; ++i) view.add(server(2), random);
    CHECK(view.size() == 1);
    CHECK(view.contains(server(2)));
    CHECK_FALSE(view.contains(server(3)));
    view.remove(server(3));
    CHECK(view.size() == 1);
    view.remove(server(2));
    CHECK(view.size() == 0);
    CHECK_FALSE(view.contains(server(2)));
  }

  TEST_CASE("PassiveView: 48 addresses, and one more takes the place of any of them") {
    std::set<Endpoint> pushed_out;
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
      Random random(seed);
      PassiveView view;
      for (std::uint32_t number = 1; number <= 48; ++number) view.add(server(number), random);
      REQUIRE(view.size() == 48);
      view.add(server(48), random);
      REQUIRE(view.sample(random, 48).size() == 48);
      view.add(server(49), random);
      CHECK(view.size() == PassiveView::capacity);
      REQUIRE(view.contains(server(49)));
      for (std::uint32_t number = 1; number <= 48; ++number) {
        if (!view.contains(server(number))) pushed_out.insert(server(number));
      }
    }
    CHECK(pushed_out.size() == 48);  // one in 48 is missed a thousand times with a chance of 1e-9
  }

  TEST_CASE("PassiveView: who was put off is not picked before its time, and never by another time sooner") {
    Random random(1);
    PassiveView view;
    view.put_off(server(2), at(10s), random);
    CHECK(view.contains(server(2)));
    CHECK(view.pick(random, at(10s) - 1ns, anybody) == std::nullopt);
    CHECK(view.pick(random, at(10s), anybody) == server(2));
    view.put_off(server(2), at(5s), random);
    view.add(server(2), random);
    CHECK(view.pick(random, at(9s), anybody) == std::nullopt);
    view.put_off(server(2), at(20s), random);
    CHECK(view.pick(random, at(19s), anybody) == std::nullopt);
    CHECK(view.pick(random, at(20s), anybody) == server(2));
    CHECK(view.size() == 1);
  }

  TEST_CASE("PassiveView: it picks any of those that are wanted, and leaves it in") {
    Random random(1);
    PassiveView view;
    CHECK(view.pick(random, at(0s), anybody) == std::nullopt);
    for (std::uint32_t number = 1; number <= 6; ++number) view.add(server(number), random);
    view.put_off(server(6), at(1s), random);
    std::set<Endpoint> picked;
    for (int i = 0; i < 200; ++i) {
      picked.insert(*view.pick(random, at(0s), [](const Endpoint& e) { return e != server(1); }));
    }
    CHECK(picked == std::set{server(2), server(3), server(4), server(5)});
    CHECK(view.size() == 6);
    CHECK(view.pick(random, at(0s), [](const Endpoint&) { return false; }) == std::nullopt);
  }

  TEST_CASE("PassiveView: a sample is of different ones, those put off among them, at random") {
    Random random(1);
    PassiveView view;
    CHECK(view.sample(random, 4).empty());
    for (std::uint32_t number = 1; number <= 6; ++number) view.put_off(server(number), at(1h), random);
    std::set<std::vector<Endpoint>> samples;
    std::set<Endpoint> named;
    for (int i = 0; i < 200; ++i) {
      const std::vector<Endpoint> sample = view.sample(random, 4);
      CHECK(std::set(sample.begin(), sample.end()).size() == 4);
      named.insert(sample.begin(), sample.end());
      samples.insert(sample);
    }
    CHECK(named.size() == 6);
    CHECK(samples.size() > 100);  // of 360
    CHECK(view.sample(random, 7).size() == 6);
    CHECK(view.sample(random, 0).empty());
  }
}

}  // namespace
}  // namespace gossip::test
