#include <gossip/verdict_ledger.hpp>

#include "fixture.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace gossip::test {
namespace {

/// A ledger on a cache, and short ways to fill both.
struct Books {
  explicit Books(std::size_t cache_size = 10) : cache({cache_size, 0s, 0, 0}, random), ledger(cache, 2s) {}

  CachedMessage add(std::string_view data, ConnectionId origin = p(1)) {
    std::vector<Evicted> gone;
    const CachedMessage& added =
        *cache.add({DataType{7}, Payload(data), false, origin, Ttl{0}}, at(0s), gone).message;
    evicted = gone.empty() ? "" : names[gone.front().id];
    for (const Evicted& message : gone) ledger.settle(message.id);
    names[added.id] = data;
    return *cache.get(added.id);
  }

  Random random{1};
  MessageCache cache;
  VerdictLedger ledger;
  std::string evicted;
  std::map<MessageId, std::string> names;  ///< the data of what was added, by id
};

TEST_SUITE("verdict_ledger") {
  TEST_CASE("VerdictLedger: a client owes what it was sent and nothing else") {
    Books books;
    const CachedMessage a = books.add("a");
    const CachedMessage b = books.add("b");
    books.ledger.owe(a, c(1), at(0s));
    CHECK(books.ledger.owes(c(1), a.id));
    CHECK_FALSE(books.ledger.owes(c(1), b.id));
    CHECK_FALSE(books.ledger.owes(c(2), a.id));
    CHECK(books.ledger.owed_by(c(1)) == 1);
    CHECK(books.ledger.owed_by(c(2)) == 0);
  }

  TEST_CASE("VerdictLedger: owing twice is owing once") {
    Books books;
    const CachedMessage a = books.add("a");
    books.ledger.owe(a, c(1), at(0s));
    books.ledger.owe(a, c(1), at(0s));
    CHECK(books.ledger.owed_by(c(1)) == 1);
    CHECK(books.ledger.protected_total() == 1);
    books.ledger.settle(a.id);
    CHECK(books.ledger.owed_by(c(1)) == 0);
    CHECK(books.ledger.protected_total() == 0);
  }

  TEST_CASE("VerdictLedger: settling frees everybody who owed, and may be repeated") {
    Books books;
    const CachedMessage a = books.add("a");
    books.ledger.owe(a, c(1), at(0s));
    books.ledger.owe(a, c(2), at(0s));
    books.ledger.settle(a.id);
    books.ledger.settle(a.id);
    CHECK(books.ledger.owed_by(c(1)) == 0);
    CHECK_FALSE(books.ledger.owes(c(2), a.id));
    CHECK(books.ledger.protected_from(p(1)) == 0);
  }

  TEST_CASE("VerdictLedger: a message is protected once, however many owe on it") {
    Books books;
    const CachedMessage a = books.add("a", p(1));
    const CachedMessage b = books.add("b", p(2));
    books.ledger.owe(a, c(1), at(0s));
    books.ledger.owe(a, c(2), at(0s));
    books.ledger.owe(b, c(1), at(0s));
    CHECK(books.ledger.protected_total() == 2);
    CHECK(books.ledger.protected_from(p(1)) == 1);
    CHECK(books.ledger.protected_from(p(2)) == 1);
    CHECK(books.ledger.protected_from(p(3)) == 0);
  }

  TEST_CASE("Nothing is lost to haste: what a voting client owes on is not evicted") {
    Books books(3);
    books.ledger.owe(books.add("a"), c(1), at(0s));
    books.add("b");
    books.add("c");
    books.add("d");
    CHECK(books.evicted == "b");
  }

  TEST_CASE("Nothing is lost to haste: what was settled can be evicted again") {
    Books books(2);
    const CachedMessage a = books.add("a");
    books.ledger.owe(a, c(1), at(0s));
    books.ledger.settle(a.id);
    books.add("b");
    books.add("c");
    CHECK(books.evicted == "a");
  }

  TEST_CASE("VerdictLedger: a client that is gone owes nothing, and what only it held is free") {
    Books books(2);
    const CachedMessage a = books.add("a");
    const CachedMessage b = books.add("b");
    books.ledger.owe(a, c(1), at(0s));
    books.ledger.owe(b, c(1), at(0s));
    books.ledger.owe(b, c(2), at(0s));
    books.ledger.forget_client(c(1));
    CHECK_FALSE(books.ledger.owes(c(1), a.id));
    CHECK(books.ledger.owes(c(2), b.id));
    CHECK(books.ledger.protected_total() == 1);
    books.add("c");
    CHECK(books.evicted == "a");
    books.ledger.forget_client(c(9));
  }

  TEST_CASE("Nothing is lost to haste: a client that cast no verdict for 2 s is a listener") {
    Books books(2);
    books.ledger.owe(books.add("a"), c(1), at(0s));
    books.ledger.owe(books.add("b"), c(1), at(1s));
    CHECK(books.ledger.next_timer() == at(2s));
    CHECK(books.ledger.on_time(at(2s - 1ns)).empty());
    CHECK(books.ledger.is_voting(c(1)));
    CHECK(books.ledger.on_time(at(2s)) == std::vector<ConnectionId>{c(1)});
    CHECK_FALSE(books.ledger.is_voting(c(1)));
    CHECK(books.ledger.protected_total() == 0);
    CHECK(books.ledger.owed_by(c(1)) == 2);
    CHECK_FALSE(books.ledger.next_timer());
    books.add("c");
    CHECK(books.evicted == "a");
  }

  TEST_CASE("Nothing is lost to haste: the 2 s count from the first debt, and again from every verdict") {
    Books books;
    books.ledger.owe(books.add("a"), c(1), at(0s));
    books.ledger.on_vote(c(1), at(1900ms));
    CHECK(books.ledger.on_time(at(2s)).empty());
    CHECK(books.ledger.on_time(at(3899ms)).empty());
    REQUIRE(books.ledger.next_timer());
    CHECK(books.ledger.on_time(at(3900ms + 250ms)) == std::vector<ConnectionId>{c(1)});
  }

  TEST_CASE(
      "Nothing is lost to haste: who owes nothing does not fall silent, however long it casts no verdict") {
    Books books;
    const CachedMessage a = books.add("a");
    books.ledger.owe(a, c(1), at(0s));
    books.ledger.settle(a.id);
    CHECK(books.ledger.on_time(at(100s)).empty());
    books.ledger.owe(books.add("b"), c(1), at(100s));
    CHECK(books.ledger.on_time(at(101s)).empty());
    CHECK(books.ledger.is_voting(c(1)));
  }

  TEST_CASE("Nothing is lost to haste: a listener protects nothing new") {
    Books books;
    books.ledger.owe(books.add("a"), c(1), at(0s));
    books.ledger.on_time(at(2s));
    const CachedMessage b = books.add("b");
    books.ledger.owe(b, c(1), at(3s));
    CHECK(books.ledger.owes(c(1), b.id));
    CHECK(books.ledger.protected_total() == 0);
    CHECK_FALSE(books.ledger.next_timer());
  }

  TEST_CASE("Nothing is lost to haste: a listener that votes is a voter again, for all that it owes") {
    Books books;
    const CachedMessage a = books.add("a");
    books.ledger.owe(a, c(1), at(0s));
    books.ledger.owe(books.add("b"), c(1), at(0s));
    books.ledger.on_time(at(2s));
    books.ledger.on_vote(c(1), at(5s));
    CHECK(books.ledger.is_voting(c(1)));
    CHECK(books.ledger.protected_total() == 2);
    CHECK(books.ledger.next_timer() == at(7s));
    books.ledger.settle(a.id);
    CHECK(books.ledger.protected_total() == 1);
    CHECK(books.ledger.on_time(at(7s)) == std::vector<ConnectionId>{c(1)});
  }

  TEST_CASE("Nothing is lost to haste: a voter protects what a listener owes on too") {
    Books books;
    const CachedMessage a = books.add("a");
    books.ledger.owe(a, c(1), at(0s));
    books.ledger.owe(a, c(2), at(1s));
    CHECK(books.ledger.on_time(at(2s)) == std::vector<ConnectionId>{c(1)});
    CHECK(books.ledger.protected_total() == 1);
    books.ledger.forget_client(c(2));
    CHECK(books.ledger.protected_total() == 0);
    CHECK(books.ledger.owes(c(1), a.id));
  }

  TEST_CASE("VerdictLedger: who falls silent at once is told in the order of ids") {
    Books books;
    const CachedMessage a = books.add("a");
    for (const std::uint64_t number : {5, 1, 3}) books.ledger.owe(a, c(number), at(0s));
    CHECK(books.ledger.on_time(at(2s)) == std::vector<ConnectionId>{c(1), c(3), c(5)});
  }

  TEST_CASE("VerdictLedger: what becomes evictable together does so oldest first") {
    Books books(4);
    for (const char* data : {"a", "b", "c", "d"}) books.ledger.owe(books.add(data), c(1), at(0s));
    books.ledger.on_time(at(2s));
    for (const char* data : {"a", "b", "c", "d"}) {
      books.add(std::string("after ") + data);
      CHECK(books.evicted == data);
    }
  }

  TEST_CASE("VerdictLedger: all clients are looked at no more than eight times within the 2 s") {
    Books books(200);
    int looks = 0;
    // A client falls silent every 20 ms; without a bound there would be 100 looks within 2 s.
    for (std::uint64_t i = 0; i < 200; ++i)
      books.ledger.owe(books.add(std::to_string(i)), c(i), at(i * 20ms));
    while (books.ledger.next_timer() && *books.ledger.next_timer() < at(4s)) {
      books.ledger.on_time(*books.ledger.next_timer());
      looks += 1;
    }
    CHECK(looks >= 7);
    CHECK(looks <= 9);
  }
}

/// Who owes what, as plain sets.
struct Model {
  struct Debt {
    MessageId id{};
    ConnectionId origin{};
    std::set<ConnectionId> clients;
    bool was_protected = false;
    std::uint64_t evictable_since = 0;
  };
  std::deque<Debt> messages;  // all that is cached, oldest first
  std::set<ConnectionId> listeners;
  std::map<ConnectionId, TimePoint> silent_since;
  std::uint64_t clock = 0;

