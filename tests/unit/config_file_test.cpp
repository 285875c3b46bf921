#include "config_file.hpp"

#include "options.hpp"
#include "settings.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gossipd {
namespace {

using gossip::Config;
using gossip::HostPort;
using namespace std::chrono_literals;
using List = std::vector<std::string>;
using Options = std::vector<OptionValue>;

ConfigReading read(std::string_view text, const Options& options = {}) {
  return read_config_text("f.conf", text, options);
}

/// Lines of [GOSSIP], which begin at line 2 of the file.
ConfigReading gossip_section(std::string_view lines, const Options& options = {}) {
  return read("[GOSSIP]\n" + std::string(lines), options);
}

List sentences(const std::vector<Problem>& problems) {
  List list;
  for (const Problem& problem : problems) list.push_back(to_string(problem));
  return list;
}

List all(const ConfigReading& reading) {
  return sentences(reading.all_problems());
}

/// The only problem there is.
std::string problem_with(std::string_view line) {
  const List list = all(gossip_section(line));
  REQUIRE(list.size() == 1);
  return list.front();
}

TEST_SUITE("config_file") {
  TEST_CASE("Config file: every key reaches its field") {
    const auto reading = read(
        "[GLOBAL]\nHOSTKEY = /key.pem\n[GOSSIP]\ncache_size = 50\nmax_connections = 20\ndegree = 8\n"
        "bootstrapper = 10.0.0.1:6001, node.example:6002\nlisten_address = 0.0.0.0:6003\n"
        "api_address = 127.0.0.1:7003\nadvertise_address = public.example:0\nmax_ttl = 7\nseen_ttl = 0\n"
        "memory_limit = 67108864\nworker_threads = 2\noverlay = extended\nstate_dir = /var/lib/a node\n");
    CHECK(all(reading) == List{});
    const Config& config = reading.config;
    CHECK(config.hostkey == "/key.pem");
    CHECK(config.cache_size == 50);
    CHECK(config.max_connections == 20);
    CHECK(config.degree == 8);
    CHECK(config.bootstrappers == std::vector<HostPort>{{"10.0.0.1", 6001}, {"node.example", 6002}});
    CHECK(config.listen_address == HostPort{"0.0.0.0", 6003});
    CHECK(config.api_address == HostPort{"127.0.0.1", 7003});
    CHECK(config.advertise_address == HostPort{"public.example", 0});
    CHECK(config.max_ttl == gossip::Ttl{7});
    CHECK(config.seen_ttl == 0s);
    CHECK(config.memory_limit == 67108864);
    CHECK(config.worker_threads == 2);
    CHECK(config.overlay == gossip::Overlay::extended);
    CHECK(config.state_dir == "/var/lib/a node");
    CHECK_NOTHROW(config.validate());
  }

  TEST_CASE("Config file: without file and options everything keeps its default") {
    const auto reading = read_config(std::nullopt, {});
    CHECK(all(reading) == List{});
    for (const Setting& setting : settings()) CHECK(setting.show(reading.config) == setting.show(Config{}));
  }

  TEST_CASE("Config file: keys in any case, p2p_address, localhost and an empty bootstrapper are fine") {
    const auto reading =
        read("hostkey=k\n[gossip]\nP2P_Address: localhost:6009\nBOOTSTRAPPER =\nCache_Size=9\n");
    CHECK(all(reading) == List{});
    CHECK(reading.config.hostkey == "k");
    CHECK(reading.config.listen_address == HostPort{"localhost", 6009});
    CHECK(reading.config.bootstrappers.empty());
    CHECK(reading.config.cache_size == 9);
  }

  TEST_CASE("Config file: a problem names file, line, key, value and what would be right") {
    CHECK(problem_with("\n\n\n\n\ncache_size = 0\n") ==
          "f.conf:7: cache_size = 0: a whole number from 1 to 65535 is needed");
    CHECK(problem_with("cache_size =\n") ==
          "f.conf:2: cache_size is empty: a whole number from 1 to 65535 is needed");
  }

  TEST_CASE("Config file: numbers have digits only and keep to their bounds") {
    for (const char* value :
         {"0", "65536", "-1", "+5", "5x", "0x10", "1e3", "5.0", "1 000", "99999999999999999999999"}) {
      CAPTURE(value);
      CHECK(problem_with("cache_size = " + std::string(value) + "\n").find("from 1 to 65535") !=
            std::string::npos);
    }
    CHECK(gossip_section("cache_size = 65535").config.cache_size == 65535);
  }

  TEST_CASE("Config file: the bounds of numbers are those of Config::validate") {
    struct Row {
      std::string key;
      std::uint64_t least;
      std::uint64_t most;
    };
    const std::vector<Row> rows{{"cache_size", 1, 65535},
                                {"max_connections", 1, 10000},
                                {"degree", 0, 10000},
                                {"max_ttl", 0, 255},
                                {"seen_ttl", 0, 86400},
                                {"worker_threads", 0, 64},
                                {"memory_limit", 67108864, 1099511627776}};
    for (const Row& row : rows) {
      CAPTURE(row.key);
      const auto with = [&](std::uint64_t number) {
        const std::string limit = row.key == "degree" ? "max_connections = 10000\n" : "";
        return gossip_section(limit + row.key + " = " + std::to_string(number));
      };
      for (const std::uint64_t number : {row.least, row.most}) {
        CHECK(with(number).usable());
        CHECK_NOTHROW(with(number).config.validate());
      }
      CHECK_FALSE(with(row.most + 1).usable());
      if (row.least > 0) CHECK_FALSE(with(row.least - 1).usable());
    }
  }

  TEST_CASE("Config file: addresses are HOST:PORT") {
    for (const char* value :
         {"", "127.0.0.1", ":6001", "host:", "host:x", "host:65536", "host:-1", "ho st:1", "256.1.1.1:1",
          "1.2.3:1", "12345:1", "-host:1", ".host:1", "h\xc3\xb6st:1", "\"host:1\"", "http//host:1"}) {
      CAPTURE(value);
      CHECK(problem_with("api_address = " + std::string(value) + "\n").find("HOST:PORT") !=
            std::string::npos);
    }
    for (const char* value : {"0.0.0.0:0", "localhost:65535", "a-b.example_1.org.:1", "3com.example:1"}) {
      CAPTURE(value);
      CHECK(gossip_section("api_address = " + std::string(value)).usable());
    }
  }

  TEST_CASE(
      "Config file: an IPv6 address is in brackets, and of one that is not so it is said what is wrong") {
    for (const auto& row :
         {std::pair{"[::1]:7001", HostPort{"::1", 7001}}, std::pair{"[::]:0", HostPort{"::", 0}},
          std::pair{"[2001:DB8:0:0::7]:65535", HostPort{"2001:db8::7", 65535}},
          std::pair{"[::ffff:192.0.2.7]:1", HostPort{"192.0.2.7", 1}}}) {
      CAPTURE(row.first);
      const auto reading = gossip_section("api_address = " + std::string(row.first));
      CHECK(all(reading) == List{});
      CHECK(reading.config.api_address == row.second);
    }
    const std::vector<std::pair<const char*, const char*>> wrong{
        {"::1:6001", "HOST:PORT is needed, and an IPv6 address is in brackets, such as [::1]:6001"},
        {"2001:db8::7", "HOST:PORT is needed, and an IPv6 address is in brackets, such as [::1]:6001"},
        {"::1]:6001", "HOST:PORT is needed, and an IPv6 address is in brackets, such as [::1]:6001"},
        {"[::1:6001", "HOST:PORT is needed, and the bracket is closed: [::1]:6001"},
        {"[::1]", "HOST:PORT is needed, such as [::1]:6001"},
        {"[::1]6001", "HOST:PORT is needed, such as [::1]:6001"},
        {"[::1]]:6001", "HOST:PORT is needed, such as [::1]:6001"},
        {"[::1]:", "HOST:PORT with a port from 0 to 65535 is needed"},
        {"[::1]:65536", "HOST:PORT with a port from 0 to 65535 is needed"},
        {"[]:1", "HOST:PORT is needed, and in the brackets is an IPv6 address, such as [::1]:6001"},
        {"[127.0.0.1]:1", "HOST:PORT is needed, and in the brackets is an IPv6 address, such as [::1]:6001"},
        {"[a.example]:1", "HOST:PORT is needed, and in the brackets is an IPv6 address, such as [::1]:6001"},
        {"[1:2:3]:1", "HOST:PORT is needed, and in the brackets is an IPv6 address, such as [::1]:6001"},
        {"[fe80::1%eth0]:1",
         "HOST:PORT with an address without a scope is needed; link-local addresses cannot be used"},
        {"fe80::1%eth0",
         "HOST:PORT with an address without a scope is needed; link-local addresses cannot be used"},
        {"[fe80::1]:1", "HOST:PORT is needed, and HOST is neither a link-local nor a multicast address"},
        {"[ff02::1]:1", "HOST:PORT is needed, and HOST is neither a link-local nor a multicast address"}};
    for (const auto& [value, what] : wrong) {
      CHECK(problem_with("api_address = " + std::string(value)) ==
            "f.conf:2: api_address = " + std::string(value) + ": " + what);
    }
  }

  TEST_CASE("Config file: for peers IPv6 needs the overlay extension, and for programs it does not") {
    const std::string right = ": an IPv4 address or a name is needed unless overlay is extended, which is ";
    for (const std::string line : {"listen_address = [::1]:1", "advertise_address = [2001:db8::7]:0",
                                   "bootstrapper = a.example:1,[2001:db8::7]:1"}) {
      CHECK(problem_with(line) == "f.conf:2: " + line + right + "base (by default)");
      CHECK(problem_with(line + "\noverlay = base") == "f.conf:2: " + line + right + "base (f.conf:3)");
      CHECK(all(gossip_section(line + "\noverlay = extended")) == List{});
    }
    const auto option = gossip_section("", Options{{"listen-address", "[::]:6001"}});
    CHECK(sentences(option.option_problems) ==
          List{"--listen-address = [::]:6001" + right + "base (by default)"});
    CHECK(all(gossip_section("api_address = [::1]:1")) == List{});
    CHECK(all(gossip_section("bootstrapper = [::ffff:10.0.0.1]:1")) == List{});
  }

  TEST_CASE("Config file: of several bootstrappers the wrong one is named; port 0 is no way to reach one") {
    CHECK(problem_with("bootstrapper = a:1, b:x\n") ==
          "f.conf:2: bootstrapper = a:1, b:x: 'b:x' is no address: HOST:PORT with a port from 1 to 65535 is "
          "needed");
    CHECK(problem_with("bootstrapper = a:0\n").find("'a:0'") != std::string::npos);
    CHECK(problem_with("bootstrapper = a:1,\n").find("'' is no address") != std::string::npos);
  }

  TEST_CASE("Config file: nobody can be told an address that reaches nobody") {
    CHECK_FALSE(gossip_section("advertise_address = 0.0.0.0:6001").usable());
    CHECK_FALSE(gossip_section("advertise_address = 224.0.0.1:6001").usable());
    CHECK(gossip_section("advertise_address = 192.0.2.1:0").usable());
    CHECK_FALSE(gossip_section("advertise_address =").config.advertise_address.has_value());
  }

  TEST_CASE("Config file: all problems are found, in the order of the file") {
    CHECK(all(read("junk\n[GOSSIP]\nmax_ttl = 300\ncache_sise = 5\ncache_size = 0\n")) ==
          List{"f.conf:1: 'junk': KEY = VALUE, [SECTION] or # COMMENT is needed",
               "f.conf:3: max_ttl = 300: a whole number from 0 to 255 is needed",
               "f.conf:4: cache_sise = 5: no such key in [GOSSIP]; did you mean cache_size?",
               "f.conf:5: cache_size = 0: a whole number from 1 to 65535 is needed"});
  }

  TEST_CASE("Config file: what is no INI file makes no endless list") {
    std::string noise = "[GOSSIP]\n";
    for (int line = 0; line < 1000; ++line) noise += "noise\n";
    const List list = all(read(noise));
    CHECK(list.size() == 11);
    CHECK(list.back() == "f.conf:12: 990 more such lines from here; an INI file is needed");
  }

  TEST_CASE("Config file: an unknown key is a warning, with the nearest key that there is") {
    const auto reading = gossip_section("cache-size = 5\n");
    CHECK(reading.usable());
    CHECK(sentences(reading.warnings) ==
          List{"f.conf:2: cache-size = 5: no such key in [GOSSIP]; did you mean cache_size?"});
    CHECK(problem_with("P2P_adress = a:1").ends_with("did you mean p2p_address?"));
    CHECK(problem_with("hostkey = k").ends_with("it belongs to [GLOBAL]"));
    CHECK(problem_with("colour = blue").find("it knows listen_address, api_address") != std::string::npos);
  }

  TEST_CASE("Config file: other keys of [GLOBAL] and other sections are other programs' business") {
    CHECK(all(read("[GLOBAL]\ncache_size = 0\nx = y\n[OTHER]\ncache_size = 0\njunk\n[GOSSIP]\n")) == List{});
  }

  TEST_CASE("Config file: a file without [GOSSIP] is a warning") {
    const auto reading = read("[GLOBAL]\nHOSTKEY = k\n");
    CHECK(reading.usable());
    CHECK(sentences(reading.warnings) == List{"f.conf: no [GOSSIP] section"});
  }

  TEST_CASE(
      "Config file: state_dir without the overlay extension is a warning that says where that comes from") {
    const auto reading = gossip_section("state_dir = /d\n");
    CHECK(reading.usable());
    CHECK(sentences(reading.warnings) == List{"f.conf:2: state_dir = /d: it has no effect unless overlay is "
                                              "extended, which is base (by default)"});
    CHECK(all(gossip_section("state_dir = /d\n", {{"overlay", "base"}})) ==
          List{"f.conf:2: state_dir = /d: it has no effect unless overlay is extended, which is base "
               "(--overlay)"});
    CHECK(all(gossip_section("overlay = base\n", {{"state-dir", "/d"}})) ==
          List{"--state-dir = /d: it has no effect unless overlay is extended, which is base (f.conf:2)"});
    CHECK(all(gossip_section("state_dir = /d\n", {{"overlay", "extended"}})) == List{});
    CHECK(all(gossip_section("state_dir =\n")) == List{});
    CHECK(all(gossip_section("state_dir = /d\noverlay = flat\n")).size() == 1);
  }

  TEST_CASE("Config file: a key that comes twice is a problem, in whatever case and section header") {
    CHECK(problem_with("cache_size = 5\n[GOSSIP]\nCACHE_SIZE = 5\n") ==
          "f.conf:4: CACHE_SIZE = 5: line 2 has this key already; one of them is too many");
  }

  TEST_CASE("Config file: listen_address and p2p_address are fine while they agree") {
    CHECK(all(gossip_section("listen_address = a:1\np2p_address = a:1\n")) == List{});
    CHECK(problem_with("p2p_address = a:1\nlisten_address = a:2\n") ==
          "f.conf:3: listen_address = a:2: it means the same as p2p_address, which is a:1 in line 2; one of "
          "them is "
          "too many");
  }

  TEST_CASE("Config file: degree above max_connections names both and where they come from") {
    CHECK(problem_with("max_connections = 4\ndegree = 5\n") ==
          "f.conf:3: degree = 5: at most max_connections is needed, which is 4 (f.conf:2)");
    CHECK(problem_with("degree = 31\n") ==
          "f.conf:2: degree = 31: at most max_connections is needed, which is 30 (by default)");
    CHECK(all(gossip_section("degree = 5\n", {{"max-connections", "4"}})) ==
          List{"f.conf:2: degree = 5: at most max_connections is needed, which is 4 (--max-connections)"});
    CHECK(problem_with("max_connections = 0\ndegree = 31\n").find("max_connections = 0") !=
          std::string::npos);
  }

  TEST_CASE("Config file: the two listeners need addresses that do not collide") {
    CHECK(problem_with("listen_address = 127.0.0.1:7001\n") ==
          "f.conf:2: listen_address = 127.0.0.1:7001: an address of its own is needed; api_address is "
          "127.0.0.1:7001 "
          "(by default)");
    CHECK_FALSE(gossip_section("listen_address = 0.0.0.0:5\napi_address = localhost:5\n").usable());
    CHECK_FALSE(gossip_section("listen_address = a:5\napi_address = a:5\n").usable());
    CHECK(gossip_section("listen_address = 127.0.0.2:5\napi_address = 127.0.0.1:5\n").usable());
    CHECK(gossip_section("listen_address = 127.0.0.1:0\napi_address = 127.0.0.1:0\n").usable());
    // [::] is every address of both families, 0.0.0.0 every one of IPv4.
    const auto collide = [](const std::string& peers, const std::string& programs) {
      return !gossip_section("overlay = extended\nlisten_address = " + peers +
                             ":5\napi_address = " + programs + ":5\n")
                  .usable();
    };
    for (const char* other : {"127.0.0.1", "0.0.0.0", "[::1]", "[::]"}) {
      CHECK(collide("[::]", other));
      CHECK(collide(other, "[::]"));
    }
    CHECK(collide("[::1]", "[0:0::1]"));
    CHECK_FALSE(collide("0.0.0.0", "[::1]"));
    CHECK_FALSE(collide("[::1]", "0.0.0.0"));
    CHECK_FALSE(collide("[::1]", "127.0.0.1"));
    CHECK_FALSE(collide("[::1]", "[::2]"));
  }

  TEST_CASE("Config file: a missing file and a directory are problems that name the path and the reason") {
    CHECK(all(read_config("/nowhere/at/all.ini", {})) ==
          List{"/nowhere/at/all.ini: cannot be read: No such file or directory"});
    CHECK(all(read_config("/", {})) == List{"/: cannot be read: Is a directory"});
  }

  TEST_CASE("Options: the command line wins over the file") {
    const auto reading =
        gossip_section("cache_size = 5\np2p_address = a:1\nbootstrapper = b:1\n",
                       {{"cache-size", "6"}, {"listen-address", "c:1"}, {"bootstrapper", ""}});
    CHECK(all(reading) == List{});
    CHECK(reading.config.cache_size == 6);
    CHECK(reading.config.listen_address == HostPort{"c", 1});
    CHECK(reading.config.bootstrappers.empty());
  }

  TEST_CASE("Options: they get the same checks, and their problems are told apart") {
    const auto reading = gossip_section("max_ttl = 300\n", {{"cache-size", "0"}});
    CHECK(sentences(reading.option_problems) ==
          List{"--cache-size = 0: a whole number from 1 to 65535 is needed"});
    CHECK(sentences(reading.file_problems) ==
          List{"f.conf:2: max_ttl = 300: a whole number from 0 to 255 is needed"});
  }

  TEST_CASE("Settings: each has an option, and is found by key, alias and option") {
    for (const Setting& setting : settings()) {
      CAPTURE(setting.key);
      CHECK(find_setting(setting.section, setting.key) == &setting);
      CHECK(find_option(setting.option) == &setting);
      std::string option(setting.key);
      std::replace(option.begin(), option.end(), '_', '-');
      CHECK(setting.option == option);
    }
    CHECK(find_setting("gossip", "P2P_ADDRESS") == find_setting("gossip", "listen_address"));
    CHECK(find_setting("gossip", "") == nullptr);
    CHECK(find_setting("global", "cache_size") == nullptr);
    CHECK(find_option("p2p-address") == nullptr);
  }

  TEST_CASE("Settings: what is shown is read as the same value") {
    const auto reading = read(
        "[GLOBAL]\nhostkey = k\n[GOSSIP]\ncache_size = 50\nmax_connections = 20\ndegree = 8\nbootstrapper = "
        "a:1,b:2\n"
        "listen_address = c:3\napi_address = d:4\nadvertise_address = e:5\nmax_ttl = 7\nseen_ttl = "
        "9\noverlay = extended\nmemory_limit = 80000000\nworker_threads = 1\nstate_dir = f");
    for (const Setting& setting : settings()) {
      CAPTURE(setting.key);
      Config config;
      const std::string shown = setting.show(reading.config);
      CHECK_FALSE(setting.read(shown, config).has_value());
      CHECK(setting.show(config) == shown);
      CHECK(shown != setting.show(Config{}));
    }
  }

  TEST_CASE("Bootstrappers: those that are the node itself are dropped, and nobody else") {
    Config config;
    config.listen_address = {"127.0.0.1", 6001};
    config.advertise_address = HostPort{"public.example", 0};
    config.bootstrappers = {{"localhost", 6001}, {"a", 1}, {"127.0.0.1", 6002}, {"public.example", 6001}};
    CHECK(drop_own_addresses(config) == std::vector<HostPort>{{"localhost", 6001}, {"public.example", 6001}});
    CHECK(config.bootstrappers == std::vector<HostPort>{{"a", 1}, {"127.0.0.1", 6002}});
  }
}

template <typename T>
T parsed_as(const List& arguments) {
  const Command command = parse_command_line(arguments);
  REQUIRE(std::holds_alternative<T>(command));
  return std::get<T>(command);
}

TEST_SUITE("options") {
  TEST_CASE("Command line: run is what there is without a command") {
    CHECK(parsed_as<RunOptions>({}).settings.empty());
    const auto options =
        parsed_as<RunOptions>({"--cache-size", "5", "--config=f.conf", "--log-level", "debug"});
    CHECK(options.config_file == "f.conf");
    REQUIRE(options.settings.size() == 1);
    CHECK(options.settings[0].option == "cache-size");
    CHECK(options.settings[0].value == "5");
    CHECK(options.log_level == Level::debug);
    CHECK(parsed_as<RunOptions>({"run", "--log-format", "json"}).log_format == LogFormat::json);
  }

  TEST_CASE("Command line: a value may be empty, in either form") {
    for (const List& form : {List{"--bootstrapper="}, List{"--bootstrapper", ""}}) {
      const auto options = parsed_as<RunOptions>(form);
      REQUIRE(options.settings.size() == 1);
      CHECK(options.settings[0].value.empty());
    }
  }

  TEST_CASE("Command line: publish") {
    const auto defaults = parsed_as<PublishOptions>({"publish", "--type", "540"});
    CHECK(defaults.api == HostPort{"127.0.0.1", 7001});
    CHECK(defaults.data_type == gossip::DataType{540});
    CHECK(defaults.ttl == gossip::unlimited_ttl);
    CHECK_FALSE(defaults.data.has_value());
    CHECK(parsed_as<PublishOptions>({"publish", "--type", "0", ""}).data == "");
    CHECK(parsed_as<PublishOptions>({"publish", "--type", "0", "--", "--lines"}).data == "--lines");
    CHECK(parsed_as<PublishOptions>({"publish", "--type", "65535", "--ttl", "255", "--lines"}).lines);
  }

  TEST_CASE("Command line: subscribe") {
    const auto options = parsed_as<SubscribeOptions>(
        {"subscribe", "--type", "540, 541,540", "--verdict", "reject", "--count", "3", "--format", "hex"});
    CHECK(options.data_types == std::vector{gossip::DataType{540}, gossip::DataType{541}});
    CHECK(options.verdict == false);
    CHECK(options.count == 3);
    CHECK(options.format == DataFormat::hex);
    CHECK_FALSE(
        parsed_as<SubscribeOptions>({"subscribe", "--type", "1", "--verdict", "none"}).verdict.has_value());
    CHECK(parsed_as<SubscribeOptions>({"subscribe", "--type", "1", "--verdict-command", "true"})
              .verdict_command == "true");
  }

  TEST_CASE("Command line: wrong usage says what is wrong and whose help helps") {
    struct Row {
      List arguments;
      std::string command;
      std::string reason;
    };
    const std::vector<Row> rows{
        {{"frob"},
         "gossipd",
         "unknown command 'frob': run, check, publish, subscribe, bench or simulate is needed"},
        {{"--frob"}, "gossipd run", "unrecognised option '--frob'"},
        {{"--conf", "f"}, "gossipd run", "unrecognised option '--conf'"},
        {{"run", "x"}, "gossipd run", "'x' belongs to no option"},
        {{"--config"}, "gossipd run", "the required argument for option '--config' is missing"},
        {{"--degree", "1", "--degree", "2"}, "gossipd run", "--degree is given twice"},
        {{"--log-level", "loud"},
         "gossipd run",
         "--log-level = loud: trace, debug, info, warning, error or fatal is needed"},
        {{"check"}, "gossipd check", "--config is needed"},
        {{"publish", "x"}, "gossipd publish", "--type is needed"},
        {{"publish", "--type", "65536"},
         "gossipd publish",
         "--type = 65536: a whole number from 0 to 65535 is needed"},
        {{"publish", "--type", "1", "--ttl", "256"},
         "gossipd publish",
         "--ttl = 256: a whole number from 0 to 255 is needed"},
        {{"publish", "--type", "1", "a", "b"}, "gossipd publish", "'b' belongs to no option"},
        {{"publish", "--type", "1", "--lines", "a"},
         "gossipd publish",
         "--lines reads standard input: it cannot be used with DATA"},
        {{"publish", "--type", "1", "--api", "x:0"},
         "gossipd publish",
         "--api = x:0: HOST:PORT with a port from 1 to 65535 is needed"},
        {{"subscribe", "--type", "1,"},
         "gossipd subscribe",
         "--type = 1,: whole numbers from 0 to 65535, separated by commas, are needed"},
        {{"subscribe", "--type", "1", "--verdict", "accept", "--verdict-command", "true"},
         "gossipd subscribe",
         "--verdict and --verdict-command cannot be used together"},
        {{"subscribe", "--type", "1", "--verdict", "maybe"},
         "gossipd subscribe",
         "--verdict = maybe: accept, reject or none is needed"},
        {{"subscribe", "--type", "1", "--count", "0"},
         "gossipd subscribe",
         "--count = 0: a whole number from 1 to 18446744073709551615 is needed"}};
    for (const Row& row : rows) {
      const auto wrong = parsed_as<WrongUsage>(row.arguments);
      CHECK(wrong.command == row.command);
      CHECK(wrong.reason == row.reason);
    }
  }

  TEST_CASE("Command line: help has usage, options and an example; every setting is in that of run") {
    for (const char* command : {"run", "check", "publish", "subscribe"}) {
      CAPTURE(command);
      const std::string text = parsed_as<Information>({command, "--help"}).text;
      CHECK(text.starts_with("Usage: gossipd "));
      CHECK(text.find("\nOptions:\n") != std::string::npos);
      CHECK(text.find("\nExample:\n  gossipd " + std::string(command)) != std::string::npos);
      CHECK(parsed_as<Information>({command, "-h"}).text == text);
    }
    const std::string run_help = parsed_as<Information>({"--cache-size", "5", "--help"}).text;
    for (const Setting& setting : settings()) {
      CHECK(run_help.find("--" + std::string(setting.option) + " " + std::string(setting.placeholder)) !=
            std::string::npos);
    }
    CHECK(parsed_as<Information>({"--help"}).text.find("gossipd publish") != std::string::npos);
    CHECK(parsed_as<Information>({"--version"}).text.starts_with("gossipd "));
  }
}

}  // namespace
}  // namespace gossipd
