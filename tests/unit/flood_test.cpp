#include <gossip/overlay/flood.hpp>

#include "fixture.hpp"

#include <string>

namespace gossip::test {
namespace {

/// Flood alone, on a state with a valid message 0, 1, 2, ... for each number.
struct Pond {
  explicit Pond(int messages = 0) : state(config_with(30), transport, observer, 1), flood(state) {
    for (int number = 0; number < messages; ++number) add(std::to_string(number));
  }

  const CachedMessage& add(std::string_view data, ConnectionId origin = c(1)) {
    return *state.add({DataType{7}, Payload(data), true, origin, Ttl{0}}, Layer::api, at(0s)).message;
  }
  void spread(std::string_view data, ConnectionId origin = c(1)) { flood.spread(add(data, origin), at(0s)); }
  std::string take() { return trace.take(transport); }

  RecordingTransport transport;
  NullObserver observer;
  NodeState state;
  Flood flood;
  Trace trace;
};

TEST_SUITE("flood") {
  TEST_CASE("Flood: what is spread goes to all links but the one that it came from") {
    Pond pond;
    for (std::uint64_t link = 1; link <= 3; ++link) pond.flood.add(p(link), at(0s));
    CHECK(pond.flood.receivers(p(2)) == 2);
    CHECK(pond.flood.receivers(c(1)) == 3);
    pond.spread("a", p(2));
    CHECK(pond.take() == "p1 ANNOUNCE 7 a ttl 0; p3 ANNOUNCE 7 a ttl 0");
  }

  TEST_CASE("Flood: what is spread to nobody is not counted as sent") {
    Pond pond;
    CHECK(pond.flood.receivers(c(1)) == 0);
    pond.spread("a");
    pond.flood.add(p(1), at(0s));
    CHECK(pond.flood.receivers(p(1)) == 0);
    pond.spread("b", p(1));
    CHECK(pond.take() == "");
    CHECK(pond.state.statistics.announces_sent == 0);
  }

  TEST_CASE("Flood: who receives changes with the links") {
    Pond pond;
    pond.flood.add(p(1), at(0s));
    pond.spread("a");
    pond.flood.add(p(2), at(0s));
    pond.spread("b");
    pond.flood.remove(p(1));
    pond.spread("c");
    pond.flood.remove(p(3));  // was never there
    CHECK(pond.take() ==
          "p1 ANNOUNCE 7 a ttl 0; p1 ANNOUNCE 7 b ttl 0; p2 ANNOUNCE 7 b ttl 0; p2 ANNOUNCE 7 c ttl 0");
  }

  TEST_CASE("Flood: a link that is added is not sent the cache before it is to catch up") {
    Pond pond(2);
    pond.flood.add(p(1), at(0s));
    pond.flood.on_relieved(p(1), at(0s));
    CHECK(pond.take() == "");
    pond.flood.catch_up(p(1));
    CHECK(pond.take() == "p1 ANNOUNCE 7 0 ttl 0; p1 ANNOUNCE 7 1 ttl 0");
  }

  TEST_CASE("Flood: what has become valid between add() and catch_up() is not sent twice") {
    Pond pond(1);
    const MessageId held =
        pond.state.add({DataType{7}, Payload("held"), false, p(2), Ttl{0}}, Layer::p2p, at(0s)).message->id;
    pond.flood.add(p(1), at(0s));
    pond.spread("published");
    pond.state.cache.set_validity(held, true);
    pond.flood.spread(*pond.state.cache.look_at(held), at(0s));
    CHECK(pond.take() == "p1 ANNOUNCE 7 published ttl 0; p1 ANNOUNCE 7 held ttl 0");
    pond.flood.catch_up(p(1));
    CHECK(pond.take() == "p1 ANNOUNCE 7 0 ttl 0");
  }

  TEST_CASE("Flood: who has brought a message is not sent it with the cache, but with what is spread") {
    Pond pond(4);
    const std::uint64_t first = pond.state.cache.messages().front().sequence;
    pond.flood.add(p(1), at(0s));
    pond.flood.spare(p(2), first);  // was never there
    pond.flood.spare(p(1), first);
    pond.flood.spare(p(1), first + 3);
    pond.flood.spare(p(1), first + 4);  // is none of those that it will be sent
    pond.transport.congested = {p(1)};
    pond.flood.catch_up(p(1));
    CHECK(pond.take() == "p1 ANNOUNCE 7 1 ttl 0");
    pond.flood.spread(*pond.state.cache.look_at(pond.state.cache.messages().front().id), at(0s));
    pond.spread("a");
    CHECK(pond.take() == "p1 ANNOUNCE 7 0 ttl 0; p1 ANNOUNCE 7 a ttl 0");
    pond.transport.congested.clear();
    pond.flood.on_relieved(p(1), at(0s));
    CHECK(pond.take() == "p1 ANNOUNCE 7 2 ttl 0");
  }

  TEST_CASE("Flood: a link that is removed while it catches up is sent nothing more, relieved or not") {
    Pond pond(3);
    pond.flood.add(p(1), at(0s));
    pond.transport.congested = {p(1)};
    pond.flood.catch_up(p(1));
    CHECK(pond.take() == "p1 ANNOUNCE 7 0 ttl 0");
    pond.flood.remove(p(1));
    pond.transport.congested.clear();
    pond.flood.on_relieved(p(1), at(0s));
    pond.spread("a");
    CHECK(pond.take() == "");
  }

  TEST_CASE("Flood: of two links that catch up the removal of one does not disturb the other") {
    Pond pond(2);
    pond.transport.congested = {p(1), p(2)};
    for (const ConnectionId link : {p(1), p(2)}) {
      pond.flood.add(link, at(0s));
      pond.flood.catch_up(link);
    }
    (void)pond.take();
    pond.flood.remove(p(1));
    pond.transport.congested.clear();
    pond.flood.on_relieved(p(2), at(0s));
    CHECK(pond.take() == "p2 ANNOUNCE 7 1 ttl 0");
  }
}

}  // namespace
}  // namespace gossip::test
