/// \file
/// Who owes verdicts on what.

#include <gossip/verdict_ledger.hpp>

#include "contents.hpp"

#include <benchmark/benchmark.h>

namespace gossip::bench {
namespace {

/// So many clients come to owe a verdict on a message, and it is settled. For each of 16 messages in turn.
void owing_and_settling(benchmark::State& state) {
  Random random(1);
  MessageCache cache({}, random);
  VerdictLedger ledger(cache, std::chrono::seconds(2));
  Contents contents(64);
  std::vector<Evicted> evicted;
  for (int i = 0; i < 16; ++i) {
    cache.add({DataType{1}, contents.next(), false, ConnectionId{1}, unlimited_ttl}, TimePoint(), evicted);
  }
  const auto messages = cache.messages();
  const auto hold = cache.hold();
  std::size_t at = 0;
  for (auto _ : state) {
    const CachedMessage& message = messages[at++ % messages.size()];
    for (std::int64_t client = 0; client < state.range(0); ++client) {
      ledger.owe(message, ConnectionId{100 + static_cast<std::uint64_t>(client)}, TimePoint());
    }
    benchmark::DoNotOptimize(ledger.owes(ConnectionId{100}, message.id));
    ledger.settle(message.id);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(owing_and_settling)->Arg(1)->Arg(10)->Arg(1000);

}  // namespace
}  // namespace gossip::bench
