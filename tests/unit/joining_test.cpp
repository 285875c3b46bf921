/// \file
/// docs/protocol.md, 'Joining', and what a node takes for its own address.

#include "fixture.hpp"

#include <string>

namespace gossip::test {
namespace {

TEST_SUITE("Joining") {
  TEST_CASE("Joining: connect to the bootstrapper, send PEER REQUEST") {
    Bench bench(with_bootstrapper());
    CHECK(bench.take() == "dial 10.0.0.2:6001");
    bench.connected(d(1), server(2));
    CHECK(bench.take() == "d1 PEER REQUEST 10.0.0.1:6001");
  }

  TEST_CASE("Joining: without a bootstrapper the node waits for others") {
    Bench bench;
    bench.pass(24h);
    CHECK(bench.take() == "");
    CHECK_FALSE(bench.node.next_timer());
  }

  TEST_CASE("Joining: several bootstrappers are all tried") {
    Bench bench(with_bootstrappers({{"10.0.0.2", 6001}, {"node.example", 6001}}));
    CHECK(bench.take() == "dial 10.0.0.2:6001; dial node.example:6001");
    bench.connected(d(1), server(2));
    bench.connected(d(2), server(3));
    CHECK(bench.take() == "d1 PEER REQUEST 10.0.0.1:6001; d2 PEER REQUEST 10.0.0.1:6001");
  }

  TEST_CASE("Joining: a bootstrapper that is oneself means none") {
    const std::pair<Endpoint, HostPort> own_names[] = {{own_server, {"10.0.0.1", 6001}},
                                                       {{0x7f000001, 6001}, {"localhost", 6001}},
                                                       {{0, 6001}, {"127.0.0.1", 6001}}};
    for (const auto& own : own_names) {
      CAPTURE(to_string(own.second));
      Bench bench(with_bootstrappers({own.second}), 1, own.first);
      CHECK(bench.take() == "");
      CHECK_FALSE(bench.node.next_timer());
      CHECK(bench.observer.all<event::BootstrapperIsSelf>().size() == 1);
    }
  }

  TEST_CASE("Joining: the advertised address is oneself, too") {
    Bench bench(with_bootstrapper(server(9)), 1, {0, 6001}, server(9));
    CHECK(bench.take() == "");
    CHECK_FALSE(bench.node.next_timer());
  }

  TEST_CASE("Joining: one that is oneself does not keep the others from being tried") {
    Bench bench(with_bootstrappers({{"10.0.0.1", 6001}, {"10.0.0.2", 6001}}));
    CHECK(bench.take() == "dial 10.0.0.2:6001");
  }

  TEST_CASE("Joining: a bootstrapper whose name turns out to be this node's is not tried again") {
    Bench bench(with_bootstrappers({{"me.example", 6001}}));
    (void)bench.take();
    bench.connected(d(1), own_server);
    CHECK(bench.take() == "close d1: the other side is this node");
    CHECK(bench.node.pool().empty());
    bench.pass(24h);
    CHECK(bench.take() == "");
  }

  TEST_CASE("Joining: a node on 0.0.0.0 knows itself by the local end of the connection to itself") {
    Bench bench(with_bootstrappers({{"me.example", 6001}}), 1, {0, 6001});
    (void)bench.take();
    bench.node.on_connected(d(1), {Layer::p2p, server(5), {server(5).address, 45000}}, at(0s));
    CHECK(bench.take() == "close d1: the other side is this node");
    CHECK_FALSE(bench.node.next_timer());
  }

  TEST_CASE(
      "Joining: an unreachable bootstrapper is retried for ever, with a longest pause, while others are "
      "served") {
    Config config = with_bootstrapper();
    config.retry_pause_min = 1s;
    config.retry_pause_max = 30s;
    Bench bench(config);
    (void)bench.take();
    for (std::uint64_t attempt = 1; attempt <= 100; ++attempt) {
      bench.node.on_connect_failed(d(attempt), "refused", bench.now);
      CHECK(bench.take() == "");
      REQUIRE(bench.node.next_timer());
      REQUIRE(*bench.node.next_timer() - bench.now <= 30s);
      bench.pass(30s);
      REQUIRE(bench.take() == "dial 10.0.0.2:6001");
    }
    CHECK(bench.node.statistics().connects_failed == 100);
    CHECK(bench.observer.all<event::ConnectFailed>()[0].retry_in.has_value());
    bench.client({7});
    bench.from(bench.client(), announce("a"));
    CHECK(bench.take() == "c1 NOTIFICATION 7 a");
  }

  TEST_CASE(
      "Joining: the answer's addresses that are neither known nor oneself are connected to and sent PEER "
      "INIT") {
    Bench bench(with_bootstrapper());
    bench.connected(d(1), server(2));
    bench.peer();  // 10.0.0.2, a second link
    bench.stranger();
    bench.from(p(2), PeerInit{server(4)});
    (void)bench.take();
    bench.from(d(1), PeerResponse{{server(2), own_server, server(4), server(5)}});
    CHECK(bench.take() == "dial 10.0.0.5:6001");
    bench.connected(d(2), server(5));
    CHECK(bench.take() == "d2 PEER INIT 10.0.0.1:6001");
  }

  TEST_CASE("Joining: one that is being connected to already is known") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    bench.from(peer, PeerResponse{{server(5)}});
    bench.from(peer, PeerResponse{{server(5), server(5)}});
    CHECK(bench.take() == "dial 10.0.0.5:6001");
  }

