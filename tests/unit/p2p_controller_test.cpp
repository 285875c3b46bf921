#include <gossip/p2p_controller.hpp>

#include "fixture.hpp"

#include <string>

namespace gossip::test {
namespace {

/// A P2pController alone: no Node around it, and a voter who is only in the books.
struct Controller {
  explicit Controller(std::size_t cache_size = 8)
      : state(config_with(cache_size), transport, observer, 1), p2p(state) {
    p2p.start(own_server, std::nullopt, at(0s));
    state.registrations.register_client(c(1), DataType{7});
    for (std::uint64_t number = 1; number <= 3; ++number)
      p2p.on_accepted(p(number), {Layer::p2p, server(2), own_server}, at(0s));
  }

  /// A peer's announcement; the voter is taken to have been told of it.
  std::optional<CachedMessage> announced(ConnectionId peer, std::string_view data, int ttl = 5) {
    return told(p2p.on_announce(peer, announce(data, 7, ttl), at(0s)));
  }
  std::optional<CachedMessage> admitted() { return told(p2p.admit_waiting(at(0s))); }
  std::string take() { return trace.take(transport); }

  RecordingTransport transport;
  RecordingObserver observer;
  NodeState state;
  P2pController p2p;
  Trace trace;

 private:
  std::optional<CachedMessage> told(const CachedMessage* message) {
    if (message == nullptr) return std::nullopt;
    state.ledger.owe(*message, c(1), at(0s));
    p2p.pause_who_fills();
    return *message;
  }
};

TEST_SUITE("p2p_controller") {
  TEST_CASE("P2pController: an ANNOUNCE is cached as pending, its ttl stepped, and returned once") {
    Controller controller;
    const auto message = controller.announced(p(1), "a", 5);
    REQUIRE(message);
    CHECK_FALSE(message->valid);
    CHECK(message->origin == p(1));
    CHECK(message->onward == Ttl{4});
    CHECK_FALSE(controller.announced(p(2), "a"));
    CHECK(controller.state.statistics.peer_announces == 2);
    CHECK(controller.take() == "");
  }

  TEST_CASE("P2pController: spread_message_to_p2p sends to every peer but the origin") {
    Controller controller;
    CachedMessage message = *controller.announced(p(2), "a", 5);
    message.valid = true;
    controller.p2p.spread_message_to_p2p(message, at(0s));
    CHECK(controller.take() == "p1 ANNOUNCE 7 a ttl 4; p3 ANNOUNCE 7 a ttl 4");
    CHECK(controller.state.statistics.announces_sent == 2);
  }

  TEST_CASE("P2pController: spread_message_to_p2p sends nothing of what goes no further") {
    Controller controller;
    controller.p2p.spread_message_to_p2p(*controller.announced(p(2), "a", 1), at(0s));
    CHECK(controller.take() == "");
  }

  TEST_CASE("P2pController: what finds no room waits and is returned later, in order") {
    Controller controller(4);  // three may be protected, one of each peer
    CHECK(controller.announced(p(1), "a"));
    CHECK_FALSE(controller.announced(p(1), "b"));
    CHECK(controller.announced(p(2), "c"));
    CHECK_FALSE(controller.announced(p(2), "d"));
    CHECK_FALSE(controller.admitted());
    CHECK(controller.p2p.holds_anyone());
    controller.state.ledger.settle(*controller.state.cache.find(DataType{7}, Payload("c")));
    const auto next = controller.admitted();
    REQUIRE(next);
    CHECK(next->data.text() == "d");
    CHECK(next->origin == p(2));
    CHECK_FALSE(controller.admitted());
  }

  TEST_CASE("P2pController: what waited and is known by then is not returned, and the next is") {
    Controller controller(4);
    controller.announced(p(1), "a");
    controller.announced(p(1), "b");
    controller.announced(p(1), "c");
    controller.state.add({DataType{7}, Payload("b"), true, c(2), Ttl{0}}, Layer::api, at(0s));
    controller.state.ledger.settle(*controller.state.cache.find(DataType{7}, Payload("a")));
    CHECK(controller.admitted()->data.text() == "c");
    CHECK(controller.state.statistics.duplicates_cached == 1);
  }

  TEST_CASE("P2pController: a peer whose announcement waits is read from again only after that") {
    Controller controller(4);
    controller.announced(p(1), "a");
    controller.announced(p(1), "b");
    CHECK(controller.take() == "pause p1");
    controller.p2p.resume_who_has_room();
    CHECK(controller.take() == "");
    controller.state.ledger.settle(*controller.state.cache.find(DataType{7}, Payload("a")));
    controller.p2p.resume_who_has_room();
    CHECK(controller.take() == "");
    CHECK(controller.admitted());
    controller.state.ledger.settle(*controller.state.cache.find(DataType{7}, Payload("b")));
    controller.p2p.resume_who_has_room();
    CHECK(controller.take() == "resume p1");
    CHECK_FALSE(controller.p2p.holds_anyone());
  }

  TEST_CASE("P2pController: it knows its peers") {
    Controller controller;
    CHECK(controller.p2p.is_peer(p(2)));
    controller.p2p.on_closed(p(2), CloseReason::remote_closed, "gone", at(0s));
    CHECK_FALSE(controller.p2p.is_peer(p(2)));
    CHECK(controller.p2p.pool().size() == 2);
  }
}

}  // namespace
}  // namespace gossip::test
