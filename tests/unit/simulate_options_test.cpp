#include "simulate/simulate_options.hpp"

#include "options.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <variant>
#include <vector>

namespace gossipd::simulation {
namespace {

using namespace std::chrono_literals;
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
    CHECK(options.rate == 10);
    CHECK(options.data_bytes == 100);
    CHECK(options.latency.text() == gossip::sim::uniform(10ms, 100ms).text());
    CHECK(options.duration == 30s);
    CHECK(options.validation == 1ms);
    CHECK(options.seed == 1);
    CHECK(options.seeds == 1);
    CHECK(options.crashes.empty());
    CHECK(options.partitions.empty());
    CHECK(options.churn_per_minute == 0);
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
    CHECK(options.rate == 2.5);
    CHECK(options.data_bytes == 65527);
    CHECK(options.latency.longest() == 50ms);
    REQUIRE(options.crashes.size() == 1);
    CHECK(options.crashes.front().share == 0.3);
    CHECK(options.crashes.front().at == 20s);
    REQUIRE(options.partitions.size() == 1);
    CHECK(options.partitions.front().at == 30s);
    CHECK(options.partitions.front().lasting == 60s);
    CHECK(options.churn_per_minute == 0.1);
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
    for (const char* nodes : {"", "1", "0", "1000001", "many", "100,", "100,1"})
      CHECK(refused({"--nodes", nodes})
                .ends_with("whole numbers from 2 to 1000000, separated by commas, are needed"));
  }

  TEST_CASE("Degree: at least 1 and below the nodes, of which the fewest count") {
    CHECK(parsed({"--nodes", "10", "--degree", "9"}).degree == 9);
    CHECK(refused({"--nodes", "10", "--degree", "10"}) ==
          "--degree = 10: at most 9 is possible with 10 nodes");
    CHECK(refused({"--nodes", "100,10", "--degree", "10"}) ==
          "--degree = 10: at most 9 is possible with 10 nodes");
    CHECK(refused({"--degree", "0"}) == "--degree = 0: a whole number from 1 to 1000000 is needed");
  }

  TEST_CASE("Publishers: at least 1 and no more than nodes") {
    CHECK(parsed({"--nodes", "10", "--publishers", "10"}).publishers == 10);
    CHECK(refused({"--nodes", "10", "--publishers", "11"}) ==
          "--publishers = 11: at most 10 are possible with 10 nodes");
    CHECK(refused({"--publishers", "0"}) == "--publishers = 0: a whole number from 1 to 1000000 is needed");
  }

  TEST_CASE("Rate: above 0, and so that there is a message") {
    CHECK(parsed({"--rate", "0.5", "--duration", "2s"}).rate == 0.5);
    CHECK(refused({"--rate", "0"}) == "--rate = 0: a number from 0.001 to 100000 is needed");
    CHECK(refused({"--rate", "-1"}) == "--rate = -1: a number from 0.001 to 100000 is needed");
    CHECK(refused({"--rate", "0.5", "--duration", "1s"}) ==
          "--rate = 0.5: no message is published in --duration, 1s: at least 1 is needed");
    CHECK(refused({"--messages", "0"}) == "--messages = 0: a whole number from 1 to 4294967295 is needed");
  }

  TEST_CASE("Size: room for a number of the message, and what fits into a frame") {
    CHECK(parsed({"--size", "8"}).data_bytes == 8);
    CHECK(refused({"--size", "7"}) == "--size = 7: a whole number from 8 to 65527 is needed");
    CHECK(refused({"--size", "65528"}) == "--size = 65528: a whole number from 8 to 65527 is needed");
  }

