/// \file
/// Hostile nodes that know the overlay extension, beside nodes that speak it and beside nodes that do not.

#include <gossip/sim/network.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>

namespace gossip::sim {
namespace {

using namespace std::chrono_literals;

constexpr DataType rumour{540};

TEST_SUITE("sim hostile") {
  TEST_CASE("sim: nodes that break the rules of the overlay extension do no harm to others") {
    for (const bool mixed : {false, true}) {
      CAPTURE(mixed);
      Network network(3, {.latency = fixed(10ms)});
      for (NodeNumber node = 0; node < 20; ++node) {
        Config config = node == 0 ? Config{} : network.joining(0);
        config.overlay = mixed && node % 2 == 1 ? Overlay::base : Overlay::extended;
        network.add_node(config);
      }
      for (NodeNumber node = 0; node < 20; ++node) network.subscribe(node, rumour);
      network.run_for(1s);
      network.add_hostile(false_advertiser());
      network.add_hostile(grafter());
      network.add_hostile(bad_greeter());
      for (int i = 0; i < 20; ++i) {
        network.publish(3, rumour, Payload("hello " + std::to_string(i)));
        network.run_for(1s);
      }
      network.audit();
      const Result result = network.result();
      CHECK(result.failure_text() == "");
      CHECK(result.statistics.adverts_dropped > 100);
      CHECK(result.statistics.missing_given_up > 1000);
      CHECK(result.statistics.grafts_unanswered > 20);
      CHECK(result.statistics.prunes_received > 20);
      CHECK(result.statistics.connections_malformed > 20);
      for (const MessageRecord& record : result.messages) {
        if (!record.hostile) CHECK(record.delivered == 20);
      }
    }
  }

  TEST_CASE("sim: nodes of the base protocol cut off who breaks the rules of the overlay extension") {
    Network network(3, {.latency = fixed(10ms)});
    network.add_node({});
    for (int i = 1; i < 20; ++i) network.add_node(network.joining(0));
    for (NodeNumber node = 0; node < 20; ++node) network.subscribe(node, rumour);
    network.run_for(1s);
    network.add_hostile(false_advertiser());
    network.add_hostile(grafter());
    network.add_hostile(bad_greeter());
    network.run_for(10s);
    network.publish(3, rumour, Payload("hello"));
    network.run_for(10s);
    network.audit();
    const Result result = network.result();
    CHECK(result.failure_text() == "");
    CHECK(result.statistics.connections_malformed > 50);
    CHECK(result.statistics.frames_skipped > 50);
    CHECK(result.statistics.links_extended == 0);
    for (const MessageRecord& record : result.messages) {
      if (!record.hostile) CHECK(record.delivered == 20);
    }
  }
}

}  // namespace
}  // namespace gossip::sim
