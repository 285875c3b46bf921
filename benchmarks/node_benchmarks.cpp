/// \file
/// A whole node: pure logic, no socket.

#include <gossip/node.hpp>

#include "contents.hpp"
#include "discard.hpp"

#include <benchmark/benchmark.h>

#include <optional>

namespace gossip::bench {
namespace {

/// Remembers which message was added last: that is what a client votes on.
class LastAdded final : public Observer {
 public:
  void on_event(const Event& event) override {
    if (const auto* added = std::get_if<event::MessageAdded>(&event)) id = added->id;
  }
  MessageId id{};
};

/// A node with eight peers and two clients, of which one is registered for the type.
class Setup {
 public:
  explicit Setup(Observer& observer, std::size_t cache_size)
      : node(config(cache_size), transport, observer, 1) {
    const Endpoint here{0x7f000001, 6001};
    node.start(here, {}, TimePoint());
    for (std::uint64_t id = 1; id <= 8; ++id) {
      node.on_accepted(ConnectionId{id}, {Layer::p2p, here, here}, TimePoint());
    }
    for (const ConnectionId client : {publisher, subscriber}) {
      node.on_accepted(client, {Layer::api, here, here}, TimePoint());
    }
    node.on_message(subscriber, Notify{type}, TimePoint());
  }

  static constexpr DataType type{1};
  static constexpr ConnectionId peer{1};
  static constexpr ConnectionId publisher{9};
  static constexpr ConnectionId subscriber{10};

  Discard transport;
  Node node;

 private:
  static Config config(std::size_t cache_size) {
    Config config;
    config.cache_size = cache_size;
    return config;
  }
};

/// A client's announcements go to eight peers and to the other client.
void announcing_to_eight_peers_and_a_client(benchmark::State& state) {
  NullObserver observer;
  Setup setup(observer, static_cast<std::size_t>(state.range(0)));
  Contents contents(64);
  std::vector<Payload> payloads;
  for (auto _ : state) {
    state.PauseTiming();
    contents.fill(payloads);
    state.ResumeTiming();
    for (Payload& data : payloads) {
      setup.node.on_message(Setup::publisher, Announce{unlimited_ttl, Setup::type, std::move(data)},
                            TimePoint());
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}
BENCHMARK(announcing_to_eight_peers_and_a_client)->Arg(30)->Arg(65535);

/// A peer's announcements go to the client, which finds each valid; then they go to the other peers.
void relaying_what_a_client_validates(benchmark::State& state) {
  LastAdded observer;
  Setup setup(observer, static_cast<std::size_t>(state.range(0)));
  Contents contents(64);
  std::vector<Payload> payloads;
  for (auto _ : state) {
    state.PauseTiming();
    contents.fill(payloads);
    state.ResumeTiming();
    for (Payload& data : payloads) {
      setup.node.on_message(Setup::peer, Announce{unlimited_ttl, Setup::type, std::move(data)}, TimePoint());
      setup.node.on_message(Setup::subscriber, Validation{observer.id, true}, TimePoint());
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch));
}
BENCHMARK(relaying_what_a_client_validates)->Arg(30)->Arg(65535);

}  // namespace
}  // namespace gossip::bench
