#include "sample_run.hpp"
#include "simulate/measures.hpp"
#include "simulate/progress_bar.hpp"
#include "simulate/report_text.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

namespace gossipd::simulation {
namespace {

using namespace std::chrono_literals;

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

SimulationReport several() {
  SimulationReport report{"gossipd simulate", {}};
  for (const std::size_t nodes : {10U, 100U})
    for (const std::uint64_t seed : {1U, 2U}) report.runs.push_back(sample_run(nodes, seed));
  return report;
}

/// Two sizes, two protocols, two seeds.
SimulationReport compared() {
  SimulationReport report{"gossipd simulate", {}};
  for (const std::size_t nodes : {10U, 100U}) {
    for (const char* protocol : {"base", "extended"}) {
      for (const std::uint64_t seed : {1U, 2U}) {
        report.runs.push_back(sample_run(nodes, seed));
        report.runs.back().protocol = protocol;
        if (report.runs.back().protocol == "extended") report.runs.back().rmr = 0.125;
      }
    }
  }
  return report;
}

TEST_SUITE("simulation report") {
  TEST_CASE("Groups are of one size and protocol, and the same size stands together") {
    CHECK(groups_of(compared()).size() == 4);
    REQUIRE(groups_by_size(compared()).size() == 2);
    CHECK(groups_by_size(compared()).back().back().first == 6);
    CHECK(groups_by_size(compared()).back().back().count == 2);
    CHECK(compared_protocols(compared()) == std::vector<std::string>{"base", "extended"});
    CHECK(compared_protocols(several()).empty());
    CHECK(groups_of(with_protocol(compared(), "extended")).size() == 2);
    CHECK(groups_of({}).empty());
  }

  TEST_CASE("JSON: the keys of one run stay as they are") {
    const std::string json = to_json({"gossipd simulate", {sample_run(30, 7)}});
    for (
        const char* pair :
        {R"("nodes":30,)",
         R"("seed":7,)",
         R"("command":"gossipd simulate --nodes 30 --seed 7",)",
         R"("messages":600,)",
         R"("promised":9000,)",
         R"("reliability":0.500000,)",
         R"("rmr":9.500000,)",
         R"("ldh_mean":8.500000,)",
         R"("ldh_max":14,)",
         R"("delivery_ms":{"p50":150.000000,"p99":310.000000,"max":410.000000},)",
         R"("traffic_bytes":{"p50":114000.000000,"max":129000.000000},)",
         R"("live_nodes":30,)",
         R"("edges":30,)",
         R"("degree":{"min":2,"mean":2.000000,"max":2},)",
         R"("components":1,)",
         R"("largest_component":30,)",
         R"("average_shortest_path":7.758621,)",
         R"("clustering_coefficient":0.000000,)",
         R"("degree_assortativity":null,)",
         R"("joining_seconds":12.000000,)",
         R"("events":3000000,)",
         R"("events_per_second":1500000.000000,)",
         R"("bytes_per_node":25600.000000,)",
         R"("deliveries":17400,)",
         R"("transmissions":72000,)",
         R"("frames":30000,)",
         R"("bytes":4000000,)",
         R"("virtual_seconds":70.000000,)",
         R"("degree_distribution":[0,0,30],)",
         R"("component_sizes":[30],)",
         R"("longest_shortest_path":15,)",
         R"("path_sources":30,)",
         R"("trace_hash":"0123456789abcdef",)",
         R"("wall_seconds":2.000000,"cpu_seconds":1.500000,)",
         R"({"from_seconds":30.000000,"to_seconds":40.000000,"what":"partition"}],)",
         R"("what":"during partition","messages":100,"reliability":0.500000,"rmr":2.000000,"ldh_mean":8.000000,)",
         R"("ok":true,"violations":0,"violation_texts":[]})"}) {
      CAPTURE(pair);
      CHECK(has(json, pair));
    }
  }

  TEST_CASE("JSON: several runs are a list, with an aggregate for each size") {
    const std::string json = to_json(several());
    CHECK(json.starts_with(R"({"ok":true,"runs":[{"nodes":10,"seed":1,)"));
    CHECK(has(json, R"("aggregates":[{"nodes":10,"runs":2,)"));
    CHECK(has(json, R"({"nodes":100,"runs":2,)"));
    CHECK(has(json, R"("rmr":{"mean":4.000000,"min":3.500000,"max":4.500000})"));
    CHECK(has(json, R"("delivery_ms":{"p50":{"mean":150.000000,)"));
    CHECK(has(json, R"("degree_assortativity":null)"));
  }

  TEST_CASE("JSON: where protocols are compared, runs and aggregates name theirs; otherwise none does") {
    const std::string json = to_json(compared());
    CHECK(json.starts_with(R"({"ok":true,"runs":[{"nodes":10,"protocol":"base","seed":1,)"));
    CHECK(has(json, R"({"nodes":10,"protocol":"extended","seed":2,)"));
    CHECK(has(json, R"("aggregates":[{"nodes":10,"protocol":"base","runs":2,)"));
    CHECK(has(json, R"({"nodes":100,"protocol":"extended","runs":2,)"));
    CHECK_FALSE(has(to_json(several()), "\"protocol\""));
    CHECK_FALSE(has(to_json(with_protocol(compared(), "extended")), "\"protocol\""));
  }

  TEST_CASE("JSON: a reliability is 1 only where nothing is missing, and null where there is none") {
    RunReport run = sample_run(10, 1);
    run.reliability = 0.9999999;
    run.phases.front().reliability = 0.9999999;
    run.phases.back().reliability = NAN;
    const std::string json = to_json({"", {run}});
    CHECK(has(json, R"("reliability":0.999999,"rmr":3.5)"));
    CHECK(has(json, R"("messages":200,"reliability":0.999999,)"));
    CHECK(has(json, R"("messages":200,"reliability":null,)"));
    CHECK(has(json, R"("messages":100,"reliability":1.000000,)"));

    RunReport whole = sample_run(10, 2);
    whole.reliability = 1;
    CHECK(
        has(to_json({"", {run, whole}}), R"("reliability":{"mean":0.999999,"min":0.999999,"max":1.000000})"));
    whole.reliability = NAN;
    CHECK(has(to_json({"", {run, whole}}), R"("reliability":null)"));
    CHECK(has(to_json({"", {whole}}), R"("reliability":null)"));
  }

  TEST_CASE("JSON: the mean of runs in which nothing is missing is 1, however many there are") {
    RunReport run = sample_run(10, 1);
    run.reliability = 1;
    for (std::size_t runs = 2; runs <= 60; ++runs) {
      CAPTURE(runs);
      const SimulationReport report{"", std::vector<RunReport>(runs, run)};
      CHECK(has(to_json(report), R"("reliability":{"mean":1.000000,"min":1.000000,"max":1.000000})"));
    }
  }

  TEST_CASE("JSON: a violation is told") {
    RunReport run = sample_run(10, 1);
    run.violations = {"delivered twice: \"it\""};
    run.violations_in_all = 3;
    CHECK(to_json({"", {run}})
              .ends_with(R"("ok":false,"violations":3,"violation_texts":["delivered twice: \"it\""]})"));
    SimulationReport report = several();
    report.runs.back().violations_in_all = 1;
    CHECK(to_json(report).starts_with(R"({"ok":false,)"));
  }

