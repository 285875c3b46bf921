#include <gossip/codec.hpp>
#include <gossip/framer.hpp>
#include <gossip/message_cache.hpp>
#include <gossip/node.hpp>

#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <vector>

namespace gossip {
namespace {

/// A payload of the given size that differs from those with other numbers.
Payload numbered(std::uint64_t number, std::size_t bytes) {
  std::string text(bytes, 'x');
  const std::string digits = std::to_string(number);
  text.replace(0, digits.size(), digits);
  return Payload(text);
}

void framing_and_decoding(benchmark::State& state) {
  std::vector<std::byte> stream;
  constexpr int frames = 500;
  for (int i = 0; i < frames; ++i) {
    const Frame frame =
        encode(Announce{unlimited_ttl, DataType{540}, numbered(static_cast<std::uint64_t>(i), 64)});
    stream.insert(stream.end(), frame.header().begin(), frame.header().end());
    stream.insert(stream.end(), frame.body().bytes().begin(), frame.body().bytes().end());
  }
  for (auto _ : state) {
    Framer framer;
    framer.feed(stream);
    while (true) {
      const auto frame = framer.next();
      if (!frame.value()) break;
      benchmark::DoNotOptimize(decode(Layer::p2p, *frame.value()));
    }
  }
  state.SetItemsProcessed(state.iterations() * frames);
}
BENCHMARK(framing_and_decoding);

/// Each addition evicts another message.
void adding_to_a_full_cache(benchmark::State& state) {
  Random random(1);
  MessageCacheLimits limits;
  limits.size = static_cast<std::size_t>(state.range(0));
  MessageCache cache(limits, random);
  std::uint64_t number = 0;
  std::vector<Evicted> evicted;
  for (std::size_t i = 0; i < limits.size; ++i) {
    cache.add({DataType{1}, numbered(number++, 64)}, TimePoint(), evicted);
  }
  for (auto _ : state) {
    evicted.clear();
    benchmark::DoNotOptimize(cache.add({DataType{1}, numbered(number++, 64)}, TimePoint(), evicted));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(adding_to_a_full_cache)->Arg(30)->Arg(1024)->Arg(65535);

/// Takes everything and keeps nothing.
class BlackHole final : public Transport {
 public:
  ConnectionId connect(const HostPort& /*address*/) override { return ConnectionId{1'000'000}; }
  SendResult send(ConnectionId /*connection*/, const Frame& frame) override {
    benchmark::DoNotOptimize(&frame);
    return SendResult::queued;
  }
  void close(ConnectionId /*connection*/, CloseReason /*reason*/) override {}
  void pause(ConnectionId /*connection*/) override {}
  void resume(ConnectionId /*connection*/) override {}
};

/// A client's announcements to eight peers and one other client: pure logic, no socket.
void announcing_through_a_node(benchmark::State& state) {
  BlackHole transport;
  NullObserver observer;
  Node node({}, transport, observer, 1);
  const Endpoint here{0x7f000001, 6001};
  node.start(here, {}, TimePoint());
  for (std::uint64_t id = 1; id <= 8; ++id)
    node.on_accepted(ConnectionId{id}, {Layer::p2p, here, here}, TimePoint());
  for (std::uint64_t id = 9; id <= 10; ++id)
    node.on_accepted(ConnectionId{id}, {Layer::api, here, here}, TimePoint());
  node.on_message(ConnectionId{10}, Notify{DataType{1}}, TimePoint());
  std::uint64_t number = 0;
  for (auto _ : state) {
    node.on_message(ConnectionId{9}, Announce{unlimited_ttl, DataType{1}, numbered(number++, 64)},
                    TimePoint());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(announcing_through_a_node);

}  // namespace
}  // namespace gossip
