/// \file
/// From bytes to messages and back.

#include <gossip/codec.hpp>
#include <gossip/framer.hpp>

#include "contents.hpp"

#include <benchmark/benchmark.h>

namespace gossip::bench {
namespace {

/// Decodes the one frame again and again.
void decode_again(benchmark::State& state, const Frame& frame) {
  std::vector<std::byte> bytes(frame.header().begin(), frame.header().end());
  bytes.insert(bytes.end(), frame.body().bytes().begin(), frame.body().bytes().end());
  Framer framer;
  framer.feed(bytes);
  const FrameView view = *framer.next().value();
  for (auto _ : state) benchmark::DoNotOptimize(decode(Layer::api, view));
  state.SetItemsProcessed(state.iterations());
}

/// Making the payload, which copies the data, is a part of it.
void decoding_an_announce(benchmark::State& state) {
  Contents contents(static_cast<std::size_t>(state.range(0)));
  decode_again(state, encode(Announce{unlimited_ttl, DataType{540}, contents.next()}));
}
BENCHMARK(decoding_an_announce)->Arg(64)->Arg(1024);

void decoding_a_validation(benchmark::State& state) {
  decode_again(state, encode(Validation{MessageId{7}, true}));
}
BENCHMARK(decoding_a_validation);

/// Shares the payload.
void encoding_an_announce(benchmark::State& state) {
  const Announce announce{unlimited_ttl, DataType{540}, Contents(64).next()};
  for (auto _ : state) benchmark::DoNotOptimize(encode(announce));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(encoding_an_announce);

/// Shares the payload.
void encoding_a_notification(benchmark::State& state) {
  const Notification notification{MessageId{7}, DataType{540}, Contents(64).next()};
  for (auto _ : state) benchmark::DoNotOptimize(encode(notification));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(encoding_a_notification);

}  // namespace
}  // namespace gossip::bench
