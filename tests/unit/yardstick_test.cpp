#include "simulate/yardstick.hpp"

#include <gossip/sim/result.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

namespace gossipd::simulation {
namespace {

using namespace std::chrono_literals;
using gossip::Duration;
using gossip::sim::MessageRecord;

const YardstickTargets targets{"an exercise", 30, 400, 600};

MessageRecord message(Duration published, Duration last_delivery) {
  MessageRecord record;
  record.published = published;
  record.last_delivery = last_delivery;
  record.delivered = record.survivors = 25;
  return record;
}

/// So many frames in each second.
gossip::sim::Result result_of(std::vector<MessageRecord> messages, const std::vector<std::uint64_t>& frames) {
  gossip::sim::Result result;
  result.messages = std::move(messages);
  for (const std::uint64_t count : frames) {
    gossip::sim::Second second;
    second.frames = count;
    result.seconds.push_back(second);
  }
  return result;
}

TEST_SUITE("yardstick") {
  TEST_CASE("Frames of any kind are shared out to operations, of which half are reads") {
    const auto result =
        result_of({message(0s, 300ms), message(1s, 500ms), message(2s, 100ms)}, {100, 50, 20, 10});
    const Yardstick yardstick = measure_by(targets, result, 0s);
    CHECK(yardstick.all.operations == 6);
    CHECK(yardstick.all.frames == 180);
    CHECK(yardstick.all.frames_per_operation() == 30);
    CHECK(yardstick.all.median_ms == 300);
    CHECK(yardstick.all.max_ms == 500);
    CHECK(yardstick.all.not_everywhere == 0);
    CHECK(yardstick.settled.frames == yardstick.all.frames);
  }

  TEST_CASE("What was published before the network had settled is in one column, and not in the other") {
    const auto result =
        result_of({message(1999ms, 3s), message(2s, 100ms), message(3s, 200ms)}, {1000, 1000, 70, 30});
    const Yardstick yardstick = measure_by(targets, result, 2s);
    CHECK(yardstick.all.max_ms == 3000);
    CHECK(yardstick.settled.operations == 4);
    CHECK(yardstick.settled.frames == 100);
    CHECK(yardstick.settled.median_ms == 100);  // the lower one of two
    CHECK(yardstick.settled.max_ms == 200);
    // Within a second frames cannot be told apart: all of it count.
    CHECK(measure_by(targets, result, 2500ms).settled.frames == 100);
  }

  TEST_CASE("What somebody missed was never everywhere, and what is invalid or made up does not count") {
    MessageRecord lost = message(1s, 100ms);
    lost.missed = 1;
    MessageRecord invalid = message(1s, 100ms);
    invalid.valid = false;
    MessageRecord made_up = message(1s, 100ms);
    made_up.hostile = true;
    MessageRecord nobody = message(1s, 100ms);
    nobody.survivors = 0;
    const auto result = result_of({message(0s, 100ms), lost, invalid, made_up, nobody}, {8});
    const Yardstick yardstick = measure_by(targets, result, 0s);
    CHECK(yardstick.all.operations == 6);
    CHECK(yardstick.all.not_everywhere == 2);
    CHECK(std::isinf(yardstick.all.max_ms));
    const auto rows = yardstick_rows(yardstick);
    CHECK(rows.at(0).all == "1.333, met");
    CHECK(rows.at(1).all == "never, missed");
    CHECK(rows.at(2).all == "never, missed");
    CHECK(to_json(yardstick).find(R"("last_node_ms_max":null,"not_everywhere":2,"met":false)") !=
          std::string::npos);
  }

  TEST_CASE("A target is met below it, not at it") {
    const auto at = measure_by(targets, result_of({message(0s, 400ms)}, {60}), 0s);
    const auto rows = yardstick_rows(at);
    CHECK(rows.at(0).name == "frames between nodes, per operation");
    CHECK(rows.at(0).target == "< 30");
    CHECK(rows.at(0).all == "30, missed");
    CHECK(rows.at(1).target == "< 400 ms");
    CHECK(rows.at(1).all == "400 ms, missed");
    CHECK(rows.at(2).all == "400 ms, met");
    CHECK(rows.at(2).settled.empty());
    CHECK(yardstick_head(at).settled.empty());
    const auto below = measure_by(targets, result_of({message(0s, 399ms)}, {59}), 0s);
    CHECK(to_json(below).find(R"("met":true)") != std::string::npos);
    CHECK(to_json(at).find(R"("met":true)") == std::string::npos);
  }

  TEST_CASE("JSON and the head of the table say what is measured") {
    const auto yardstick =
        measure_by(targets, result_of({message(0s, 10ms), message(2s, 10ms)}, {4, 4, 4}), 2s);
    CHECK(
        to_json(yardstick) ==
        R"({"name":"an exercise","settle_seconds":2.000000,"below":{"frames_per_operation":30.000000,)"
        R"("last_node_ms_median":400.000000,"last_node_ms_max":600.000000},)"
        R"("all":{"operations":4,"frames":12,"frames_per_operation":3.000000,"last_node_ms_median":10.000000,)"
        R"("last_node_ms_max":10.000000,"not_everywhere":0,"met":true},)"
        R"("settled":{"operations":2,"frames":4,"frames_per_operation":2.000000,)"
        R"("last_node_ms_median":10.000000,"last_node_ms_max":10.000000,"not_everywhere":0,"met":true}})");
    const YardstickRow head = yardstick_head(yardstick);
    CHECK(head.name == "an exercise");
    CHECK(head.all == "all 4 operations");
    CHECK(head.settled == "2 after 2 s");
  }

  TEST_CASE("Where nothing was published nothing is met") {
    const Yardstick nothing = measure_by(targets, result_of({}, {5}), 0s);
    CHECK(yardstick_rows(nothing).at(0).all == "-, missed");
    CHECK(to_json(nothing).find(R"("frames_per_operation":null)") != std::string::npos);
    CHECK(to_json(nothing).find(R"("met":true)") == std::string::npos);
  }
}

}  // namespace
}  // namespace gossipd::simulation
