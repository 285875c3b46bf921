#include <gossip/sim/scenario.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <limits>
#include <stdexcept>
#include <string>

namespace gossip::sim {
namespace {

using namespace std::chrono_literals;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// What validate() says.
std::string complaint(const Scenario& scenario) {
  try {
    scenario.validate();
  } catch (const ImpossibleScenario& impossible) {
    return impossible.what();
  }
  return "";
}

Scenario of(std::size_t nodes) {
  return Scenario().nodes(nodes);
}

TEST_SUITE("sim scenario check") {
  TEST_CASE("scenario check: what is wrong is told in parts, too") {
    const auto scenario = Scenario().stall(0.5).crash(1.5);
    try {
      scenario.validate();
      FAIL("it is impossible");
    } catch (const ImpossibleScenario& impossible) {
      CHECK(impossible.setting() == "crash");
      CHECK(impossible.value() == "1.500000");
      CHECK(impossible.wanted() == "a share above 0, and at most 1, is needed");
      CHECK(impossible.fault() == std::size_t{1});
    }
    CHECK_THROWS_AS((void)of(0).run(1), std::invalid_argument);
    CHECK_THROWS_AS(Scenario().at(1s), std::invalid_argument);
    CHECK_THROWS_AS(Scenario().lasting(1s), std::invalid_argument);
  }

  TEST_CASE("scenario check: nodes") {
    CHECK(complaint(of(1)) == "nodes = 1: at least 2 is needed");
    CHECK(complaint(of(2)) == "");
    CHECK(complaint(of(4'000'000)) == "");
    CHECK(complaint(of(4'000'001)) == "nodes = 4000001: at most 4000000 are possible");
  }

  TEST_CASE("scenario check: degree, which is all others by default where there are few") {
    CHECK(complaint(Scenario().degree(0)) == "degree = 0: at least 1 is needed");
    CHECK(complaint(of(10).degree(9)) == "");
    CHECK(complaint(of(10).degree(10)) == "degree = 10: at most 9 is possible with 10 nodes");
    CHECK(complaint(Scenario().degree(30)) == "");
    CHECK(complaint(Scenario().degree(31)) ==
          "degree = 31: at most 30 is possible: a node has room for no more connections");
    CHECK(complaint(of(3)) == "");
    CHECK(of(3).degree_sought() == 2);
    CHECK(of(6).degree_sought() == 5);
    CHECK(of(7).degree_sought() == 5);
    CHECK(complaint(of(3).degree(1).wired()) ==
          "degree = 1: at least 2 is needed where the overlay is there from the start, or it is in pieces");
    CHECK(complaint(of(2).degree(1).wired()) == "");
  }

  TEST_CASE("scenario check: bootstrappers, and how nodes join") {
    CHECK(complaint(Scenario().wired(0)) == "bootstrappers = 0: at least 1 is needed");
    CHECK(complaint(Scenario().wired(100)) == "");
    CHECK(complaint(Scenario().joined(101)) ==
          "bootstrappers = 101: at most 100 are possible with 100 nodes");
    CHECK(complaint(Scenario().joined(1, -1ns)) == "join_pause = -1ns: a time of 0 or more is needed");
    CHECK(complaint(Scenario().joined(1, 25'920s)) == "");
    CHECK(complaint(Scenario().joined(1, 25'920s + 1ns))
              .starts_with("join_pause = 25920000000001ns: at most 25920s is possible with 100 nodes"));
    CHECK(complaint(Scenario().hostile(HostileKind::flood, 0)) == "hostile = 0: at least 1 is needed");
    CHECK(complaint(Scenario().hostile(HostileKind::flood, 1000)) == "");
    CHECK(complaint(Scenario().hostile(HostileKind::flood, 1001)) ==
          "hostile = 1001: at most 1000 of a kind are possible");
  }

  TEST_CASE("scenario check: a configuration that no node takes") {
    Config config;
    config.cache_size = 0;
    CHECK(complaint(Scenario().base_config(config)).starts_with("base_config: "));
    config.cache_size = 1;
    CHECK(complaint(Scenario().base_config(config)) == "");
  }

  TEST_CASE("scenario check: links") {
    CHECK(complaint(Scenario().link_timeout(0s)) == "link_timeout = 0s: a time above 0 is needed");
    CHECK(complaint(Scenario().link_timeout(1ns)) == "");
    CHECK(complaint(Scenario().latency(fixed(latency_max))) == "");
  }

  TEST_CASE("scenario check: for how long") {
    CHECK(complaint(Scenario().duration(0s)) == "duration = 0s: a time above 0 is needed");
    CHECK(complaint(Scenario().duration(24h)) == "");
    CHECK(complaint(Scenario().duration(24h + 1s)) == "duration = 86401s: at most 24h is possible");
    CHECK(complaint(Scenario().grace(0s).heals_within(0s)) == "");
    CHECK(complaint(Scenario().grace(-1ns)) == "grace = -1ns: a time of 0 or more is needed");
    CHECK(complaint(Scenario().heals_within(-1s)) == "heals_within = -1s: a time of 0 or more is needed");
  }

  TEST_CASE("scenario check: messages") {
    CHECK(complaint(Scenario().publishers(0)) == "publishers = 0: at least 1 is needed");
    CHECK(complaint(Scenario().publishers(100)) == "");
    CHECK(complaint(Scenario().publishers(101)) ==
          "publishers = 101: at most 100 are possible with 100 nodes");
    CHECK(complaint(Scenario().publish_every(10us)) == "");
    CHECK(complaint(Scenario().publish_every(10us - 1ns)) ==
          "publish_every = 9999ns: a time from 10us to 1000s is needed");
    CHECK(complaint(Scenario().publish_every(1000s).duration(1h)) == "");
    CHECK(complaint(Scenario().publish_every(1000s + 1ns).duration(1h)) ==
          "publish_every = 1000000000001ns: a time from 10us to 1000s is needed");
    CHECK(complaint(Scenario().data_bytes(8)) == "");
    CHECK(complaint(Scenario().data_bytes(7)) ==
          "data_bytes = 7: 8 bytes, by which messages are told apart, to 65527 are needed");
    CHECK(complaint(Scenario().data_bytes(65527)) == "");
    CHECK(complaint(Scenario().data_bytes(65528)).starts_with("data_bytes = 65528: "));
    CHECK(complaint(Scenario().validation(0s)) == "");
    CHECK(complaint(Scenario().validation(-1ns)) == "validation = -1ns: a time of 0 or more is needed");
    CHECK(complaint(Scenario().invalid(1)) == "");
    CHECK(complaint(Scenario().invalid(1.1)) == "invalid = 1.100000: a share from 0 to 1 is needed");
    CHECK(complaint(Scenario().invalid(not_a_number)).ends_with("a share from 0 to 1 is needed"));
  }

  TEST_CASE("scenario check: one message is meant where there is time for one") {
    CHECK(complaint(Scenario().publish_every(30s - 1ns)) == "");
    CHECK(complaint(Scenario().publish_every(30s)) ==
          "publish_every = 30s: that is one message in all, with a duration of 30s: more in a second are "
          "needed, or a limit of 1 message, which says so");
    CHECK(complaint(Scenario().publish_every(30s).messages(1)) == "");
  }

  TEST_CASE("scenario check: a fault comes before the end, and is over by then") {
    CHECK(complaint(Scenario().crash(0.3).at(30s - 1ns)) == "");
    CHECK(complaint(Scenario().crash(0.3).at(30s)) ==
          "crash = 0.3@30s: a time before the end of the duration, 30s, is needed");
    CHECK(complaint(Scenario().crash(0.3).at(-1s)) == "crash = 0.3@-1s: a time of 0 or more is needed");
    CHECK(complaint(Scenario().duration(10s).partition(0.5).at(8s).lasting(2s)) == "");
    CHECK(complaint(Scenario().duration(10s).partition(0.5).at(8s).lasting(5s)) ==
          "partition = 0.5@8s+5s: it has to be over by the end of the duration, 10s: a duration of at least "
          "13s would do");
    CHECK(complaint(Scenario().stall(0.5).lasting(0s)) == "stall = 0.5@15s+0s: a length above 0 is needed");
    CHECK(complaint(Scenario().stall(0.5).lasting(1ns)) == "");
    CHECK(complaint(Scenario().stall(0.5).lasting(Duration::max())).find("has to be over") !=
          std::string::npos);
    CHECK(complaint(Scenario().crash(0.3).lasting(5s)) ==
          "crash = 0.3@15s: it is over at once: it has no length");
    CHECK(complaint(Scenario().crash(0.3).lasting(0s)) == "");
    CHECK(complaint(Scenario().partition(0.5).lasting(1s).one_way_partition(0.5).at(20s).lasting(1s)) ==
          "one-way-partition = 0.5@20s+1s: there is one partition in a scenario, and another one is named "
          "before it");
    CHECK(complaint(Scenario().crash(not_a_number)).ends_with("a share above 0, and at most 1, is needed"));
    CHECK(complaint(Scenario().crash(-0.1)).ends_with("a share above 0, and at most 1, is needed"));
  }

  TEST_CASE("scenario check: to spare nobody says something only where somebody is spared") {
    CHECK(complaint(Scenario().spare_nobody()) ==
          "spare_nobody: nobody is spared anyway: it goes with a crash, power-loss, restart, suspend or "
          "churn");
    CHECK(complaint(Scenario().stall(0.5).spare_nobody()).starts_with("spare_nobody: "));
    CHECK(complaint(Scenario().suspend(0.5).spare_nobody()) == "");
  }

  TEST_CASE("scenario check: a share that rounds to no node is refused with the least that does not") {
    CHECK(complaint(Scenario().crash(0.0049)) ==
          "crash = 0.0049@15s: that is not one of 100 nodes: a share of at least 0.005 is needed");
    CHECK(complaint(Scenario().crash(0.005)) == "");
    CHECK(complaint(Scenario().crash(0)).ends_with("a share of at least 0.005 is needed"));
    CHECK(complaint(of(3).stall(0.166666)).ends_with("a share of at least 0.166667 is needed"));
    CHECK(complaint(of(3).stall(0.166667)) == "");
    CHECK(complaint(Scenario().partition(0.0049)).ends_with("a share of at least 0.005 is needed"));
    CHECK(complaint(Scenario().partition(0.005)) == "");
  }

  TEST_CASE("scenario check: a share that may round to no link") {
    CHECK(complaint(of(10).degree(3).break_links(0.033333)) ==
          "break-links = 0.033333@15s: that may be none of the links, of which there are 15 or a few more: a "
          "share of at least 0.033334 is needed");
    CHECK(complaint(of(10).degree(3).break_links(0.033334)) == "");
    CHECK(complaint(of(10).degree(3).half_open_links(0.01)).starts_with("half-open-links = 0.01@15s: "));
  }

  TEST_CASE("scenario check: a churn that replaces nobody") {
    CHECK(complaint(of(20).churn(0.600024).lasting(5s)) ==
          "churn = 0.600024@15s+5s: that replaces none of 20 nodes in 5s: a share of at least 0.600025 a "
          "minute is needed, or more time");
    CHECK(complaint(of(20).churn(0.600025).lasting(5s)) == "");
    CHECK(complaint(of(5).churn(1).lasting(1s)).ends_with("even a share of 1 a minute takes longer"));
    CHECK(complaint(of(5).churn(1).lasting(1ns)).ends_with("even a share of 1 a minute takes longer"));
  }

  TEST_CASE("scenario check: a fault of nodes of which all are spared") {
    CHECK(
        complaint(of(10).publishers(9).restart(0.3)) ==
        "restart = 0.3@15s+7500ms: it would hit nobody, whatever its share: 1 bootstrapper and 9 publishers "
        "are spared of 10 nodes: fewer of them are needed, or to spare nobody");
    CHECK(complaint(of(10).publishers(8).restart(0.3)) == "");
    CHECK(complaint(of(10).publishers(9).restart(0.3).spare_nobody()) == "");
    CHECK(complaint(of(10).publishers(9).churn(1)).find("it would hit nobody") != std::string::npos);
    CHECK(complaint(of(10).publishers(10).stall(0.3)) == "");  // who stalls is still there
  }

  TEST_CASE("scenario check: a fault of nodes that are gone by then") {
    CHECK(complaint(of(10).crash(0.7).at(5s).crash(0.1).at(6s)) == "");
    CHECK(complaint(of(10).crash(0.8).at(5s).suspend(0.1).at(6s)) ==
          "suspend = 0.1@6s+7500ms: it would hit nobody, whatever its share: all of 10 nodes that are not "
          "spared may be gone by then");
    // What counts is when faults come, not when they are named.
    CHECK(complaint(of(10).crash(0.1).at(6s).crash(0.8).at(5s)).starts_with("crash = 0.1@6s: "));
    CHECK(
        complaint(of(10).restart(0.9).at(5s).lasting(3s).crash(0.1).at(8s)).starts_with("crash = 0.1@8s: "));
    CHECK(complaint(of(10).restart(0.9).at(5s).lasting(3s).crash(0.1).at(8s + 1ns)) == "");
  }

  TEST_CASE("scenario check: a partition has somebody on both sides") {
    CHECK(complaint(Scenario().partition(0.99)) == "");
    CHECK(
        complaint(Scenario().one_way_partition(0.995)) ==
        "one-way-partition = 0.995@15s+7500ms: nobody would be on the other side: a share of at most 0.99 is "
        "needed, of 100 nodes");
    CHECK(complaint(Scenario().crash(0.5).at(5s).partition(0.49)) == "");
    CHECK(complaint(Scenario().crash(0.5).at(5s).partition(0.5)) ==
          "partition = 0.5@15s+7500ms: nobody would be on the other side: a share of at most 0.49 is needed, "
          "of 100 nodes of which 50 may be gone by then");
    CHECK(complaint(Scenario().partition(0.5).crash(0.5).at(20s)) == "");
    CHECK(complaint(of(2).power_loss(0.5).at(5s).spare_nobody().partition(0.5))
              .ends_with("there may be nobody by then to be parted from others"));
  }

  TEST_CASE("scenario check: somebody is left") {
    CHECK(complaint(Scenario().crash(1)) == "");  // all but those that are spared
    CHECK(complaint(Scenario().crash(0.99).spare_nobody()) == "");
    CHECK(complaint(Scenario().crash(1).spare_nobody()) ==
          "crash = 1@15s: no node would be left: a share of at most 0.99 leaves one of 100 nodes");
    CHECK(complaint(Scenario().crash(0.5).at(5s).power_loss(0.5).spare_nobody()) ==
          "power-loss = 0.5@15s: no node would be left: a share of at most 0.49 leaves one of 100 nodes");
    CHECK(complaint(Scenario().restart(1).spare_nobody()) == "");
  }
}

}  // namespace
}  // namespace gossip::sim
