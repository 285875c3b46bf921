#include "simulate/simulate_options.hpp"

#include <gossip/sim/scenario.hpp>

#include "options.hpp"
#include "simulate/to_scenario.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace gossipd::simulation {
namespace {

using namespace std::chrono_literals;
using gossip::Duration;
using gossip::sim::FaultKind;
using gossip::sim::Protocol;
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
    CHECK_FALSE(options.degree);
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
    for (const char* nodes : {"", "many", "100,", "-1"})
      CHECK(refused({"--nodes", nodes}).ends_with("whole numbers, separated by commas, are needed"));
    CHECK(refused({"--nodes", "100,1"}) == "--nodes = 100,1: at least 2 is needed");
    CHECK(refused({"--nodes", "0"}) == "--nodes = 0: at least 2 is needed");
    CHECK(refused({"--nodes", "4000001"}) == "--nodes = 4000001: at most 4000000 are possible");
  }

  TEST_CASE("Protocols: each once, in the order in which they are named") {
    CHECK(parsed({}).protocols == std::vector{Protocol::base});
    CHECK(parsed({"--protocol", "extended"}).protocols == std::vector{Protocol::extended});
    CHECK(parsed({"--protocol", "mixed, base,mixed"}).protocols ==
          std::vector{Protocol::mixed, Protocol::base});
    for (const std::string wrong : {"", "base,", "flood", "base,flood"}) {
      CAPTURE(wrong);
      CHECK(refused({"--protocol=" + wrong})
                .ends_with(": base, extended or mixed is needed, or several of them between commas"));
    }
  }

  TEST_CASE("What is compared differs in the protocol only: first links, latencies, publishers, who fails") {
    const SimulateOptions options =
        parsed({"--protocol", "base,extended,mixed", "--nodes", "30", "--wired", "--publishers", "7",
                "--messages", "20", "--crash", "0.2@1s", "--duration", "3s", "--degree", "4"});
    std::vector<gossip::sim::Result> results;
    for (const Protocol protocol : options.protocols)
      results.push_back(to_scenario(options, 30, protocol).run(3));
    for (const auto& result : results) {
      REQUIRE(result.messages.size() == 20);
      REQUIRE(result.edges_at_start.size() == results.front().edges_at_start.size());
      CHECK(result.edges_at_start.size() == 60);
      for (std::size_t index = 0; index < result.messages.size(); ++index)
        CHECK(result.messages[index].publisher == results.front().messages[index].publisher);
      for (std::size_t index = 0; index < result.edges_at_start.size(); ++index) {
        CHECK(result.edges_at_start[index].from == results.front().edges_at_start[index].from);
        CHECK(result.edges_at_start[index].to == results.front().edges_at_start[index].to);
      }
      for (std::size_t node = 0; node < result.nodes.size(); ++node)
        CHECK(result.nodes[node].live == results.front().nodes[node].live);
    }
    CHECK(results[0].trace_hash != results[1].trace_hash);
    CHECK(results[1].trace_hash != results[2].trace_hash);
    // The first one to whom the first message comes is a neighbour from the start, as far away with each.
    for (const auto& result : results)
      CHECK(result.messages.front().curve.front() == results.front().messages.front().curve.front());
  }

  TEST_CASE("A preset is values of options, which can be set otherwise, whatever stands first") {
    for (const char* name : {"glomers-d", "glomers-e"}) {
      CAPTURE(name);
      const SimulateOptions options = parsed({"--preset", name});
      CHECK(options.nodes == std::vector<std::size_t>{25});
      CHECK(options.publishers == 25);
      CHECK(options.publish_every == 20ms);
      CHECK(options.latency.text() == gossip::sim::fixed(100ms).text());
      CHECK(options.settle == 5s);
      CHECK(options.duration == 25s);
      CHECK(options.command == "gossipd simulate --preset " + std::string(name));
    }
    CHECK(parsed({"--preset", "glomers-d"}).targets->frames_per_operation == 30);
    CHECK(parsed({"--preset", "glomers-d"}).targets->max_ms == 600);
    CHECK(parsed({"--preset", "glomers-e"}).targets->frames_per_operation == 20);
    CHECK(parsed({"--preset", "glomers-e"}).targets->median_ms == 1000);
    CHECK_FALSE(parsed({}).targets);
    const SimulateOptions other =
        parsed({"--degree", "4", "--wired", "--preset", "glomers-d", "--publish-every", "10ms"});
    CHECK(other.degree == 4);
    CHECK(other.wired);
    CHECK(other.publish_every == 10ms);
    CHECK(other.nodes == std::vector<std::size_t>{25});
    CHECK(refused({"--preset", "glomers-f"}) == "--preset = glomers-f: glomers-d or glomers-e is needed");
    CHECK(refused({"--preset", "glomers-d", "--nodes", "10"}) ==
          "--publishers is 25 by --preset glomers-d: at most 10 are possible with 10 nodes");
    CHECK(refused({"--random", "--preset", "glomers-d"}) ==
          "--random decides on that by the seed: --preset cannot be used with it");
  }

  TEST_CASE("The command of a run says the preset, what was set otherwise, and what settles") {
    const auto command_of = [](const Arguments& arguments, std::size_t nodes, Protocol protocol) {
      return to_scenario(parsed(arguments), nodes, protocol).command(7);
    };
    CHECK(command_of({"--preset", "glomers-d"}, 25, Protocol::base) ==
          "gossipd simulate --preset glomers-d --nodes 25 --seed 7");
    CHECK(command_of({"--nodes", "30,100", "--protocol", "base,mixed", "--seeds", "9", "--settle", "6s",
                      "--json", "--preset", "glomers-e", "--degree", "5"},
                     100, Protocol::mixed) ==
          "gossipd simulate --degree 5 --settle 6s --preset glomers-e --nodes 100 --protocol mixed --seed 7");
    CHECK(command_of({"--settle", "1500ms", "--wired"}, 100, Protocol::base) ==
          "gossipd simulate --wired --seed 7 --settle 1.5s");
  }

  TEST_CASE("What settles has the time to, and is left in peace") {
    CHECK(parsed({}).settle == 0s);
    CHECK(parsed({"--settle", "29s"}).settle == 29s);
    CHECK(refused({"--settle", "30s"}) ==
          "--settle = 30s: a time before the end of the duration, 30s, is needed");
    CHECK(parsed({"--settle", "5s", "--crash", "0.3@5s"}).settle == 5s);
    CHECK(refused({"--settle", "6s", "--crash", "0.3@5s"}) ==
          "--settle = 6s: nothing may fail before: the first fault comes at 5s");
    CHECK(refused({"--settle", "1s", "--churn", "0.9/min"}).ends_with("the first fault comes at 0s"));
  }

  TEST_CASE("Degree: at least 1 and below the nodes, of which the fewest count") {
    CHECK(parsed({"--nodes", "10", "--degree", "9"}).degree == 9);
    CHECK(refused({"--nodes", "10", "--degree", "10"}) ==
          "--degree = 10: at most 9 is possible with 10 nodes");
    CHECK(refused({"--nodes", "100,10", "--degree", "10"}) ==
          "--degree = 10: at most 9 is possible with 10 nodes");
    CHECK(refused({"--degree", "0"}) == "--degree = 0: at least 1 is needed");
    CHECK(refused({"--degree", "x"}) == "--degree = x: a whole number is needed");
    CHECK(refused({"--degree", "40"}) ==
          "--degree = 40: at most 30 is possible: a node has room for no more connections");
    // Nobody who has not named it is told of it.
    CHECK(to_scenario(parsed({"--nodes", "3,100"}), 3).degree_sought() == 2);
    CHECK(to_scenario(parsed({"--nodes", "3,100"}), 100).degree_sought() == 5);
  }

  TEST_CASE("Publishers: at least 1 and no more than nodes") {
    CHECK(parsed({"--nodes", "10", "--publishers", "10"}).publishers == 10);
    CHECK(refused({"--nodes", "10", "--publishers", "11"}) ==
          "--publishers = 11: at most 10 are possible with 10 nodes");
    CHECK(refused({"--publishers", "0"}) == "--publishers = 0: at least 1 is needed");
  }

  TEST_CASE("Rate: above 0, and so that there is more than one message unless only one is wanted") {
    CHECK(parsed({"--rate", "0.5", "--duration", "3s"}).publish_every == 2s);
    CHECK(parsed({"--rate", "100000"}).publish_every == 10us);
    CHECK(parsed({"--rate", "0.001", "--duration", "1h"}).publish_every == 1000s);
    CHECK(parsed({"--publish-every", "40ms"}).publish_every == 40ms);
    CHECK(refused({"--rate", "0"}) == "--rate = 0: a number from 0.001 to 100000 is needed");
    CHECK(refused({"--rate", "-1"}) == "--rate = -1: a number from 0.001 to 100000 is needed");
    CHECK(refused({"--publish-every", "0s"}) == "--publish-every = 0s: a time from 10us to 1000s is needed");
    CHECK(refused({"--rate", "1", "--publish-every", "1s"}) ==
          "--rate and --publish-every say the same: they cannot be used together");
    CHECK(
        refused({"--rate", "0.5", "--duration", "1s"}) ==
        "--rate = 0.5: that is one message in all, with a duration of 1s: more in a second are needed, or a "
        "limit of 1 message, which says so");
    CHECK(
        refused({"--duration", "50ms"})
            .starts_with("--publish-every is 100ms by default: that is one message in all, with a duration"));
    CHECK(parsed({"--rate", "0.5", "--duration", "1s", "--messages", "1"}).messages == 1);
    CHECK(refused({"--messages", "0"}) == "--messages = 0: at least 1 is needed");
    CHECK(refused({"--messages", "4294967295"}) ==
          "--messages = 4294967295: at most 4294967294 are possible");
    CHECK(refused({"--invalid", "1.1"}) == "--invalid = 1.1: a number from 0 to 1 is needed");
  }

  TEST_CASE("Size: room for a number of the message, and what fits into a frame") {
    CHECK(parsed({"--size", "8"}).data_bytes == 8);
    CHECK(parsed({"--size", "65527"}).data_bytes == 65527);
    for (const std::string size : {"7", "65528"})
      CHECK(refused({"--size", size}) ==
            "--size = " + size + ": 8 bytes, by which messages are told apart, to 65527 are needed");
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
    CHECK(refused({"--crash", "1.5@20s"}) ==
          "--crash = 1.5@20s: SHARE@TIME is needed, a share of the nodes above 0 and at most 1, such as "
          "0.3@20s");
    CHECK(refused({"--crash", "0.3@30s"}) ==
          "--crash = 0.3@30s: a time before the end of the duration, 30s, is needed");
    CHECK(parsed({"--crash", "0.005@20s"}).faults.size() == 1);
    CHECK(refused({"--crash", "0.004@20s"}) ==
          "--crash = 0.004@20s: that is not one of 100 nodes: a share of at least 0.005 is needed");
    CHECK(refused({"--nodes", "100,20", "--crash", "0.02@20s"}) ==
          "--crash = 0.02@20s: that is not one of 20 nodes: a share of at least 0.025 is needed");
    CHECK(refused({"--fault", "crash:1@5s", "--spare-nobody"}) ==
          "--fault = crash:1@5s: no node would be left: a share of at most 0.99 leaves one of 100 nodes");
    CHECK(refused({"--spare-nobody"}).starts_with("--spare-nobody: nobody is spared anyway: "));
  }

  TEST_CASE("What lasts is over within the duration") {
    CHECK(parsed({"--partition", "10s@20s"}).faults.front().lasting == 10s);
    CHECK(refused({"--partition", "60s@20s"}) ==
          "--partition = 1min@20s: it has to be over by the end of the duration, 30s: a duration of at least "
          "80s would do");
    CHECK(refused({"--partition", "60s@30s"}) ==
          "--partition = 1min@30s: a time before the end of the duration, 30s, is needed");
    CHECK(
        refused({"--partition", "1s@1s:0.996"}) ==
        "--partition = 1s@1s:0.996: nobody would be on the other side: a share of at most 0.99 is needed, of "
        "100 nodes");
    CHECK(refused({"--churn", "0.1/min@10s+21s"})
              .starts_with("--churn = 0.1/min@10s+21s: it has to be over by"));
    CHECK(refused({"--crash", "0.1@5s", "--fault", "break-links:0.1@1s,stall:0.2@10s+21s"})
              .starts_with("--fault = stall:0.2@10s+21s: it has to be over by"));
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
    scenario.hostile(gossip::sim::HostileKind::bad_hello, 3);
    for (const FaultKind kind : {FaultKind::restart, FaultKind::suspend, FaultKind::stall})
      scenario.fault({kind, 0.125, 3s, 1500ms});
    for (const FaultKind kind :
         {FaultKind::crash, FaultKind::power_loss, FaultKind::break_links, FaultKind::half_open})
      scenario.fault({kind, 0.125, 3s, {}});
    scenario.churn(0.9).at(3s).lasting(1500ms);
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
    CHECK(to_scenario(options, 50).run(9).trace_hash == scenario.run(9).trace_hash);
  }

  TEST_CASE("The printed command says what is not at its default, and no more") {
    const std::vector<std::pair<Arguments, std::string>> all{
        {{}, ""},
        {{"--nodes",         "100", "--degree",     "5",    "--publishers",   "1",
          "--rate",          "10",  "--size",       "100",  "--latency",      "uniform:10ms-100ms",
          "--validation",    "1ms", "--duration",   "30s",  "--grace",        "10s",
          "--heals-within",  "30s", "--join-pause", "20ms", "--link-timeout", "90s",
          "--bootstrappers", "1",   "--bandwidth",  "0",    "--invalid",      "0",
          "--seed",          "1",   "--seeds",      "1"},
         ""},
        {{"--nodes", "3", "--degree", "2"}, " --nodes 3"},
        {{"--nodes", "4", "--degree", "2", "--seed", "2"}, " --nodes 4 --degree 2 --seed 2"},
        {{"--wired", "--publish-every", "3ms"}, " --wired --publish-every 3ms"},
        {{"--publish-every", "4ms"}, " --rate 250"},
        {{"--crash", "0.3@15s"}, " --fault crash:0.3@15s"}};
    for (const auto& row : all) {
      CAPTURE(row.second);
      const SimulateOptions options = parsed(row.first);
      const std::string command_line = to_scenario(options, options.nodes.front()).command(options.seed);
      CHECK(command_line == "gossipd simulate" + row.second);
      std::istringstream words(row.second);
      const SimulateOptions again = parsed({std::istream_iterator<std::string>(words), {}});
      CHECK(to_scenario(again, again.nodes.front()).command(again.seed) == command_line);
      CHECK(again.nodes == options.nodes);
      CHECK(again.seed == options.seed);
    }
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
    CHECK(refused({"--link-timeout", "0s"}) == "--link-timeout = 0s: a time above 0 is needed");
    CHECK(parsed({"--link-timeout", "1ns"}).link_timeout == 1ns);
    CHECK(refused({"--wired", "--join-pause", "20ms"}) ==
          "--join-pause says nothing with --wired, where nobody joins: leave one of them out");
    CHECK(refused({"--validation", "1"}).starts_with("--validation = 1: a time with its unit"));
    CHECK(parsed({"--validation", "0ms"}).validation == 0ms);
  }

  TEST_CASE("Seeds") {
    CHECK(parsed({"--seed", "18446744073709551615"}).seed == UINT64_MAX);
    CHECK(parsed({"--seed", "18446744073709551614", "--seeds", "2"}).seeds == 2);
    CHECK(refused({"--seed", "18446744073709551615", "--seeds", "2"}) ==
          "--seeds = 2: at most 1 is possible from seed 18446744073709551615 on");
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
    CHECK(parsed({"--random", "--protocol", "mixed"}).protocols == std::vector{Protocol::mixed});
    CHECK(refused({"--random", "--protocol", "base,mixed"}) ==
          "--random makes up a scenario for one protocol: --protocol needs to name one");
    CHECK(refused({"--random", "--nodes", "9"}) ==
          "--random decides on that by the seed: --nodes cannot be used with it");
  }
}

}  // namespace
}  // namespace gossipd::simulation
