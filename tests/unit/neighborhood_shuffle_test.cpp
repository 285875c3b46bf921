/// \file
/// docs/protocol.md, 'The overlay extension', on SHUFFLE.

#include "neighbor_bench.hpp"

#include <optional>
#include <set>
#include <vector>

namespace gossip::test {
namespace {

/// The next SHUFFLE that it sends of its own accord, and to whom.
std::pair<ConnectionId, Shuffle> next_shuffle(NeighborBench& bench) {
  bench.transport.clear();
  for (int steps = 0; steps < 1000; ++steps) {
    const TimePoint due = *bench.node.next_timer();
    bench.live(std::max<Duration>(due - bench.now, 0ns));
    bench.pass(0ns);
    for (const auto& [link, shuffle] : bench.sent<Shuffle>()) {
      if (shuffle.kind == Shuffle::Kind::asks) return {link, shuffle};
    }
  }
  FAIL("no SHUFFLE");
  return {};
}

/// `known` nodes in the passive view, and as many accepted links as told, all extended; no room for more.
struct Shuffling : NeighborBench {
  explicit Shuffling(std::uint32_t known, int links = 2) : NeighborBench(with_degree(2)) {
    for (int number = 1; number <= links; ++number) extended(number);
    from(p(1), PeerResponse{{server(60)}});
    own = answer_all().at(0);
    if (known > 0) from(p(1), PeerResponse{servers(70, 69 + known)});
    transport.clear();
  }
  ConnectionId own{};
};

TEST_SUITE("SHUFFLE that asks") {
  TEST_CASE("SHUFFLE names its sender first, then 3 neighbours without the one asked, then 4 others") {
    Shuffling bench(10, 8);
    const auto [to, shuffle] = next_shuffle(bench);
    REQUIRE(shuffle.server_addresses.size() == 8);
    CHECK(shuffle.server_addresses[0] == own_server);
    const ConnectionPool& pool = bench.node.pool();
    std::set<Endpoint> all(shuffle.server_addresses.begin(), shuffle.server_addresses.end());
    CHECK(all.size() == 8);
    CHECK_FALSE(all.contains(*pool.find(to)->server_address));
    for (std::size_t i = 1; i <= 3; ++i) CHECK(pool.knows(shuffle.server_addresses[i]));
    for (std::size_t i = 4; i <= 7; ++i) CHECK(bench.passive().contains(shuffle.server_addresses[i]));
  }

  TEST_CASE("SHUFFLE of a node that knows few names few, and one that knows nobody itself") {
    Shuffling bench(1, 1);
    for (int i = 0; i < 10; ++i) {
      const auto [to, shuffle] = next_shuffle(bench);
      const Endpoint neighbor = to == p(1) ? server(60) : server(2);
      CHECK(shuffle.server_addresses == std::vector{own_server, neighbor, server(70)});
    }
    NeighborBench alone;
    alone.extended(1);
    CHECK(next_shuffle(alone).second.server_addresses == std::vector{own_server});
  }

  TEST_CASE("SHUFFLE goes to any extended link, and names base peers too") {
    Shuffling bench(0, 3);
    bench.peer();
    std::set<ConnectionId> asked;
    std::set<Endpoint> named;
    for (int i = 0; i < 60; ++i) {
      const auto [to, shuffle] = next_shuffle(bench);
      asked.insert(to);
      named.insert(shuffle.server_addresses.begin(), shuffle.server_addresses.end());
    }
    CHECK(asked == std::set{p(1), p(2), p(3), bench.own});
    CHECK(named.contains(server(5)));
  }

  TEST_CASE("SHUFFLEs begin within 1 s of the first link, with pauses of 1, 2, 4, 8 and then 10 s") {
    NeighborBench bench;
    bench.extended(1);
    const TimePoint start = bench.now;
    std::vector<TimePoint> times;
    for (int i = 0; i < 7; ++i) {
      next_shuffle(bench);
      times.push_back(bench.now);
    }
    CHECK(times[0] - start < 1s);
    const std::vector<Duration> pauses{1s, 2s, 4s, 8s, 10s, 10s};
    for (std::size_t i = 0; i < pauses.size(); ++i) CHECK(times[i + 1] - times[i] == pauses[i]);
  }

  TEST_CASE("SHUFFLEs begin anew within 1 s when a neighbour is lost") {
    NeighborBench bench;
    bench.extended(1);
    bench.extended(2);
    for (int i = 0; i < 6; ++i) next_shuffle(bench);
    bench.live(2s);
    bench.closed(p(2));
    const TimePoint lost = bench.now;
    next_shuffle(bench);
    const TimePoint first = bench.now;
    CHECK(first - lost < 1s);
    next_shuffle(bench);
    CHECK(bench.now - first == 1s);
  }

  TEST_CASE("A node without extended links sends no SHUFFLE, and dials what it was put off from") {
    NeighborBench bench(with_degree(2));
    bench.extended(1);
    bench.peer();
    bench.from(p(1), Disconnect{Disconnect::Reason::no_room});
    bench.transport.clear();
    bench.live(22s);
    CHECK(bench.sent<Shuffle>().empty());
    CHECK(bench.dials() == servers(2, 2));
  }
}

TEST_SUITE("SHUFFLE that is answered") {
  TEST_CASE("SHUFFLE is answered with as many of the passive view, which are not those that it names") {
    for (const std::uint32_t count : {1U, 5U, 16U}) {
      Shuffling bench(30);
      bench.from(p(1), Shuffle{Shuffle::Kind::asks, servers(200, 199 + count)});
      const auto answers = bench.transport.sent_to<Shuffle>(p(1));
      REQUIRE(answers.size() == 1);
      CHECK(answers[0].kind == Shuffle::Kind::answers);
      const auto& named = answers[0].server_addresses;
      CHECK(std::set(named.begin(), named.end()).size() == count);
      for (const Endpoint& address : named) CHECK((server(70) <= address && address <= server(99)));
      for (const Endpoint& address : servers(200, 199 + count)) CHECK(bench.passive().contains(address));
      CHECK(bench.counted().shuffles_received == 1);
      CHECK(bench.counted().shuffles_ignored == 0);
    }
  }

  TEST_CASE("SHUFFLE is answered with fewer where fewer are known, and with nobody") {
    for (const std::uint32_t known : {0U, 2U}) {
      Shuffling bench(known);
      bench.from(p(1), Shuffle{Shuffle::Kind::asks, servers(200, 207)});
      const auto answers = bench.transport.sent_to<Shuffle>(p(1));
      REQUIRE(answers.size() == 1);
      CHECK(answers[0].server_addresses.size() == known);
    }
  }

  TEST_CASE("SHUFFLE: where a link of its own is lacking, whom it names is dialled at once") {
    NeighborBench bench(with_degree(4));
    bench.extended(1);
    bench.from(p(1), Shuffle{Shuffle::Kind::asks, servers(200, 202)});
    CHECK(bench.dials().size() == 2);
  }

  TEST_CASE("SHUFFLE sooner than 500 ms after the last from the same neighbour is ignored and counted") {
    Shuffling bench(10);
    bench.from(p(1), Shuffle{Shuffle::Kind::asks, {server(2)}});
    bench.live(499ms);
    bench.from(p(1), Shuffle{Shuffle::Kind::asks, {server(201)}});
    CHECK(bench.counted().shuffles_ignored == 1);
    CHECK_FALSE(bench.passive().contains(server(201)));
    bench.from(p(2), Shuffle{Shuffle::Kind::asks, {server(3)}});  // who is another neighbour
    CHECK(bench.counted().shuffles_ignored == 1);
    bench.live(1ms - 1ns);
    bench.from(p(1), Shuffle{Shuffle::Kind::asks, {server(202)}});
    CHECK(bench.counted().shuffles_ignored == 2);
    bench.live(1ns);  // what was ignored does not put it off further
    bench.from(p(1), Shuffle{Shuffle::Kind::asks, {server(203)}});
    CHECK(bench.counted().shuffles_ignored == 2);
    CHECK(bench.counted().shuffles_received == 5);
    CHECK(bench.passive().contains(server(203)));
  }

  TEST_CASE("SHUFFLE of 16 addresses of which none can be dialled is answered, and nothing is remembered") {
    Shuffling bench(0);
    std::vector<Endpoint> useless{own_server, server(2), server(60)};
    for (std::uint32_t i = 0; i < 13; ++i) useless.push_back(Endpoint{i, 0});
    bench.from(p(1), Shuffle{Shuffle::Kind::asks, useless});
    CHECK(bench.passive().size() == 0);
    CHECK(bench.counted().addresses_skipped == 14);
    CHECK(bench.transport.sent_to<Shuffle>(p(1)).size() == 1);
    CHECK(bench.dials().empty());
  }

  TEST_CASE("SHUFFLE: who asks faster than it reads is not read from") {
    Shuffling bench(3);
    bench.congest(p(1));
    bench.from(p(1), Shuffle{Shuffle::Kind::asks, {server(2)}});
    CHECK(bench.paused(p(1)));
  }
}

TEST_SUITE("SHUFFLE that answers") {
  TEST_CASE("An answer to a SHUFFLE is remembered, once") {
    Shuffling bench(0, 1);
    const ConnectionId asked = next_shuffle(bench).first;
    bench.from(asked, Shuffle{Shuffle::Kind::answers, {server(200)}});
    CHECK(bench.passive().contains(server(200)));
    bench.from(asked, Shuffle{Shuffle::Kind::answers, {server(201)}});
    CHECK_FALSE(bench.passive().contains(server(201)));
    CHECK(bench.counted().shuffles_ignored == 1);
    CHECK(bench.counted().shuffles_received == 2);
    CHECK(bench.transport.sent_to<Shuffle>(asked).size() == 1);  // which is not answered in turn
  }

  TEST_CASE("An answer that nobody asked for is ignored and counted, and one of another, too") {
    Shuffling bench(0, 1);
    bench.from(p(1), Shuffle{Shuffle::Kind::answers, {server(200)}});
    CHECK(bench.counted().shuffles_ignored == 1);
    const ConnectionId asked = next_shuffle(bench).first;
    const ConnectionId other = asked == p(1) ? bench.own : p(1);
    bench.from(other, Shuffle{Shuffle::Kind::answers, {server(201)}});
    CHECK(bench.counted().shuffles_ignored == 2);
    CHECK(bench.passive().size() == 0);
    bench.from(asked, Shuffle{Shuffle::Kind::answers, {}});
    CHECK(bench.counted().shuffles_ignored == 2);
  }

  TEST_CASE("An answer is not bound to the pace of those that ask") {
    Shuffling bench(0, 1);
    const ConnectionId asked = next_shuffle(bench).first;
    bench.from(asked, Shuffle{Shuffle::Kind::asks, {server(200)}});
    bench.from(asked, Shuffle{Shuffle::Kind::answers, {server(201)}});
    CHECK(bench.counted().shuffles_ignored == 0);
    CHECK(bench.passive().size() == 2);
  }
}

}  // namespace
}  // namespace gossip::test
