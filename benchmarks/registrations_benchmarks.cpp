/// \file
/// Who is told of a message.

#include <gossip/node_state.hpp>
#include <gossip/registration_handler.hpp>

#include "discard.hpp"

#include <benchmark/benchmark.h>

namespace gossip::bench {
namespace {

/// What the core asks for each message.
void asking_for_the_audience(benchmark::State& state) {
  Discard transport;
  NullObserver observer;
  NodeState node({}, transport, observer, 1);
  for (std::uint64_t client = 1; client <= 10; ++client) {
    node.registrations.register_client(ConnectionId{client}, DataType{1});
  }
  for (auto _ : state) benchmark::DoNotOptimize(node.audience(DataType{1}).data());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(asking_for_the_audience);

/// Any thread's way to the same list.
void asking_for_the_registrations(benchmark::State& state) {
  RegistrationHandler handler;
  for (std::uint64_t client = 1; client <= 10; ++client) {
    handler.register_client(ConnectionId{client}, DataType{1});
  }
  for (auto _ : state) benchmark::DoNotOptimize(handler.registrations(DataType{1}));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(asking_for_the_registrations);

/// So many clients come for one type, and go.
void coming_and_going(benchmark::State& state) {
  for (auto _ : state) {
    RegistrationHandler handler;
    for (std::int64_t client = 0; client < state.range(0); ++client) {
      handler.register_client(ConnectionId{static_cast<std::uint64_t>(client)}, DataType{1});
    }
    for (std::int64_t client = 0; client < state.range(0); ++client) {
      handler.unregister(ConnectionId{static_cast<std::uint64_t>(client)});
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(coming_and_going)->Arg(10)->Arg(10000);

}  // namespace
}  // namespace gossip::bench
