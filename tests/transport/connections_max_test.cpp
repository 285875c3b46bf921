/// \file
/// How many connections may be open at once, and what becomes of more (docs/architecture.md, 'What is
/// bounded').

#include "fixture.hpp"

#include <algorithm>
#include <deque>
#include <future>
#include <string>

namespace gossip::test {
namespace {

/// A bound that a test can reach; a quarter of it is kept for peers.
constexpr std::size_t connections = 8;
constexpr std::size_t clients_most = 6;

Config with_room_for(std::size_t count) {
  Config config = each_threading();
  config.memory_limit = 4 * count * Config::connection_bytes;
  CHECK(config.connections_max() == count);
  return config;
}

/// A server that knows how many connections there are, and were at most.
struct Counting : Server {
  explicit Counting(const Config& config) : Server(config) {
    react = [this](const Happening& happening) {
      if (happening.what == "accepted") open_most = std::max(open_most, ++open);
      if (happening.what == "closed") open -= 1;
    };
    start();
  }
  ~Counting() override { stop(); }

  /// Returns once so many are accepted; all of them are of this layer.
  void await_accepted(Layer layer, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) CHECK(await("accepted").info.layer == layer);
  }
  void check_suspended(Layer layer, const std::string& why) {
    const Happening suspended = await("accept suspended");
    CHECK(suspended.info.layer == layer);
    CHECK(suspended.detail == why);
  }
  void check_resumed(Layer layer) { CHECK(await("accept resumed").info.layer == layer); }

  /// Returns once the turn that is under way is over.
  void finish_turn() {
    std::promise<void> over;
    transport.post([&over](TimePoint) { over.set_value(); });
    REQUIRE(over.get_future().wait_for(deadline) == std::future_status::ready);
  }

  // Of the core thread, or of whoever has stopped it.
  std::size_t open = 0;
  std::size_t open_most = 0;
};

std::deque<Remote> remotes(const Endpoint& to, std::size_t count) {
  std::deque<Remote> all;
  while (all.size() < count) all.emplace_back(to);
  return all;
}

constexpr auto clients_full = "6 clients are connected, the most within memory_limit";
constexpr auto all_full = "8 connections are open, the most within memory_limit";

TEST_CASE("clients beyond three quarters of connections_max() wait, and one gets in for each that leaves") {
  Counting server(with_room_for(connections));
  std::deque<Remote> clients = remotes(server.api, clients_most - 1);
  server.await_accepted(Layer::api, clients_most - 1);
  server.finish_turn();
  CHECK(server.count("accept suspended") == 0);
  for (int i = 0; i < 3; ++i) clients.emplace_back(server.api);
  server.await_accepted(Layer::api, 1);
  server.check_suspended(Layer::api, clients_full);
  for (std::size_t leaves = 0; leaves < 2; ++leaves) {
    clients[leaves].close();
    server.await("closed");
    server.check_resumed(Layer::api);
    server.await_accepted(Layer::api, 1);
    server.check_suspended(Layer::api, clients_full);
  }
  server.stop();
  CHECK(server.open_most == clients_most);
}

TEST_CASE("clients that wait keep no peer out, and peers wait once there are connections_max()") {
  Counting server(with_room_for(connections));
  std::deque<Remote> clients = remotes(server.api, clients_most + 1);
  server.await_accepted(Layer::api, clients_most);
  server.check_suspended(Layer::api, clients_full);
  std::deque<Remote> peers = remotes(server.p2p, connections - clients_most + 1);
  server.await_accepted(Layer::p2p, connections - clients_most);
  server.check_suspended(Layer::p2p, all_full);
  peers.front().close();
  server.await("closed");
  server.check_resumed(Layer::p2p);
  server.await_accepted(Layer::p2p, 1);
  server.check_suspended(Layer::p2p, all_full);
  server.stop();
  CHECK(server.open_most == connections);
}

TEST_CASE("peers take none of the places of clients while there are others") {
  Counting server(with_room_for(connections));
  const std::size_t peers_most = connections / 2;
  const std::deque<Remote> peers = remotes(server.p2p, peers_most);
  server.await_accepted(Layer::p2p, peers_most);
  const std::deque<Remote> clients = remotes(server.api, connections - peers_most + 1);
  server.await_accepted(Layer::api, connections - peers_most);
  server.check_suspended(Layer::api, all_full);
  server.stop();
  CHECK(server.open_most == connections);
}

TEST_CASE("accepting goes on, and the observer is told, when there is room though nobody waits for it") {
  Counting server(with_room_for(connections));
  std::deque<Remote> clients = remotes(server.api, clients_most);
  server.await_accepted(Layer::api, clients_most);
  server.check_suspended(Layer::api, clients_full);
  clients.front().close();
  server.check_resumed(Layer::api);
  clients.emplace_back(server.api);
  server.await_accepted(Layer::api, 1);
  server.check_suspended(Layer::api, clients_full);
}

}  // namespace
}  // namespace gossip::test
