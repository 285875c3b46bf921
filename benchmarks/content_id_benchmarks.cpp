/// \file
/// The id of a content.

#include <gossip/content_id.hpp>

#include "contents.hpp"

#include <benchmark/benchmark.h>

namespace gossip::bench {
namespace {

void naming(benchmark::State& state) {
  const Payload data = Contents(static_cast<std::size_t>(state.range(0))).next();
  for (auto _ : state) benchmark::DoNotOptimize(content_id(DataType{1}, data.bytes()));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(naming)->Arg(64)->Arg(1024);

}  // namespace
}  // namespace gossip::bench