  TEST_CASE("Text: measures, phases, and the trace of each run") {
    const std::string text = to_text(SimulationReport{"", {sample_run(30, 7)}});
    for (const char* part :
         {"30 nodes\n", "deliveries promised", "9 000\n", "reliability: nodes reached", "50 %\n",
          "redundancy (RMR)", "9.5\n", "delivery time, longest", "410 ms\n", "25 KiB\n", "1 500 000/s\n",
          "during partition", "30 nodes, seed 7: trace 0123456789abcdef\n"}) {
      CAPTURE(part);
      CHECK(has(text, part));
    }
    CHECK(text.substr(text.find("degree assortativity")).substr(20, 40).find_first_not_of(' ') ==
          text.substr(text.find("degree assortativity")).substr(20, 40).find("-\n"));
    CHECK_FALSE(has(text, "wrong:"));
    CHECK_FALSE(has(text, "average shortest path: from"));
  }

  TEST_CASE("A run that was measured by an exercise says so, in text and JSON") {
    RunReport run = sample_run(25, 1);
    CHECK_FALSE(has(to_json({"", {run}}), "yardstick"));
    run.yardstick =
        Yardstick{{"an exercise", 30, 400, 600}, 5, {2500, 75000, 300, 610, 0}, {2000, 50000, 300, 400, 0}};
    const std::string text = to_text(SimulationReport{"", {run}});
    CHECK(has(text, "\n25 nodes, seed 1\nan exercise      "));
    CHECK(has(text, "  target  all 2 500 operations  2 000 after 5 s\n"));
    CHECK(has(text,
              "  frames between nodes, per operation      < 30            30, missed          25, met\n"));
    CHECK(has(text,
              "  time to the last node, longest       < 600 ms        610 ms, missed      400 ms, met\n"));
    CHECK(has(to_json({"", {run}}), R"("yardstick":{"name":"an exercise","settle_seconds":5.000000,)"));
  }

  TEST_CASE("Text: a column for each size, means with what they lie between") {
    const std::string text = to_text(several());
    CHECK(has(text, "4 (3.5 to 4.5)  4 (3.5 to 4.5)\n"));
    CHECK(has(text, "100 nodes, seed 2: trace 0123456789abcdef\n"));
  }

  TEST_CASE("Text: many sizes are a line each") {
    SimulationReport report{"gossipd simulate", {}};
    for (std::size_t nodes = 10; nodes <= 15; ++nodes) report.runs.push_back(sample_run(nodes, 1));
    const std::string text = to_text(report);
    CHECK(text.starts_with("nodes  runs  reliability  rmr"));
    CHECK(
        has(text,
            "\n15        1         50 %  3.5       8.5           150 ms           310 ms           410 ms"));
    CHECK_FALSE(has(text, "redundancy (RMR)"));
    CHECK(has(text, "15 nodes, seed 1: trace 0123456789abcdef\n"));
  }

