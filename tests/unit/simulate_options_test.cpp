#include "simulate/simulate_options.hpp"

#include <gossip/sim/scenario.hpp>

#include "options.hpp"
#include "simulate/to_scenario.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <iterator>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

namespace gossipd::simulation {
namespace {

using namespace std::chrono_literals;
using gossip::Duration;
using gossip::sim::FaultKind;
using Arguments = std::vector<std::string>;

Command command(Arguments arguments) {
  arguments.insert(arguments.begin(), "simulate");
  return parse_command_line(arguments);
}

SimulateOptions parsed(const Arguments& arguments) {
  const Command result = command(arguments);
  REQUIRE(std::holds_alternative<SimulateOptions>(result));
  return std::get<SimulateOptions>(result);
}

std::string refused(const Arguments& arguments) {
  const Command result = command(arguments);
  REQUIRE(std::holds_alternative<WrongUsage>(result));
  CHECK(std::get<WrongUsage>(result).command == "gossipd simulate");
  return std::get<WrongUsage>(result).reason;
}

TEST_SUITE("simulate options") {
  TEST_CASE("What is not given has a default") {
    const SimulateOptions options = parsed({});
    CHECK(options.nodes == std::vector<std::size_t>{100});
    CHECK(options.degree == 5);
    CHECK(options.publishers == 1);
    CHECK(options.publish_every == 100ms);
    CHECK(options.data_bytes == 100);
    CHECK(options.latency.text() == gossip::sim::uniform(10ms, 100ms).text());
    CHECK(options.duration == 30s);
    CHECK(options.validation == 1ms);
    CHECK(options.seed == 1);
    CHECK(options.seeds == 1);
    CHECK(options.faults.empty());
    CHECK(options.hostile.empty());
    CHECK(options.grace == 10s);
    CHECK(options.heals_within == 30s);
    CHECK(options.join_pause == 20ms);
    CHECK(options.link_timeout == 90s);
    CHECK_FALSE(options.wired);
    CHECK_FALSE(options.random);
    CHECK_FALSE(options.report);
    CHECK_FALSE(options.json);
    CHECK_FALSE(options.progress);
  }

  TEST_CASE("The whole of it") {
    const SimulateOptions options =
        parsed({"--nodes",      "1000",     "--degree",    "8",       "--publishers", "16",
                "--rate",       "2.5",      "--size",      "65527",   "--latency",    "fixed:50ms",
                "--crash",      "0.3@20s",  "--partition", "60s@30s", "--churn",      "0.1/min",
                "--duration",   "2min",     "--seed",      "7",       "--seeds",      "3",
                "--validation", "2ms",      "--messages",  "100",     "--wired",      "--json",
                "--progress",   "--report", "out.html"});
    CHECK(options.nodes == std::vector<std::size_t>{1000});
    CHECK(options.degree == 8);
    CHECK(options.publishers == 16);
    CHECK(options.publish_every == 400ms);
    CHECK(options.data_bytes == 65527);
    CHECK(options.latency.longest() == 50ms);
    REQUIRE(options.faults.size() == 3);
    CHECK(options.faults[0].kind == FaultKind::crash);
    CHECK(options.faults[1].kind == FaultKind::partition);
    CHECK(options.faults[2].kind == FaultKind::churn);
    CHECK(options.faults[2].lasting == 2min);  // the whole duration
    CHECK(options.duration == 2min);
    CHECK(options.seed == 7);
    CHECK(options.seeds == 3);
    CHECK(options.validation == 2ms);
    CHECK(options.messages == 100);
    CHECK(options.wired);
    CHECK(options.json);
    CHECK(options.progress);
    CHECK(options.report == "out.html");
  }

  TEST_CASE("Nodes: several sizes are put in order") {
    CHECK(parsed({"--nodes", "1000, 100,100"}).nodes == std::vector<std::size_t>{100, 1000});
    CHECK(parsed({"--nodes", "2", "--degree", "1"}).nodes == std::vector<std::size_t>{2});
    for (const char* nodes : {"", "1", "0", "4000001", "many", "100,", "100,1"})
      CHECK(refused({"--nodes", nodes})
                .ends_with("whole numbers from 2 to 4000000, separated by commas, are needed"));
  }

  TEST_CASE("Degree: at least 1 and below the nodes, of which the fewest count") {
    CHECK(parsed({"--nodes", "10", "--degree", "9"}).degree == 9);
    CHECK(refused({"--nodes", "10", "--degree", "10"}) ==
          "--degree = 10: at most 9 is possible with 10 nodes");
    CHECK(refused({"--nodes", "100,10", "--degree", "10"}) ==
          "--degree = 10: at most 9 is possible with 10 nodes");
    CHECK(refused({"--degree", "0"}) == "--degree = 0: a whole number from 1 to 4000000 is needed");
  }

  TEST_CASE("Publishers: at least 1 and no more than nodes") {
    CHECK(parsed({"--nodes", "10", "--publishers", "10"}).publishers == 10);
    CHECK(refused({"--nodes", "10", "--publishers", "11"}) ==
          "--publishers = 11: at most 10 are possible with 10 nodes");
    CHECK(refused({"--publishers", "0"}) == "--publishers = 0: a whole number from 1 to 4000000 is needed");
  }

  TEST_CASE("Rate: above 0, and so that there is more than one message unless only one is wanted") {
    CHECK(parsed({"--rate", "0.5", "--duration", "2s"}).publish_every == 2s);
    CHECK(parsed({"--publish-every", "40ms"}).publish_every == 40ms);
    CHECK(refused({"--rate", "0"}) == "--rate = 0: a number from 0.001 to 100000 is needed");
    CHECK(refused({"--rate", "-1"}) == "--rate = -1: a number from 0.001 to 100000 is needed");
    CHECK(refused({"--publish-every", "0s"}) == "--publish-every = 0s: a time above 0 is needed");
    CHECK(refused({"--rate", "1", "--publish-every", "1s"}) ==
          "--rate and --publish-every say the same: they cannot be used together");
    CHECK(refused({"--rate", "0.5", "--duration", "1s"}) ==
          "there is only one message in --duration, 1s: --messages 1 says so, or a larger --rate makes more");
    CHECK(parsed({"--rate", "0.5", "--duration", "1s", "--messages", "1"}).messages == 1);
    CHECK(refused({"--messages", "0"}) == "--messages = 0: a whole number from 1 to 4294967295 is needed");
    CHECK(refused({"--invalid", "1.1"}) == "--invalid = 1.1: a number from 0 to 1 is needed");
  }

  TEST_CASE("Size: room for a number of the message, and what fits into a frame") {
    CHECK(parsed({"--size", "8"}).data_bytes == 8);
    CHECK(refused({"--size", "7"}) == "--size = 7: a whole number from 8 to 65527 is needed");
    CHECK(refused({"--size", "65528"}) == "--size = 65528: a whole number from 8 to 65527 is needed");
  }

  TEST_CASE("Latency: the models") {
    const auto latency = [](const std::string& text) { return parsed({"--latency", text}).latency; };
    CHECK(latency("50ms").longest() == 50ms);
    CHECK(latency("10ms..90ms").longest() == 90ms);
    CHECK(latency("10ms,80ms/70ms,12ms").between(1, 0, 1) == 70ms);
    CHECK(latency("fixed:0ms").longest() == 0ms);
    CHECK(latency("fixed:50ms").between(3, 4, 1) == 50ms);
    CHECK(latency("uniform:10ms-10ms").between(3, 4, 1) == 10ms);
    CHECK(latency("uniform:10ms-100ms").longest() == 100ms);
    CHECK(latency("matrix:10ms,80ms/70ms,12ms").between(0, 1, 1) == 80ms);
    CHECK(latency("matrix:10ms,80ms/70ms,12ms").between(1, 0, 1) == 70ms);
    CHECK(parsed({"--latency", "regions:some/file"}).regions_file == "some/file");
  }

  TEST_CASE("Latency: what means nothing is refused") {
    const auto reason = [](const std::string& text) { return refused({"--latency", text}); };
    for (const char* text : {"fast", ":", "gauss:1ms", "50"})
      CHECK(reason(text).ends_with(
          "fixed:TIME, uniform:TIME-TIME, matrix:ROW/ROW... or regions:FILE is needed"));
    CHECK(reason("fixed:50")
              .ends_with("a time with its unit, ns, us, ms, s, min or h, is needed, such as 20s"));
    for (const char* text : {"uniform:", "uniform:10ms", "uniform:100ms-10ms", "uniform:10ms-"})
      CHECK(
          reason(text).ends_with("two times are needed, the shorter one first, such as uniform:10ms-100ms"));
    for (const char* text :
         {"matrix:", "matrix:1ms,2ms", "matrix:1ms/2ms", "matrix:1ms,2ms/3ms", "matrix:1ms,2/3ms,4ms"})
      CHECK(reason(text).ends_with("such as matrix:10ms,80ms/80ms,12ms"));
    CHECK(reason("regions:") == "--latency = regions:: the name of a file is needed after regions:");
  }

  TEST_CASE("Crashes: take somebody, before the end") {
    CHECK(parsed({"--crash", "0.5@20s", "--crash", "0.1@5s"}).faults.size() == 2);
    CHECK(parsed({"--crash", "0.01@0s"}).faults.front().at == 0s);
    CHECK(
        refused({"--crash", "1.5@20s"}) ==
        "--crash = 1.5@20s: SHARE@TIME is needed, a share of the nodes above 0 and below 1, such as 0.3@20s");
    CHECK(refused({"--crash", "0.3@30s"}) ==
          "--crash = 0.3@30s: a time before the end of --duration, 30s, is needed");
    CHECK(refused({"--crash", "0.009@20s"}) ==
          "--crash = 0.009@20s: that is not one of 100 nodes: a share of at least 0.01 is needed");
  }

  TEST_CASE("What lasts is over within the duration") {
    CHECK(parsed({"--partition", "10s@20s"}).faults.front().lasting == 10s);
    CHECK(refused({"--partition", "60s@20s"}) ==
          "--partition = 1min@20s: it has to be over by the end of --duration, 30s: a --duration of at least "
          "80s "
          "would do");
    CHECK(refused({"--partition", "60s@30s"}) ==
          "--partition = 1min@30s: a time before the end of --duration, 30s, is needed");
    CHECK(refused({"--churn", "0.1/min@10s+21s"})
              .starts_with("--churn = 0.1/min@10s+21s: it has to be over by"));
    CHECK(
        refused({"--fault", "stall:0.2@10s+21s"}).starts_with("--fault = 0.2@10s+21s: it has to be over by"));
    CHECK(refused({"--partition", "1s@1s", "--partition", "1s@5s"}) == "--partition is given twice");
  }

  TEST_CASE("What a scenario says of itself is understood, and says the same again") {
    using gossip::sim::Scenario;
    Scenario scenario;
    scenario.nodes(50)
        .degree(7)
        .joined(3, 15ms)
        .publishers(4)
        .publish_every(Duration(333'333'333))
        .data_bytes(64);
    scenario.validation(2ms).invalid(0.25).messages(70).bandwidth(100'000).link_timeout(5s);
    scenario.latency(gossip::sim::regions({{1ms, 20ms}, {30ms, 2ms}}));
    scenario.hostile(gossip::sim::HostileKind::flood, 2).hostile(gossip::sim::HostileKind::liar);
    for (const FaultKind kind :
         {FaultKind::crash, FaultKind::power_loss, FaultKind::restart, FaultKind::suspend, FaultKind::stall,
          FaultKind::break_links, FaultKind::half_open, FaultKind::churn})
      scenario.fault({kind, 0.125, 3s, 1500ms});
    scenario.fault({FaultKind::crash, 0.25, 4s, {}}).fault({FaultKind::partition, 0.3, 5s, 2s});
    scenario.spare_nobody().duration(12s).grace(5s).heals_within(20s);
    const std::string command = scenario.command(9);
    CAPTURE(command);
    std::istringstream words(command);
    Arguments arguments{std::istream_iterator<std::string>(words), {}};
    REQUIRE(arguments.size() > 2);
    const SimulateOptions options = parsed(Arguments(arguments.begin() + 2, arguments.end()));
    CHECK(options.seed == 9);
    CHECK(to_scenario(options, 50).command(9) == command);
  }

  TEST_CASE("The printed command runs the same again, in whatever order faults were named") {
    const std::vector<Arguments> all{
        {"--fault", "stall:0.2@5s+1s", "--fault", "crash:0.3@5s"},
        {"--crash", "0.3@5s", "--fault", "stall:0.2@5s+1s"},
        {"--churn", "0.9/min@1s+5s", "--fault", "churn:0.5@4s+6s"},
        {"--fault", "partition:0.7@3s+5s", "--crash", "0.2@3s"},
        {"--partition", "2s@3s", "--churn", "1/min", "--fault", "restart:0.2@3s+1s,half-open-links:0.1@3s"}};
    for (Arguments arguments : all) {
      arguments.insert(arguments.end(), {"--nodes", "20", "--degree", "3", "--duration", "12s"});
      const auto scenario = to_scenario(parsed(arguments), 20);
      std::istringstream words(scenario.command(1));
      CAPTURE(words.str());
      const Arguments again{std::istream_iterator<std::string>(words), {}};
      const auto same = to_scenario(parsed(Arguments(again.begin() + 2, again.end())), 20);
      CHECK(same.run(1).trace_hash == scenario.run(1).trace_hash);
    }
  }

  TEST_CASE("Times have a unit, and the duration is not nothing") {
    CHECK(refused({"--duration", "30"})
              .ends_with("a time with its unit, ns, us, ms, s, min or h, is needed, such as 20s"));
    CHECK(refused({"--duration", "0s"}) == "--duration = 0s: a time above 0 is needed");
    CHECK(refused({"--validation", "1"}).starts_with("--validation = 1: a time with its unit"));
    CHECK(parsed({"--validation", "0ms"}).validation == 0ms);
  }

  TEST_CASE("Seeds") {
    CHECK(parsed({"--seed", "18446744073709551615"}).seed == UINT64_MAX);
    CHECK(refused({"--seeds", "0"}) == "--seeds = 0: a whole number from 1 to 1000 is needed");
    CHECK(refused({"--seed", "x"}).starts_with("--seed = x: a whole number"));
  }

  TEST_CASE("A report needs a name") {
    CHECK(refused({"--report="}) == "--report is empty: the name of a file is needed");
    CHECK(refused({"report.html"}) == "'report.html' belongs to no option");
  }

  TEST_CASE("The example in the help is possible") {
    const Command help = command({"--help"});
    REQUIRE(std::holds_alternative<Information>(help));
    const std::string text = std::get<Information>(help).text;
    const std::string example = "\nExample:\n  gossipd simulate ";
    REQUIRE(text.find(example) != std::string::npos);
    std::istringstream words(text.substr(text.find(example) + example.size()));
    CHECK(parsed({std::istream_iterator<std::string>(words), {}}).report);
  }

  TEST_CASE("With --random the seed decides, and nobody else") {
    CHECK(parsed({"--random", "--seed", "9", "--json"}).random);
    CHECK(refused({"--random", "--nodes", "9"}) ==
          "--random decides on that by the seed: --nodes cannot be used with it");
  }
}

}  // namespace
}  // namespace gossipd::simulation
