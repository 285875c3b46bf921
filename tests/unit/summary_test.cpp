#include "simulate/summary.hpp"

#include <gossip/sim/result.hpp>
#include <gossip/sim/scenario.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace gossipd::simulation {
namespace {

using namespace std::chrono_literals;
using gossip::Duration;
using gossip::sim::Fault;
using gossip::sim::FaultKind;
using gossip::sim::MessageRecord;

/// Published then, delivered at ten nodes of ten, at one more every 10 ms.
MessageRecord message(Duration published) {
  MessageRecord record;
  record.published = published;
  record.delivered = 10;
  record.survivors = 10;
  record.last_hop = 3;
  record.transmissions = 18;
  record.last_delivery = 90ms;
  for (int node = 1; node < 10; ++node) record.curve.push_back(node * 10ms);
  return record;
}

gossip::sim::NodeRecord node(bool live, bool hostile, std::uint64_t bytes) {
  gossip::sim::NodeRecord record;
  record.live = live;
  record.hostile = hostile;
  record.traffic.bytes_sent = bytes;
  record.traffic.bytes_received = 1;
  return record;
}

gossip::sim::Result result_of(std::vector<MessageRecord> messages) {
  gossip::sim::Result result;
  result.seed = 7;
  result.trace_hash = 0xabc;
  result.duration = 40s;
  result.messages = std::move(messages);
  return result;
}

TEST_SUITE("summary of a simulation") {
  TEST_CASE("What hostile nodes made up, and what is invalid, counts in no measure") {
    MessageRecord invalid = message(1s);
    invalid.valid = false;
    MessageRecord made_up = message(1s);
    made_up.hostile = true;
    const RunReport report = summarise(result_of({message(0s), invalid, made_up}), {});
    CHECK(report.messages == 1);
    CHECK(report.transmissions == 18);
    REQUIRE(report.timeline.size() == 1);
    CHECK(report.timeline.front().messages == 1);
  }

  TEST_CASE("The timeline has a step for each second in which there was a message") {
    MessageRecord lost = message(2500ms);
    lost.missed = 5;
    lost.delivered = 5;
    lost.transmissions = 4;
    lost.last_delivery = 40ms;
    const RunReport report = summarise(result_of({message(0s), message(900ms), lost}), {});
    REQUIRE(report.timeline.size() == 2);
    const Stretch& first = report.timeline.front();
    CHECK(first.from == 0);
    CHECK(first.to == 1);
    CHECK(first.messages == 2);
    CHECK(first.reliability == 1);
    CHECK(first.rmr == doctest::Approx(1));  // 18 / 9 - 1
    CHECK(first.last_hop == 3);
    CHECK(first.delivery_ms_mean == 90);
    const Stretch& second = report.timeline.back();
    CHECK(second.from == 2);
    CHECK(second.reliability == 0.5);
    CHECK(second.rmr == doctest::Approx(0));
    CHECK(second.delivery_ms_max == 40);
  }

  TEST_CASE("What got to nobody has no last delivery, and counts in no mean of them") {
    MessageRecord alone;
    alone.delivered = 1;
    alone.survivors = 10;
    alone.missed = 9;
    const RunReport report = summarise(result_of({message(0s), alone}), {});
    REQUIRE(report.phases.size() == 1);
    CHECK(report.phases.front().messages == 2);
    CHECK(report.phases.front().reliability == 0.55);
    CHECK(report.phases.front().last_hop == 3);
    CHECK(report.phases.front().last_hop == report.ldh_mean);
    CHECK(report.phases.front().delivery_ms_mean == 90);
  }

  TEST_CASE("Where nobody ran all the time, reliability is no number, and nothing was promised") {
    MessageRecord alone = message(1s);
    alone.survivors = 0;
    const RunReport report = summarise(result_of({alone}), {});
    CHECK(std::isnan(report.reliability));
    CHECK(std::isnan(report.phases.front().reliability));
    CHECK(report.promised == 0);
  }

  TEST_CASE("What was promised is counted in deliveries") {
    MessageRecord promised = message(1s);
    promised.promised = true;
    CHECK(summarise(result_of({message(0s), promised, promised}), {}).promised == 20);
  }

  TEST_CASE("A long run has no more steps than can be told apart") {
    std::vector<MessageRecord> messages;
    for (int second = 0; second < 1000; ++second) messages.push_back(message(second * 1s));
    const RunReport report = summarise(result_of(messages), {});
    CHECK(report.timeline.size() <= timeline_steps_max);
    CHECK(report.timeline.front().messages == 9);
  }

  TEST_CASE("Phases lie between what fails and heals, and name it") {
    std::vector<MessageRecord> messages;
    for (int second = 0; second < 30; ++second) messages.push_back(message(second * 1s));
    const std::vector<Fault> faults{{FaultKind::partition, 0.5, 15s, 5s},
                                    {FaultKind::power_loss, 0.25, 10s, 0s}};
    const RunReport report = summarise(result_of(messages), faults);
    REQUIRE(report.failures.size() == 2);
    CHECK(report.failures.front().label == "power loss 25 %");
    CHECK(summarise(result_of(messages), {{FaultKind::crash, 0.00025, 1s, 0s}}).failures.front().label ==
          "crash 0.025 %");
    std::vector<std::string> names;
    std::vector<std::size_t> counts;
    for (const Stretch& phase : report.phases) {
      names.push_back(phase.label);
      counts.push_back(phase.messages);
    }
    CHECK(names ==
          std::vector<std::string>{"before", "after power loss 25 %", "during partition", "after partition"});
    CHECK(counts == std::vector<std::size_t>{10, 5, 5, 10});
  }

  TEST_CASE("What settles is a phase of its own") {
    std::vector<MessageRecord> messages;
    for (int second = 0; second < 30; ++second) messages.push_back(message(second * 1s));
    const auto phases = [&](const std::vector<Fault>& faults, Duration settle) {
      std::vector<std::string> names;
      for (const Stretch& phase : summarise(result_of(messages), faults, settle).phases)
        names.push_back(phase.label + " " + std::to_string(phase.messages));
      return names;
    };
    using Names = std::vector<std::string>;
    CHECK(phases({}, 0s) == Names{"all 30"});
    CHECK(phases({}, 5s) == Names{"settling 5", "settled 25"});
    const std::vector<Fault> faults{{FaultKind::crash, 0.5, 10s, 0s}};
    CHECK(phases(faults, 5s) == Names{"settling 5", "before 5", "after crash 50 % 20"});
    CHECK(phases(faults, 10s) == Names{"settling 10", "after crash 50 % 20"});
    CHECK(summarise(result_of(messages), {}, 5s).messages == 30);  // measures are of all
  }

  TEST_CASE("How messages spread: the median, and what most lie between") {
    std::vector<MessageRecord> messages(11, message(0s));
    for (std::size_t index = 0; index < 5; ++index)
      for (Duration& at : messages[index].curve) at *= 2;
    for (std::size_t index = 0; index < 5; ++index) messages[index].last_delivery *= 2;
    const RunReport report = summarise(result_of(messages), {});
    REQUIRE(report.reached.size() == 20);
    const ReachedShare& half = report.reached[9];
    CHECK(half.share == 0.5);
    CHECK(half.ms_10 == doctest::Approx(45));  // 4.5 of the 9 others
    CHECK(half.ms_50 == doctest::Approx(45));
    CHECK(half.ms_90 == doctest::Approx(90));
    CHECK(report.reached.back().ms_50 == doctest::Approx(90));
  }

  TEST_CASE("How messages spread: what was not reached never was") {
    MessageRecord half = message(0s);
    half.delivered = 5;
    half.curve.resize(4);
    half.last_delivery = 40ms;
    const RunReport report = summarise(result_of({half}), {});
    CHECK(report.reached[7].ms_50 == doctest::Approx(36));  // 0.4 of 9
    CHECK(std::isinf(report.reached[9].ms_50));
  }

  TEST_CASE("The overlay and the traffic are those of live nodes that are not hostile") {
    auto result = result_of({});
    result.nodes = {node(true, false, 10), node(false, false, 20), node(true, true, 30),
                    node(true, false, 40)};
    result.edges = {{0, 1}, {0, 2}, {3, 0}, {0, 3}};
    const RunReport report = summarise(result, {});
    CHECK(report.nodes == 3);
    CHECK(report.live_nodes == 2);
    CHECK(report.traffic_bytes == std::vector<double>{11, 41});
    CHECK(report.graph.edge_count() == 1);
    CHECK(report.overlay.components == std::vector<std::size_t>{2});
    CHECK(report.trace_hash == "0000000000000abc");
    CHECK(report.phases.size() == 1);
    CHECK(report.reached.empty());
  }

  TEST_CASE("The curve of a message has places enough, and not too many, in the order of time") {
    const auto result = gossip::sim::Scenario().nodes(150).wired().duration(1s).run(1);
    REQUIRE(result.messages.size() == 10);
    for (const MessageRecord& record : result.messages) {
      REQUIRE(record.delivered == 150);
      CHECK(record.curve_stride == 8);  // 149 deliveries in steps of 8 are 18 places
      CHECK(record.curve.size() == 18);
      CHECK(std::is_sorted(record.curve.begin(), record.curve.end()));
      CHECK(record.curve.back() <= record.last_delivery);
      CHECK(record.curve.front() >= 10ms);
    }
  }
}

}  // namespace
}  // namespace gossipd::simulation
