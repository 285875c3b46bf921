/// \file
/// A whole node: pure logic, no socket.

#include <gossip/node.hpp>

#include "contents.hpp"
#include "discard.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

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

/// A node with some peers and two clients, of which one is registered for the type.
class Setup {
 public:
  explicit Setup(Observer& observer, std::size_t cache_size, std::uint64_t peers = 8)
      : node(config(cache_size), transport, observer, 1) {
    const Endpoint here{0x7f000001, 6001};
    node.start(here, {}, TimePoint());
    for (std::uint64_t id = 1; id <= peers; ++id) {
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

/// A client's announcements, as a transport hands them out of its read buffer, go to the other client.
void announcing_out_of_a_read_buffer(benchmark::State& state) {
  constexpr std::size_t read = 3640;  // 256 KiB of messages of 64 bytes
  const auto size = static_cast<std::size_t>(state.range(0));
  NullObserver observer;
  Setup setup(observer, 4096, 0);
  std::vector<std::byte> buffer(read * (size + 8));
  std::vector<AnnounceView> announces(read);
  for (std::size_t i = 0; i < read; ++i) {
    announces[i].data_type = Setup::type;
    announces[i].data = std::span(buffer).subspan(i * (size + 8) + 8, size);
  }
  std::uint64_t number = 0;
  for (auto _ : state) {
    for (std::size_t at = 8; at < buffer.size(); at += size + 8, ++number) {
      std::memcpy(&buffer[at], &number, sizeof number);
    }
    setup.node.begin_batch();
    for (auto rest = std::span<const AnnounceView>(announces); !rest.empty();) {
      const auto next = rest.first(std::min<std::size_t>(16, rest.size()));
      rest = rest.subspan(setup.node.on_announces(Setup::publisher, next, TimePoint()));
    }
    setup.node.end_batch();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(read));
}
BENCHMARK(announcing_out_of_a_read_buffer)->Arg(64)->Arg(1024);

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