  bool is_protected(const Debt& debt) const {
    return std::ranges::any_of(debt.clients,
                               [&](ConnectionId client) { return !listeners.contains(client); });
  }
  std::size_t owed_by(ConnectionId client) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(messages, [&](const Debt& debt) { return debt.clients.contains(client); }));
  }
  std::size_t protected_from(ConnectionId origin) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        messages, [&](const Debt& debt) { return debt.origin == origin && is_protected(debt); }));
  }
  /// What is protected no more becomes evictable now, oldest first.
  void update() {
    for (Debt& debt : messages) {
      const bool now_protected = is_protected(debt);
      if (debt.was_protected && !now_protected) debt.evictable_since = ++clock;
      debt.was_protected = now_protected;
    }
  }
  std::deque<Debt>::iterator victim() {
    auto found = messages.begin();  // where all are protected
    for (auto at = messages.begin(); at != messages.end(); ++at) {
      if (at->was_protected) continue;
      if (found->was_protected || at->evictable_since < found->evictable_since) found = at;
    }
    return found;
  }
};

void check_equal(const Books& books, const Model& model) {
  std::size_t total = 0;
  for (std::uint64_t i = 0; i < 3; ++i) {
    REQUIRE(books.ledger.protected_from(p(i)) == model.protected_from(p(i)));
    total += model.protected_from(p(i));
  }
  REQUIRE(books.ledger.protected_total() == total);
  for (std::uint64_t i = 0; i < 5; ++i) {
    REQUIRE(books.ledger.owed_by(c(i)) == model.owed_by(c(i)));
    REQUIRE(books.ledger.is_voting(c(i)) == !model.listeners.contains(c(i)));
    for (const Model::Debt& debt : model.messages) {
      REQUIRE(books.ledger.owes(c(i), debt.id) == debt.clients.contains(c(i)));
    }
  }
}

