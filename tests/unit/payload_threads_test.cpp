#include <gossip/payload.hpp>

#include "detail/block_pool.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

namespace gossip::test {
namespace {

TEST_SUITE("payload_threads") {
  TEST_CASE("Payload: shares from before there was a second thread, and from all threads, are counted") {
    Payload payload("payload");
    std::vector<Payload> early(100, payload);
    std::vector<std::thread> threads;
    for (int number = 0; number < 4; ++number) {
      threads.emplace_back([share = payload] {
        for (int i = 0; i < 10000; ++i) {
          const Payload copy = share;
          CHECK_FALSE(copy.empty());
        }
      });
    }
    early.resize(50);
    for (std::thread& thread : threads) thread.join();
    threads.clear();
    // As long as anybody shares, the bytes stay; once nobody does, their memory is used again.
    const void* const memory = payload.memory();
    payload.assign(Payload("another").bytes());
    CHECK(payload.memory() != memory);
    CHECK(early.front().text() == "payload");
    early.resize(1);
    early.front().assign(Payload("another").bytes());
    const bool kept = detail::BlockPool::are_alike(8 + payload.size(), 8 + payload.size());
    CHECK((early.front().memory() == memory) == kept);
  }
}

}  // namespace
}  // namespace gossip::test
