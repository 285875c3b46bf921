/// \file
/// docs/protocol.md, 'The overlay extension', on links: HELLO, what a link is until it is known, oneself and
/// the same node twice.

#include "overlay_bench.hpp"

#include <string>
#include <vector>

namespace gossip::test {
namespace {

using Closed = RecordingTransport::Closed;

constexpr const char* hello_to_p1 = "p1 HELLO 10.0.0.1:6001";

TEST_SUITE("HELLO") {
  TEST_CASE("HELLO is the first frame on a link that was accepted, and names the node") {
    OverlayBench bench;
    bench.stranger();
    REQUIRE(bench.node.p2p().node_id());
    const std::vector<Hello> sent = bench.transport.sent_to<Hello>(p(1));
    REQUIRE(sent.size() == 1);
    CHECK(sent[0] == Hello{1, 0, 65535, *bench.node.p2p().node_id(), own_server});
    CHECK(bench.take() == hello_to_p1);
  }

  TEST_CASE("HELLO is the first frame on a link that was dialled, to a bootstrapper and to others") {
    OverlayBench bench(with_bootstrapper(server(2)));
    (void)bench.take();
    bench.connected(d(1), server(2));
    CHECK(bench.take() == "d1 HELLO 10.0.0.1:6001; d1 PEER REQUEST 10.0.0.1:6001");
    bench.from(d(1), PeerResponse{{server(3)}});
    (void)bench.take();
    bench.connected(d(2), server(3));
    CHECK(bench.take() == "d2 HELLO 10.0.0.1:6001; d2 PEER INIT 10.0.0.1:6001");
  }

  TEST_CASE("HELLO tells the address that peers are told") {
    OverlayBench bench({}, Endpoint{0x01020304, 0});
    bench.stranger();
    CHECK(bench.take() == "p1 HELLO 1.2.3.4:6001");
  }

  TEST_CASE("HELLO has another node id with another seed") {
    RecordingTransport transport;
    NullObserver observer;
    const Node one(offering(), transport, observer, 1);
    const Node other(offering(), transport, observer, 2);
    CHECK(one.p2p().node_id() != other.p2p().node_id());
  }

  TEST_CASE("HELLO back makes a link extended, which is told") {
    OverlayBench bench;
    bench.stranger();
    CHECK_FALSE(bench.is_extended(p(1)));
    bench.from(p(1), hello(1, server(2)));
    CHECK(bench.is_extended(p(1)));
    CHECK(bench.node.statistics().links_extended == 1);
    const auto told = bench.observer.all<event::LinkExtended>();
    REQUIRE(told.size() == 1);
    CHECK(told[0].connection == p(1));
    CHECK(told[0].node == node_of(1));
    CHECK(told[0].server_address == server(2));
  }

  TEST_CASE("HELLO back: the link is sent a DIGEST of the cache, which is not replayed to it, now or later") {
    OverlayBench bench;
    const ConnectionId client = bench.client();
    for (const char* const text : {"a", "b"}) bench.from(client, announce(text));
    bench.stranger();
    bench.from(p(1), hello(1));
    CHECK(bench.take() == hello_to_p1 + std::string("; p1 DIGEST 1"));
    bench.from(p(1), digest_of({"b"}));
    CHECK(bench.take() == "p1 IHAVE 255 255");
    bench.pass(3s);
    CHECK(bench.transport.sent_to<Announce>(p(1)).empty());
  }

  TEST_CASE("HELLO, the second, breaks the protocol") {
    OverlayBench bench;
    bench.extended(1);
    bench.from(p(1), hello(1));
    CHECK(bench.transport.closed == std::vector<Closed>{{p(1), CloseReason::malformed}});
    CHECK(bench.node.statistics().connections_malformed == 1);
    CHECK_FALSE(bench.node.p2p().is_peer(p(1)));
    CHECK_FALSE(bench.is_extended(p(1)));
  }

  TEST_CASE("HELLO that is not the first frame is skipped, on a link that is a base link from then on") {
    OverlayBench bench;
    bench.stranger();
    bench.from(p(1), PeerInit{server(2)});
    for (int i = 0; i < 2; ++i) bench.from(p(1), hello(1));
    CHECK(bench.node.statistics().frames_skipped == 2);
    CHECK(bench.node.statistics().links_extended == 0);
    CHECK_FALSE(bench.is_extended(p(1)));
    CHECK(bench.take() == hello_to_p1);
  }

  TEST_CASE("HELLO that comes after 2 s is skipped") {
    OverlayBench bench;
    bench.stranger();
    bench.pass(2s);
    bench.from(p(1), hello(1));
    CHECK(bench.node.statistics().frames_skipped == 1);
    CHECK_FALSE(bench.is_extended(p(1)));
  }
}

TEST_SUITE("Until it is known") {
  TEST_CASE("Any other first frame makes a base link, which is sent the cache then and not before") {
    const auto first_frame_of = [](int kind, OverlayBench& bench) {
      if (kind == 0) bench.from(p(1), announce("x"));
      if (kind == 1) bench.from(p(1), PeerRequest{server(2)});
      if (kind == 2) bench.from(p(1), PeerInit{server(2)});
      if (kind == 3) bench.from(p(1), PeerResponse{});
      if (kind == 4) bench.from(p(1), found(server(2), 1));
      if (kind == 5) bench.node.on_skipped(p(1), 515, bench.now);
    };
    for (int kind = 0; kind < 6; ++kind) {
      CAPTURE(kind);
      OverlayBench bench;
      bench.from(bench.client(), announce("a"));
      bench.stranger();
      bench.pass(2s - 1ns);
      CHECK(bench.take() == hello_to_p1);
      first_frame_of(kind, bench);
      CHECK(bench.transport.sent_to<Announce>(p(1)).size() == 1);
      bench.transport.clear();
      first_frame_of(kind, bench);
      bench.pass(3s);
      CHECK(bench.transport.sent_to<Announce>(p(1)).empty());
    }
  }

  TEST_CASE("An ANNOUNCE as the first frame that a transport has not decoded makes a base link, too") {
    OverlayBench bench;
    bench.from(bench.client(), announce("a"));
    bench.stranger();
    (void)bench.take();
    const Announce first = announce("x");
    const AnnounceView view(first);
    CHECK(bench.node.on_announces(p(1), {&view, 1}, bench.now) == 1);
    CHECK(bench.take() == "p1 ANNOUNCE 7 a ttl 0");
    CHECK(bench.knows("x"));
  }

  TEST_CASE("Silence of 2 s makes a base link, which is sent the cache then") {
    OverlayBench bench;
    bench.from(bench.client(), announce("a"));
    bench.stranger();
    bench.pass(2s - 1ns);
    CHECK(bench.take() == hello_to_p1);
    bench.pass(1ns);
    CHECK(bench.take() == "p1 ANNOUNCE 7 a ttl 0");
    bench.pass(1h);
    CHECK(bench.take() == "");
  }

  TEST_CASE("A link that is not known yet is sent what becomes valid, once") {
    OverlayBench bench;
    bench.stranger();
    (void)bench.take();
    bench.from(bench.client(), announce("a"));
    CHECK(bench.take() == "p1 ANNOUNCE 7 a ttl 0");
  }

  TEST_CASE("What was on its way before the other side knew is refused: its DIGEST tells of it") {
    for (const bool is_told : {false, true}) {
      CAPTURE(is_told);
      OverlayBench bench;
      const ConnectionId link = bench.stranger();
      bench.from(link, hello(2));
      if (is_told) bench.from(link, digest_of({}));
      bench.from(link, announce("on its way"));
      CHECK(bench.knows("on its way") == is_told);
      CHECK(bench.node.statistics().announces_refused == (is_told ? 0 : 1));
      CHECK(discrepancy(bench.node.statistics(), bench.node.stock()) == std::nullopt);
      bench.from(link, data("by its tree", 9));
      CHECK(bench.knows("by its tree"));
      bench.from(bench.peer(), announce("on its way"));
      CHECK(bench.knows("on its way"));
    }
  }

  TEST_CASE("A link that ends before it is known leaves nothing behind") {
    OverlayBench bench;
    bench.from(bench.client(), announce("a"));
    bench.stranger();
    bench.closed(p(1));
    (void)bench.take();
    bench.pass(1h);
    CHECK(bench.take() == "");
    CHECK_FALSE(bench.node.next_timer());
  }

  TEST_CASE("What only extended links carry ends any other, and is counted as malformed") {
    const std::vector<Message> messages{data("x", 3),
                                        IHave{{{Tree{3}, content("x")}}},
                                        Graft{{{Tree{3}, content("x")}}},
                                        Prune{bit(3)},
                                        digest_of({}),
                                        Join{6, server(9)},
                                        Neighbor{},
                                        Disconnect{},
                                        Shuffle{},
                                        DontWant{}};
    for (const Message& message : messages) {
      for (const bool is_base : {false, true}) {
        CAPTURE(to_string(code_of(message)));
        CAPTURE(is_base);
        OverlayBench bench;
        bench.stranger();
        if (is_base) bench.from(p(1), PeerInit{server(2)});
        bench.from(p(1), message);
        CHECK(bench.transport.closed == std::vector<Closed>{{p(1), CloseReason::malformed}});
        CHECK(bench.node.statistics().connections_malformed == 1);
        CHECK_FALSE(bench.node.p2p().is_peer(p(1)));
        CHECK_FALSE(bench.knows("x"));
        bench.from(p(1), message);  // what was under way
        CHECK(bench.node.statistics().connections_malformed == 1);
        CHECK(discrepancy(bench.node.statistics(), bench.node.stock()) == std::nullopt);
      }
    }
  }

  TEST_CASE("A DATA that a transport has not decoded ends a base link, and what came before it counts") {
    OverlayBench bench;
    bench.stranger();
    bench.from(p(1), PeerInit{server(2)});
    const Announce first = announce("a");
    const Data second = data("b", 3);
    const std::vector<AnnounceView> views{first, second};
    CHECK(bench.node.on_announces(p(1), views, bench.now) == 1);
    CHECK(bench.knows("a"));
    CHECK(bench.transport.closed.empty());
    CHECK(bench.node.on_announces(p(1), std::span(views).subspan(1), bench.now) == 1);
    CHECK(bench.transport.closed == std::vector<Closed>{{p(1), CloseReason::malformed}});
    CHECK_FALSE(bench.knows("b"));
    CHECK(discrepancy(bench.node.statistics(), bench.node.stock()) == std::nullopt);
  }
}

TEST_SUITE("Probe") {
  TEST_CASE("HELLO: whoever was dialled is no probe, whatever it says, and is sent what becomes valid") {
    OverlayBench bench(with_bootstrapper(server(2)));
    bench.connected(d(1), server(2));
    Hello probing = hello(1);
    probing.features = Hello::probes;
    bench.from(d(1), probing);
    bench.from(bench.client(), announce("a"));
    CHECK(bench.transport.sent_to<Data>(d(1)).size() == 1);
  }
}

TEST_SUITE("Oneself, and the same node twice") {
  TEST_CASE("A HELLO with the node's own id shows a link to oneself, which the accepting end closes") {
    OverlayBench bench;
    bench.stranger();
    (void)bench.take();
    Hello own = hello(1);
    own.node = *bench.node.p2p().node_id();
    bench.from(p(1), own);
    CHECK(bench.transport.closed == std::vector<Closed>{{p(1), CloseReason::connected_to_self}});
    CHECK(bench.node.pool().empty());
    CHECK(bench.node.statistics().links_extended == 0);
  }

  TEST_CASE("A HELLO with the node's own id where it has dialled is a link to oneself, too") {
    OverlayBench bench(with_bootstrapper(server(2)));
    bench.connected(d(1), server(2));
    Hello own = hello(1);
    own.node = *bench.node.p2p().node_id();
    bench.from(d(1), own);
    CHECK(bench.transport.closed == std::vector<Closed>{{d(1), CloseReason::connected_to_self}});
    CHECK(bench.node.pool().empty());
    CHECK(bench.node.next_timer() >= bench.now + 250ms);  // whoever it was is tried again, after a pause
  }

  TEST_CASE("A HELLO with the node's own id that comes to the end that has dialled closes both ends") {
    OverlayBench bench(with_bootstrapper(server(2)));
    bench.connected(d(1), server(2));
    const Peer& near_end = bench.node.pool().peers().front();
    const ConnectionId far_end = p(7);
    bench.node.on_accepted(far_end, {Layer::p2p, near_end.local, near_end.remote}, bench.now);
    Hello own = hello(1);
    own.node = *bench.node.p2p().node_id();
    bench.from(d(1), own);
    CHECK(bench.transport.closed == std::vector<Closed>{{d(1), CloseReason::connected_to_self},
                                                        {far_end, CloseReason::connected_to_self}});
    bench.pass(1h);
    CHECK(bench.transport.dialled.size() == 1);  // that address is not dialled again
  }

  TEST_CASE("Two links that the same node opened, as its id says: the older stays") {
    OverlayBench bench;
    bench.extended(1, server(2));
    bench.stranger();
    bench.from(p(2), hello(1, server(3)));
    CHECK(bench.transport.closed == std::vector<Closed>{{p(2), CloseReason::duplicate_link}});
    CHECK(bench.node.statistics().duplicate_links == 1);
    CHECK(bench.is_extended(p(1)));
    CHECK_FALSE(bench.is_extended(p(2)));
    bench.transport.clear();
    bench.from(bench.client(), announce("a"));
    CHECK(bench.transport.sent.size() == 1);
  }

  TEST_CASE("Two links from opposite ends: the one that the smaller node id opened stays") {
    for (const int byte : {0x00, 0xff}) {
      CAPTURE(byte);
      OverlayBench bench(with_bootstrapper(server(2)));
      bench.connected(d(1), server(2));
      bench.from(d(1), hello(byte, server(2)));
      bench.stranger();
      bench.from(p(1), hello(byte, server(3)));
      const bool own_is_smaller = byte == 0xff;
      const ConnectionId goes = own_is_smaller ? p(1) : d(1);
      const ConnectionId stays = own_is_smaller ? d(1) : p(1);
      CHECK(bench.transport.closed == std::vector<Closed>{{goes, CloseReason::duplicate_link}});
      CHECK(bench.is_extended(stays));
      CHECK_FALSE(bench.is_extended(goes));
      CHECK(bench.node.pool().size() == 1);
    }
  }

  TEST_CASE("Of two links with the same server address one stays, by the base rule") {
    OverlayBench bench;
    bench.extended(1, server(2));
    bench.stranger();
    bench.from(p(2), hello(1, server(2)));
    CHECK(bench.transport.closed == std::vector<Closed>{{p(2), CloseReason::duplicate_link}});
    CHECK(bench.is_extended(p(1)));
    CHECK_FALSE(bench.is_extended(p(2)));
  }

  TEST_CASE("Of two links to a node that was dialled at two addresses and tells one the older stays") {
    OverlayBench bench(with_bootstrapper(server(2)));
    bench.connected(d(1), server(2));
    bench.from(d(1), hello(1, server(3)));
    bench.from(d(1), PeerResponse{{server(3)}});
    const ConnectionId again = bench.transport.dialled.back().connection;
    bench.connected(again, server(3));
    bench.from(again, hello(1, server(3)));
    CHECK(bench.transport.closed == std::vector<Closed>{{again, CloseReason::duplicate_link}});
    CHECK(bench.is_extended(d(1)));
  }

  TEST_CASE(
      "Of two from opposite ends, dialled at another address than it tells, the smaller address decides") {
    for (const std::uint32_t number : {0U, 9U}) {
      CAPTURE(number);
      const Endpoint told{own_server.address.ipv4() - 4 + number, 6001};
      OverlayBench bench(with_bootstrapper(server(2)));
      bench.connected(d(1), server(2));
      bench.from(d(1), hello(1, told));
      bench.stranger();
      bench.from(p(1), hello(1, told));
      const ConnectionId goes = own_server < told ? p(1) : d(1);
      CHECK(bench.transport.closed == std::vector<Closed>{{goes, CloseReason::duplicate_link}});
      CHECK(bench.node.pool().size() == 1);
    }
  }

  TEST_CASE("Of two from opposite ends, on which this node has told two addresses, the ids decide") {
    for (const int byte : {0x00, 0xff}) {
      CAPTURE(byte);
      RecordingTransport transport;
      NullObserver nobody;
      Node node(offering(with_bootstrapper(server(2))), transport, nobody, 1);
      const TimePoint now = at(0s);
      node.start({IpAddress(0), 6001}, {}, now);
      node.on_time(now);
      node.on_connected(d(1), {Layer::p2p, server(2), {server(90).address, 45000}}, now);
      node.on_message(d(1), hello(byte, server(3)), now);
      node.on_accepted(p(1), {Layer::p2p, {server(100).address, 40001}, {server(91).address, 6001}}, now);
      node.on_message(p(1), hello(byte, server(3)), now);
      const bool own_is_smaller = byte == 0xff;
      CHECK(transport.closed ==
            std::vector<Closed>{{own_is_smaller ? p(1) : d(1), CloseReason::duplicate_link}});
    }
  }

  TEST_CASE("A refused claim counts once the link that it was about has gone") {
    const Endpoint told{own_server.address.ipv4() - 1, 6001};
    OverlayBench bench(with_bootstrapper(told));
    bench.connected(d(1), told);
    bench.from(d(1), hello(1, told));
    bench.stranger();
    bench.from(p(1), hello(2, told));  // it was started anew, and the first link does not know
    bench.closed(d(1));
    CHECK_FALSE(bench.node.pool().find(p(1))->server_address);
    bench.from(p(1), PeerResponse{{told}});
    const ConnectionId again = bench.transport.dialled.back().connection;
    REQUIRE(again != d(1));
    bench.connected(again, told);
    bench.from(again, hello(2, told));
    CHECK(bench.transport.closed == std::vector<Closed>{{again, CloseReason::duplicate_link}});
    CHECK(bench.node.pool().find(told)->connection == p(1));
  }

  TEST_CASE("Nobody takes the place of a node that was chosen by naming its address") {
    const Endpoint chosen{own_server.address.ipv4() - 1, 6001};  // the smaller one: its link would stay
    OverlayBench bench(with_bootstrapper(chosen));
    bench.connected(d(1), chosen);
    bench.from(d(1), hello(1, chosen));
    SUBCASE("in HELLO") {
      bench.stranger();
      bench.from(p(1), hello(2, chosen));
      CHECK(bench.is_extended(p(1)));
    }
    SUBCASE("in PEER INIT, as a base peer") {
      bench.stranger();
      bench.from(p(1), PeerInit{chosen});
    }
    SUBCASE("in PEER INIT, when it has told another address before") {
      bench.extended(2, server(7));
      bench.from(p(1), PeerInit{chosen});
      CHECK(bench.node.pool().find(p(1))->server_address == server(7));
    }
    CHECK(bench.transport.closed.empty());
    CHECK(bench.is_extended(d(1)));
    CHECK(bench.node.pool().find(chosen)->connection == d(1));
    CHECK(bench.node.statistics().addresses_skipped == 1);
  }

  TEST_CASE("Links to different nodes stay") {
    OverlayBench bench;
    for (int number = 1; number <= 3; ++number) bench.extended(number);
    CHECK(bench.transport.closed.empty());
    CHECK(bench.node.statistics().links_extended == 3);
  }
}

}  // namespace
}  // namespace gossip::test
