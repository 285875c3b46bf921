#include <gossip/sim/scenario.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>

namespace gossip::sim {
namespace {

using namespace std::chrono_literals;

/// What validate() says.
std::string complaint(const Scenario& scenario) {
  try {
    scenario.validate();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

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
    CHECK(result.trace_hash == 3745944948986142716U);
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

  TEST_CASE("scenario: what is impossible is refused, with what would be right") {
    CHECK(complaint(Scenario()) == "");
    CHECK(complaint(Scenario().nodes(0)) == "nodes: 1 to 4000000, not 0");
    CHECK(complaint(Scenario().degree(0)) == "degree: at least 1, or nobody seeks anybody");
    CHECK(complaint(Scenario().degree(31)) == "degree: at most max_connections, which is 30, not 31");
    CHECK(complaint(Scenario().crash(1.5)) == "crash is a share from 0 to 1, not 1.500000");
    CHECK(complaint(Scenario().duration(10s).partition(0.5).at(8s).lasting(5s)) ==
          "partition: it is over by the end, which is at 10s, not at 13s");
    CHECK(complaint(Scenario().publishers(101)) == "publishers: at most 100, the nodes, not 101");
    CHECK(complaint(Scenario().data_bytes(7)) ==
          "data: 8 bytes, by which messages are told apart, to 65527, not 7");
    CHECK(complaint(Scenario().degree(1).wired()) ==
          "degree: at least 2 where the overlay is there from the start, or it is in pieces");
    CHECK_THROWS_AS(Scenario().at(1s), std::invalid_argument);
    CHECK_THROWS_AS((void)Scenario().nodes(0).run(1), std::invalid_argument);
  }

  TEST_CASE("scenario: the command says what is not at its default") {
    CHECK(Scenario().command(7) == "gossipd simulate --nodes 100 --degree 5 --seed 7");
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
          "gossipd simulate --nodes 1000 --degree 5 --publishers 16 --rate 40 --latency 5ms --fault "
          "crash:0.3@20s "
          "--fault partition:0.5@5s+1500ms --fault churn:0.1@0s+30s --fault stall:0.25@1s+2s --seed 8");
  }
}

}  // namespace
}  // namespace gossip::sim