void let_time_pass(Books& books, Model& model, TimePoint now) {
  const auto due = books.ledger.next_timer();
  if (!due || now < *due) return;
  for (const ConnectionId client : books.ledger.on_time(now)) {
    REQUIRE(model.owed_by(client) > 0);
    REQUIRE(now - model.silent_since[client] >= 2s);
    REQUIRE(model.listeners.insert(client).second);
    model.update();  // client by client
  }
  for (std::uint64_t i = 0; i < 5; ++i) {
    const bool late = model.owed_by(c(i)) > 0 && !model.listeners.contains(c(i));
    REQUIRE_FALSE((late && now - model.silent_since[c(i)] > 2250ms));
  }
}

void run_against_sets(std::uint64_t seed, int steps) {
  CAPTURE(seed);
  Random random(seed);
  Books books(1 + random.below(12));
  Model model;
  TimePoint now = at(0s);
  for (int step = 0; step < steps; ++step) {
    const ConnectionId client = c(random.below(5));
    const std::size_t any = model.messages.empty() ? 0 : random.below(model.messages.size());
    switch (random.below(9)) {
      case 0:
      case 1: {
        const ConnectionId origin = p(random.below(3));
        if (books.cache.size() == books.cache.capacity()) {
          const auto victim = model.victim();
          const MessageId expected = victim->id;
          model.messages.erase(victim);
          const CachedMessage added = books.add(std::to_string(step), origin);
          REQUIRE_FALSE(books.evicted.empty());
          REQUIRE((added.id == expected || !books.cache.get(expected)));
          model.messages.push_back({added.id, origin, {}, false, ++model.clock});
        } else {
          model.messages.push_back(
              {books.add(std::to_string(step), origin).id, origin, {}, false, ++model.clock});
        }
        break;
      }
      case 2:
        if (model.messages.empty()) break;
        books.ledger.settle(model.messages[any].id);
        model.messages[any].clients.clear();
        break;
      case 3:
        if (random.below(4) != 0) break;
        books.ledger.forget_client(client);
        for (Model::Debt& debt : model.messages) debt.clients.erase(client);
        model.listeners.erase(client);
        break;
      case 4:
        if (random.below(4) != 0) break;
        books.ledger.on_vote(client, now);
        model.listeners.erase(client);
        model.silent_since[client] = now;
        break;
      case 5:
        now += std::chrono::milliseconds(random.below(800));
        let_time_pass(books, model, now);
        break;
      default:
        if (model.messages.empty()) break;
        if (model.owed_by(client) == 0) model.silent_since[client] = now;
        books.ledger.owe(*books.cache.get(model.messages[any].id), client, now);
        model.messages[any].clients.insert(client);
    }
    model.update();
    check_equal(books, model);
  }
}

TEST_SUITE("verdict_ledger") {
  TEST_CASE("VerdictLedger: 40,000 random operations against plain sets") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) run_against_sets(seed, 2000);
  }
}

}  // namespace
}  // namespace gossip::test
