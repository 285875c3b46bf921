#include "settings.hpp"

#include "text.hpp"
#include "values.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <vector>

namespace gossipd {
namespace {

using gossip::Config;
using gossip::HostPort;

using Wanted = std::optional<std::string>;

template <auto member, std::uint64_t least, std::uint64_t most>
Wanted read_number(std::string_view text, Config& config) {
  const auto number = parse_number(text, least, most);
  if (!number) return number.error().message;
  using Field = std::remove_reference_t<decltype(config.*member)>;
  config.*member = static_cast<Field>(*number);
  return std::nullopt;
}

template <auto member>
std::string show_number(const Config& config) {
  return std::to_string(config.*member);
}

Wanted read_seen_ttl(std::string_view text, Config& config) {
  const auto seconds = parse_number(text, 0, 86400);
  if (!seconds) return seconds.error().message;
  config.seen_ttl = std::chrono::seconds(*seconds);
  return std::nullopt;
}

std::string show_seen_ttl(const Config& config) {
  return std::to_string(config.seen_ttl.count());
}

Wanted read_overlay(std::string_view text, Config& config) {
  if (text != "base" && text != "extended") return "base or extended is needed";
  config.overlay = text == "base" ? gossip::Overlay::base : gossip::Overlay::extended;
  return std::nullopt;
}

std::string show_overlay(const Config& config) {
  return config.overlay == gossip::Overlay::base ? "base" : "extended";
}

Wanted read_state_dir(std::string_view text, Config& config) {
  config.state_dir = text;
  return std::nullopt;
}

std::string show_state_dir(const Config& config) {
  return config.state_dir;
}

std::string show_max_ttl(const Config& config) {
  return std::to_string(value_of(config.max_ttl));
}

template <auto member>
Wanted read_listener(std::string_view text, Config& config) {
  auto address = parse_address(text, 0);
  if (!address) return address.error().message;
  config.*member = std::move(*address);
  return std::nullopt;
}

template <auto member>
std::string show_address(const Config& config) {
  return to_string(config.*member);
}

Wanted read_advertise_address(std::string_view text, Config& config) {
  if (text.empty()) {
    config.advertise_address.reset();
    return std::nullopt;
  }
  auto address = parse_address(text, 0);
  if (!address) return address.error().message;
  const auto literal = gossip::literal_endpoint({address->host, 1});
  if (literal && !literal->usable()) return "HOST:PORT is needed at which other machines reach this one";
  config.advertise_address = std::move(*address);
  return std::nullopt;
}

std::string show_advertise_address(const Config& config) {
  return config.advertise_address ? to_string(*config.advertise_address) : std::string();
}

Wanted read_bootstrappers(std::string_view text, Config& config) {
  auto addresses = parse_addresses(text);
  if (!addresses) return addresses.error().message;
  config.bootstrappers = std::move(*addresses);
  return std::nullopt;
}

std::string show_bootstrappers(const Config& config) {
  std::string text;
  for (const HostPort& address : config.bootstrappers)
    text.append(text.empty() ? "" : ",").append(to_string(address));
  return text;
}

Wanted read_hostkey(std::string_view text, Config& config) {
  config.hostkey = text;
  return std::nullopt;
}

std::string show_hostkey(const Config& config) {
  return config.hostkey;
}

constexpr std::array table{
    Setting{"gossip", "listen_address", "p2p_address", "listen-address", "HOST:PORT",
            "where peers connect; port 0 picks a free one", read_listener<&Config::listen_address>,
            show_address<&Config::listen_address>},
    Setting{"gossip", "api_address", "", "api-address", "HOST:PORT",
            "where local programs connect; port 0 picks a free one", read_listener<&Config::api_address>,
            show_address<&Config::api_address>},
    Setting{"gossip", "advertise_address", "", "advertise-address", "HOST:PORT",
            "what peers are told instead of the listen address; port 0 means its port",
            read_advertise_address, show_advertise_address},
    Setting{"gossip", "bootstrapper", "", "bootstrapper", "HOST:PORT,...",
            "known nodes through which to join; empty waits for others", read_bootstrappers,
            show_bootstrappers},
    Setting{"gossip", "cache_size", "", "cache-size", "N", "messages that are kept, 1 to 65535",
            read_number<&Config::cache_size, 1, 65535>, show_number<&Config::cache_size>},
    Setting{"gossip", "max_connections", "", "max-connections", "N", "peers at most, 1 to 10000",
            read_number<&Config::max_connections, 1, 10000>, show_number<&Config::max_connections>},
    Setting{"gossip", "degree", "", "degree", "N", "peers to seek, up to max_connections; 0 seeks that many",
            read_number<&Config::degree, 0, 10000>, show_number<&Config::degree>},
    Setting{"gossip", "max_ttl", "", "max-ttl", "N",
            "hops allowed to what local programs publish, 1 to 255; 0 is unlimited",
            read_number<&Config::max_ttl, 0, 255>, show_max_ttl},
    Setting{"gossip", "seen_ttl", "", "seen-ttl", "SECONDS",
            "how long a message that left the cache is still known, up to 86400; 0 is not at all",
            read_seen_ttl, show_seen_ttl},
    Setting{"gossip", "overlay", "", "overlay", "KIND",
            "base: peers are spoken to as ever; extended: those that can are, as docs/protocol.md has it",
            read_overlay, show_overlay},
    Setting{"gossip", "state_dir", "", "state-dir", "DIR",
            "keep here which nodes are known, for the next start; with the overlay extension only",
            read_state_dir, show_state_dir},
    Setting{"gossip", "memory_limit", "", "memory-limit", "BYTES",
            "memory that messages, queues and tables stay below, 67108864 (64 MiB) to 1099511627776",
            read_number<&Config::memory_limit, 67108864, 1099511627776>, show_number<&Config::memory_limit>},
    Setting{"gossip", "worker_threads", "", "worker-threads", "N",
            "threads for input and output, up to 64; 0 uses the main thread",
            read_number<&Config::worker_threads, 0, 64>, show_number<&Config::worker_threads>},
    Setting{"global", "hostkey", "", "hostkey", "FILE", "the node's key; accepted, not used so far",
            read_hostkey, show_hostkey},
};

/// Levenshtein's: single letters inserted, removed or replaced.
std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t replaced = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::span<const Setting> settings() {
  return table;
}

const Setting* find_setting(std::string_view section, std::string_view key) {
  const std::string lower = to_lower(key);
  const auto found = std::find_if(table.begin(), table.end(), [&](const Setting& setting) {
    return setting.section == section &&
           (setting.key == lower || (!setting.alias.empty() && setting.alias == lower));
  });
  return found == table.end() ? nullptr : &*found;
}

const Setting* find_option(std::string_view option) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const Setting& setting) { return setting.option == option; });
  return found == table.end() ? nullptr : &*found;
}

std::string_view nearest_key(std::string_view section, std::string_view key) {
  constexpr std::size_t key_bytes_max = 64;
  if (key.size() > key_bytes_max) return {};
  const std::string lower = to_lower(key);
  std::string_view nearest;
  std::size_t least = std::max<std::size_t>(2, key.size() / 3) + 1;
  for (const Setting& setting : table) {
    if (setting.section != section) continue;
    for (const std::string_view candidate : {setting.key, setting.alias}) {
      if (candidate.empty()) continue;
      const std::size_t longer = std::max(candidate.size(), lower.size());
      if (longer - std::min(candidate.size(), lower.size()) >= least) continue;  // no distance is smaller
      const std::size_t distance = edit_distance(lower, candidate);
      if (distance >= least) continue;
      least = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace gossipd
