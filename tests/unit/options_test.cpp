#include "options.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <variant>
#include <vector>

namespace gossipd {
namespace {

using Arguments = std::vector<std::string>;

/// What the arguments mean, where it is known to be a T.
template <typename T>
T parsed(const Arguments& arguments) {
  const Command command = parse_command_line(arguments);
  REQUIRE(std::holds_alternative<T>(command));
  return std::get<T>(command);
}

/// "COMMAND: REASON" of arguments that mean nothing.
std::string refused(const Arguments& arguments) {
  const auto usage = parsed<WrongUsage>(arguments);
  return usage.command + ": " + usage.reason;
}

TEST_SUITE("options") {
  TEST_CASE("run is what is done without a command, with or without options") {
    for (const Arguments& arguments : {Arguments{}, Arguments{"run"}}) {
      const auto run = parsed<RunOptions>(arguments);
      CHECK_FALSE(run.config_file);
      CHECK(run.settings.empty());
      CHECK(run.log_level == Level::info);
      CHECK(run.log_format == LogFormat::text);
    }
    CHECK(parsed<RunOptions>({"--config", "x"}).config_file == "x");
  }

  TEST_CASE("run: settings are handed on as they are, whatever their values") {
    const auto run = parsed<RunOptions>({"--degree", "none", "--cache-size=5", "--bootstrapper", ""});
    std::vector<std::string> given;
    for (const OptionValue& setting : run.settings) given.push_back(setting.option + '=' + setting.value);
    CHECK(given == std::vector<std::string>{"bootstrapper=", "cache-size=5", "degree=none"});
  }

  TEST_CASE("run: log level and format are words") {
    const auto run = parsed<RunOptions>({"--log-level", "warning", "--log-format", "json"});
    CHECK(run.log_level == Level::warning);
    CHECK(run.log_format == LogFormat::json);
    CHECK(refused({"--log-level", "loud"}) ==
          "gossipd run: --log-level = loud: trace, debug, info, warning, error or fatal is needed");
    CHECK(refused({"--log-format", "xml"}) == "gossipd run: --log-format = xml: text or json is needed");
  }

  TEST_CASE("check needs its file") {
    CHECK(parsed<CheckOptions>({"check", "--config", "x"}).config_file == "x");
    CHECK(refused({"check"}) == "gossipd check: --config is needed");
  }

  TEST_CASE("publish: data type and data; the rest has defaults") {
    const auto publish = parsed<PublishOptions>({"publish", "--type", "540", "hello"});
    CHECK(publish.api == gossip::HostPort{"127.0.0.1", 7001});
    CHECK(publish.data_type == gossip::DataType{540});
    CHECK(publish.ttl == gossip::unlimited_ttl);
    CHECK(publish.data == "hello");
    CHECK_FALSE(publish.lines);
    const auto lines = parsed<PublishOptions>({"publish", "--type", "0", "--ttl", "255", "--lines"});
    CHECK(lines.ttl == gossip::Ttl{255});
    CHECK(lines.lines);
    CHECK_FALSE(lines.data);
  }

  TEST_CASE("publish: data that looks like an option comes after two dashes") {
    CHECK(parsed<PublishOptions>({"publish", "--type", "1", "--", "--help"}).data == "--help");
    CHECK(parsed<PublishOptions>({"publish", "--type", "1", "--", "-h"}).data == "-h");
  }

  TEST_CASE("publish: what cannot be") {
    CHECK(refused({"publish"}) == "gossipd publish: --type is needed");
    CHECK(refused({"publish", "--type", "65536"}) ==
          "gossipd publish: --type = 65536: a whole number from 0 to 65535 is needed");
    CHECK(refused({"publish", "--type", "1", "--ttl", "256"}) ==
          "gossipd publish: --ttl = 256: a whole number from 0 to 255 is needed");
    CHECK(refused({"publish", "--type", "1", "--type", "2"}) == "gossipd publish: --type is given twice");
    CHECK(refused({"publish", "--type", "1", "a", "b"}) == "gossipd publish: 'b' belongs to no option");
    CHECK(refused({"publish", "--type", "1", "--lines", "a"}) ==
          "gossipd publish: --lines reads standard input: it cannot be used with DATA");
    CHECK(refused({"publish", "--type", "1", "--api", "here:0"})
              .starts_with("gossipd publish: --api = here:0: "));
  }

  TEST_CASE("subscribe: data types, verdict, count and format") {
    const auto plain = parsed<SubscribeOptions>({"subscribe", "--type", "1"});
    CHECK_FALSE(plain.verdict);
    CHECK_FALSE(plain.verdict_command);
    CHECK_FALSE(plain.count);
    CHECK(plain.format == DataFormat::text);
    const auto full = parsed<SubscribeOptions>(
        {"subscribe", "--type", "1,65535", "--verdict", "reject", "--count", "3", "--format", "json"});
    CHECK(full.data_types == std::vector{gossip::DataType{1}, gossip::DataType{65535}});
    CHECK(full.verdict == false);
    CHECK(full.count == 3);
    CHECK(full.format == DataFormat::json);
    CHECK(parsed<SubscribeOptions>({"subscribe", "--type", "1", "--verdict-command", "x"}).verdict_command ==
          "x");
  }

  TEST_CASE("subscribe: what cannot be") {
    CHECK(refused({"subscribe", "--type", "1,x"}) ==
          "gossipd subscribe: --type = 1,x: whole numbers from 0 to 65535, separated by commas, are needed");
    CHECK(refused({"subscribe", "--type", "1", "--verdict", "none", "--verdict-command", "x"}) ==
          "gossipd subscribe: --verdict and --verdict-command cannot be used together");
    CHECK(refused({"subscribe", "--type", "1", "--count", "0"}) ==
          "gossipd subscribe: --count = 0: a whole number from 1 to 18446744073709551615 is needed");
  }

  TEST_CASE("bench: everything has a default") {
    const auto plain = parsed<BenchOptions>({"bench"});
    CHECK(plain.load.subscribe_at == std::vector{gossip::HostPort{"127.0.0.1", 7001}});
    CHECK(plain.load.publish_at == gossip::HostPort{"127.0.0.1", 7001});
    CHECK(plain.load.publishers == 1);
    CHECK(plain.load.subscribers == 1);
    CHECK(plain.load.stalled == 0);
    CHECK(plain.load.body_bytes == 64);
    CHECK_FALSE(plain.load.rate);
    CHECK_FALSE(plain.load.count);
    CHECK(plain.load.duration == std::chrono::seconds(10));
    CHECK(plain.load.warm_up == std::chrono::seconds(3));
    CHECK_FALSE(plain.load.accept);
    CHECK(plain.data_type == gossip::DataType{65000});
    CHECK(parsed<BenchOptions>({"bench", "--verdict", "accept"}).load.warm_up == std::chrono::seconds(1));
    CHECK(parsed<BenchOptions>({"bench", "--count", "5"}).load.duration == std::chrono::hours(24));
  }

  TEST_CASE("bench: nodes, load and what is watched") {
    const auto full = parsed<BenchOptions>({"bench",      "--api",
                                            "a:1,b:2",    "--publish-api",
                                            "c:3",        "--publishers",
                                            "7",          "--subscribers",
                                            "0",          "--size",
                                            "24",         "--rate",
                                            "5000",       "--pid",
                                            "12, 13",     "--count",
                                            "9",          "--json",
                                            "--verdict",  "accept",
                                            "--duration", "4",
                                            "--warmup",   "0",
                                            "--stalled",  "2"});
    CHECK(full.load.subscribe_at == std::vector{gossip::HostPort{"a", 1}, gossip::HostPort{"b", 2}});
    CHECK(full.load.publish_at == gossip::HostPort{"c", 3});
    CHECK(full.load.publishers == 7);
    CHECK(full.load.subscribers == 0);
    CHECK(full.load.stalled == 2);
    CHECK(full.load.body_bytes == 24);
    CHECK(full.load.rate == 5000);
    CHECK(full.load.count == 9);
    CHECK(full.load.duration == std::chrono::seconds(4));
    CHECK(full.load.warm_up == std::chrono::seconds(0));
    CHECK(full.load.accept);
    CHECK(full.load.servers == std::vector<pid_t>{12, 13});
    CHECK(full.json);
    CHECK(parsed<BenchOptions>({"bench", "--api", "a:1,b:2"}).load.publish_at == gossip::HostPort{"a", 1});
  }

  TEST_CASE("bench: what cannot be") {
    CHECK(refused({"bench", "--size", "23"}) ==
          "gossipd bench: --size = 23: a whole number from 24 to 65527 is needed");
    CHECK(refused({"bench", "--size", "65528"}).starts_with("gossipd bench: --size = 65528: "));
    CHECK(refused({"bench", "--rate", "0"}).starts_with("gossipd bench: --rate = 0: "));
    CHECK(refused({"bench", "--api", ""}) == "gossipd bench: --api is empty: HOST:PORT is needed");
    CHECK(refused({"bench", "--pid", "1,x"}) ==
          "gossipd bench: --pid = 1,x: process ids, separated by commas, are needed");
    CHECK(refused({"bench", "--verdict", "reject"}) ==
          "gossipd bench: --verdict = reject: accept or none is needed");
    CHECK(refused({"bench", "x"}) == "gossipd bench: 'x' belongs to no option");
  }

  TEST_CASE("Help and version are wherever they are asked for, before anything else is looked at") {
    CHECK(parsed<Information>({"--version"}).text.starts_with("gossipd "));
    CHECK(parsed<Information>({"--help"}).text.find("gossipd subscribe --type N") != std::string::npos);
    CHECK(parsed<Information>({"run", "--help"}).text.find("--cache-size N") != std::string::npos);
    CHECK(parsed<Information>({"publish", "-h"}).text.starts_with("Usage: gossipd publish --type N"));
    CHECK(parsed<Information>({"publish", "--type", "1", "a", "b", "--help"}).text.starts_with("Usage: "));
  }

  TEST_CASE("An unknown command or option is named") {
    CHECK(refused({"frob"}) ==
          "gossipd: unknown command 'frob': run, check, publish, subscribe, bench or simulate is needed");
    CHECK(refused({"check", "--bogus"}) == "gossipd check: unrecognised option '--bogus'");
  }
}

}  // namespace
}  // namespace gossipd
