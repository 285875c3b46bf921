#include <gossip/overlay/known_peers.hpp>

#include "neighbor_bench.hpp"

#include <vector>

namespace gossip::test {
namespace {

std::vector<Endpoint> all(const KnownPeers& known) {
  return {known.all().begin(), known.all().end()};
}

TEST_SUITE("known_peers") {
  TEST_CASE("KnownPeers: what is in already stays where it is, and what is removed is not in") {
    KnownPeers known(1s, 8s);
    for (const std::uint32_t number : {2U, 3U, 2U}) known.add(server(number));
    CHECK(all(known) == servers(2, 3));
    known.remove(server(4));
    known.remove(server(2));
    CHECK(all(known) == servers(3, 3));
  }

  TEST_CASE("KnownPeers: 96 addresses, and no other is added") {
    KnownPeers known(1s, 8s);
    for (const Endpoint& address : servers(1, 97)) known.add(address);
    CHECK(all(known) == servers(1, 96));
  }

  TEST_CASE("KnownPeers: what is put first pushes out the last of those that were in before") {
    KnownPeers known(1s, 8s);
    for (const Endpoint& address : servers(1, 96)) known.add(address);
    known.put_first(std::vector{server(50), server(200), server(201)});
    std::vector<Endpoint> expected{server(50), server(200), server(201)};
    for (const Endpoint& address : servers(1, 94)) {
      if (address != server(50)) expected.push_back(address);
    }
    CHECK(all(known) == expected);
  }

  TEST_CASE(
      "KnownPeers: they are due after a pause that doubles, shortened by up to a half, until one is met") {
    Random random(1);
    KnownPeers known(1s, 4s);
    known.add(server(2));
    known.missed(at(0s), random);
    TimePoint before = at(0s);
    for (const Duration pause : {1s, 2s, 4s, 4s}) {
      CAPTURE(pause.count());
      REQUIRE(known.next_timer());
      const TimePoint due = *known.next_timer();
      CHECK(before + pause / 2 <= due);
      CHECK(due <= before + pause);
      known.missed(due - 1ns, random);  // has no effect
      CHECK_FALSE(known.take_due(due - 1ns, random));
      CHECK(known.take_due(due, random));
      before = due;
    }
    known.met(before);
    CHECK_FALSE(known.next_timer());
    CHECK_FALSE(known.take_due(before + 1h, random));
  }

  TEST_CASE("KnownPeers: while there is nobody to be tried nothing is due") {
    Random random(1);
    KnownPeers known(1s, 4s);
    known.missed(at(0s), random);
    CHECK_FALSE(known.next_timer());
  }
}

}  // namespace
}  // namespace gossip::test