  TEST_CASE("Joining: a node seeks peers up to degree, those being connected to counted in") {
    Config config = config_with(30, 0, 10);
    config.degree = 4;
    Bench bench(config);
    const ConnectionId peer = bench.peer();
    PeerResponse response;
    for (std::uint32_t i = 10; i < 20; ++i) response.server_addresses.push_back(server(i));
    bench.from(peer, response);
    CHECK(bench.transport.dialled.size() == 3);
    bench.from(peer, response);
    CHECK(bench.transport.dialled.size() == 3);
    bench.node.on_connect_failed(d(1), "refused", bench.now);
    bench.from(peer, response);
    CHECK(bench.transport.dialled.size() == 4);
  }

  TEST_CASE("Joining: degree is max_connections unless set") {
    Bench bench(config_with(30, 0, 3));
    const ConnectionId peer = bench.peer();
    bench.from(peer, PeerResponse{{server(10), server(11), server(12), server(13)}});
    CHECK(bench.transport.dialled.size() == 2);
  }

  TEST_CASE("Joining: of more addresses than there is room for, a random choice") {
    std::set<HostPort> dialled;
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      Bench bench(config_with(30, 0, 2), seed);
      const ConnectionId peer = bench.peer();
      bench.from(peer, PeerResponse{{server(10), server(11), server(12)}});
      REQUIRE(bench.transport.dialled.size() == 1);
      dialled.insert(bench.transport.dialled[0].address);
    }
    CHECK(dialled.size() == 3);
  }

  TEST_CASE("Joining: unusable addresses are skipped and the connection stays") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    const Endpoint unusable[] = {{server(5).address, 0}, {0, 6001}, {0xe0000001, 6001}, {0xffffffff, 6001}};
    for (const Endpoint& address : unusable) bench.from(peer, PeerResponse{{address, own_server}});
    CHECK(bench.take() == "");
    CHECK(bench.node.statistics().addresses_skipped == 8);
    bench.from(peer, PeerResponse{{unusable[0], server(6), unusable[1]}});
    CHECK(bench.take() == "dial 10.0.0.6:6001");
    CHECK(bench.node.pool().size() == 1);
  }

  TEST_CASE("Joining: 10,000 addresses in one answer are no harm") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    PeerResponse response;
    for (std::uint32_t i = 10; i < 10010; ++i) response.server_addresses.push_back(server(i));
    bench.from(peer, response);
    CHECK(bench.transport.dialled.size() == 29);
    CHECK(bench.node.pool().size() == 1);
  }

  TEST_CASE("Joining: an empty answer is an answer") {
    Bench bench;
    bench.from(bench.peer(), PeerResponse{});
    CHECK(bench.take() == "");
  }

  TEST_CASE(
      "Joining: a bootstrapper that is a peer already, having come by itself, is asked over that link") {
    Bench bench(with_bootstrapper());
    bench.peer();  // 10.0.0.2
    bench.node.on_connect_failed(d(1), "refused", bench.now);
    (void)bench.take();
    bench.pass(1s);
    CHECK(bench.take() == "p1 PEER REQUEST 10.0.0.1:6001");
    CHECK_FALSE(bench.node.next_timer());
  }

  TEST_CASE("Joining: the second of two names of one node is a second link, and the older stays") {
    Bench bench(with_bootstrappers({{"10.0.0.2", 6001}, {"two.example", 6001}}));
    bench.connected(d(1), server(2));
    (void)bench.take();
    bench.connected(d(2), server(2));
    CHECK(bench.take() == "d1 PEER REQUEST 10.0.0.1:6001; close d2: a second connection to the same node");
  }
}

