/// \file
/// docs/protocol.md, 'The overlay extension', on probes: links that a node opens to see whether the network
/// has another part.

#include "neighbor_bench.hpp"

#include <set>
#include <vector>

namespace gossip::test {
namespace {

using Closed = RecordingTransport::Closed;
using Kind = Neighbor::Kind;
using Reason = Disconnect::Reason;

/// A node that lacks nobody, with p1 and d1 or d2, and with others that it could probe.
struct Probing : NeighborBench {
  explicit Probing(std::vector<Endpoint> known, const Config& config = with_degree(2))
      : NeighborBench(config) {
    for (const auto& dialled : std::exchange(transport.dialled, {}))
      node.on_connect_failed(dialled.connection, "refused", now);
    extended(1);
    from(p(1), PeerResponse{{server(60)}});
    own = answer_all().at(0);
    from(p(1), PeerResponse{std::move(known)});
    transport.clear();
  }

  /// The next probe that it starts; what was sent before is gone.
  ConnectionId next_probe() {
    const auto started = counted().probes_started;
    for (const TimePoint start = now; counted().probes_started == started;) {
      REQUIRE(now - start < 10min);
      transport.clear();
      live(std::max<Duration>(std::min<Duration>(*node.next_timer() - now, 500ms), 1ns));
    }
    return last_dial();
  }

  /// It reaches server(70), and nothing of what was sent is left.
  ConnectionId probe() {
    const ConnectionId link = next_probe();
    answer(link, server(70));
    transport.clear();
    return link;
  }

