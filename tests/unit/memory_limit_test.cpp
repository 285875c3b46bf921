/// \file
/// What memory_limit leaves for the tables of the core, and what happens to whoever wants more
/// (docs/performance.md, 'Memory').

#include <gossip/verdict_ledger.hpp>

#include "fixture.hpp"

#include <string>
#include <vector>

namespace gossip::test {
namespace {

/// The smallest limit: what it allows is reached soonest.
Config least_memory() {
  Config config = config_with(65535);
  config.memory_limit = std::size_t{64} << 20U;
  return config;
}

int registrations_most() {
  return static_cast<int>(least_memory().registrations_max());
}

/// A ledger that keeps few debts, on a cache.
struct Books {
  explicit Books(std::size_t debts_max) : cache({10, 0s, 0, 0}, random), ledger(cache, 2s, debts_max) {}

  CachedMessage add(std::string_view data) {
    std::vector<Evicted> gone;
    return *cache.add({DataType{7}, Payload(data), false, p(1), Ttl{0}}, at(0s), gone).message;
  }
  /// Whether the client owes a verdict, once it was sent the message.
  bool comes_to_owe(const CachedMessage& message, ConnectionId client) {
    ledger.owe(message, client, at(0s));
    return ledger.owes(client, message.id);
  }

  Random random{1};
  MessageCache cache;
  VerdictLedger ledger;
};

TEST_SUITE("memory_limit") {
  TEST_CASE("debts_max: beyond it a client owes nothing and protects nothing") {
    Books books(3);
    const CachedMessage a = books.add("a");
    const CachedMessage b = books.add("b");
    CHECK(books.comes_to_owe(a, c(1)));
    CHECK(books.comes_to_owe(a, c(2)));
    CHECK(books.comes_to_owe(a, c(3)));
    CHECK_FALSE(books.comes_to_owe(b, c(1)));
    CHECK_FALSE(books.comes_to_owe(b, c(4)));
    CHECK(books.ledger.owed_by(c(1)) == 1);
    CHECK(books.ledger.owed_by(c(4)) == 0);
    CHECK_FALSE(books.ledger.is_protected(b.id));
    CHECK(books.ledger.protected_total() == 1);
    CHECK(books.ledger.protected_from(p(1)) == 1);
  }

  TEST_CASE("debts_max: what is owed already is owed on") {
    Books books(1);
    const CachedMessage a = books.add("a");
    CHECK(books.comes_to_owe(a, c(1)));
    CHECK(books.comes_to_owe(a, c(1)));
    CHECK(books.ledger.owed_by(c(1)) == 1);
  }

  TEST_CASE("debts_max: a debt that is settled makes room for another") {
    Books books(2);
    const CachedMessage a = books.add("a");
    const CachedMessage b = books.add("b");
    const CachedMessage d = books.add("d");
    CHECK(books.comes_to_owe(a, c(1)));
    CHECK(books.comes_to_owe(b, c(2)));
    CHECK_FALSE(books.comes_to_owe(d, c(1)));
    books.ledger.settle(d.id);
    CHECK_FALSE(books.comes_to_owe(d, c(1)));
    books.ledger.settle(a.id);
    CHECK(books.comes_to_owe(d, c(1)));
    books.ledger.forget_client(c(2));
    CHECK(books.comes_to_owe(b, c(1)));
    CHECK(books.ledger.protected_total() == 2);
  }

  TEST_CASE("debts_max: listeners may owe half of it, so that they keep no voter from owing") {
    Books books(5);
    const CachedMessage a = books.add("a");
    const CachedMessage b = books.add("b");
    const CachedMessage d = books.add("d");
    CHECK(books.comes_to_owe(a, c(1)));
    REQUIRE(books.ledger.on_time(at(2s)) == std::vector<ConnectionId>{c(1)});
    CHECK(books.comes_to_owe(b, c(1)));
    CHECK_FALSE(books.comes_to_owe(d, c(1)));
    CHECK(books.comes_to_owe(a, c(2)));
    CHECK(books.comes_to_owe(b, c(2)));
    CHECK(books.comes_to_owe(d, c(2)));
    CHECK_FALSE(books.comes_to_owe(d, c(3)));
    CHECK(books.ledger.protected_total() == 3);
  }

  TEST_CASE("debts_max: a client that is sent a message beyond it has no verdict on it") {
    // 43,690 debts: ten clients on 4,369 messages.
    const Config config = least_memory();
    constexpr std::size_t clients = 10;
    const std::size_t messages = config.debts_max() / clients;
    REQUIRE(messages * clients == config.debts_max());
    Bench bench(config);
    for (std::size_t i = 0; i < clients; ++i) bench.client({7});
    const ConnectionId peer = bench.peer();
    const ConnectionId other = bench.peer();
    for (std::size_t i = 0; i < messages; ++i) bench.from(peer, announce(std::to_string(i)));
    bench.transport.clear();

    bench.from(peer, announce("beyond"));
    CHECK(bench.notified(c(clients)) == std::vector{bench.id_of("beyond")});
    bench.vote(c(1), "beyond", true);
    CHECK(bench.node.statistics().verdicts_ignored == 1);
    CHECK(bench.transport.sent_to<Announce>(other).empty());
    bench.vote(c(1), "0", true);
    CHECK(bench.transport.sent_to<Announce>(other).size() == 1);

    bench.from(peer, announce("within"));
    bench.vote(c(clients), "within", true);
    CHECK(bench.transport.sent_to<Announce>(other).back().data.text() == "within");
    CHECK(bench.node.statistics().verdicts_ignored == 1);
    CHECK_FALSE(discrepancy(bench.node.statistics(), bench.node.stock()));
  }

  TEST_CASE("registrations_max: a client that wants more is closed and counted, and the others keep theirs") {
    Bench bench(least_memory());
    const int most = registrations_most();
    const ConnectionId first = bench.client();
    for (int type = 0; type < most - 1; ++type) bench.notify(first, type);
    const ConnectionId last = bench.client({0});
    bench.notify(last, 0);  // once more: it wants nothing new
    CHECK(bench.transport.closed.empty());
    CHECK(bench.node.statistics().connections_out_of_memory == 0);

    bench.notify(last, 1);
    REQUIRE(bench.transport.closed.size() == 1);
    CHECK(bench.transport.closed.front().connection == last);
    CHECK(bench.transport.closed.front().reason == CloseReason::out_of_memory);
    CHECK(bench.node.statistics().connections_out_of_memory == 1);
    const auto gone = bench.observer.all<event::ConnectionClosed>();
    REQUIRE(gone.size() == 1);
    CHECK(gone.front().connection == last);
    CHECK(gone.front().reason == CloseReason::out_of_memory);
    CHECK(gone.front().detail == "there are as many registrations as memory_limit allows");

    (void)bench.take();
    bench.from(bench.client(), announce("a", 0));
    CHECK(bench.take() == "c1 NOTIFICATION 0 a");
    bench.from(bench.client({1}), announce("b", 0));  // what the one that was closed had is free
    CHECK(bench.take() == "c1 NOTIFICATION 0 b");
    CHECK(bench.node.statistics().connections_out_of_memory == 1);
  }

  TEST_CASE("registrations_max: when a client goes, what it was registered for is free") {
    Bench bench(least_memory());
    const int most = registrations_most();
    const ConnectionId first = bench.client();
    for (int type = 0; type < most; ++type) bench.notify(first, type);
    bench.closed(first);
    const ConnectionId second = bench.client();
    for (int type = 0; type < most; ++type) bench.notify(second, type);
    CHECK(bench.transport.closed.empty());
    bench.notify(second, most);
    CHECK(bench.transport.closed.size() == 1);
  }

  TEST_CASE("registrations_max: a program in the node's process is not bound by it") {
    Bench bench(least_memory());
    const int most = registrations_most();
    const ConnectionId client = bench.client();
    for (int type = 0; type < most; ++type) bench.notify(client, type);
    std::string shown;
    bench.node.subscribe(
        DataType{7},
        [&](const Received& message) {
          shown = message.data.text();
          return Verdict::accept;
        },
        bench.now);
    bench.from(bench.client(), announce("a"));
    CHECK(shown == "a");
    CHECK(bench.transport.closed.empty());
  }
}

}  // namespace
}  // namespace gossip::test