TEST_SUITE("Own address") {
  std::string first_request(Endpoint listen, std::optional<Endpoint> advertise) {
    Bench bench(with_bootstrapper(server(2)), 1, listen, advertise);
    (void)bench.take();
    bench.node.on_connected(d(1), {Layer::p2p, server(2), {server(77).address, 45000}}, at(0s));
    return bench.take();
  }

  TEST_CASE("Own address: a node that listens on one address tells that") {
    CHECK(first_request(server(5), std::nullopt) == "d1 PEER REQUEST 10.0.0.5:6001");
  }

  TEST_CASE("Own address: a node that listens on 0.0.0.0 tells its advertise_address") {
    CHECK(first_request({0, 6001}, Endpoint{server(9).address, 6009}) == "d1 PEER REQUEST 10.0.0.9:6009");
  }

  TEST_CASE("Own address: an advertise_address with port 0 has the port that is listened on") {
    CHECK(first_request({0, 6001}, Endpoint{server(9).address, 0}) == "d1 PEER REQUEST 10.0.0.9:6001");
  }

  TEST_CASE("Own address: a node that listens on 0.0.0.0 without one tells the connection's local address") {
    CHECK(first_request({0, 6001}, std::nullopt) == "d1 PEER REQUEST 10.0.0.77:6001");
  }

  TEST_CASE("Own address: on 0.0.0.0 every local address of a connection is one's own, with one's own port") {
    Bench bench({}, 1, {0, 6001});
    bench.node.on_accepted(p(1), {Layer::p2p, server(3), {server(77).address, 6001}}, at(0s));
    bench.node.on_message(
        p(1), PeerResponse{{{server(77).address, 6001}, {0x7f000001, 6001}, {server(77).address, 6002}}},
        at(0s));
    CHECK(bench.take() == "dial 10.0.0.77:6002");
  }

  TEST_CASE(
      "Own address: a link to oneself through an alias is closed at both ends, and the alias remembered") {
    const Endpoint alias{server(200).address, 7000};
    Bench bench(with_bootstrapper(alias));
    (void)bench.take();
    const Endpoint dialling_end{own_server.address, 45000};
    bench.node.on_accepted(p(1), {Layer::p2p, dialling_end, alias}, bench.now);
    bench.node.on_connected(d(1), {Layer::p2p, alias, dialling_end}, bench.now);
    bench.from(p(1), PeerRequest{own_server});
    CHECK(bench.take() ==
          "d1 PEER REQUEST 10.0.0.1:6001; p1 PEER RESPONSE 10.0.0.200:7000; "
          "close d1: the other side is this node; close p1: the other side is this node");
    CHECK(bench.node.pool().empty());
    bench.pass(24h);
    bench.from(bench.peer(), PeerResponse{{alias}});
    CHECK(bench.take() == "");
    CHECK(bench.observer.all<event::BootstrapperIsSelf>().size() == 1);
  }

  TEST_CASE("Own address: where only a link to oneself is left, closing it leads back to the bootstrapper") {
    const Endpoint alias{server(200).address, 7000};
    Bench bench(with_bootstrappers({to_host_port(server(2)), to_host_port(alias)}));
    const Endpoint dialling_end{own_server.address, 45000};
    bench.connected(d(1), server(2));
    bench.node.on_accepted(p(1), {Layer::p2p, dialling_end, alias}, bench.now);
    bench.node.on_connected(d(2), {Layer::p2p, alias, dialling_end}, bench.now);
    bench.closed(d(1));
    bench.from(p(1), PeerRequest{own_server});
    REQUIRE(bench.node.pool().empty());
    (void)bench.take();
    bench.pass(500ms);
    CHECK(bench.take() == "dial 10.0.0.2:6001");
  }

  TEST_CASE("Own address: a link to oneself that was made from an answer is closed at both ends") {
    const Endpoint alias{server(200).address, 7000};
    Bench bench;
    const ConnectionId peer = bench.peer();
    bench.from(peer, PeerResponse{{alias}});
    const Endpoint dialling_end{own_server.address, 45000};
    bench.node.on_connected(d(1), {Layer::p2p, alias, dialling_end}, bench.now);
    bench.node.on_accepted(p(2), {Layer::p2p, dialling_end, alias}, bench.now);
    (void)bench.take();
    bench.from(p(2), PeerInit{own_server});
    CHECK(bench.take() == "close d1: the other side is this node; close p2: the other side is this node");
    CHECK(bench.node.pool().size() == 1);
    bench.from(peer, PeerResponse{{alias}});
    CHECK(bench.take() == "");
  }
}

}  // namespace
}  // namespace gossip::test
