#include "settings.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <utility>

namespace gossipd {
namespace {

TEST_SUITE("settings") {
  TEST_CASE("No key, alias or option stands for two settings") {
    std::set<std::pair<std::string_view, std::string_view>> keys;
    std::set<std::string_view> options;
    for (const Setting& setting : settings()) {
      CAPTURE(setting.key);
      CHECK(keys.emplace(setting.section, setting.key).second);
      if (!setting.alias.empty()) CHECK(keys.emplace(setting.section, setting.alias).second);
      CHECK(options.insert(setting.option).second);
    }
  }

  TEST_CASE("A setting is found by key and by alias, in any case, and in its section only") {
    const Setting* listen = find_setting("gossip", "LISTEN_address");
    REQUIRE(listen != nullptr);
    CHECK(listen->option == "listen-address");
    CHECK(find_setting("gossip", "P2P_Address") == listen);
    CHECK(find_setting("global", "listen_address") == nullptr);
    CHECK(find_setting("gossip", "hostkey") == nullptr);
    CHECK(find_setting("gossip", "") == nullptr);
  }

  TEST_CASE("What a setting shows, it reads") {
    gossip::Config config;
    config.bootstrappers = {{"node1.example.org", 6001}, {"10.0.0.2", 1}};
    config.advertise_address = gossip::HostPort{"example.org", 0};
    config.max_ttl = gossip::Ttl{7};
    config.overlay = gossip::Overlay::extended;
    config.state_dir = "/var/lib/a node";
    for (const Setting& setting : settings()) {
      CAPTURE(setting.key);
      gossip::Config copy;
      CHECK_FALSE(setting.read(setting.show(config), copy));
      CHECK(setting.show(copy) == setting.show(config));
    }
  }

  TEST_CASE("A value that is refused leaves the config as it was") {
    for (const Setting& setting : settings()) {
      if (setting.key == "hostkey" || setting.key == "state_dir") continue;  // they take anything
      CAPTURE(setting.key);
      gossip::Config config;
      const auto wanted = setting.read("no such value", config);
      REQUIRE(wanted);
      CHECK(wanted->find("needed") != std::string::npos);
      CHECK(setting.show(config) == setting.show(gossip::Config{}));
    }
  }

  TEST_CASE("The nearest key is one that was probably meant, in that section") {
    CHECK(nearest_key("gossip", "cachesize") == "cache_size");
    CHECK(nearest_key("gossip", "Bootstraper") == "bootstrapper");
    CHECK(nearest_key("gossip", "p2p_adress") == "p2p_address");
    CHECK(nearest_key("global", "host_key") == "hostkey");
    CHECK(nearest_key("global", "cachesize").empty());
    CHECK(nearest_key("gossip", "colour").empty());
    CHECK(nearest_key("gossip", std::string(65, 'x')).empty());
  }
}

}  // namespace
}  // namespace gossipd
