/// \file
/// The cache at the sizes that it has by default, in the middle and at most.

#include <gossip/message_cache.hpp>

#include "contents.hpp"

#include <benchmark/benchmark.h>

#include <span>
#include <vector>

namespace gossip::bench {
namespace {

/// A full cache, with a full memory of what it held before.
class FullCache {
 public:
  FullCache(std::size_t size, std::size_t bytes) : cache(limits(size), random), contents(bytes) {
    for (std::size_t i = 0; i < size + MessageCacheLimits{}.seen_max; ++i) add(contents.next());
  }

  void add(const Payload& data) {
    evicted.clear();
    benchmark::DoNotOptimize(
        cache.add({DataType{1}, data, true, ConnectionId{1}, unlimited_ttl}, TimePoint(), evicted));
  }

  Random random{1};
  MessageCache cache;
  Contents contents;
  std::vector<Evicted> evicted;

 private:
  static MessageCacheLimits limits(std::size_t size) {
    MessageCacheLimits limits;
    limits.size = size;
    return limits;
  }
};

/// Each message evicts another, and its digest the oldest. Second argument: bytes of data.
void adding_and_evicting(benchmark::State& state) {
  FullCache full(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
  std::vector<Payload> payloads;
  for (auto _ : state) {
    state.PauseTiming();
    full.contents.fill(payloads);
    state.ResumeTiming();
    const auto hold = full.cache.hold();
    for (const Payload& data : payloads) full.add(data);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}
BENCHMARK(adding_and_evicting)->ArgsProduct({{30, 1024, 65535}, {64, 1024}});

/// The same without holding the cache over a batch: each call locks.
void adding_and_locking(benchmark::State& state) {
  FullCache full(static_cast<std::size_t>(state.range(0)), 64);
  std::vector<Payload> payloads;
  for (auto _ : state) {
    state.PauseTiming();
    full.contents.fill(payloads);
    state.ResumeTiming();
    for (const Payload& data : payloads) full.add(data);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}
BENCHMARK(adding_and_locking)->Arg(30)->Arg(65535);

/// What is cached already, in an order that no cache of the processor's foresees.
void adding_duplicates(benchmark::State& state) {
  FullCache full(static_cast<std::size_t>(state.range(0)), 64);
  std::vector<CachedMessage> known = full.cache.messages();
  full.random.shuffle(std::span(known));
  std::size_t at = 0;
  for (auto _ : state) {
    full.add(known[at].data);
    at = at + 1 < known.size() ? at + 1 : 0;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(adding_duplicates)->Arg(30)->Arg(1024)->Arg(65535);

void finding_by_id(benchmark::State& state) {
  FullCache full(static_cast<std::size_t>(state.range(0)), 64);
  std::vector<MessageId> ids = full.cache.ids();
  full.random.shuffle(std::span(ids));
  std::size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(full.cache.is_valid(ids[at]));
    at = at + 1 < ids.size() ? at + 1 : 0;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(finding_by_id)->Arg(30)->Arg(1024)->Arg(65535);

void finding_by_content(benchmark::State& state) {
  FullCache full(static_cast<std::size_t>(state.range(0)), 64);
  std::vector<CachedMessage> known = full.cache.messages();
  full.random.shuffle(std::span(known));
  std::size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(full.cache.find(DataType{1}, known[at].data));
    at = at + 1 < known.size() ? at + 1 : 0;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(finding_by_content)->Arg(30)->Arg(1024)->Arg(65535);

/// What a NOTIFY costs where nothing, and where everything cached is of its type: one chunk of 64.
void reading_a_chunk(benchmark::State& state) {
  FullCache full(65535, 64);
  const auto type = static_cast<DataType>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(full.cache.messages_from(0, 64, type));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(reading_a_chunk)->Arg(1)->Arg(2);

}  // namespace
}  // namespace gossip::bench
