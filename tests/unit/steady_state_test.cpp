/// \file
/// What the tables of the core cost once they are full: no allocation for a message.

#include <gossip/node_state.hpp>
#include <gossip/testing/recording_transport.hpp>
#include <gossip/verdict_ledger.hpp>

#include "fixture.hpp"
#include "live_bytes.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace gossip::test {
namespace {

std::vector<Payload> payloads(int first, int count) {
  std::vector<Payload> made;
  for (int i = first; i < first + count; ++i) made.emplace_back(std::to_string(i));
  return made;
}

TEST_SUITE("steady state") {
  TEST_CASE("MessageCache: adding to a full cache allocates nothing") {
    Random random(1);
    MessageCache cache({100, 2min, 1000, 1000}, random);
    std::vector<Evicted> evicted;
    const auto add_all = [&](const std::vector<Payload>& all) {
      for (const Payload& data : all) {
        evicted.clear();
        const auto type = static_cast<DataType>(data.bytes().back());
        cache.add({type, data, false, p(1), Ttl{3}}, at(0s), evicted);
      }
    };
    add_all(payloads(0, 3000));
    const auto more = payloads(3000, 3000);
    const std::size_t before = allocations();
    add_all(more);
    CHECK(allocations() == before);
    CHECK(cache.size() == 100);
  }

  TEST_CASE("VerdictLedger: owing and settling allocate nothing, once as much was owed before") {
    Random random(1);
    MessageCache cache({30, 0s, 0, 0}, random);
    VerdictLedger ledger(cache, 2s);
    std::vector<Evicted> evicted;
    for (const Payload& data : payloads(0, 20)) {
      cache.add({DataType{7}, data, false, p(1), Ttl{3}}, at(0s), evicted);
    }
    const auto messages = cache.messages();
    const auto round = [&] {
      for (const CachedMessage& message : messages) {
        for (std::uint64_t client = 0; client < 50; ++client) ledger.owe(message, c(client), at(0s));
      }
      for (const CachedMessage& message : messages) ledger.settle(message.id);
    };
    round();
    const std::size_t before = allocations();
    for (int i = 0; i < 100; ++i) round();
    CHECK(allocations() == before);
    CHECK(ledger.protected_total() == 0);
  }

  TEST_CASE("VerdictLedger: what was reserved is owed without an allocation") {
    Random random(1);
    MessageCache cache({30, 0s, 0, 0}, random);
    VerdictLedger ledger(cache, 2s);
    std::vector<Evicted> evicted;
    cache.add({DataType{7}, Payload("a"), false, p(1), Ttl{3}}, at(0s), evicted);
    const auto messages = cache.messages();
    for (std::uint64_t client = 0; client < 1000; ++client) ledger.add_client(c(client));
    ledger.reserve(1000);
    const std::size_t before = allocations();
    for (std::uint64_t client = 0; client < 1000; ++client) ledger.owe(messages.front(), c(client), at(0s));
    CHECK(allocations() == before);
    CHECK(ledger.owes(c(999), messages.front().id));
  }

  TEST_CASE("NodeState: the audience of a type is looked up again only once registrations changed") {
    testing::RecordingTransport transport;
    NullObserver observer;
    NodeState state({}, transport, observer, 1);
    CHECK(state.audience(DataType{7}).empty());
    state.registrations.register_client(c(1), DataType{7});
    CHECK(std::ranges::equal(state.audience(DataType{7}), std::vector{c(1)}));
    const std::size_t before = allocations();
    const auto* list = state.audience(DataType{7}).data();
    for (int i = 0; i < 100; ++i) CHECK(state.audience(DataType{7}).data() == list);
    CHECK(allocations() == before);
    state.registrations.register_client(c(2), DataType{7});
    CHECK(std::ranges::equal(state.audience(DataType{7}), std::vector{c(1), c(2)}));
    state.registrations.unregister(c(1));
    CHECK(std::ranges::equal(state.audience(DataType{7}), std::vector{c(2)}));
    for (int type = 0; type < 1000; ++type)
      CHECK(state.audience(DataType(type)).size() == (type == 7 ? 1 : 0));
  }

  TEST_CASE("Nothing is lost to haste: protected messages are bounded in bytes, in all and for each peer") {
    testing::RecordingTransport transport;
    NullObserver observer;
    Config config;
    config.cache_size = 65535;
    config.memory_limit = 64U << 20U;
    NodeState state(config, transport, observer, 1);
    CHECK(state.protected_bytes_max() == 12U << 20U);
    CHECK(state.protected_bytes_from_peer_max() == 6U << 20U);
    std::size_t sent = 0;
    const auto fill = [&](ConnectionId peer) {
      while (state.has_room_for(peer)) {
        std::string data(65000, 'x');
        data += std::to_string(sent++);
        const auto added = state.add({DataType{7}, Payload(data), false, peer, Ttl{3}}, Layer::p2p, at(0s));
        state.ledger.owe(*added.message, c(1), at(0s));
      }
    };
    fill(p(1));
    CHECK(state.ledger.all_protected_from(p(1)).bytes >= state.protected_bytes_from_peer_max());
    CHECK(state.ledger.all_protected_from(p(1)).bytes < state.protected_bytes_from_peer_max() + 66000);
    CHECK(state.may_lack_room());
    CHECK(state.has_room_for(p(2)));
    fill(p(2));
    CHECK_FALSE(state.has_room_for(p(3)));
    CHECK(state.ledger.all_protected().bytes == state.cache.pinned_bytes());
    CHECK(state.cache.bytes() <= state.cache.bytes_max());
    CHECK(state.statistics.evicted_pending == 0);
  }
}

}  // namespace
}  // namespace gossip::test
