#include "simulate/fault_values.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <string_view>

namespace gossipd::simulation {
namespace {

using namespace std::chrono_literals;
using gossip::sim::Fault;
using gossip::sim::FaultKind;

void check(const Fault& fault, FaultKind kind, double share, gossip::Duration at, gossip::Duration lasting) {
  CHECK(fault.kind == kind);
  CHECK(fault.share == doctest::Approx(share));
  CHECK(fault.at == at);
  CHECK(fault.lasting == lasting);
}

TEST_SUITE("fault values") {
  TEST_CASE("Crashes") {
    const auto crashes = parse_crashes("0.3@20s, 0.999@0s");
    REQUIRE(crashes);
    REQUIRE(crashes->size() == 2);
    check(crashes->front(), FaultKind::crash, 0.3, 20s, 0s);
    CHECK(to_text(crashes->front()) == "0.3@20s");
    CHECK(parse_crashes("1@20s"));
    for (const std::string_view text :
         {"", "1.5@20s", "0@20s", "0.3", "0.3@", "@20s", "0.3@20", "-0.3@20s", "0.3@20s,", "0.3@-1s"}) {
      CAPTURE(text);
      REQUIRE_FALSE(parse_crashes(text));
      CHECK(parse_crashes(text).error().message ==
            "SHARE@TIME is needed, a share of the nodes above 0 and at most 1, such as 0.3@20s");
    }
  }

  TEST_CASE("Partitions") {
    const auto half = parse_partition("60s@30s");
    REQUIRE(half);
    check(half->front(), FaultKind::partition, 0.5, 30s, 60s);
    CHECK(to_text(half->front()) == "1min@30s");
    const auto part = parse_partition("500ms@0s:0.2");
    REQUIRE(part);
    check(part->front(), FaultKind::partition, 0.2, 0s, 500ms);
    CHECK(to_text(part->front()) == "500ms@0s:0.2");
    for (const std::string_view text : {"", "0s@10s", "10s", "10s@", "@10s", "10@10s", "0.5@10s", "1s@1s:0",
                                        "1s@1s:1.1", "1s@1s:", "1s@1s,2s@5s"}) {
      CAPTURE(text);
      REQUIRE_FALSE(parse_partition(text));
      CHECK(parse_partition(text).error().message ==
            "LENGTH@TIME is needed, a length above 0, such as 60s@30s");
    }
  }

  TEST_CASE("Churn") {
    const auto parsed = [](std::string_view text) {
      const auto faults = parse_churn(text, 30s);
      REQUIRE(faults);
      return faults->front();
    };
    check(parsed("0.1/min"), FaultKind::churn, 0.1, 0s, 30s);
    check(parsed("0.01/s"), FaultKind::churn, 0.6, 0s, 30s);
    check(parsed("6/h"), FaultKind::churn, 0.1, 0s, 30s);
    check(parsed("1/min@10s+5s"), FaultKind::churn, 1, 10s, 5s);
    CHECK(to_text(parsed("0.1/min@10s+5s")) == "0.1/min@10s+5s");
    for (const std::string_view text : {"", "0/min", "0.1", "0.1/", "/min", "0.1/day", "1.1/min", "0.02/s",
                                        "-1/min", "0.1/min@10s", "0.1/min@10s+0s", "0.1/min@"}) {
      CAPTURE(text);
      REQUIRE_FALSE(parse_churn(text, 30s));
      CHECK(parse_churn(text, 30s).error().message.ends_with("such as 0.1/min"));
    }
  }

  TEST_CASE("Whatever else fails") {
    const auto faults = parse_faults("stall:0.2@10s+5s,break-links:1@3s,half-open-links:0.1@0s");
    REQUIRE(faults);
    REQUIRE(faults->size() == 3);
    check(faults->at(0), FaultKind::stall, 0.2, 10s, 5s);
    check(faults->at(1), FaultKind::break_links, 1, 3s, 0s);
    CHECK(to_text(faults->at(0)) == "0.2@10s+5s");
    CHECK(to_text(faults->at(1)) == "1@3s");
    CHECK(to_fault_text(faults->at(0)) == "stall:0.2@10s+5s");
    CHECK(to_fault_text(faults->at(1)) == "break-links:1@3s");
    for (const char* kind : {"restart", "suspend", "one-way-partition", "partition", "churn"})
      CHECK(parse_faults(std::string(kind) + ":0.5@1s+1s"));
    for (const char* kind : {"power-loss", "crash"}) CHECK(parse_faults(std::string(kind) + ":0.5@1s"));
    for (const std::string_view text :
         {"", "stall", "stall:0.2", "stall:0.2@10s", "stall:0.2@10s+0s", "stall:0@10s+5s", "stall:1.1@10s+5s",
          "break-links:0.5@3s+1s", "fire:0.5@3s", "0.5@3s", "stall:0.2@10s+5s,"}) {
      CAPTURE(text);
      REQUIRE_FALSE(parse_faults(text));
      CHECK(
          parse_faults(text).error().message ==
          "KIND:SHARE@TIME is needed, with +LENGTH where it lasts, such as stall:0.2@10s+5s; KIND is crash, "
          "power-loss, restart, suspend, partition, one-way-partition, stall, break-links, half-open-links "
          "or churn");
    }
  }

  TEST_CASE("Hostile nodes") {
    const auto hostile = parse_hostile("flood:2,liar:1");
    REQUIRE(hostile);
    REQUIRE(hostile->size() == 2);
    CHECK(hostile->front().kind == gossip::sim::HostileKind::flood);
    CHECK(hostile->front().count == 2);
    CHECK(parse_hostile("malformed:1,silent:1000"));
    const auto extended = parse_hostile("false-adverts:1,grafter:2,bad-hello:3");
    REQUIRE(extended);
    REQUIRE(extended->size() == 3);
    CHECK(extended->front().kind == gossip::sim::HostileKind::false_adverts);
    CHECK(extended->at(1).kind == gossip::sim::HostileKind::grafter);
    CHECK(extended->back().kind == gossip::sim::HostileKind::bad_hello);
    for (const std::string_view text : {"", "flood", "flood:-1", "flood:x", "evil:1", ":1", "flood:1,"}) {
      CAPTURE(text);
      REQUIRE_FALSE(parse_hostile(text));
      CHECK(
          parse_hostile(text).error().message ==
          "KIND:N is needed, a number of malformed, flood, silent, liar, false-adverts, grafter or bad-hello "
          "ones, such as flood:2");
    }
  }
}

}  // namespace
}  // namespace gossipd::simulation
