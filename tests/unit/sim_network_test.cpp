#include <gossip/sim/network.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace gossip::sim {
namespace {

using namespace std::chrono_literals;

constexpr DataType type{540};

/// Nodes in a line: each joins through the one before it, and looks for nobody else. All have a program.
struct Line {
  explicit Line(NodeNumber nodes, NetworkOptions options = {.latency = fixed(80ms)}, Config config = {})
      : network(7, options) {
    config.degree = 1;
    for (NodeNumber node = 0; node < nodes; ++node) {
      network.add_node(node == 0 ? config : network.joining(node - 1, config));
      network.subscribe(node, type, 1ms);
      network.run_for(1s);
    }
    network.mark_zero();
  }
  std::size_t publish(NodeNumber node, const std::string& text) {
    CHECK(network.publish(node, type, Payload(text)).accepted());
    return network.records().size() - 1;
  }
  [[nodiscard]] bool has(NodeNumber node, std::size_t message) const {
    return network.has_delivered(node, message);
  }
  Network network;
};

TEST_SUITE("sim network") {
  TEST_CASE("sim: a message takes the latency of each link and the time of each validation") {
    Line line(3);
    const auto message = line.publish(0, "hello");
    line.network.run_for(80ms - 1ns);
    CHECK_FALSE(line.has(1, message));
    line.network.run_for(1ns);
    CHECK(line.has(1, message));
    line.network.run_for(81ms - 1ns);
    CHECK_FALSE(line.has(2, message));
    line.network.run_for(1ns);
    CHECK(line.has(2, message));
  }

  TEST_CASE("sim: the measures of a line") {
    Line line(4);
    line.publish(0, "hello");
    line.network.run_for(2s);
    const Result result = line.network.result();
    REQUIRE(result.messages.size() == 1);
    CHECK(result.messages[0].delivered == 4);
    CHECK(result.messages[0].transmissions == 3);
    CHECK(result.messages[0].last_hop == 3);
    CHECK(result.messages[0].last_delivery == 3 * 80ms + 2 * 1ms);
    CHECK(result.rmr() == 0);
    CHECK(result.ldh_mean() == 3);
    CHECK(result.delivery_time(0.5) >= 161ms);  // upper ends of steps that are a sixteenth wide
    CHECK(result.delivery_time(0.5) < 172ms);
    CHECK(result.seconds.at(0).published == 1);
    CHECK(result.seconds.at(0).delivered == 4);
    CHECK(result.seconds.at(0).transmissions == 3);
    CHECK(result.edges.size() == 3);
    CHECK(result.nodes.at(1).traffic.frames_received == 1);
    CHECK(result.nodes.at(1).traffic.frames_sent == 1);
    CHECK(result.nodes.at(1).peers == 2);
    CHECK(line.network.components() == 1);
    CHECK(result.ok());
  }

  // A far neighbour of the publisher's is one hop away, and two near nodes are in a line. Regions are dealt
  // out in turn: the even nodes are near.
  TEST_CASE("sim: the last delivery hop is that of the delivery that came last, however many others made") {
    const auto last_hop = [](Duration near, Duration far) {
      Network network(7, {.latency = regions({{near, far}, {far, near}})});
      Config one;
      one.degree = 1;
      network.add_node(one);
      const auto config = std::make_shared<const Config>(network.joining(0, one));
      for (int i = 1; i < 5; ++i) network.add_linked_node(config);
      network.link(0, 1);
      network.link(0, 2);
      network.link(2, 4);
      network.link(1, 3);
      for (const NodeNumber node : {0U, 1U, 2U, 4U}) network.subscribe(node, DataType{541}, 0ms);
      network.mark_zero();
      CHECK(network.publish(0, DataType{541}, Payload("hello")).accepted());
      network.run_for(1s);
      const MessageRecord& record = network.records().at(0);
      CHECK(record.delivered == 4);
      CHECK(record.last_delivery == std::max(far, 2 * near));
      return record.last_hop;
    };
    CHECK(last_hop(1ms, 100ms) == 1);
    CHECK(last_hop(60ms, 100ms) == 2);
    CHECK(last_hop(50ms, 100ms) == 2);  // both at once: the longer way counts
  }

  TEST_CASE("sim: the same seed gives the same trace, and another seed another") {
    const auto trace_of = [](std::uint64_t seed) {
      Network network(seed, {.latency = uniform(10ms, 100ms)});
      network.add_node({});
      for (int i = 1; i < 30; ++i) network.add_node(network.joining(0));
      network.run_for(5s);
      return std::pair(network.trace_hash(), network.events());
    };
    CHECK(trace_of(1) == trace_of(1));
    CHECK(trace_of(1).first != trace_of(2).first);
  }

  TEST_CASE("sim: what programs say later counts, and what they find invalid goes no further") {
    Line line(2);
    std::vector<Ticket> tickets;
    const NodeNumber last = line.network.add_node(line.network.joining(1));
    line.network.subscribe(last, DataType{541}, 0ms, [&](NodeNumber /*node*/, const Received& message) {
      tickets.push_back(message.ticket);
      return Verdict::later;
    });
    line.network.subscribe(1, DataType{541});
    line.network.run_for(1s);
    line.network.publish(0, DataType{541}, Payload("good"));
    line.network.publish(0, DataType{541}, Payload("bad"), unlimited_ttl, false);
    line.network.run_for(1s);
    REQUIRE(tickets.size() == 2);  // its own neighbour may say what it likes
    CHECK(line.network.decide(last, tickets[1], Verdict::reject));
    CHECK(line.network.decide(last, tickets[0], Verdict::accept));
    CHECK_FALSE(line.network.decide(last, tickets[0], Verdict::accept));
    CHECK(line.network.node(1)->statistics().messages_rejected == 1);
    CHECK(line.network.result().ok());
  }

  TEST_CASE("sim: a node that crashes is seen to be gone, and comes back knowing nothing") {
    Line line(3);
    const auto message = line.publish(0, "hello");
    line.network.run_for(1s);
    line.network.crash(1);
    CHECK(line.network.node(1) == nullptr);
    line.network.run_for(80ms);
    CHECK(line.network.node(2)->pool().empty());
    CHECK(line.network.publish(1, type, Payload("no")).outcome == Receipt::Outcome::stopped);
    line.network.restart(1);
    CHECK_FALSE(line.has(1, message));
    line.network.run_for(2s);
    CHECK(line.has(1, message));  // it is sent the cache, as any newcomer
    CHECK(line.network.components() == 1);
    CHECK(line.network.result().ok());
  }

  TEST_CASE("sim: a host that is gone without a word is found out after the link's timeout") {
    Line line(2, {.latency = fixed(10ms), .link_timeout = 20s});
    line.network.crash(1, Network::Ending::silent);
    line.network.run_for(20s - 1ns);
    CHECK(line.network.node(0)->pool().size() == 1);
    line.network.run_for(1ns);
    CHECK(line.network.node(0)->pool().empty());
  }

  TEST_CASE("sim: who comes back after going without a word answers that nobody is there any more") {
    Line line(2);
    line.network.crash(1, Network::Ending::silent);
    line.network.run_for(1s);
    CHECK(line.network.node(0)->pool().size() == 1);
    line.network.restart(1);
    line.network.run_for(5s);
    CHECK(line.network.node(0)->pool().size() == 1);
    CHECK(line.network.node(1)->pool().size() == 1);
    CHECK(line.network.components() == 1);
    line.network.audit();
    CHECK(line.network.result().ok());
  }

  TEST_CASE("sim: a node that was started anew counts once among those that delivered a message") {
    Line line(3);
    line.publish(0, "hello");
    line.network.run_for(2s);
    line.network.crash(2);
    line.network.restart(2);
    line.network.run_for(10s);  // it is sent what its peer has in its cache
    const Result result = line.network.result();
    CHECK(line.has(2, 0));
    CHECK(result.messages[0].delivered == 3);
    CHECK(result.nodes[2].delivered == 1);
  }

  TEST_CASE("sim: the zero may come when a message is under way") {
    Line line(2);
    const auto message = line.publish(0, "hello");
    line.network.run_for(10ms);
    line.network.mark_zero();
    line.network.run_for(1s);
    const MessageRecord& record = line.network.records().at(message);
    CHECK(record.published == -10ms);
    CHECK(record.last_delivery == 80ms);
  }

  TEST_CASE("sim: where there is no period the audit is at the end of a run function") {
    class Roomier : public Tampering {
     public:
      Config config_of(NodeNumber, const Config& config) override {
        Config roomier = config;
        roomier.cache_size = 5;
        return roomier;
      }
    } roomier;
    Network network(7, {.latency = fixed(10ms), .audit_period = Duration::zero()});
    network.set_tampering(roomier);
    Config config;
    config.cache_size = 2;
    network.add_node(config);
    for (const char* const text : {"a", "b", "c"}) network.publish(0, type, Payload(text));
    CHECK(network.violations() == 0);
    network.run_for(1ms);
    CHECK(network.violations() == 1);
  }

  TEST_CASE("sim: a partition that is over in time holds messages up and loses none") {
    Line line(2, {.latency = fixed(10ms), .link_timeout = 20s});
    line.network.partition(std::array<std::uint8_t, 2>{0, 1});
    const auto first = line.publish(0, "one");
    const auto second = line.publish(0, "two");
    line.network.run_for(19s);
    CHECK_FALSE(line.has(1, first));
    line.network.heal();
    const auto third = line.publish(0, "three");
    line.network.run_for(10ms);
    CHECK(line.has(1, first));
    CHECK(line.has(1, second));
    CHECK(line.has(1, third));
    CHECK(line.network.node(0)->pool().size() == 1);
  }

  TEST_CASE("sim: a partition that lasts ends the links across it, for both ends") {
    Line line(2, {.latency = fixed(10ms), .link_timeout = 20s});
    line.network.partition(std::array<std::uint8_t, 2>{0, 1});
    const auto message = line.publish(0, "one");
    line.network.run_for(20s);
    CHECK(line.network.node(0)->pool().empty());
    CHECK(line.network.node(1)->pool().empty());
    line.network.run_for(60s);
    CHECK(line.network.node(1)->statistics().connects_failed > 1);
    line.network.heal();
    line.network.run_for(40s);  // the bootstrapper is tried every 30 s at least
    CHECK(line.has(1, message));
    CHECK(line.network.result().ok());
  }

  TEST_CASE("sim: a partition one way holds up one way only") {
    Line line(2, {.latency = fixed(10ms), .link_timeout = 20s});
    line.network.partition(std::array<std::uint8_t, 2>{0, 1}, true);
    const auto there = line.publish(0, "there");
    const auto back = line.publish(1, "back");
    line.network.run_for(1s);
    CHECK_FALSE(line.has(1, there));
    CHECK(line.has(0, back));
  }

  TEST_CASE("sim: a node that stalls does nothing, and then everything in order") {
    Line line(2, {.latency = fixed(10ms)});
    std::vector<std::string> order;
    line.network.subscribe(1, DataType{541}, 0ms, [&](NodeNumber /*node*/, const Received& message) {
      order.emplace_back(message.data.text());
      return Verdict::accept;
    });
    line.network.stall(1, 3s);
    for (const char* text : {"a", "b", "c"}) {
      line.network.publish(0, DataType{541}, Payload(text));
      line.network.run_for(500ms);
    }
    line.network.run_for(1500ms - 1ns);
    CHECK(order.empty());
    line.network.run_for(1ns);
    CHECK(order == std::vector<std::string>{"a", "b", "c"});
  }

  TEST_CASE("sim: a node that was frozen comes back without its connections, and with what it knew") {
    Line line(2, {.latency = fixed(10ms)});
    const auto message = line.publish(0, "hello");
    line.network.run_for(1s);
    line.network.suspend(1, 5s);
    line.network.run_for(10ms);
    CHECK(line.network.node(0)->pool().empty());
    line.network.run_for(7s);
    CHECK(line.network.node(0)->pool().size() == 1);
    CHECK(line.has(1, message));
    CHECK(line.network.node(1)->statistics().duplicates_cached == 1);  // it was sent the cache again
    CHECK(line.network.result().ok());
  }

  TEST_CASE("sim: a link breaks for both, or for one while the other does not know") {
    Line broken(2, {.latency = fixed(10ms), .link_timeout = 20s});
    const auto sizes = [](const Network& network) {
      return network.node(0)->pool().size() + network.node(1)->pool().size();
    };
    CHECK(broken.network.break_link());
    broken.network.run_until(broken.network.now());
    CHECK(sizes(broken.network) == 0);
    CHECK_FALSE(broken.network.break_link());

    Line half(2, {.latency = fixed(10ms), .link_timeout = 20s});
    CHECK(half.network.half_open_link());
    half.network.run_until(half.network.now());
    CHECK(sizes(half.network) == 1);
    half.network.run_for(21s);
    CHECK(half.network.components() == 1);
    CHECK(half.network.result().ok());
  }

  TEST_CASE("sim: a narrow link takes its time") {
    Line line(2, {.latency = fixed(10ms), .bandwidth = 1000});
    const auto message = line.publish(0, std::string(992, 'x'));  // with its header, 1,000 bytes
    line.network.run_for(1s + 10ms - 1ns);
    CHECK_FALSE(line.has(1, message));
    line.network.run_for(1ns);
    CHECK(line.has(1, message));
  }

  TEST_CASE("sim: a message that takes longer than a silent link may is no silence") {
    Config config;
    config.overlay = Overlay::extended;
    Line line(2, {.latency = fixed(10ms), .bandwidth = 10'000}, config);
    const auto message = line.publish(0, std::string(60'000, 'x'));
    line.network.run_for(6s);
    CHECK_FALSE(line.has(1, message));
    line.network.run_for(1s);
    CHECK(line.has(1, message));
    for (const NodeNumber node : {0U, 1U}) {
      CHECK(line.network.node(node)->statistics().links_extended == 1);
      CHECK(line.network.node(node)->statistics().connections_silent == 0);
    }
    CHECK(line.network.result().ok());
  }

  TEST_CASE("sim: what a link cannot take waits in its sender's queue, and too much of it ends the link") {
    Config config;
    config.queue_high_water_bytes = 100'000;
    config.queue_low_water_bytes = 50'000;
    config.queue_bytes_max = 200'000;
    config.cache_size = 8;
    Line line(2, {.latency = fixed(10ms), .bandwidth = 10'000, .window_bytes = 65535}, config);
    bool refused = false;
    for (int i = 0; i < 20 && !refused; ++i) {
      refused =
          line.network.publish(0, type, Payload(std::string(20'000, static_cast<char>('a' + i)))).outcome ==
          Receipt::Outcome::congested;
    }
    CHECK(refused);
    line.network.run_for(4s);
    CHECK(line.network.node(0)->pool().size() == 1);
    line.network.stall(1, 60s);
    line.network.run_for(30s);
    CHECK(line.network.node(0)->statistics().connections_too_slow == 1);
    CHECK(line.network.result().ok());
  }

  TEST_CASE("sim: an address that nobody has never answers, and one whose node has crashed refuses") {
    Network network(7, {.latency = fixed(10ms)});
    Config config;
    config.bootstrappers = {{"10.200.0.1", 6001}};
    config.retry_pause_min = config.retry_pause_max = 100s;
    network.add_node(config);
    network.run_for(config.connect_timeout - 1ns);
    CHECK(network.node(0)->statistics().connects_failed == 0);
    network.run_for(1ns);
    CHECK(network.node(0)->statistics().connects_failed == 1);
    network.crash(0);
    network.add_node(network.joining(0, config));
    network.run_for(20ms);
    CHECK(network.node(1)->statistics().connects_failed == 1);
  }

  TEST_CASE("sim: an overlay that is there from the start is one that the nodes know") {
    Network network(7, {.latency = fixed(10ms)});
    Config two;
    two.degree = 2;
    const NodeNumber first = network.add_node(two);
    const auto config = std::make_shared<const Config>(network.joining(first, two));
    for (int i = 1; i < 4; ++i) network.add_linked_node(config);
    for (NodeNumber node = 0; node < 4; ++node) network.link(node, (node + 1) % 4);
    network.run_for(10s);
    CHECK(network.edges().size() == 4);
    CHECK(network.node(1)->pool().find(network.endpoint_of(2)) != nullptr);
    CHECK(network.node(1)->pool().size() == 2);
    network.crash(2);
    network.run_for(10s);  // they ask their peers for others
    CHECK(network.node(1)->pool().find(network.endpoint_of(3)) != nullptr);
    network.audit();
    CHECK(network.result().ok());
  }

  TEST_CASE("sim: hostile nodes do no harm to others") {
    // With this seed the liar, whose links mostly end soon, gets to tell each of its lies.
    Network network(8, {.latency = fixed(10ms)});
    network.add_node({});
    for (int i = 1; i < 20; ++i) network.add_node(network.joining(0));
    for (NodeNumber node = 0; node < 20; ++node) network.subscribe(node, type);
    network.run_for(1s);
    network.add_hostile(malformed_sender());
    network.add_hostile(flooder(50));
    network.add_hostile(silent_peer());
    network.add_hostile(address_liar());
    network.run_for(10s);
    network.publish(3, type, Payload("hello"));
    network.run_for(10s);
    network.audit();
    const Result result = network.result();
    CHECK(result.failure_text() == "");
    CHECK(result.statistics.connections_malformed > 5);
    CHECK(result.statistics.messages_rejected > 50);
    CHECK(result.statistics.addresses_skipped > 0);
    for (const MessageRecord& record : result.messages) {
      if (!record.hostile) CHECK(record.delivered == 20);
    }
  }

  TEST_CASE("sim: a hostile node of one's own, whose bytes arrive in pieces and do not end") {
    class Halting final : public Hostile {
      void on_accepted(HostileReach& reach, ConnectionId connection) override {
        link_ = connection;
        reach.wake_after(1s);
      }
      void on_wake(HostileReach& reach) override {
        constexpr std::array<unsigned, 6> frame{0, 12, 1, 0xf4, 0, 0};  // of an ANNOUNCE of 12 bytes
        if (next_ == frame.size()) return;
        const auto byte = static_cast<std::byte>(frame[next_++]);
        reach.send(link_, {&byte, 1});
        reach.wake_after(1s);
      }
      ConnectionId link_{};
      std::size_t next_ = 0;
    };
    Network network(7, {.latency = fixed(10ms)});
    const NodeNumber halting = network.add_hostile(std::make_unique<Halting>());
    Config config = network.joining(halting);
    config.retry_pause_min = config.retry_pause_max = 1000s;
    const NodeNumber node = network.add_node(config);
    network.run_for(31s);  // the first byte is there after a second and two links
    CHECK(network.node(node)->statistics().connections_timed_out == 0);
    network.run_for(30ms);
    CHECK(network.node(node)->statistics().connections_timed_out == 1);
    CHECK(network.node(node)->pool().empty());
  }

  TEST_CASE(
      "sim: the codes of the overlay extension reach who speaks it, and close a base node's connection") {
    /// Sends its bytes on every connection that is opened to it.
    class Teller final : public Hostile {
     public:
      explicit Teller(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
      void on_accepted(HostileReach& reach, ConnectionId connection) override {
        reach.send(connection, bytes_);
      }

     private:
      const std::vector<std::byte> bytes_;
    };
    const auto told = [](Overlay overlay, std::initializer_list<unsigned> numbers) {
      std::vector<std::byte> bytes;
      for (const unsigned number : numbers) bytes.push_back(static_cast<std::byte>(number));
      Network network(7, {.latency = fixed(10ms)});
      const NodeNumber teller = network.add_hostile(std::make_unique<Teller>(bytes));
      Config config = network.joining(teller);
      config.overlay = overlay;
      config.retry_pause_min = config.retry_pause_max = 1000s;
      const NodeNumber node = network.add_node(config);
      network.run_for(1s);
      return network.node(node)->statistics();
    };
    // A HELLO without a body, and a DATA on tree 64, which are malformed where they are known.
    CHECK(told(Overlay::base, {0, 4, 2, 2}).frames_skipped == 1);
    CHECK(told(Overlay::base, {0, 4, 2, 2}).connections_malformed == 0);
    CHECK(told(Overlay::extended, {0, 4, 2, 2}).frames_skipped == 0);
    CHECK(told(Overlay::extended, {0, 4, 2, 2}).connections_malformed == 1);
    CHECK(told(Overlay::base, {0, 10, 2, 8, 64, 0, 0, 0, 2, 28}).connections_malformed == 1);
    CHECK(told(Overlay::extended, {0, 10, 2, 8, 64, 0, 0, 0, 2, 28}).connections_malformed == 1);
    CHECK(told(Overlay::base, {0, 10, 2, 8, 63, 0, 0, 0, 2, 28}).connections_malformed == 1);
  }

  TEST_CASE("sim: a storm is reported, and ends the run") {
    class Chatterer final : public Hostile {
      void on_start(HostileReach& reach) override { reach.wake_after(0s); }
      void on_wake(HostileReach& reach) override { reach.wake_after(0s); }
    };
    Network network(7, {.events_per_second_max = 1000});
    network.add_hostile(std::make_unique<Chatterer>());
    network.run_for(10s);
    CHECK(network.events() == 1001);
    CHECK(network.result().violations.at(0).kind == Violation::Kind::not_live);
  }

  TEST_CASE("sim: what is impossible is refused with a sentence") {
    Network network(7);
    const NodeNumber node = network.add_node({});
    CHECK_THROWS_AS(network.crash(9), std::logic_error);
    CHECK_THROWS_AS(network.restart(node), std::logic_error);
    CHECK_THROWS_AS(network.link(node, node), std::logic_error);
    CHECK_THROWS_AS(network.run_for(-1s), std::logic_error);
    CHECK_THROWS_AS(network.run_until([] { return false; }, Duration::max()), std::logic_error);
    CHECK_THROWS_AS((void)network.has_delivered(node, 0), std::logic_error);
    CHECK_THROWS_AS(network.add_hostile(nullptr), std::logic_error);
    CHECK_THROWS_AS(Network(1, {.window_bytes = 10}), std::invalid_argument);
    network.subscribe(node, type);
    CHECK_THROWS_AS(network.subscribe(node, type), std::logic_error);
    network.crash(node);
    CHECK_THROWS_AS(network.crash(node), std::logic_error);
  }

  TEST_CASE("sim: a program that runs the network, or ends nodes, is told that it may not") {
    Network network(7);
    network.add_node({});
    network.add_node(network.joining(0));
    int refused = 0;
    network.subscribe(1, type, 0ms, [&](NodeNumber /*node*/, const Received& /*message*/) {
      try {
        network.run_for(1s);
      } catch (const std::logic_error&) {
        refused += 1;
      }
      try {
        network.crash(0);
      } catch (const std::logic_error&) {
        refused += 1;
      }
      return Verdict::accept;
    });
    network.run_for(1s);
    network.publish(0, type, Payload("hello"));
    network.run_for(1s);
    CHECK(refused == 2);
  }
}

}  // namespace
}  // namespace gossip::sim