  TEST_CASE("Latency: the models") {
    const auto latency = [](const std::string& text) { return parsed({"--latency", text}).latency; };
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
    for (const char* text : {"50ms", "fast", ":", "gauss:1ms"})
      CHECK(reason(text).ends_with(
          "fixed:TIME, uniform:TIME-TIME, matrix:ROW/ROW... or regions:FILE is needed"));
    CHECK(reason("fixed:50").ends_with("a time with its unit, us, ms, s, min or h, is needed, such as 20s"));
    for (const char* text : {"uniform:", "uniform:10ms", "uniform:100ms-10ms", "uniform:10ms-"})
      CHECK(
          reason(text).ends_with("two times are needed, the shorter one first, such as uniform:10ms-100ms"));
    for (const char* text :
         {"matrix:", "matrix:1ms,2ms", "matrix:1ms/2ms", "matrix:1ms,2ms/3ms", "matrix:1ms,2/3ms,4ms"})
      CHECK(reason(text).ends_with("such as matrix:10ms,80ms/80ms,12ms"));
    CHECK(reason("regions:") == "--latency = regions:: the name of a file is needed after regions:");
  }

  TEST_CASE("Crashes: a share that leaves somebody and takes somebody, before the end") {
    const auto options = parsed({"--crash", "0.5@20s,0.1@5s"});
    REQUIRE(options.crashes.size() == 2);
    CHECK(options.crashes.front().at == 5s);
    CHECK(parsed({"--crash", "0.01@0s"}).crashes.front().at == 0s);
    for (const char* text : {"1.5@20s", "1@20s", "0@20s", "0.3", "0.3@", "@20s", "0.3@20", "-0.3@20s", ""})
      CHECK(
          refused({"--crash", text})
              .ends_with("SHARE@TIME is needed, a share of the nodes above 0 and below 1, such as 0.3@20s"));
    CHECK(refused({"--crash", "0.3@30s"}) ==
          "--crash = 0.3@30s: a time before the end of --duration, 30s, is needed");
    CHECK(refused({"--crash", "0.009@20s"}) ==
          "--crash = 0.009@20s: that is not one of 100 nodes: a share of at least 0.01 is needed");
  }

  TEST_CASE("Partitions: heal within the duration, one after the other") {
    CHECK(parsed({"--partition", "10s@20s"}).partitions.front().lasting == 10s);
    const auto two = parsed({"--partition", "5s@20s,10s@10s"}).partitions;
    REQUIRE(two.size() == 2);
    CHECK(two.front().at == 10s);
    for (const char* text : {"0s@10s", "10s", "10s@", "@10s", "10@10s", "0.5@10s", ""})
      CHECK(refused({"--partition", text})
                .ends_with("LENGTH@TIME is needed, a length above 0, such as 60s@30s"));
    CHECK(refused({"--partition", "60s@30s"}) ==
          "--partition = 1min@30s: it has to end by the end of --duration, 30s: a --duration of at least 90s "
          "would do");
    CHECK(refused({"--partition", "10s@5s,10s@14s"}) ==
          "--partition = 10s@14s: it has to begin after the one before it ends");
  }

  TEST_CASE("Churn: a share per time") {
    CHECK(parsed({"--churn", "0.1/min"}).churn_per_minute == 0.1);
    CHECK(parsed({"--churn", "1/s"}).churn_per_minute == 60);
    CHECK(parsed({"--churn", "6/h"}).churn_per_minute == doctest::Approx(0.1));
    for (const char* text : {"0/min", "0.1", "0.1/", "/min", "0.1/day", "2/s", "-1/min", ""})
      CHECK(refused({"--churn", text}).ends_with("such as 0.1/min"));
  }

  TEST_CASE("Times have a unit, and the duration is not nothing") {
    CHECK(refused({"--duration", "30"})
              .ends_with("a time with its unit, us, ms, s, min or h, is needed, such as 20s"));
    CHECK(refused({"--duration", "0s"}) == "--duration = 0: a time above 0 is needed");
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

  TEST_CASE("With --random the seed decides, and nobody else") {
    CHECK(parsed({"--random", "--seed", "9", "--json"}).random);
    CHECK(refused({"--random", "--nodes", "9"}) ==
          "--random decides on that by the seed: --nodes cannot be used with it");
  }
}

}  // namespace
}  // namespace gossipd::simulation
