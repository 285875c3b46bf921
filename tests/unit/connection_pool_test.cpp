#include <gossip/connection_pool.hpp>

#include "fixture.hpp"

#include <set>
#include <vector>

namespace gossip::test {
namespace {

Peer peer(std::uint64_t number, std::optional<Endpoint> server_address = {}) {
  return {p(number), {0x7f000001, 40000}, own_server, false, server_address};
}

Peer dialled(std::uint64_t number) {
  const Endpoint remote = server(static_cast<std::uint32_t>(100 + number));
  return {d(number), remote, own_server, true, remote};
}

TEST_SUITE("connection_pool") {
  TEST_CASE("ConnectionPool: peers are found by connection and by server address, oldest first") {
    ConnectionPool pool(5, 5);
    CHECK(pool.empty());
    pool.add(peer(1));
    pool.add(peer(2, server(2)));
    pool.add(peer(3, server(2)));
    CHECK(pool.size() == 3);
    CHECK(pool.peers()[0].connection == p(1));
    CHECK(pool.find(p(3))->server_address == server(2));
    CHECK(pool.find(p(4)) == nullptr);
    CHECK(pool.find(server(2))->connection == p(2));
    CHECK(pool.find(server(2), p(2))->connection == p(3));
    CHECK(pool.find(server(9)) == nullptr);
  }

  TEST_CASE("ConnectionPool: remove hands out what it removed") {
    ConnectionPool pool(5, 5);
    pool.add(peer(1, server(2)));
    CHECK_FALSE(pool.remove(p(2)));
    CHECK(pool.remove(p(1))->server_address == server(2));
    CHECK_FALSE(pool.remove(p(1)));
    CHECK(pool.empty());
  }

  TEST_CASE("ConnectionPool: a server address can be filed later") {
    ConnectionPool pool(5, 5);
    pool.add(peer(1));
    pool.set_server_address(p(1), server(2));
    pool.set_server_address(p(9), server(3));
    CHECK(pool.knows(server(2)));
    CHECK_FALSE(pool.knows(server(3)));
  }

  TEST_CASE("ConnectionPool: the server addresses of the peers, each once and of the oldest first") {
    ConnectionPool pool(5, 5);
    const auto listed = [&pool] {
      const auto addresses = pool.server_addresses();
      return std::vector<Endpoint>(addresses.begin(), addresses.end());
    };
    CHECK(listed().empty());
    pool.add(peer(1, server(3)));
    pool.add(peer(2));
    pool.add(peer(3, server(3)));
    CHECK(listed() == std::vector{server(3)});
    pool.set_server_address(p(2), server(1));
    CHECK(listed() == std::vector{server(3), server(1)});
    pool.add(peer(4, server(2)));
    CHECK(listed() == std::vector{server(3), server(1), server(2)});
    pool.remove(p(1));
    CHECK(listed() == std::vector{server(1), server(3), server(2)});
  }

  TEST_CASE("ConnectionPool: what is being dialled is known and takes room") {
    ConnectionPool pool(5, 2);
    pool.add(peer(1));
    CHECK(pool.has_room());
    pool.add_dial(d(1), server(2));
    CHECK_FALSE(pool.has_room());
    CHECK(pool.dials() == 1);
    CHECK(pool.knows(server(2)));
    pool.remove_dial(d(1));
    CHECK(pool.has_room());
    CHECK_FALSE(pool.knows(server(2)));
  }

  TEST_CASE("ConnectionPool: a dial to a name that is not resolved takes room and is no address") {
    ConnectionPool pool(1, 1);
    pool.add_dial(d(1), std::nullopt);
    pool.add(peer(1));
    CHECK_FALSE(pool.has_room());
    CHECK_FALSE(pool.knows(server(1)));
    CHECK_FALSE(pool.over_capacity());
  }

  TEST_CASE("ConnectionPool: the node seeks up to degree, and holds up to max_connections") {
    ConnectionPool pool(3, 2);
    pool.add(peer(1));
    CHECK(pool.has_room());
    pool.add(peer(2));
    CHECK_FALSE(pool.has_room());
    pool.add(peer(3));
    CHECK_FALSE(pool.over_capacity());
    pool.add(peer(4));
    CHECK(pool.over_capacity());
  }

  TEST_CASE("ConnectionPool: what is new in a list of addresses, each once and in order") {
    ConnectionPool pool(5, 5);
    pool.add(peer(1, server(2)));
    pool.add_dial(d(1), server(3));
    const std::vector<Endpoint> list{server(5), server(2), server(4), server(3), server(5)};
    CHECK(pool.unknown(list) == std::vector<Endpoint>{server(5), server(4)});
    CHECK(pool.unknown({}).empty());
  }

  TEST_CASE("ConnectionPool: pick reaches every peer, and nobody in an empty pool") {
    Random random(1);
    ConnectionPool pool(5, 5);
    CHECK(pool.pick(random) == nullptr);
    std::set<ConnectionId> picked;
    for (std::uint64_t i = 1; i <= 5; ++i) pool.add(peer(i));
    for (int i = 0; i < 200; ++i) picked.insert(pool.pick(random)->connection);
    CHECK(picked.size() == 5);
  }

  TEST_CASE("A pool over max_connections: the victim is random and never the newest") {
    Random random(1);
    ConnectionPool pool(3, 3);
    CHECK(pool.pick_to_evict(random) == nullptr);
    pool.add(peer(1));
    CHECK(pool.pick_to_evict(random) == nullptr);
    for (std::uint64_t i = 2; i <= 4; ++i) pool.add(peer(i));
    std::set<ConnectionId> picked;
    for (int i = 0; i < 200; ++i) picked.insert(pool.pick_to_evict(random)->connection);
    CHECK(picked == std::set<ConnectionId>{p(1), p(2), p(3)});
  }

  TEST_CASE("A pool that seeks its own: room is a matter of those that were dialled, or are being") {
    ConnectionPool pool(9, 2, ConnectionPool::Seeks::own);
    for (std::uint64_t i = 1; i <= 5; ++i) pool.add(peer(i));
    CHECK(pool.has_room());
    CHECK(pool.dialled() == 0);
    pool.add(dialled(1));
    CHECK(pool.dialled() == 1);
    CHECK(pool.has_room());
    pool.add_dial(d(2), server(3));
    CHECK_FALSE(pool.has_room());
    CHECK(pool.dialled() == 1);
    pool.remove_dial(d(2));
    pool.add(dialled(2));
    CHECK_FALSE(pool.has_room());
    pool.remove(p(1));
    CHECK_FALSE(pool.has_room());
    pool.remove(d(1));
    CHECK(pool.has_room());
  }

  TEST_CASE("A pool that seeks its own, over max_connections: the victim was accepted, while there is any") {
    Random random(1);
    ConnectionPool pool(3, 2, ConnectionPool::Seeks::own);
    pool.add(dialled(1));
    CHECK(pool.pick_to_evict(random) == nullptr);
    for (const Peer& next : {peer(1), dialled(2), peer(2), peer(3)}) pool.add(next);
    const auto picked = [&] {
      std::set<ConnectionId> found;
      for (int i = 0; i < 200; ++i) found.insert(pool.pick_to_evict(random)->connection);
      return found;
    };
    CHECK(picked() == std::set{p(1), p(2)});
    pool.remove(p(1));
    CHECK(picked() == std::set{p(2)});
    pool.remove(p(2));
    CHECK(picked() == std::set{d(1), d(2)});
    pool.remove(p(3));
    CHECK(picked() == std::set{d(1)});
  }

  TEST_CASE("A pool that seeks peers does not ask who dialled, for room or when one has to go") {
    Random random(1);
    ConnectionPool pool(3, 3);
    for (const Peer& next : {dialled(1), peer(1), dialled(2)}) pool.add(next);
    CHECK_FALSE(pool.has_room());
    std::set<ConnectionId> picked;
    for (int i = 0; i < 200; ++i) picked.insert(pool.pick_to_evict(random)->connection);
    CHECK(picked == std::set{d(1), p(1)});
  }

  TEST_CASE("ConnectionPool: that a link is extended is filed, and of one that is none nothing") {
    ConnectionPool pool(5, 5);
    pool.add(peer(1));
    pool.set_extended(p(2));
    CHECK_FALSE(pool.find(p(1))->extended);
    pool.set_extended(p(1));
    CHECK(pool.find(p(1))->extended);
  }
}

}  // namespace
}  // namespace gossip::test
