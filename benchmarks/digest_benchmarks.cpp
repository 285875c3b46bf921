/// \file
/// The fingerprint of a content.

#include <gossip/digest.hpp>

#include "contents.hpp"

#include <benchmark/benchmark.h>

namespace gossip::bench {
namespace {

void digesting(benchmark::State& state) {
  const DigestKey key(1, 2);
  const Payload data = Contents(static_cast<std::size_t>(state.range(0))).next();
  for (auto _ : state) benchmark::DoNotOptimize(digest_of(key, DataType{1}, data.bytes()));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(digesting)->Arg(8)->Arg(64)->Arg(256)->Arg(1024)->Arg(65536);

}  // namespace
}  // namespace gossip::bench
