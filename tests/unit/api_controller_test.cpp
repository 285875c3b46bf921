#include <gossip/api_controller.hpp>

#include "fixture.hpp"
#include "live_bytes.hpp"

#include <cstdint>
#include <new>
#include <string>

namespace gossip::test {
namespace {

/// An ApiController alone: no peers and no Node around it.
struct Controller {
  Controller() : state(config_with(8), transport, observer, 1), api(state) {
    for (std::uint64_t number = 1; number <= 3; ++number) api.on_accepted(c(number), {});
  }

  void notify(ConnectionId client, int type = 7) { api.on_notify(client, Notify{DataType(type)}, at(0s)); }
  /// A pending message, told to the clients.
  CachedMessage pending(std::string_view data) {
    const CachedMessage message =
        *state.add({DataType{7}, Payload(data), false, p(1), Ttl{4}}, Layer::p2p, at(0s)).message;
    api.spread_message_to_api(message, at(0s));
    return message;
  }
  std::string take() { return trace.take(transport); }

  RecordingTransport transport;
  RecordingObserver observer;
  NodeState state;
  ApiController api;
  Trace trace;
};

TEST_SUITE("api_controller") {
  TEST_CASE("ApiController: it knows its clients, oldest first") {
    Controller controller;
    CHECK(controller.api.fetch_identifiers() == std::vector{c(1), c(2), c(3)});
    controller.api.on_closed(c(2), CloseReason::malformed, "no frame");
    controller.api.on_closed(c(2), CloseReason::malformed, "no frame");
    CHECK(controller.api.fetch_identifiers() == std::vector{c(1), c(3)});
    CHECK_FALSE(controller.api.is_client(c(2)));
    REQUIRE(controller.observer.all<event::ConnectionClosed>().size() == 1);
    CHECK(controller.observer.all<event::ConnectionClosed>()[0].detail == "no frame");
  }

  TEST_CASE("ApiController: an ANNOUNCE is returned for the peers once, with its capped ttl") {
    Controller controller;
    const auto first = controller.api.on_announce(c(1), announce("a", 7, 9), at(0s));
    REQUIRE(first.message != nullptr);
    const CachedMessage& message = *first.message;
    CHECK(message.valid);
    CHECK(message.origin == c(1));
    CHECK(message.onward == Ttl{9});
    const auto second = controller.api.on_announce(c(1), announce("a", 7, 9), at(0s));
    CHECK(second.message == nullptr);
    CHECK(second.known == Known::cached);
    CHECK(controller.state.statistics.client_announces == 2);
    CHECK(controller.state.statistics.added_valid == 1);
  }

  TEST_CASE(
      "ApiController: a VALIDATION is returned for the peers when it makes a message valid, and only then") {
    Controller controller;
    controller.notify(c(1));
    const MessageId good = controller.pending("good").id;
    const MessageId bad = controller.pending("bad").id;
    CHECK(controller.api.on_validation(c(1), {good, true}, at(0s))->id == good);
    CHECK_FALSE(controller.api.on_validation(c(1), {good, true}, at(0s)));
    CHECK_FALSE(controller.api.on_validation(c(1), {bad, false}, at(0s)));
    CHECK_FALSE(controller.api.on_validation(c(2), {bad, true}, at(0s)));
    CHECK(controller.state.statistics.messages_validated == 1);
    CHECK(controller.state.statistics.messages_rejected == 1);
    CHECK(controller.state.statistics.verdicts_ignored == 2);
    CHECK(controller.observer.all<event::MessageDecided>().size() == 2);
  }

  TEST_CASE("ApiController: a verdict of false leaves nothing owed by anybody") {
    Controller controller;
    controller.notify(c(1));
    controller.notify(c(2));
    const MessageId id = controller.pending("bad").id;
    CHECK(controller.state.ledger.protected_total() == 1);
    controller.api.on_validation(c(2), {id, false}, at(0s));
    CHECK(controller.state.ledger.owed_by(c(1)) == 0);
    CHECK(controller.state.ledger.protected_total() == 0);
    CHECK(controller.state.cache.size() == 0);
  }

  TEST_CASE("ApiController: a NOTIFY of somebody who is no client registers nobody") {
    Controller controller;
    controller.notify(c(9));
    CHECK(controller.state.registrations.registrations(DataType{7})->empty());
  }

  TEST_CASE("ApiController: spread_message_to_api tells every registered client but the announcer") {
    Controller controller;
    for (std::uint64_t number = 1; number <= 3; ++number) controller.notify(c(number));
    const CachedMessage message =
        *controller.state.add({DataType{7}, Payload("a"), true, c(2), Ttl{4}}, Layer::api, at(0s)).message;
    CHECK(controller.api.spread_message_to_api(message, at(0s)) == 2);
    CHECK(controller.take() == "c1 NOTIFICATION 7 a; c3 NOTIFICATION 7 a");
    CHECK(controller.state.statistics.notifications_sent == 2);
    CHECK(controller.state.ledger.owed_by(c(1)) == 0);
  }

  TEST_CASE("ApiController: whoever announces, everybody else who is registered is told") {
    Controller controller;
    controller.notify(c(1));
    controller.notify(c(2));
    int announced = 0;
    const auto told_of = [&](ConnectionId origin) {
      const std::string data = std::to_string(announced++);
      const CachedMessage message =
          *controller.state.add({DataType{7}, Payload(data), true, origin, Ttl{4}}, Layer::p2p, at(0s))
               .message;
      controller.api.spread_message_to_api(message, at(0s));
      return controller.take();
    };
    CHECK(told_of(p(1)) == "c1 NOTIFICATION 7 0; c2 NOTIFICATION 7 0");
    CHECK(told_of(p(2)) == "c1 NOTIFICATION 7 1; c2 NOTIFICATION 7 1");
    CHECK(told_of(c(2)) == "c1 NOTIFICATION 7 2");
    CHECK(told_of(c(1)) == "c2 NOTIFICATION 7 3");
    CHECK(told_of(c(3)) == "c1 NOTIFICATION 7 4; c2 NOTIFICATION 7 4");
    CHECK(told_of(c(1)) == "c2 NOTIFICATION 7 5");
    controller.notify(c(3));
    (void)controller.take();  // what is cached
    CHECK(told_of(p(2)) == "c1 NOTIFICATION 7 6; c2 NOTIFICATION 7 6; c3 NOTIFICATION 7 6");
    CHECK(told_of(c(3)) == "c1 NOTIFICATION 7 7; c2 NOTIFICATION 7 7");
  }

  TEST_CASE(
      "ApiController: where memory runs out while it is found out who is told, others are told as before") {
    constexpr std::uint64_t many = 300;
    Controller controller;
    controller.notify(c(1));
    for (std::uint64_t number = 4; number < 4 + many; ++number) {
      controller.api.on_accepted(c(number), {});
      controller.notify(c(number), 8);
    }
    const auto cached = [&](int type, std::string_view data) {
      return *controller.state.add({DataType(type), Payload(data), true, p(1), Ttl{4}}, Layer::p2p, at(0s))
                  .message;
    };
    CHECK(controller.api.spread_message_to_api(cached(7, "before"), at(0s)) == 1);
    const CachedMessage for_many = cached(8, "for many");
    (void)controller.take();
    {
      const AllocationFault fault({.nth = 1, .bytes_min = 1024});
      CHECK_THROWS_AS(controller.api.spread_message_to_api(for_many, at(0s)), std::bad_alloc);
    }
    CHECK(controller.api.spread_message_to_api(cached(7, "after"), at(0s)) == 1);
    CHECK(controller.take() == "c1 NOTIFICATION 7 after");
    CHECK(controller.api.spread_message_to_api(for_many, at(0s)) == many);
  }

  TEST_CASE("ApiController: registering is told once for each client and type") {
    Controller controller;
    controller.notify(c(1));
    controller.notify(c(1));
    controller.notify(c(1), 8);
    CHECK(controller.observer.all<event::ClientRegistered>().size() == 2);
  }
}

}  // namespace
}  // namespace gossip::test
