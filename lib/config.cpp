#include <gossip/config.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gossip {
namespace {

void check(std::string_view field, std::uint64_t value, std::uint64_t least, std::uint64_t most) {
  if (value >= least && value <= most) return;
  throw std::invalid_argument(std::string(field) + " is " + std::to_string(value) + ": it must be from " +
                              std::to_string(least) + " to " + std::to_string(most));
}

/// A day is more than any timer needs, and far from where the clock of the core would overflow.
template <typename Rep, typename Period>
void check(std::string_view field, std::chrono::duration<Rep, Period> value,
           std::chrono::milliseconds least) {
  constexpr std::chrono::milliseconds most = std::chrono::hours(24);
  // Compared as floating point: a value in another unit may be too large for an integer in this one.
  const std::chrono::duration<double, std::milli> given = value;
  if (given >= least && given <= most) return;
  constexpr double shown_max = 1e18;
  const auto shown = static_cast<long long>(std::clamp(given.count(), -shown_max, shown_max));
  throw std::invalid_argument(std::string(field) + " is " + std::to_string(shown) + " ms: it must be from " +
                              std::to_string(least.count()) + " to " + std::to_string(most.count()) + " ms");
}

/// The base protocol cannot say an IPv6 address; what names stand for is not known here.
void check_family(std::string_view field, const HostPort& address) {
  if (!is_ipv6(address)) return;
  throw std::invalid_argument(std::string(field) + " is " + to_string(address) +
                              ": it must be an IPv4 address or a name, unless overlay is extended");
}

void check_families(const Config& config) {
  if (config.overlay == Overlay::extended) return;
  check_family("listen_address", config.listen_address);
  if (config.advertise_address) check_family("advertise_address", *config.advertise_address);
  for (const HostPort& address : config.bootstrappers) check_family("a bootstrapper", address);
}

}  // namespace

void Config::validate() const {
  using std::chrono::milliseconds;
  constexpr std::uint64_t digests_max = (std::uint64_t{1} << 25U) - (std::uint64_t{1} << 16U);
  constexpr std::uint64_t bytes_max = std::uint64_t{1} << 40U;
  constexpr std::uint64_t memory_limit_min = std::uint64_t{64} << 20U;
  check_families(*this);
  check("cache_size", cache_size, 1, 65535);
  check("max_connections", max_connections, 1, 10000);
  check("degree", degree, 0, max_connections);
  check("seen_ttl in seconds", static_cast<std::uint64_t>(seen_ttl.count()), 0, 86400);
  check("verdict_timeout", verdict_timeout, milliseconds(1));
  check("update_memory", update_memory, milliseconds(0));
  check("updates_max", updates_max, 1, digests_max);
  check("retry_pause_min", retry_pause_min, milliseconds(1));
  check("retry_pause_max", retry_pause_max, retry_pause_min);
  check("connect_timeout", connect_timeout, milliseconds(1));
  check("frame_timeout", frame_timeout, milliseconds(1));
  check("slow_consumer_timeout", slow_consumer_timeout, milliseconds(1));
  check("queue_low_water_bytes", queue_low_water_bytes, 1, bytes_max);
  check("queue_high_water_bytes", queue_high_water_bytes, queue_low_water_bytes, bytes_max);
  check("queue_bytes_max", queue_bytes_max, queue_high_water_bytes, bytes_max);
  check("memory_limit", memory_limit, memory_limit_min, bytes_max);
  // An eighth is for them, in a table of which not more than twice digests_max are used.
  const std::uint64_t digests_within_limit = std::min(memory_limit / 8 / digest_bytes, digests_max);
  if (seen_digests_max) check("seen_digests_max", *seen_digests_max, 0, digests_within_limit);
  check("rejected_digests_max", rejected_digests_max, 0, digests_within_limit - seen_digests());
  check("worker_threads", worker_threads, 0, 64);
  check("shutdown_timeout", shutdown_timeout, milliseconds(0));
}

}  // namespace gossip
