/// \file
/// docs/protocol.md, 'The overlay extension', on NEIGHBOR and DISCONNECT.

#include "neighbor_bench.hpp"

#include <set>
#include <vector>

namespace gossip::test {
namespace {

using Closed = RecordingTransport::Closed;
using Reason = Disconnect::Reason;

TEST_SUITE("NEIGHBOR") {
  TEST_CASE("NEIGHBOR low is welcome up to degree links that were accepted, and refused from the next on") {
    for (const std::size_t degree : {1U, 2U, 3U, 8U}) {
      CAPTURE(degree);
      NeighborBench bench(with_degree(degree));
      for (std::size_t number = 1; number <= degree; ++number) bench.accepted(static_cast<int>(number));
      CHECK(bench.transport.closed.empty());
      const ConnectionId last = bench.accepted(static_cast<int>(degree) + 1);
      CHECK(bench.transport.closed == std::vector<Closed>{{last, CloseReason::no_room}});
      CHECK(bench.transport.sent_to<Disconnect>(last) == std::vector{Disconnect{Reason::no_room}});
      CHECK(bench.node.pool().size() == degree);
      CHECK(bench.counted().neighbors_refused == 1);
    }
  }

  TEST_CASE("NEIGHBOR of degree 0: 8 are welcome, or max_connections where that is less") {
    NeighborBench bench;
    for (int number = 1; number <= 9; ++number) bench.accepted(number);
    CHECK(bench.node.pool().size() == 8);
    NeighborBench small(with_degree(0, 3));
    for (int number = 1; number <= 3; ++number) small.accepted(number);
    CHECK(small.transport.closed.empty());
  }

  TEST_CASE("NEIGHBOR: links that a node has opened itself, and base links, take nobody's place") {
    NeighborBench bench(with_degree(3));
    bench.peer();
    bench.accepted(10);
    bench.from(p(2), PeerResponse{servers(20, 21)});
    CHECK(bench.answer_all().size() == 2);
    bench.accepted(11);
    bench.accepted(12);
    CHECK(bench.transport.closed.empty());
    CHECK(bench.node.pool().size() == 6);
  }

  TEST_CASE("NEIGHBOR high makes one of those accepted go, any but the asker, and none of one's own") {
    std::set<ConnectionId> gone;
    for (int round = 0; round < 60; ++round) {
      NeighborBench bench(with_degree(3));
      bench.accepted(10);
      bench.from(p(1), PeerResponse{servers(20, 21)});
      bench.answer_all();
      bench.peer();
      bench.accepted(11);
      bench.accepted(12);
      // What has chance decide before makes the rounds differ.
      for (int i = 0; i < round; ++i) bench.from(p(1), Join{3, server(30)});
      bench.transport.clear();
      const ConnectionId asker = bench.accepted(13, Neighbor::Kind::high);
      REQUIRE(bench.transport.closed.size() == 1);
      const Closed closed = bench.transport.closed[0];
      CHECK(closed.reason == CloseReason::no_room);
      CHECK(bench.is_peer(asker));
      CHECK(bench.transport.sent_to<Disconnect>(closed.connection) ==
            std::vector{Disconnect{Reason::no_room}});
      gone.insert(closed.connection);
    }
    CHECK(gone == std::set{p(1), p(3), p(4)});
  }

  TEST_CASE("NEIGHBOR high while there is room closes nobody") {
    NeighborBench bench(with_degree(3));
    for (int number = 1; number <= 3; ++number) bench.accepted(number, Neighbor::Kind::high);
    CHECK(bench.transport.closed.empty());
  }

  TEST_CASE("NEIGHBOR probe does not count, neither when it comes nor for those that come later") {
    NeighborBench bench(with_degree(1));
    bench.accepted(1);
    for (int number = 2; number <= 4; ++number) bench.probed(number);
    CHECK(bench.transport.closed.empty());
    const ConnectionId low = bench.accepted(5);
    CHECK(bench.transport.closed == std::vector<Closed>{{low, CloseReason::no_room}});
    bench.transport.clear();
    bench.accepted(6, Neighbor::Kind::high);  // and no probe goes for it
    CHECK(bench.transport.closed == std::vector<Closed>{{p(1), CloseReason::no_room}});
  }

  TEST_CASE("NEIGHBOR: the last one counts, so a probe that stays takes a place") {
    NeighborBench bench(with_degree(1));
    bench.probed(1);
    bench.accepted(2);
    CHECK(bench.transport.closed.empty());
    bench.from(p(1), Neighbor{Neighbor::Kind::high});
    CHECK(bench.transport.closed == std::vector<Closed>{{p(2), CloseReason::no_room}});
    CHECK(bench.is_peer(p(1)));
  }

  TEST_CASE("NEIGHBOR is for whoever opened the link: from the other side it changes nothing") {
    NeighborBench bench(with_degree(1));
    bench.accepted(1);
    bench.from(p(1), PeerResponse{{server(20)}});
    const ConnectionId own = bench.answer_all().at(0);
    for (const Neighbor::Kind kind : {Neighbor::Kind::high, Neighbor::Kind::low})
      bench.from(own, Neighbor{kind});
    CHECK(bench.transport.closed.empty());
    bench.from(p(1), PeerRequest{server(2)});
    CHECK(bench.transport.sent_to<Join>(own).size() == 1);  // nor is the link taken for a probe
  }

  TEST_CASE("Of max_connections it is an accepted one that has to go for a newcomer, while there is any") {
    NeighborBench bench(with_degree(2, 3));
    bench.accepted(1);
    bench.from(p(1), PeerResponse{{server(20)}});
    const ConnectionId own = bench.answer_all().at(0);
    bench.accepted(2);
    for (int number = 3; number <= 18; ++number) bench.extended(number);
    CHECK(bench.is_peer(own));
    CHECK(bench.node.pool().size() == 3);
    CHECK(bench.counted().connections_evicted == 16);
  }

  TEST_CASE("Who is evicted is told DISCONNECT on an extended link, and nothing on a base link") {
    NeighborBench bench(with_degree(1, 1));
    bench.extended(1);
    bench.stranger();
    CHECK(bench.transport.closed == std::vector<Closed>{{p(1), CloseReason::no_room}});
    CHECK(bench.transport.sent_to<Disconnect>(p(1)) == std::vector{Disconnect{Reason::no_room}});
    bench.transport.clear();
    bench.from(p(2), PeerInit{server(3)});
    bench.stranger();
    CHECK(bench.transport.closed == std::vector<Closed>{{p(2), CloseReason::no_room}});
    CHECK(bench.sent<Disconnect>().empty());
  }

  TEST_CASE("max_connections 1: a newcomer gets in, even in the place of the node's own link") {
    Config config = with_degree(1, 1);
    config.bootstrappers = {to_host_port(server(50))};
    NeighborBench bench(config);
    bench.answer(d(1), server(50));
    bench.transport.clear();
    const ConnectionId newcomer = bench.accepted(1, Neighbor::Kind::high);
    CHECK(bench.transport.closed == std::vector<Closed>{{d(1), CloseReason::no_room}});
    CHECK(bench.is_peer(newcomer));
    bench.live(20s);
    CHECK(bench.node.pool().size() == 1);
  }
}

TEST_SUITE("DISCONNECT") {
  /// One link of its own, to server(20), beside p1.
  struct One : NeighborBench {
    One() : NeighborBench(with_degree(2)) {
      accepted(1);
      from(p(1), PeerResponse{{server(20)}});
      own = answer_all().at(0);
      transport.clear();
    }
    ConnectionId own{};
  };

  TEST_CASE("DISCONNECT ends the link, for whatever reason, and is not answered") {
    for (const Reason reason : {Reason::no_room, Reason::probe_over, Reason::leaving}) {
      One bench;
      bench.from(bench.own, Disconnect{reason});
      CHECK(bench.transport.closed == std::vector<Closed>{{bench.own, CloseReason::dismissed}});
      CHECK(std::ranges::count(bench.transport.sent, bench.own, &RecordingTransport::Sent::to) == 0);
      CHECK_FALSE(bench.is_peer(bench.own));
      CHECK_FALSE(bench.is_extended(bench.own));
      const auto told = bench.observer.all<event::ConnectionClosed>();
      REQUIRE(told.size() == 1);
      CHECK(told[0].by_us);
      CHECK(told[0].server_address == server(20));
    }
  }

  TEST_CASE("DISCONNECT for want of room, and the end of a probe: the node is put off for 10 s") {
    for (const Reason reason : {Reason::no_room, Reason::probe_over}) {
      One bench;
      bench.from(bench.own, Disconnect{reason});
      CHECK(bench.passive().contains(server(20)));
      bench.live(10s - 1ns);
      bench.from(p(1), PeerResponse{});  // which has it look for neighbours
      CHECK(bench.dials().empty());
      bench.live(1ns);
      bench.from(p(1), PeerResponse{});
      CHECK(bench.dials() == servers(20, 20));
    }
  }

  TEST_CASE(
      "DISCONNECT for want of room: the node is tried again without anybody's doing, by the next SHUFFLE") {
    One bench;
    bench.from(bench.own, Disconnect{Reason::no_room});
    bench.live(20s);
    CHECK(bench.dials() == servers(20, 20));
  }

  TEST_CASE("DISCONNECT of a node that leaves: it is not remembered") {
    One bench;
    bench.from(bench.own, Disconnect{Reason::leaving});
    CHECK_FALSE(bench.passive().contains(server(20)));
    bench.live(20s);
    CHECK(bench.dials().empty());
  }

  TEST_CASE("DISCONNECT of one that was accepted: it is remembered by what it said of itself") {
    NeighborBench bench;
    bench.accepted(1);
    bench.from(p(1), Disconnect{Reason::no_room});
    CHECK(bench.passive().contains(server(2)));
    const ConnectionId link = bench.stranger();
    Hello nowhere = hello(7, Endpoint{});
    bench.from(link, nowhere);
    bench.from(link, Disconnect{Reason::no_room});
    CHECK(bench.passive().size() == 1);
  }

  TEST_CASE("DISCONNECT: the next of the passive view takes the place at once") {
    One bench;
    bench.from(p(1), PeerResponse{{server(30)}});
    CHECK(bench.dials().empty());
    bench.from(bench.own, Disconnect{Reason::no_room});
    CHECK(bench.dials() == servers(30, 30));
  }

  TEST_CASE("DISCONNECT: whatever comes behind it is not heard") {
    One bench;
    bench.from(bench.own, Disconnect{Reason::leaving});
    bench.transport.clear();
    const std::vector<Message> behind{Disconnect{Reason::no_room},
                                      Neighbor{Neighbor::Kind::high},
                                      Join{6, server(40)},
                                      Shuffle{Shuffle::Kind::asks, servers(41, 42)},
                                      Shuffle{Shuffle::Kind::answers, servers(43, 44)},
                                      PeerRequest{server(45)},
                                      PeerResponse{servers(46, 47)},
                                      PeerInit{server(48)},
                                      found(server(49), 3),
                                      hello(9),
                                      Ping{1},
                                      announce("late")};
    for (const Message& message : behind) bench.from(bench.own, message);
    CHECK(bench.transport.sent.empty());
    CHECK(bench.transport.closed.empty());
    CHECK(bench.dials().empty());
    CHECK(bench.passive().size() == 0);
    CHECK_FALSE(bench.knows("late"));
  }

  TEST_CASE("A node that stops says DISCONNECT leaving on every extended link, and to nobody else") {
    NeighborBench bench(with_degree(2));
    bench.accepted(1);
    bench.probed(2);
    bench.peer();
    bench.client();
    bench.transport.clear();
    bench.node.on_stopping();
    CHECK(bench.take() == "p1 DISCONNECT leaving; p2 DISCONNECT leaving");
  }
}

}  // namespace
}  // namespace gossip::test
