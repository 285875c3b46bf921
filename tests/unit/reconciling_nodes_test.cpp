/// \file
/// docs/protocol.md, 'Reconciliation', of whole nodes: one alone, and two that were apart.

#include <gossip/testing/memory_network.hpp>

#include "overlay_bench.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gossip::test {
namespace {

TEST_SUITE("Reconciliation in a node") {
  TEST_CASE("Reconciliation: a node tells a congested link of the rest when it is relieved") {
    OverlayBench bench(config_with(3000));
    const ConnectionId client = bench.client();
    for (int number = 0; number < 2000; ++number) bench.from(client, announce(std::to_string(number)));
    bench.extended(1);
    bench.congest(p(1));
    bench.from(p(1), digest_of({}));
    CHECK(bench.transport.sent_to<IHave>(p(1)).size() == 1);
    CHECK_FALSE(bench.paused(p(1)));
    bench.relieve(p(1));
    CHECK(bench.transport.sent_to<IHave>(p(1)).size() == 2);
    CHECK(bench.node.statistics().adverts_sent == 2000);
  }

  TEST_CASE("Reconciliation: a link that has ended is drawn no more") {
    OverlayBench bench;
    bench.extended(1);
    bench.extended(2);
    bench.closed(p(1));
    bench.transport.sent.clear();
    for (int round = 0; round < 10; ++round) {
      bench.pass(1s);
      for (const Ping& ping : bench.transport.sent_to<Ping>(p(2))) bench.from(p(2), Pong{ping.token});
      bench.now += 29s;
      bench.from(p(2), Pong{1});
      bench.node.on_time(bench.now);
    }
    CHECK(bench.transport.sent_to<CacheDigest>(p(1)).empty());
    CHECK(bench.transport.sent_to<CacheDigest>(p(2)).size() == 10);
  }

  TEST_CASE("Reconciliation: a base node has none, and is told nothing of it") {
    Bench bench;
    bench.peer();
    bench.from(p(1), digest_of({"a"}, 1, true));
    CHECK(bench.node.statistics().digests_received == 0);
    CHECK(bench.node.statistics().digests_sent == 0);
    CHECK(bench.take() == "");
  }
}

/// Two nodes and what their programs publish, joined or not.
struct Two {
  explicit Two(std::size_t cache_size) {
    Config config = offering();
    config.cache_size = cache_size;
    first = &network.add_node(config);
    second = &network.add_node(network.joining(*first, config));
    for (Node* node : {first, second}) {
      network.subscribe(*node, DataType{7}, [](const Received&) { return Verdict::accept; });
    }
    network.cut(*first, *second);
    network.run();
  }
  void publish(Node& node, std::string_view name, int count) {
    for (int number = 0; number < count; ++number) {
      network.publish(node, DataType{7}, std::string(name) + std::to_string(number));
      network.run();
    }
  }
  /// Until they have what the other has.
  [[nodiscard]] bool meet(std::size_t size) {
    network.restore(*first, *second);
    const auto is_full = [&](Node* node) { return node->cache().size() == size; };
    return network.run_until([&] { return is_full(first) && is_full(second); }, 60s);
  }
  [[nodiscard]] std::uint64_t data_sent() const {
    return first->statistics().data_sent + second->statistics().data_sent;
  }

  testing::MemoryNetwork network{2};  // a seed with which the first round of 30 s comes late enough
  Node* first = nullptr;
  Node* second = nullptr;
};

TEST_SUITE("Reconciliation of two nodes") {
  TEST_CASE(
      "Reconciliation: what was published on either side of a cut comes to the other, each of it once") {
    Two nodes(1000);
    nodes.publish(*nodes.first, "a", 150);
    nodes.publish(*nodes.second, "b", 250);
    CHECK(nodes.meet(400));
    CHECK(nodes.data_sent() == 400);
    for (const Node* node : {nodes.first, nodes.second}) {
      CHECK(node->statistics().announces_sent == 0);
      CHECK(node->statistics().missing_given_up == 0);
      CHECK(node->statistics().digests_received == 1);
    }
  }

  TEST_CASE(
      "Reconciliation: a newcomer gets thousands of messages before the next round, each of them once") {
    Two nodes(6000);
    nodes.publish(*nodes.first, "a", 6000);
    CHECK(nodes.meet(6000));
    CHECK(nodes.data_sent() == 6000);
    CHECK(nodes.first->statistics().adverts_sent == 6000);
    CHECK(nodes.second->statistics().adverts_dropped == 0);
    CHECK(nodes.second->statistics().digests_sent == 1);
  }

  TEST_CASE("Reconciliation: large messages come as fast as the link takes them, each of them once") {
    Two nodes(300);
    nodes.publish(*nodes.first, std::string(60000, 'x'), 100);
    CHECK(nodes.meet(100));
    CHECK(nodes.data_sent() == 100);
  }

  TEST_CASE("Reconciliation: nodes with equal caches send a DIGEST each, and nothing else but PINGs") {
    Two nodes(1000);
    for (Node* node : {nodes.first, nodes.second}) nodes.publish(*node, "the same ", 300);
    CHECK(nodes.meet(300));
    nodes.network.run_for(29s);
    CHECK(nodes.data_sent() == 0);
    for (const Node* node : {nodes.first, nodes.second}) {
      CHECK(node->statistics().digests_received >= 1);
      CHECK(node->statistics().adverts_sent == 0);
    }
  }
}

}  // namespace
}  // namespace gossip::test
