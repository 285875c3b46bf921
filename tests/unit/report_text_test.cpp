#include "bench/report_text.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>

namespace gossipd::load {
namespace {

/// Of a run of 2 s in which two subscribers on one node got 1,000 messages each.
std::unique_ptr<Report> clean_report() {
  auto report = std::make_unique<Report>();
  report->dialect = "gossip";
  report->options.subscribe_at = {{"127.0.0.1", 7001}};
  report->options.subscribers = 2;
  report->published = report->published_in_window = 1000;
  report->window_seconds = report->delivery_seconds = 2;
  report->received.expected = report->received.delivered = report->received.in_window = 2000;
  report->latencies.record(1500, 2000);
  return report;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_SUITE("report") {
  TEST_CASE("Rates and processor time follow from what was counted") {
    const auto report = clean_report();
    report->servers = {{1, 3'000'000, 0, 0, 0}, {2, 1'000'000, 0, 0, 0}};
    CHECK(report->publish_rate() == 500);
    CHECK(report->delivery_rate() == 1000);
    CHECK(report->cpu_us_per_message() == 4);
    CHECK(report->cpu_us_per_delivery() == 2);
    CHECK(report->is_clean());
    CHECK(has(to_text(*report), "nothing lost, nothing twice, every byte intact"));
    CHECK(has(to_json(*report), R"("ok":true,"faults":[])"));
    CHECK(has(to_json(*report), R"("messages_per_second":500.000000)"));
    CHECK(has(to_json(*report), R"("cpu_us_per_message":4.000000)"));
  }

  TEST_CASE("Where nothing was measured, nothing is divided by") {
    const Report nothing;
    CHECK(nothing.publish_rate() == 0);
    CHECK(nothing.delivery_rate() == 0);
    CHECK(nothing.cpu_us_per_message() == 0);
    CHECK(nothing.cpu_us_per_delivery() == 0);
    CHECK(has(to_json(nothing), R"("cpu_us_per_message":null)"));
    CHECK(has(to_json(nothing), R"("samples":0,"p50_us":null)"));
  }

  TEST_CASE("Anything that is wrong makes a report unclean") {
    auto report = clean_report();
    report->received.delivered -= 3;
    CHECK(report->lost() == 3);
    CHECK_FALSE(report->is_clean());
    report = clean_report();
    report->received.duplicates = 1;
    CHECK_FALSE(report->is_clean());
    report = clean_report();
    report->received.corrupt = 1;
    CHECK_FALSE(report->is_clean());
    report = clean_report();
    report->faults = {"it \"broke\""};
    CHECK_FALSE(report->is_clean());
    CHECK(has(to_json(*report), R"("ok":false,"faults":["it \"broke\""])"));
    report = clean_report();
    report->received.foreign = 4096;
    CHECK(report->is_clean());
  }

  TEST_CASE("Who lost what is named, up to ten of them") {
    const auto report = clean_report();
    report->received.delivered -= 12;
    for (std::size_t subscriber = 0; subscriber < 12; ++subscriber)
      report->received.discrepancies.push_back({{"127.0.0.1", 7001}, subscriber, 0, 1, 0});
    const std::string text = to_text(*report);
    CHECK(has(text, "lost 12, twice 0, changed 0 of 2 000"));
    CHECK(has(text, "subscriber 9 at 127.0.0.1:7001, publisher 0: lost 1, twice 0"));
    CHECK_FALSE(has(text, "subscriber 10 "));
    CHECK(has(text, "and 2 more pairs"));
    CHECK(has(to_json(*report),
              R"({"node":"127.0.0.1:7001","subscriber":11,"publisher":0,"lost":1,"duplicates":0})"));
  }

  TEST_CASE("Latency says what it is") {
    const auto report = clean_report();
    CHECK(has(to_text(*report), "latency under saturation"));
    CHECK(has(to_json(*report), R"("latency":{"corrected":false,"samples":2000,"p50_us":1.500000)"));
    report->options.rate = 5000;
    CHECK(has(to_text(*report), "from when a message was due"));
    CHECK(has(to_json(*report), R"("corrected":true)"));
  }

  TEST_CASE("Progress is what came since the line before") {
    const Progress before{1, true, 1000, 2000};
    CHECK(to_text({3, true, 5000, 10000}, before) == "3 s: published 2 000/s, delivered 4 000/s");
    CHECK(to_text({1, false, 0, 0}, {}) == "1 s: waiting for every subscriber to get a message");
  }
}

}  // namespace
}  // namespace gossipd::load
