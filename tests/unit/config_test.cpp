#include <gossip/config.hpp>

#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <stdexcept>
#include <string>

namespace gossip {
namespace {

using namespace std::chrono_literals;

/// Empty when the config is fine, else what validate() says.
std::string fault(const std::function<void(Config&)>& change) {
  Config config;
  change(config);
  try {
    config.validate();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST_SUITE("config") {
  TEST_CASE("Config: the defaults are those of the protocol, and valid") {
    const Config config;
    CHECK_NOTHROW(config.validate());
    CHECK(config.cache_size == 30);
    CHECK(config.seen_ttl == 120s);
    CHECK(config.seen_digests() == 524288);
    CHECK(config.verdict_timeout == 2s);
    CHECK(config.update_memory == 60s);
    CHECK(config.frame_timeout == 30s);
    CHECK(config.shutdown_timeout == 10s);
    CHECK(config.max_ttl == unlimited_ttl);
    CHECK(config.memory_limit == 512U << 20U);
  }

  TEST_CASE("Config: degree 0 means max_connections") {
    Config config;
    config.max_connections = 7;
    CHECK(config.peers_sought() == 7);
    config.degree = 3;
    CHECK(config.peers_sought() == 3);
  }

  TEST_CASE("Config: a fault names the field, the value and the bounds") {
    CHECK(fault([](Config& c) { c.cache_size = 65536; }) ==
          "cache_size is 65536: it must be from 1 to 65535");
    CHECK(fault([](Config& c) { c.connect_timeout = 0ms; }) ==
          "connect_timeout is 0 ms: it must be from 1 to 86400000 ms");
  }

  TEST_CASE("Config: cache_size is 1 to 65535") {
    CHECK(fault([](Config& c) { c.cache_size = 1; }).empty());
    CHECK(fault([](Config& c) { c.cache_size = 65535; }).empty());
    CHECK(fault([](Config& c) { c.cache_size = 0; }).starts_with("cache_size is 0:"));
  }

  TEST_CASE("Config: max_connections is 1 to 10000") {
    CHECK(fault([](Config& c) { c.max_connections = 1; }).empty());
    CHECK(fault([](Config& c) { c.max_connections = 10000; }).empty());
    CHECK(fault([](Config& c) { c.max_connections = 0; }).starts_with("max_connections is 0:"));
    CHECK(fault([](Config& c) { c.max_connections = 10001; }).starts_with("max_connections is 10001:"));
  }

  TEST_CASE("Config: degree is at most max_connections") {
    CHECK(fault([](Config& c) { c.degree = c.max_connections; }).empty());
    CHECK(fault([](Config& c) { c.degree = c.max_connections + 1; }).starts_with("degree is 31:"));
  }

  TEST_CASE("Config: seen_ttl is 0 to 24 h") {
    CHECK(fault([](Config& c) { c.seen_ttl = 0s; }).empty());
    CHECK(fault([](Config& c) { c.seen_ttl = 24h; }).empty());
    CHECK(fault([](Config& c) { c.seen_ttl = 24h + 1s; }).starts_with("seen_ttl"));
    CHECK(fault([](Config& c) { c.seen_ttl = -1s; }).starts_with("seen_ttl"));
  }

  TEST_CASE("Config: the digest memories may be switched off") {
    CHECK(fault([](Config& c) { c.seen_digests_max = c.rejected_digests_max = 0; }).empty());
    // An eighth of 512 MiB at 64 bytes each.
    CHECK(fault([](Config& c) { c.seen_digests_max = (1U << 20U) - c.rejected_digests_max; }).empty());
    CHECK(fault([](Config& c) {
            c.seen_digests_max = 65536, c.rejected_digests_max = (1U << 20U) - 65535;
          }) == "rejected_digests_max is 983041: it must be from 0 to 983040");
    CHECK(fault([](Config& c) { c.seen_digests_max = (1U << 20U) + 1; }) ==
          "seen_digests_max is 1048577: it must be from 0 to 1048576");
    const auto known = [](std::size_t memory_limit, std::size_t rejected) {
      Config config;
      config.memory_limit = memory_limit;
      config.rejected_digests_max = rejected;
      return config.seen_digests();
    };
    CHECK(known(std::size_t{64} << 20U, 65536) == 65536);
    CHECK(known(std::size_t{64} << 20U, 131072) == 0);
    CHECK(known(std::size_t{288} << 20U, 65536) == 524288);
    CHECK(known((std::size_t{288} << 20U) - 512, 65536) == 524287);
    const auto with_much_memory = [](std::size_t digests) {
      return fault([&](Config& c) {
        c.memory_limit = std::size_t{1} << 40U;
        c.rejected_digests_max = 0;
        c.seen_digests_max = digests;
      });
    };
    CHECK(with_much_memory(33488896).empty());
    CHECK(with_much_memory(33488897) == "seen_digests_max is 33488897: it must be from 0 to 33488896");
  }

  TEST_CASE("Config: no timer may be shorter than a millisecond") {
    CHECK(fault([](Config& c) { c.verdict_timeout = 1ms; }).empty());
    CHECK(fault([](Config& c) { c.verdict_timeout = 0ms; }).starts_with("verdict_timeout is 0 ms:"));
    CHECK(fault([](Config& c) { c.verdict_timeout = -1ms; }).starts_with("verdict_timeout is -1 ms:"));
    CHECK(fault([](Config& c) { c.connect_timeout = 0ms; }).starts_with("connect_timeout"));
    CHECK(fault([](Config& c) { c.frame_timeout = 0ms; }).starts_with("frame_timeout"));
    CHECK(fault([](Config& c) { c.slow_consumer_timeout = 0ms; }).starts_with("slow_consumer_timeout"));
    CHECK(fault([](Config& c) { c.retry_pause_min = 0ms; }).starts_with("retry_pause_min"));
    CHECK(fault([](Config& c) { c.shutdown_timeout = 0ms; }).empty());
    CHECK(fault([](Config& c) { c.shutdown_timeout = -1ms; }).starts_with("shutdown_timeout"));
    CHECK(fault([](Config& c) { c.update_memory = 0s; }).empty());
    CHECK(fault([](Config& c) { c.update_memory = -1s; }).starts_with("update_memory"));
  }

  TEST_CASE("Config: no timer may be so long that the clock of the core overflows") {
    // The core counts nanoseconds in 64 bits: 292 years.
    CHECK(fault([](Config& c) {
            c.verdict_timeout = std::chrono::milliseconds::max();
          }).starts_with("verdict_timeout"));
    CHECK(
        fault([](Config& c) { c.update_memory = std::chrono::seconds::max(); }).starts_with("update_memory"));
    CHECK(fault([](Config& c) {
            c.retry_pause_max = std::chrono::milliseconds::max();
          }).starts_with("retry_pause_max"));
  }

  TEST_CASE("Config: the longest pause is no shorter than the first") {
    CHECK(fault([](Config& c) { c.retry_pause_max = c.retry_pause_min; }).empty());
    CHECK(
        fault([](Config& c) { c.retry_pause_max = c.retry_pause_min - 1ms; }).starts_with("retry_pause_max"));
  }

  TEST_CASE("Config: updates_max is at least 1") {
    CHECK(fault([](Config& c) { c.updates_max = 1; }).empty());
    CHECK(fault([](Config& c) { c.updates_max = 0; }).starts_with("updates_max"));
  }

  TEST_CASE("Config: low water is at most high water, and that at most the bound of the queue") {
    CHECK(fault([](Config& c) { c.queue_low_water_bytes = 0; }).starts_with("queue_low_water_bytes"));
    CHECK(fault([](Config& c) { c.queue_high_water_bytes = c.queue_low_water_bytes; }).empty());
    CHECK(fault([](Config& c) {
            c.queue_high_water_bytes = c.queue_low_water_bytes - 1;
          }).starts_with("queue_high_water_bytes"));
    CHECK(fault([](Config& c) { c.queue_bytes_max = c.queue_high_water_bytes; }).empty());
    CHECK(fault([](Config& c) {
            c.queue_bytes_max = c.queue_high_water_bytes - 1;
          }).starts_with("queue_bytes_max"));
  }

  TEST_CASE("Config: memory_limit is 64 MiB to 1 TiB") {
    CHECK(fault([](Config& c) { c.memory_limit = 64U << 20U; }).empty());
    CHECK(fault([](Config& c) { c.memory_limit = std::size_t{1} << 40U; }).empty());
    CHECK(fault([](Config& c) { c.memory_limit = (64U << 20U) - 1; }) ==
          "memory_limit is 67108863: it must be from 67108864 to 1099511627776");
    CHECK(fault([](Config& c) { c.memory_limit = (std::size_t{1} << 40U) + 1; }).starts_with("memory_limit"));
    CHECK(fault([](Config& c) { c.memory_limit = 0; }).starts_with("memory_limit is 0:"));
  }

  TEST_CASE("Config: of the memory a quarter is the cache's and a half the transport's") {
    Config config;
    config.memory_limit = 400U << 20U;
    CHECK(config.cache_bytes_max() == 100U << 20U);
    CHECK(config.queues_bytes_max() == 100U << 20U);
    CHECK(config.connections_max() == 12800);
  }

  TEST_CASE("Config: worker_threads is 0 to 64") {
    CHECK(fault([](Config& c) { c.worker_threads = 64; }).empty());
    CHECK(fault([](Config& c) { c.worker_threads = 65; }).starts_with("worker_threads is 65:"));
  }
}

}  // namespace
}  // namespace gossip
