#include <gossip/sim/scenario.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <cstdint>

namespace gossip::sim {
namespace {

using namespace std::chrono_literals;

TEST_SUITE("sim scenario") {
  TEST_CASE("scenario: in a sentence, with a partition, and everything gets everywhere") {
    const Result result = Scenario()
                              .nodes(60)
                              .degree(5)
                              .latency(uniform(10ms, 100ms))
                              .publish_every(100ms)
                              .partition(0.5)
                              .at(5s)
                              .lasting(10s)
                              .duration(20s)
                              .run(7);
    CHECK(result.failure_text() == "");
    CHECK(result.measured_messages() == 200);
    CHECK(result.reliability() > 0.9);
    CHECK(result.nodes.size() == 60);
    CHECK(result.edges.size() >= 150);
    CHECK(result.edges_at_start.size() >= 150);
    CHECK(result.joining > 1s);
    CHECK(result.duration >= 30s);
  }

  // A random graph in which everybody has four neighbours: each but the publisher sends to three of them.
  TEST_CASE("scenario: flooding a wired overlay costs what arithmetic says") {
    const Result result = Scenario().nodes(200).degree(4).wired().duration(2s).run(7);
    CHECK(result.failure_text() == "");
    CHECK(result.reliability() == 1);
    CHECK(result.rmr() > 1.95);
    CHECK(result.rmr() < 2.05);
    CHECK(result.ldh_max() >= 5);  // log3(200) is 4.8
  }

  TEST_CASE(
      "scenario: with the overlay extension large messages are flooded with fewer copies than small ones") {
    const auto redundancy_with = [](std::size_t bytes) {
      Config config;
      config.max_ttl = Ttl{30};
      const Result result = Scenario()
                                .nodes(100)
                                .degree(8)
                                .base_config(config)
                                .protocol(Protocol::extended)
                                .validation(50ms)
                                .data_bytes(bytes)
                                .duration(20s)
                                .run(7);
      CHECK(result.failure_text() == "");
      CHECK(result.reliability() == 1);
      return result.rmr();
    };
    const double small = redundancy_with(1023);
    const double large = redundancy_with(1024);
    CHECK(large < small * 0.7);
  }

  // The same on every machine, compiler and build type. Whatever changes what nodes do, or the order in which
  // a network does it, changes this number; take over the new one then.
  TEST_CASE("scenario: the trace hash of one run") {
    const Result result = Scenario()
                              .nodes(50)
                              .degree(4)
                              .publishers(4)
                              .churn(1)
                              .at(2s)
                              .lasting(6s)
                              .partition(0.3)
                              .at(3s)
                              .lasting(2s)
                              .link_timeout(1s)
                              .hostile(HostileKind::malformed)
                              .hostile(HostileKind::liar)
                              .invalid(0.1)
                              .duration(10s)
                              .run(1);
    CHECK(result.failure_text() == "");
    CHECK(result.events == 74257);
    CHECK(result.trace_hash == 13344262535765797050U);
  }

  TEST_CASE("scenario: a crash of a third spares those who publish, and the rest gets everything") {
    const Result result = Scenario()
                              .nodes(90)
                              .degree(6)
                              .publishers(5)
                              .crash(1.0 / 3)
                              .at(5s)
                              .duration(60s)
                              .heals_within(20s)
                              .run(3);
    CHECK(result.failure_text() == "");
    CHECK(result.messages.back().survivors == 60);
    CHECK(result.reliability() > 0.99);
    std::size_t promised = 0;
    for (const MessageRecord& message : result.messages) promised += message.promised ? 1 : 0;
    CHECK(promised > 300);  // of 600: those before the crash, and those from 25 s on
    CHECK(promised < 400);
    CHECK(result.promised_deliveries() == promised * 60);
  }

  TEST_CASE("scenario: so many messages and no more, a share of them invalid") {
    const Result result =
        Scenario().nodes(10).messages(40).invalid(0.5).publish_every(50ms).duration(5s).run(5);
    CHECK(result.failure_text() == "");
    CHECK(result.messages.size() == 40);
    CHECK(result.measured_messages() > 10);
    CHECK(result.measured_messages() < 30);
    CHECK(result.reliability() == 1);
  }

  TEST_CASE("scenario: progress comes in two phases, each up to its end") {
    int joining = 0;
    Duration last{};
    Duration end{};
    const Result result = Scenario()
                              .nodes(20)
                              .duration(5s)
                              .on_progress([&](const Progress& progress) {
                                joining += progress.joining ? 1 : 0;
                                last = progress.now;
                                end = progress.end;
                              })
                              .run(1);
    CHECK(result.ok());
    CHECK(joining > 10);
    CHECK(end == 15s);
    CHECK(last == end);
  }

  TEST_CASE("scenario: where nobody ran all the time, reliability says nothing") {
    const Result result =
        Scenario().nodes(6).restart(1).at(2s).lasting(1s).spare_nobody().duration(6s).run(1);
    CHECK(result.failure_text() == "");
    CHECK(result.measured_messages() > 40);
    CHECK(std::isnan(result.reliability()));
    CHECK(result.promised_deliveries() == 0);
  }

  TEST_CASE("scenario: a partition leaves somebody on the other side, whomever a churn has just taken") {
    const Result result =
        Scenario().nodes(10).churn(1).at(0s).lasting(20s).partition(0.9).at(5s).lasting(2s).duration(30s).run(
            1);
    CHECK(result.failure_text() == "");
    CHECK(result.nodes.size() == 10);
  }

  TEST_CASE("scenario: the command says what is not at its default") {
    CHECK(Scenario().command(1) == "gossipd simulate");
    CHECK(Scenario().command(7) == "gossipd simulate --seed 7");
    CHECK(Scenario().nodes(3).degree(2).command(1) == "gossipd simulate --nodes 3");
    CHECK(Scenario().joined(1, 5ms).wired().command(1) == "gossipd simulate --wired");
    CHECK(Scenario()
              .nodes(1000)
              .publishers(16)
              .publish_every(25ms)
              .latency(fixed(5ms))
              .crash(0.3)
              .at(20s)
              .partition(0.5)
              .at(5s)
              .lasting(1500ms)
              .churn(0.1)
              .at(0s)
              .lasting(30s)
              .stall(0.25)
              .at(1s)
              .lasting(2s)
              .command(8) ==
          "gossipd simulate --nodes 1000 --publishers 16 --rate 40 --latency 5ms --fault "
          "crash:0.3@20s "
          "--fault partition:0.5@5s+1500ms --fault churn:0.1@0s+30s --fault stall:0.25@1s+2s --seed 8");
  }

  TEST_CASE("scenario: what no option can say is named, and its command is not said to run the same") {
    class Nothing final : public Tampering {
    } nothing;
    Scenario scenario;
    CHECK(scenario.beyond_options() == "");
    scenario.hostile([] { return silent_peer(); });
    CHECK(scenario.beyond_options() == "hostile nodes of its own");
    scenario.base_config({}).tampering(nothing);
    CHECK(scenario.beyond_options() == "base_config(), hostile nodes of its own, tampering()");
    // A command that makes the scenario says all of it, but not who tampers with it.
    scenario.set_command([](std::uint64_t) { return "simulate this"; });
    CHECK(scenario.beyond_options() == "tampering()");
    scenario.nodes(7);
    CHECK(scenario.beyond_options() == "what was set after set_command(), tampering()");
    scenario.nodes(100).base_config({});
    CHECK(scenario.beyond_options() == "base_config(), tampering()");

    Result result = Scenario().nodes(2).base_config({}).messages(1).duration(1s).run(7);
    CHECK(result.beyond_command == "base_config()");
    result.violations_in_all = 1;
    CHECK(result.failure_text().ends_with(
        "seed 7; the same again: only run() of this scenario with the seed, since no option says "
        "base_config(); without that it is gossipd simulate --nodes 2 --messages 1 --duration 1s --seed "
        "7\n"));
    result.beyond_command.clear();
    CHECK(result.failure_text().ends_with(
        "seed 7; the same again: gossipd simulate --nodes 2 --messages 1 --duration 1s --seed 7\n"));
  }

  TEST_CASE("scenario: what was promised is a delivery for each promised message and survivor") {
    MessageRecord promised;
    promised.promised = true;
    promised.survivors = 4'000'000'000;
    MessageRecord other;
    other.survivors = 10;
    Result result;
    CHECK(std::isnan(result.reliability()));
    CHECK(result.promised_deliveries() == 0);
    result.messages = {promised, other, promised};
    CHECK(result.promised_deliveries() == 8'000'000'000);
    CHECK(result.reliability() == 1);
    result.messages.front().missed = 1;
    CHECK(result.reliability() < 1);
  }
}

}  // namespace
}  // namespace gossip::sim
