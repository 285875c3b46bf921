#include <gossip/node.hpp>

#include "fixture.hpp"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace gossip::test {
namespace {

TEST_SUITE("node") {
  TEST_CASE("Node: a config that is out of bounds is refused") {
    RecordingTransport transport;
    NullObserver observer;
    CHECK_THROWS_AS(Node(config_with(0), transport, observer, 1), std::invalid_argument);
    const auto key = std::make_shared<const DigestKey>(1, 2);
    const NodeCommons commons(std::make_shared<const Config>(config_with(0)), key);
    CHECK_THROWS_AS(Node(commons, transport, observer, 1), std::invalid_argument);
  }

  TEST_CASE("Node: many have their config and their digest key in common, and nothing else") {
    RecordingTransport transport;
    NullObserver observer;
    auto config = std::make_shared<const Config>(config_with(8));
    auto key = std::make_shared<const DigestKey>(1, 2);
    const Digest digest = digest_of(*key, DataType{7}, Payload("a").bytes());
    std::optional<NodeCommons> commons(std::in_place, config, key);
    Node one(*commons, transport, observer, 1);
    Node other(*commons, transport, observer, 2);
    Node alone(*config, transport, observer, 1);
    commons.reset();
    key.reset();
    CHECK(one.cache().capacity() == config->cache_size);
    CHECK(one.cache().digest(DataType{7}, Payload("a").bytes()) == digest);
    CHECK(other.cache().digest(DataType{7}, Payload("a").bytes()) == digest);
    CHECK(alone.cache().digest(DataType{7}, Payload("a").bytes()) != digest);
    (void)one.publish(DataType{7}, Payload("a"), unlimited_ttl, at(0s));
    CHECK(one.cache().size() == 1);
    CHECK(other.cache().size() == 0);
  }

  TEST_CASE("Node: a message of the other layer is skipped and the connection stays") {
    Bench bench;
    const ConnectionId client = bench.client({7});
    const ConnectionId peer = bench.peer();
    for (const Message& message : {Message(PeerRequest{server(9)}), Message(PeerResponse{{server(9)}}),
                                   Message(found(server(9), 0)), Message(PeerInit{server(9)})}) {
      bench.from(client, message);
    }
    for (const Message& message : {Message(Notify{DataType{7}}), Message(Validation{MessageId{1}, true}),
                                   Message(Notification{MessageId{1}, DataType{7}, Payload("a")})}) {
      bench.from(peer, message);
    }
    CHECK(bench.take() == "");
    CHECK(bench.node.statistics().frames_skipped == 7);
    CHECK(bench.node.registrations().registrations(DataType{7})->size() == 1);
  }

  TEST_CASE("Node: a NOTIFICATION from a client is skipped and the connection stays") {
    Bench bench;
    const ConnectionId client = bench.client();
    bench.from(client, Notification{MessageId{1}, DataType{7}, Payload("a")});
    CHECK(bench.take() == "");
    CHECK(bench.node.statistics().frames_skipped == 1);
    CHECK(bench.node.api().is_client(client));
  }

  TEST_CASE("Node: a frame that the transport skipped is counted and told") {
    Bench bench;
    bench.node.on_skipped(bench.peer(), 519, bench.now);
    CHECK(bench.node.statistics().frames_skipped == 1);
    REQUIRE(bench.observer.all<event::FrameSkipped>().size() == 1);
    CHECK(bench.observer.all<event::FrameSkipped>()[0].code == 519);
  }

  TEST_CASE("Node: why a connection was closed is counted and told with its address") {
    Bench bench;
    const CloseReason reasons[] = {CloseReason::malformed, CloseReason::frame_timeout,
                                   CloseReason::slow_consumer, CloseReason::queue_full};
    for (const CloseReason reason : reasons) bench.node.on_closed(bench.peer(), reason, "why", bench.now);
    const Statistics& statistics = bench.node.statistics();
    CHECK(statistics.connections_malformed == 1);
    CHECK(statistics.connections_timed_out == 1);
    CHECK(statistics.connections_too_slow == 2);
    const auto closed = bench.observer.all<event::ConnectionClosed>();
    REQUIRE(closed.size() == 4);
    CHECK(closed[0].reason == CloseReason::malformed);
    CHECK(closed[0].server_address == server(2));
    CHECK_FALSE(closed[0].by_us);
  }

  TEST_CASE("Node: whatever arrives for a connection that is closed does nothing") {
    Bench bench(config_with(30, 0, 1));
    const ConnectionId gone_client = bench.client({7});
    const ConnectionId gone_peer = bench.peer();
    bench.client({7});
    bench.closed(gone_client);
    bench.peer();  // the first is closed for lack of room
    (void)bench.take();
    for (const ConnectionId gone : {gone_client, gone_peer, c(77), p(77), d(77)}) {
      const Message messages[] = {
          announce("x"),          Notify{DataType{7}},       Validation{MessageId{0}, true},
          PeerRequest{server(9)}, PeerResponse{{server(9)}}, found(server(9), 0),
          PeerInit{server(9)},    lost(server(9), 0),        Notification{}};
      for (const Message& message : messages) bench.from(gone, message);
      bench.node.on_relieved(gone, bench.now);
      bench.node.on_stalled(gone, bench.now);
      bench.node.on_connect_failed(gone, "late", bench.now);
      bench.node.on_closed(gone, CloseReason::remote_closed, "late", bench.now);
      bench.node.on_closed(gone, CloseReason::malformed, "late", bench.now);
    }
    CHECK(bench.take() == "");
    CHECK_FALSE(bench.knows("x"));
    CHECK(bench.node.pool().size() == 1);
    CHECK(bench.node.statistics().connections_malformed == 0);
  }

  TEST_CASE("Node: a connection that was dialled and is unknown is not taken in") {
    Bench bench;
    bench.connected(d(5), server(5));
    CHECK(bench.node.pool().empty());
  }

  TEST_CASE("Node: the next timer is the earliest of verdicts and bootstrappers") {
    Config config;
    config.bootstrappers = {{"10.0.0.2", 6001}};
    config.retry_pause_min = config.retry_pause_max = 10s;
    Bench bench(config);
    CHECK_FALSE(bench.node.next_timer());
    bench.node.on_connect_failed(d(1), "refused", bench.now);
    const auto retry = bench.node.next_timer();
    REQUIRE(retry);
    bench.client({7});
    bench.from(bench.peer(), announce("a"));
    CHECK(bench.node.next_timer() == bench.now + 2s);
    bench.pass(2s);
    CHECK(bench.node.next_timer() == retry);
  }

  TEST_CASE("Node: a timer that comes too early does nothing, and one that is late does what is due") {
    Bench bench;
    bench.client({7});
    bench.from(bench.peer(), announce("a"));
    (void)bench.take();
    bench.node.on_time(bench.now);
    CHECK(bench.observer.all<event::ClientFellSilent>().empty());
    bench.now += 1h;
    bench.node.on_time(bench.now);
    CHECK(bench.observer.all<event::ClientFellSilent>().size() == 1);
    CHECK_FALSE(bench.node.next_timer());
  }

  TEST_CASE("Node: what is added, dropped, decided and evicted is told") {
    Bench bench(config_with(1));
    const ConnectionId peer = bench.peer();
    const ConnectionId client = bench.client({7});
    bench.from(peer, announce("a"));
    bench.vote(client, "a", true);
    bench.from(peer, announce("a"));
    bench.from(client, announce("b", 8));
    bench.vote(client, MessageId{1}, false);
    const auto added = bench.observer.all<event::MessageAdded>();
    REQUIRE(added.size() == 2);
    CHECK(added[0].origin == peer);
    CHECK(added[0].layer == Layer::p2p);
    CHECK(added[1].layer == Layer::api);
    CHECK(added[1].data_bytes == 1);
    REQUIRE(bench.observer.all<event::MessageDropped>().size() == 1);
    CHECK(bench.observer.all<event::MessageDropped>()[0].why == "it is in the cache already");
    REQUIRE(bench.observer.all<event::MessageEvicted>().size() == 1);
    CHECK(bench.observer.all<event::MessageEvicted>()[0].valid);
    CHECK(bench.observer.all<event::MessageDecided>().size() == 1);
    CHECK(bench.observer.all<event::VerdictIgnored>().size() == 1);
    CHECK(bench.node.statistics().evicted_valid == 1);
  }

  TEST_CASE("Node: a seed replays") {
    std::string traces[2];
    for (std::string& trace : traces) {
      Bench bench(config_with(30, 0, 3), 42);
      for (int i = 0; i < 20; ++i) bench.peer();
      bench.closed(bench.node.pool().peers()[1].connection);
      bench.from(bench.node.pool().peers()[0].connection, PeerResponse{{server(50), server(51), server(52)}});
      bench.from(bench.client(), announce("a"));
      trace = bench.take() + std::to_string(value_of(bench.id_of("a")));
    }
    CHECK(traces[0] == traces[1]);
  }

  TEST_CASE(
      "Three nodes: a message published on the first arrives on the third after the second's client approved "
      "it") {
    Bench nodes[3];
    const ConnectionId publisher = nodes[0].client();
    const ConnectionId approver = nodes[1].client({7});
    const ConnectionId reader = nodes[2].client({7});
    for (Bench& node : nodes) node.peer();
    const ConnectionId second_link = nodes[1].peer();
    (void)second_link;
    nodes[0].from(publisher, announce("hello", 7, 5));
    nodes[1].from(p(1), nodes[0].transport.sent_to<Announce>(p(1)).at(0));
    CHECK(nodes[1].take() == "c1 NOTIFICATION 7 hello");
    nodes[1].vote(approver, "hello", true);
    nodes[2].from(p(1), nodes[1].transport.sent_to<Announce>(p(2)).at(0));
    CHECK(nodes[2].transport.sent_to<Notification>(reader).at(0).data.text() == "hello");
    nodes[2].vote(reader, "hello", true);
    CHECK(nodes[2].transport.sent_to<Announce>(p(1)).empty());
  }
}

}  // namespace
}  // namespace gossip::test