  ConnectionId own{};
};

TEST_SUITE("Probe: when") {
  TEST_CASE("A probe goes out 30 s to 90 s behind the first extended link, and behind each other") {
    Probing bench(servers(70, 99));
    std::set<Duration> pauses;
    TimePoint before = bench.now;
    for (int i = 0; i < 20; ++i) {
      const ConnectionId link = bench.next_probe();
      const Duration pause = bench.now - before;
      CHECK(30s <= pause);
      CHECK(pause < 90s);
      pauses.insert(pause);
      before = bench.now;
      bench.node.on_connect_failed(link, "refused", bench.now);
    }
    CHECK(*pauses.begin() < 45s);
    CHECK(*pauses.rbegin() > 75s);
  }

  TEST_CASE("A probe goes to a node of the passive view or to a bootstrapper, and to no peer") {
    Config config = with_degree(2);
    config.bootstrappers = {to_host_port(server(50)), to_host_port(server(60)), to_host_port(server(2)),
                            to_host_port(own_server)};
    Probing bench({}, config);
    std::set<Endpoint> probed;
    for (int i = 0; i < 20; ++i) {
      bench.from(p(1), PeerResponse{{server(70)}});
      const ConnectionId link = bench.next_probe();
      probed.merge(std::set{*literal_endpoint(bench.transport.dialled.back().address)});
      bench.node.on_connect_failed(link, "refused", bench.now);
    }
    CHECK(probed == std::set{server(50), server(70)});
  }

  TEST_CASE("Where nobody is known who is not a peer there is no probe") {
    Probing bench({});
    bench.live(10min);
    CHECK(bench.counted().probes_started == 0);
    CHECK(bench.dials().empty());
  }

  TEST_CASE("A node that has as many peers as it may have sends no probe, and with one less it does") {
    for (const std::size_t max : {2U, 3U}) {
      Probing bench(servers(70, 99), with_degree(2, max));
      bench.live(3min);
      CHECK((bench.counted().probes_started > 0) == (max == 3));
    }
  }

  TEST_CASE("There is one probe at a time") {
    Probing bench(servers(70, 99));
    bench.next_probe();
    bench.live(5min);  // it is being dialled for as long
    CHECK(bench.counted().probes_started == 1);
  }

  TEST_CASE("A probe that cannot be made leaves no trace but that the address is no longer known") {
    Probing bench(servers(70, 70));
    const ConnectionId link = bench.next_probe();
    bench.transport.clear();
    bench.node.on_connect_failed(link, "refused", bench.now);
    CHECK_FALSE(bench.passive().contains(server(70)));
    CHECK(bench.dials().empty());
    bench.from(p(1), PeerResponse{{server(71)}});
    bench.next_probe();
    CHECK(bench.dials() == servers(71, 71));
  }
}

TEST_SUITE("Probe: what is said") {
  TEST_CASE("A probe says so in HELLO, then DIGEST, and neither NEIGHBOR nor PEER INIT") {
    Probing bench(servers(70, 70));
    const ConnectionId link = bench.next_probe();
    bench.transport.clear();
    bench.connected(link, server(70));
    CHECK(bench.transport.sent.size() == 1);
    REQUIRE(bench.transport.sent_to<Hello>(link).size() == 1);
    CHECK(bench.transport.sent_to<Hello>(link)[0].features == Hello::probes);
    bench.transport.clear();
    bench.from(link, hello(69, server(70)));
    CHECK(bench.transport.sent.size() == 1);
    CHECK(bench.transport.sent_to<CacheDigest>(link).size() == 1);
    CHECK(bench.node.p2p().trees()->eager_trees(link) == 0);
    CHECK(bench.sent<PeerInit>().empty());
  }

  TEST_CASE("A probe is neither sent new messages nor told of them") {
    Probing bench(servers(70, 70));
    const ConnectionId link = bench.probe();
    bench.from(bench.client(), announce("new"));
    bench.pass(100ms);
    CHECK(bench.transport.sent_to<Data>(link).empty());
    CHECK(bench.transport.sent_to<IHave>(link).empty());
    CHECK(bench.transport.sent_to<Data>(bench.own).size() == 1);
  }

  TEST_CASE("Nor is it before both HELLOs") {
    Probing bench(servers(70, 70));
    const ConnectionId link = bench.next_probe();
    bench.connected(link, server(70));
    bench.from(bench.client(), announce("new"));
    CHECK(bench.transport.sent_to<Announce>(link).empty());
  }

  TEST_CASE("No JOIN of a newcomer sets out on a probe") {
    Probing bench(servers(70, 70));
    const ConnectionId link = bench.probe();
    bench.from(p(1), PeerRequest{server(2)});
    CHECK(bench.transport.sent_to<Join>(link).empty());
    CHECK(bench.transport.sent_to<Join>(bench.own).size() == 1);
  }
}

TEST_SUITE("Probe: how it ends") {
  TEST_CASE("A probe is over 10 s after both HELLOs, with DISCONNECT, and the node is known again") {
    Probing bench(servers(70, 70));
    const ConnectionId link = bench.next_probe();
    bench.connected(link, server(70));
    bench.live(1s);
    bench.from(link, hello(69, server(70)));
    bench.transport.clear();
    bench.live(10s - 1ns);
    CHECK(bench.transport.closed.empty());
    bench.live(1ns);
    CHECK(bench.transport.closed == std::vector<Closed>{{link, CloseReason::probe_over}});
    CHECK(bench.transport.sent_to<Disconnect>(link) == std::vector{Disconnect{Reason::probe_over}});
    CHECK_FALSE(bench.is_peer(link));
    CHECK(bench.counted().probes_kept == 0);
    CHECK(bench.passive().contains(server(70)));
    CHECK(bench.dials().empty());
  }

  TEST_CASE("A probe that brings something new 1 s after both HELLOs is kept, like any other neighbour") {
    for (const bool late : {false, true}) {
      CAPTURE(late);
      Probing bench(servers(70, 70));
      const ConnectionId link = bench.probe();
      bench.live(late ? Duration(1s) : 1s - 1ns);
      bench.from(link, data("new", 3));
      CHECK(bench.knows("new"));
      bench.transport.clear();
      bench.live(9s + 1ns);
      CHECK(bench.is_peer(link) == late);
      CHECK(bench.counted().probes_kept == (late ? 1 : 0));
      CHECK(bench.transport.sent_to<PeerInit>(link).size() == (late ? 1 : 0));
      CHECK(bench.transport.sent_to<Neighbor>(link).size() == (late ? 1 : 0));
      if (!late) continue;
      CHECK(bench.transport.sent_to<PeerInit>(link)[0].server_address == own_server);
      CHECK(bench.transport.sent_to<Neighbor>(link)[0].kind == Kind::high);
      bench.live(1min);
      CHECK(bench.is_peer(link));
    }
  }

  TEST_CASE("A probe that is asked for what its other side lacks is kept") {
    Probing bench(servers(70, 70));
    const ConnectionId link = bench.probe();
    bench.live(1s);
    bench.from(link, Graft{{{no_tree, content("anything")}}});
    bench.live(9s);
    CHECK(bench.counted().probes_kept == 1);
  }

  TEST_CASE("What is known already keeps no probe, nor does what others bring") {
    Probing bench(servers(70, 70));
    const ConnectionId link = bench.probe();
    bench.live(2s);
    bench.from(p(1), data("new", 3));
    bench.from(link, data("new", 3));
    bench.live(8s);
    CHECK_FALSE(bench.is_peer(link));
    CHECK(bench.counted().probes_kept == 0);
  }

  TEST_CASE("A probe is closed on a base link, without DISCONNECT: at its first frame, or silent for 2 s") {
    for (const bool speaks : {true, false}) {
      CAPTURE(speaks);
      Probing bench(servers(70, 70));
      const ConnectionId link = bench.next_probe();
      bench.connected(link, server(70));
      bench.transport.clear();
      if (speaks) bench.from(link, announce("first"));
      if (!speaks) bench.live(2s);
      CHECK(bench.transport.closed == std::vector<Closed>{{link, CloseReason::probe_over}});
      CHECK(bench.transport.sent_to<Disconnect>(link).empty());
      CHECK_FALSE(bench.is_peer(link));
      CHECK(discrepancy(bench.counted(), bench.node.stock()) == std::nullopt);
    }
  }

  TEST_CASE("A probe that ends on an ANNOUNCE for which there is no room: nobody pauses what is closed") {
    Config config = with_degree(2);
    config.cache_size = 2;
    Probing bench(servers(70, 70), config);
    const ConnectionId link = bench.next_probe();
    bench.client({7});
    bench.from(p(1), announce("waits for a verdict"));
    bench.connected(link, server(70));
    bench.transport.clear();
    bench.from(link, announce("first"));
    REQUIRE_FALSE(bench.is_peer(link));
    CHECK_FALSE(bench.paused(link));
    CHECK(discrepancy(bench.counted(), bench.node.stock()) == std::nullopt);
  }

  TEST_CASE("A probe that the other side ends, or whose link is lost, is over; another follows") {
    for (const int how : {0, 1, 2}) {
      CAPTURE(how);
      Probing bench(servers(70, 80));
      const ConnectionId link = bench.next_probe();
      const Endpoint target = *literal_endpoint(bench.transport.dialled.back().address);
      bench.answer(link, target);
      if (how == 0) bench.from(link, Disconnect{Reason::no_room});
      if (how == 1) bench.closed(link);
      if (how == 2) bench.from(link, hello(1));  // the second, which breaks the protocol
      bench.transport.clear();
      bench.live(25s);
      CHECK(bench.transport.closed.empty());
      CHECK(bench.sent<Disconnect>().empty());
      CHECK(bench.passive().contains(target) == (how != 1));  // put off, where it was refused or broke it
      bench.next_probe();
    }
  }

  TEST_CASE("A probe that reaches the node itself is over at once") {
    Config config = with_degree(2);
    config.bootstrappers = {{"node.example", 6001}};
    Probing bench({}, config);
    const ConnectionId link = bench.next_probe();
    bench.connected(link, own_server);
    CHECK(bench.transport.closed == std::vector<Closed>{{link, CloseReason::connected_to_self}});
    CHECK(bench.node.pool().size() == 2);
  }
}

TEST_SUITE("Probe: to a node that is a neighbour already") {
  TEST_CASE("A probe that takes the place of a link to the same address is no probe any more") {
    Config config = with_degree(2);
    config.bootstrappers = {{"node.example", 6001}};
    Probing bench({}, config);
    bench.accepted(49);
    const ConnectionId link = bench.next_probe();
    bench.transport.clear();
    bench.answer(link, server(50));
    CHECK(bench.transport.closed == std::vector<Closed>{{p(2), CloseReason::duplicate_link}});
    CHECK(bench.transport.sent_to<PeerInit>(link).size() == 1);
    REQUIRE(bench.transport.sent_to<Neighbor>(link).size() == 1);
    bench.live(20s);
    CHECK(bench.is_peer(link));
  }

  TEST_CASE("A probe that takes the place of a link to the same node, as its id says, is none either") {
    Probing bench(servers(70, 70));
    bench.extended(0xff, server(50));
    const ConnectionId link = bench.next_probe();
    bench.connected(link, server(70));
    bench.transport.clear();
    bench.from(link, hello(0xff, server(70)));
    CHECK(bench.transport.closed == std::vector<Closed>{{p(2), CloseReason::duplicate_link}});
    CHECK(bench.transport.sent_to<PeerInit>(link).size() == 1);
    REQUIRE(bench.transport.sent_to<Neighbor>(link).size() == 1);
    bench.live(20s);
    CHECK(bench.is_peer(link));
  }

  TEST_CASE("A probe that is the second link to the same node goes, and the first stays") {
    Probing bench(servers(70, 70));
    bench.extended(0, server(50));
    const ConnectionId link = bench.next_probe();
    bench.connected(link, server(70));
    bench.transport.clear();
    bench.from(link, hello(0, server(70)));
    CHECK(bench.transport.closed == std::vector<Closed>{{link, CloseReason::duplicate_link}});
    bench.live(20s);
    CHECK(bench.is_peer(p(2)));
  }
}

}  // namespace
}  // namespace gossip::test
