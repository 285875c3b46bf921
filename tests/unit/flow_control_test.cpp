#include <gossip/flow_control.hpp>

#include "fixture.hpp"

#include <string>
#include <vector>

namespace gossip::test {
namespace {

struct Flow {
  Flow() : cache({10, 0s, 0, 0}, random), ledger(cache, 2s), flow(transport, observer, ledger) {}

  /// The client owes a verdict on one more message.
  MessageId owe(ConnectionId client) {
    evicted.clear();
    const auto added =
        cache.add({DataType{7}, Payload(std::to_string(++messages)), false, p(9), Ttl{0}}, at(0s), evicted);
    ledger.owe(*cache.get(added.message->id), client, at(0s));
    flow.review();
    return added.message->id;
  }
  std::string take() { return trace.take(transport); }

  Random random{1};
  MessageCache cache;
  RecordingTransport transport;
  RecordingObserver observer;
  VerdictLedger ledger;
  FlowControl flow;
  Trace trace;
  int messages = 0;
  std::vector<Evicted> evicted;
};

TEST_SUITE("flow_control") {
  TEST_CASE("FlowControl: a source is paused while its destination is congested, and told once") {
    Flow flow;
    flow.flow.hold(c(1), p(1));
    CHECK(flow.take() == "pause c1");
    flow.flow.hold(c(1), p(1));
    CHECK(flow.flow.is_paused(c(1)));
    flow.flow.relieve(p(1));
    CHECK(flow.take() == "resume c1");
    CHECK_FALSE(flow.flow.is_paused(c(1)));
    CHECK(flow.observer.all<event::ReadingPaused>().size() == 1);
    CHECK(flow.observer.all<event::ReadingResumed>().size() == 1);
  }

  TEST_CASE("FlowControl: a source waits for all of its destinations") {
    Flow flow;
    flow.flow.hold(c(1), p(1));
    flow.flow.hold(c(1), p(2));
    (void)flow.take();
    flow.flow.relieve(p(1));
    CHECK(flow.take() == "");
    flow.flow.relieve(p(2));
    CHECK(flow.take() == "resume c1");
  }

  TEST_CASE("FlowControl: a destination releases all of its sources") {
    Flow flow;
    for (const std::uint64_t number : {1, 2, 3}) flow.flow.hold(c(number), p(1));
    (void)flow.take();
    flow.flow.relieve(p(2));
    CHECK(flow.take() == "");
    flow.flow.relieve(p(1));
    CHECK(flow.take() == "resume c1; resume c2; resume c3");
  }

  TEST_CASE("FlowControl: a peer held for verdicts waits for them and for its destinations") {
    Flow flow;
    flow.flow.hold_for_verdicts(p(1));
    flow.flow.hold_for_verdicts(p(1));
    flow.flow.hold(p(1), c(1));
    CHECK(flow.take() == "pause p1");
    CHECK(flow.flow.any_held_for_verdicts());
    flow.flow.release_for_verdicts(p(1));
    CHECK_FALSE(flow.flow.any_held_for_verdicts());
    CHECK(flow.take() == "");
    flow.flow.relieve(c(1));
    CHECK(flow.take() == "resume p1");
    flow.flow.release_for_verdicts(p(1));
    CHECK(flow.take() == "");
  }

  TEST_CASE("FlowControl: those held for verdicts, in the order of their ids") {
    Flow flow;
    for (const std::uint64_t number : {3, 1, 2}) flow.flow.hold_for_verdicts(p(number));
    flow.flow.hold(p(4), c(1));
    flow.flow.forget(p(2));
    CHECK(flow.flow.held_for_verdicts() == std::vector<ConnectionId>{p(1), p(3)});
    flow.flow.forget(p(1));
    flow.flow.forget(p(3));
    CHECK_FALSE(flow.flow.any_held_for_verdicts());
  }

  TEST_CASE("FlowControl: a connection that is gone holds nobody and is held no more") {
    Flow flow;
    flow.flow.hold(c(1), p(1));
    flow.flow.hold(p(1), c(2));
    (void)flow.take();
    flow.flow.forget(p(1));
    CHECK(flow.take() == "resume c1");
    CHECK_FALSE(flow.flow.is_paused(p(1)));
    flow.flow.relieve(c(2));
    CHECK(flow.take() == "");
  }

  TEST_CASE("FlowControl: a connection that held itself is not resumed when it goes") {
    Flow flow;
    flow.flow.hold(p(1), p(1));
    flow.flow.forget(p(1));
    CHECK(flow.observer.all<event::ReadingResumed>().empty());
  }

  TEST_CASE("Clients that owe verdicts are never paused: owing first") {
    Flow flow;
    flow.owe(c(1));
    flow.flow.hold(c(1), p(1));
    CHECK(flow.take() == "");
    flow.flow.relieve(p(1));
    CHECK(flow.take() == "");
  }

  TEST_CASE("Clients that owe verdicts are never paused: paused first") {
    Flow flow;
    flow.flow.hold(c(1), p(1));
    CHECK(flow.take() == "pause c1");
    flow.owe(c(1));
    CHECK(flow.take() == "resume c1");
    flow.flow.relieve(p(1));
    CHECK(flow.take() == "");
  }

  TEST_CASE("FlowControl: a client that owes nothing any more is paused while its destination is congested") {
    Flow flow;
    const MessageId owed = flow.owe(c(1));
    flow.flow.hold(c(1), p(1));
    flow.ledger.settle(owed);
    flow.flow.review();
    CHECK(flow.take() == "pause c1");
    flow.flow.relieve(p(1));
    CHECK(flow.take() == "resume c1");
  }

  TEST_CASE("FlowControl: reviewing somebody who has no reason to wait does nothing") {
    Flow flow;
    flow.flow.review();
    flow.flow.hold(c(2), p(1));
    (void)flow.take();
    flow.flow.review();
    flow.flow.review();
    CHECK(flow.take() == "");
  }
}

}  // namespace
}  // namespace gossip::test