  TEST_CASE("Text: protocols one after the other, and in the end side by side") {
    const std::string text = to_text(compared());
    CHECK(text.starts_with("Protocol base\n\nMessages"));
    const std::size_t second = text.find("\nProtocol extended\n\nMessages");
    REQUIRE(second != std::string::npos);
    CHECK(has(text.substr(0, second), to_text(with_protocol(compared(), "base"))));
    const std::size_t end = text.find("Side by side, 10 nodes");
    REQUIRE(end != std::string::npos);
    CHECK(end > second);
    const std::string table = text.substr(end);
    CHECK(table.starts_with("Side by side, 10 nodes, means of 2 seeds       base   extended\n"));
    CHECK(has(table, "  redundancy (RMR)                                4      0.125\n"));
    CHECK(has(table, "\nSide by side, 100 nodes, means of 2 seeds "));
    for (const char* row : {"deliveries promised", "reliability", "last delivery hop, mean",
                            "last delivery hop, largest", "delivery time, half", "delivery time, 99 %",
                            "delivery time, longest", "sent and received, median"}) {
      CAPTURE(row);
      CHECK(has(table, row));
    }
    CHECK_FALSE(has(to_text(several()), "Side by side"));
  }

  TEST_CASE("Text: what was violated, and how to see it again") {
    RunReport run = sample_run(10, 1);
    run.violations = {"delivered twice:\nit"};
    run.violations_in_all = 3;
    const std::string text = to_text(SimulationReport{"", {run}});
    CHECK(has(text,
              "  wrong: delivered twice:\\nit\n  and 2 more violations\n  again: gossipd simulate --nodes 10 "
              "--seed 1\n"));
  }

  TEST_CASE("Values for people") {
    CHECK(to_text(Style::share, 1) == "100 %");
    CHECK(to_text(Style::share, 0.999999) == "99.99 %");
    CHECK(to_text(Style::share, 0.9999999999) == "99.99 %");
    CHECK(to_text(Style::share, NAN) == "-");
    CHECK(to_text(Style::share, 0.98765) == "98.77 %");
    CHECK(to_text(Style::number, 0.12345) == "0.123");
    CHECK(to_text(Style::number, 123.456) == "123.5");
    CHECK(to_text(Style::number, 12345.6) == "12 346");
    CHECK(to_text(Style::number, -0.5) == "-0.5");
    CHECK(to_text(Style::number, NAN) == "-");
    CHECK(to_text(Style::whole, 1234567) == "1 234 567");
    CHECK(to_text(Style::bytes, 1023) == "1023 B");
    CHECK(to_text(Style::bytes, 1536) == "1.5 KiB");
    CHECK(to_text(Style::ms, 410) == "410 ms");
    CHECK(to_text(Style::number, 75.497) == "75.5");
    CHECK(to_text(Style::whole, Spread{1.5, 1, 2}) == "1.5 (1 to 2)");
    CHECK(to_text(Style::ms, Spread{75.5, 71.3, 79.7}) == "75.5 ms (71.3 to 79.7)");
    CHECK(to_text(Style::share, Spread{0.75, 0.5, 1}) == "75 % (50 to 100)");
    CHECK(to_text(Style::bytes, Spread{1536, 512, 2560}) == "1.5 KiB (512 B to 2.5 KiB)");
    CHECK(to_text(Style::ms, Spread{75, 75, 75}) == "75 ms");
    CHECK(to_text(Style::number, Spread{NAN, NAN, NAN}) == "-");
  }
}

TEST_SUITE("progress bar") {
  TEST_CASE("How far it is: events, virtual time, and what is left") {
    RunProgress progress{1, 1, 1000, false, 27s, 60s, 4'500'000, 3, 2.7};
    CHECK(to_text(progress) ==
          "1 000 nodes [#########           ] 27.0 of 60 s, 4 500 000 events, 1 500 000/s, 3 s left");
    progress.run = 2;
    progress.runs = 3;
    progress.joining = true;
    progress.now = 60s;
    CHECK(to_text(progress) ==
          "run 2 of 3, 1 000 nodes [####################] joining, 60.0 of 60 s, 4 500 000 "
          "events, 1 500 000/s, 0 s left");
  }

  TEST_CASE("At its beginning nothing is said of its end") {
    const RunProgress progress{1, 1, 10, false, 0s, 0s, 0, 0, 0};
    CHECK(to_text(progress) == "10 nodes [                    ] 0.0 of 0 s, 0 events");
  }

  TEST_CASE("A long time is told in minutes") {
    const RunProgress progress{1, 1, 10, false, 1s, 100s, 100, 10, 10};
    CHECK(to_text(progress).ends_with(", 16 min left"));
  }
}

}  // namespace
}  // namespace gossipd::simulation
