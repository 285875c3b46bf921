/// \file
/// Cutting frames out of what was read.

#include <gossip/codec.hpp>
#include <gossip/framer.hpp>

#include "contents.hpp"

#include <benchmark/benchmark.h>

namespace gossip::bench {
namespace {

/// The bytes of ANNOUNCEs, one behind the other.
std::vector<std::byte> stream_of(std::size_t frames, std::size_t bytes) {
  std::vector<std::byte> stream;
  Contents contents(bytes);
  for (std::size_t i = 0; i < frames; ++i) {
    const Frame frame = encode(Announce{unlimited_ttl, DataType{540}, contents.next()});
    stream.insert(stream.end(), frame.header().begin(), frame.header().end());
    stream.insert(stream.end(), frame.body().bytes().begin(), frame.body().bytes().end());
  }
  return stream;
}

/// All of a read of 64 KiB.
void framing(benchmark::State& state) {
  const auto bytes = static_cast<std::size_t>(state.range(0));
  const std::size_t frames = (std::size_t{64} << 10U) / (bytes + 8);
  const auto stream = stream_of(frames, bytes);
  for (auto _ : state) {
    Framer framer;
    framer.feed(stream);
    while (true) {
      const auto frame = framer.next();
      if (!frame.value()) break;
      benchmark::DoNotOptimize(frame.value()->body.data());
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(frames));
}
BENCHMARK(framing)->Arg(64)->Arg(1024);

}  // namespace
}  // namespace gossip::bench
