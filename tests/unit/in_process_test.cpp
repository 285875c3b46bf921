/// \file
/// The program that a Node runs in: publish, subscribe, decide.

#include "fixture.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace gossip::test {
namespace {

using Outcome = Receipt::Outcome;

/// A node and a program in its process, which answers every message with the same verdict.
struct Program : Bench {
  using Bench::Bench;

  SubscriptionId subscribe(int type = 7) {
    const auto show = [this](const Received& message) {
      shown.push_back(std::string(message.data.text()));
      tickets.push_back(message.ticket);
      if (const auto hook = on_shown) hook();  // a copy: it may replace itself
      return verdict;
    };
    return node.subscribe(DataType(type), show, now);
  }
  Receipt publish(std::string_view data, int type = 7, int ttl = 0) {
    return node.publish(DataType(type), Payload(data), Ttl(ttl), now);
  }
  bool decide(const Ticket& ticket, Verdict answer) { return node.decide(ticket, answer, now); }
  /// What the validators were shown since the last call.
  std::vector<std::string> take_shown() { return std::exchange(shown, {}); }
  [[nodiscard]] bool sums() const { return !discrepancy(node.statistics(), node.stock()); }

  Verdict verdict = Verdict::accept;
  std::vector<std::string> shown;
  std::vector<Ticket> tickets;
  std::function<void()> on_shown;
};

using Shown = std::vector<std::string>;

TEST_SUITE("in process") {
  TEST_CASE("publish: it goes to peers and to clients that are registered, and the receipt counts them") {
    Program program(config_with(8, 5));
    program.client({7});
    program.client({8});
    program.peer();
    program.peer();
    CHECK(program.publish("a", 7, 9) == Receipt{Outcome::accepted, 2, 1});
    CHECK(program.take() == "c1 NOTIFICATION 7 a; p1 ANNOUNCE 7 a ttl 5; p2 ANNOUNCE 7 a ttl 5");
    CHECK(program.node.statistics().program_announces == 1);
    CHECK(program.node.statistics().client_announces == 0);
    CHECK(program.sums());
  }

  TEST_CASE("publish: with nobody there it is accepted, and the first peer gets it") {
    Program program;
    CHECK(program.publish("a") == Receipt{Outcome::accepted, 0, 0});
    program.stranger();
    CHECK(program.take() == "p1 ANNOUNCE 7 a ttl 0");
    CHECK(program.sums());
  }

  TEST_CASE("publish: what is known is refused, with what it is known as") {
    Program program(config_with(1));
    program.subscribe();
    program.verdict = Verdict::reject;
    const ConnectionId peer = program.peer();
    program.from(peer, announce("bad"));
    CHECK(program.publish("bad").outcome == Outcome::duplicate_rejected);
    CHECK(program.publish("a").accepted());
    CHECK(program.publish("a").outcome == Outcome::duplicate);
    CHECK(program.publish("a", 8).accepted());
    CHECK(program.publish("a").outcome == Outcome::duplicate_seen);
    CHECK(program.node.statistics().program_announces == 5);
    CHECK(program.sums());
  }

  TEST_CASE("publish: data of data_bytes_max goes, one byte more is refused") {
    Program program;
    CHECK(program.publish(std::string(data_bytes_max, 'x')).accepted());
    CHECK(program.publish(std::string(data_bytes_max + 1, 'x')) == Receipt{Outcome::too_large, 0, 0});
    CHECK(program.node.statistics().publishes_too_large == 1);
    CHECK(program.sums());
  }

  TEST_CASE(
      "publish: it is refused while a peer's queue is too long, and the program is told when it may go on") {
    Program program;
    const ConnectionId peer = program.peer();
    int ready = 0;
    program.node.set_ready_handler([&](TimePoint now) {
      ready += 1;
      CHECK(program.node.publish(DataType{7}, Payload("c"), unlimited_ttl, now).accepted());
    });
    program.congest(peer);
    CHECK(program.publish("a").accepted());
    CHECK(program.publish("b").outcome == Outcome::congested);
    CHECK(program.publish("b").outcome == Outcome::congested);
    CHECK_FALSE(program.knows("b"));
    CHECK(program.node.statistics().publishes_congested == 2);
    CHECK(ready == 0);
    program.relieve(peer);
    CHECK(ready == 1);
    CHECK(program.knows("c"));
    CHECK(program.sums());
    CHECK(program.node.may_publish());
  }

  TEST_CASE("publish: whether it would be refused can be asked") {
    Program program;
    const ConnectionId peer = program.peer();
    CHECK(program.node.may_publish());
    program.congest(peer);
    program.publish("a");
    CHECK_FALSE(program.node.may_publish());
    CHECK(program.node.statistics().publishes_congested == 0);
    program.relieve(peer);
    CHECK(program.node.may_publish());
  }

  TEST_CASE("publish: a peer that stalls, or goes, holds up the program no more") {
    for (const bool goes : {false, true}) {
      CAPTURE(goes);
      Program program;
      const ConnectionId peer = program.peer();
      int ready = 0;
      program.node.set_ready_handler([&](TimePoint) { ready += 1; });
      program.congest(peer);
      program.publish("a");
      CHECK(program.publish("b").outcome == Outcome::congested);
      goes ? program.closed(peer) : program.stall(peer);
      CHECK(ready == 1);
      CHECK(program.publish("b").accepted());
    }
  }

  TEST_CASE("subscribe: a peer's message is shown once, and travels on when it is accepted") {
    Program program;
    program.subscribe();
    const ConnectionId source = program.peer();
    program.peer();
    program.from(source, announce("a"));
    CHECK(program.take_shown() == Shown{"a"});
    CHECK(program.take() == "p2 ANNOUNCE 7 a ttl 0");
    program.from(source, announce("a"));
    CHECK(program.take_shown().empty());
    CHECK(program.sums());
  }

  TEST_CASE("subscribe: what is rejected goes no further, and is not shown again") {
    Program program;
    program.verdict = Verdict::reject;
    program.subscribe();
    const ConnectionId source = program.peer();
    program.peer();
    program.from(source, announce("a"));
    program.from(source, announce("a"));
    CHECK(program.take_shown() == Shown{"a"});
    CHECK(program.take().empty());
    CHECK(program.node.statistics().messages_rejected == 1);
    CHECK(program.node.statistics().duplicates_rejected == 1);
    CHECK(program.sums());
  }

  TEST_CASE("subscribe: what a client announces is shown; what the program itself publishes is not") {
    Program program;
    program.subscribe();
    program.from(program.client(), announce("from a client"));
    program.publish("its own");
    CHECK(program.take_shown() == Shown{"from a client"});
    CHECK(program.node.statistics().messages_unclaimed == 1);
    CHECK(program.sums());
  }

  TEST_CASE("subscribe: what the cache holds of the type is shown at the next event, oldest first") {
    Program program;
    const ConnectionId source = program.peer();
    program.from(source, announce("a"));
    program.from(source, announce("other", 8));
    program.from(source, announce("b"));
    CHECK_FALSE(program.node.next_timer());
    program.subscribe();
    CHECK(program.shown.empty());
    REQUIRE(program.node.next_timer());
    CHECK(*program.node.next_timer() <= program.now);
    program.node.on_time(program.now);
    CHECK(program.take_shown() == Shown{"a", "b"});
    CHECK(program.sums());
  }

  TEST_CASE(
      "subscribe: at most eight calls for each event, so that what they send goes out and others have their "
      "turn") {
    Program program;
    const ConnectionId source = program.peer();
    for (int i = 0; i < 20; ++i) program.from(source, announce(std::to_string(i)));
    program.subscribe();
    for (const std::size_t shown : {8U, 16U, 20U}) {
      REQUIRE(program.node.next_timer());
      CHECK(*program.node.next_timer() <= program.now);
      program.node.on_time(program.now);
      CHECK(program.shown.size() == shown);
    }
    CHECK(program.node.next_timer().value_or(TimePoint::max()) > program.now);
    CHECK(program.sums());
  }

  TEST_CASE("subscribe: two subscriptions to one type are both shown it, the first verdict decides") {
    Program program;
    program.subscribe();
    program.subscribe();
    program.from(program.peer(), announce("a"));
    CHECK(program.take_shown() == Shown{"a", "a"});
    CHECK(program.node.statistics().messages_validated == 1);
    CHECK(program.node.statistics().verdicts_ignored == 1);
  }

  TEST_CASE("subscribe: a validator that throws has cast no verdict, and the node goes on") {
    for (const bool standard : {true, false}) {
      CAPTURE(standard);
      Program program;
      program.subscribe();
      program.on_shown = [&] { standard ? throw std::runtime_error("no disk") : throw 7; };
      const ConnectionId source = program.peer();
      program.from(source, announce("a"));
      REQUIRE(program.observer.all<event::ValidatorFailed>().size() == 1);
      CHECK(program.node.statistics().validators_failed == 1);
      program.on_shown = nullptr;
      program.from(source, announce("b"));
      CHECK(program.node.statistics().messages_validated == 1);
      CHECK(program.decide(program.tickets[0], Verdict::accept));
      CHECK(program.sums());
    }
  }

  TEST_CASE("decide: a verdict that was put off decides once") {
    Program program;
    program.verdict = Verdict::later;
    program.subscribe();
    const ConnectionId source = program.peer();
    program.peer();
    program.from(source, announce("a"));
    const Ticket ticket = program.tickets.at(0);
    CHECK(program.take().empty());
    CHECK_FALSE(program.decide(ticket, Verdict::later));
    CHECK(program.decide(ticket, Verdict::accept));
    CHECK(program.take() == "p2 ANNOUNCE 7 a ttl 0");
    CHECK_FALSE(program.decide(ticket, Verdict::reject));
    CHECK(program.knows("a"));
    CHECK(program.sums());
  }

  TEST_CASE("decide: a ticket never decides on another message that has got the same id") {
    Program program(config_with(1));
    program.verdict = Verdict::later;
    program.subscribe();
    const ConnectionId source = program.peer();
    program.from(source, announce("a"));
    Ticket stale = program.tickets.at(0);
    program.pass(3s);  // the program is a listener now, and its messages may be evicted
    program.from(source, announce("b"));
    stale.message = program.tickets.at(1).message;  // as when ids have gone round
    CHECK_FALSE(program.decide(stale, Verdict::reject));
    CHECK_FALSE(program.decide(program.tickets.at(0), Verdict::reject));
    CHECK(program.knows("b"));
    CHECK(program.decide(program.tickets.at(1), Verdict::reject));
    CHECK_FALSE(program.decide(Ticket{}, Verdict::accept));
    CHECK(program.sums());
  }

  TEST_CASE(
      "decide: a pending message that the program owes a verdict on fills its peer's share, until it is "
      "cast") {
    Program program(config_with(4));
    program.verdict = Verdict::later;
    program.subscribe();
    const ConnectionId source = program.peer();
    program.from(source, announce("a"));
    CHECK(program.paused(source));
    program.from(source, announce("b"));  // on its way already
    CHECK(program.take_shown() == Shown{"a"});
    CHECK(program.node.stock().waiting == 1);
    CHECK(program.sums());
    program.decide(program.tickets.at(0), Verdict::accept);
    program.node.on_time(program.now);
    CHECK(program.take_shown() == Shown{"b"});
    CHECK(program.sums());
  }

  TEST_CASE("unsubscribe: nothing more is shown, and what was owed holds up nobody") {
    Program program(config_with(4));
    program.verdict = Verdict::later;
    const SubscriptionId subscription = program.subscribe();
    const ConnectionId source = program.peer();
    program.from(source, announce("a"));
    CHECK(program.paused(source));
    CHECK(program.node.unsubscribe(subscription, program.now));
    CHECK_FALSE(program.node.unsubscribe(subscription, program.now));
    CHECK_FALSE(program.paused(source));
    CHECK_FALSE(program.decide(program.tickets.at(0), Verdict::accept));
    program.take_shown();
    program.from(source, announce("b"));
    CHECK(program.take_shown().empty());
    CHECK(program.sums());
  }

  TEST_CASE("a validator may call the node: publish, subscribe, decide, and end its own subscription") {
    Program program;
    program.verdict = Verdict::later;
    const SubscriptionId subscription = program.subscribe();
    program.peer();
    bool decided = false;
    program.on_shown = [&] {
      program.on_shown = nullptr;
      CHECK(program.publish("answer", 9).accepted());
      decided = program.decide(program.tickets.back(), Verdict::accept);
      program.subscribe(8);
      CHECK(program.node.unsubscribe(subscription, program.now));
    };
    const ConnectionId source = program.peer();
    program.from(source, announce("a"));
    CHECK(decided);
    CHECK(program.take() == "p1 ANNOUNCE 9 answer ttl 0; p2 ANNOUNCE 9 answer ttl 0; p1 ANNOUNCE 7 a ttl 0");
    program.from(source, announce("b"));
    program.from(source, announce("c", 8));
    CHECK(program.take_shown() == Shown{"a", "c"});
    CHECK(program.sums());
  }

  TEST_CASE("a validator is never called inside another, nor from inside subscribe") {
    Program program;
    program.from(program.peer(), announce("held", 8));
    program.subscribe();
    int depth = 0;
    program.on_shown = [&] {
      CHECK(++depth == 1);
      program.subscribe(8);
      depth -= 1;
      program.on_shown = nullptr;
    };
    program.from(program.stranger(), announce("a"));
    CHECK(program.take_shown() == Shown{"a", "held"});
  }
}

}  // namespace
}  // namespace gossip::test
