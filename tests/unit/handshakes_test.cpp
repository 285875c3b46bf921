#include <gossip/overlay/handshakes.hpp>

#include "overlay_fixture.hpp"

namespace gossip::test {
namespace {

TEST_SUITE("handshakes") {
  TEST_CASE("Handshakes: a link waits until it is settled, once") {
    Handshakes handshakes;
    CHECK_FALSE(handshakes.any_waiting());
    CHECK_FALSE(handshakes.settle(p(1)));
    handshakes.await(p(1), at(0s));
    handshakes.await(p(2), at(0s));
    CHECK(handshakes.is_waiting(p(1)));
    CHECK(handshakes.settle(p(1)));
    CHECK_FALSE(handshakes.is_waiting(p(1)));
    CHECK_FALSE(handshakes.settle(p(1)));
    CHECK(handshakes.is_waiting(p(2)));
    CHECK(handshakes.any_waiting());
    CHECK(handshakes.settle(p(2)));
    CHECK_FALSE(handshakes.any_waiting());
    CHECK_FALSE(handshakes.next_timer());
  }

  TEST_CASE("Handshakes: the time of a link is up after 2 s, and no sooner") {
    Handshakes handshakes;
    handshakes.await(p(1), at(0s));
    handshakes.await(p(2), at(1s));
    CHECK(handshakes.next_timer() == at(2s));
    CHECK_FALSE(handshakes.take_expired(at(2s - 1ns)));
    CHECK(handshakes.take_expired(at(2s)) == p(1));
    CHECK_FALSE(handshakes.take_expired(at(2s)));
    CHECK_FALSE(handshakes.is_waiting(p(1)));
    CHECK_FALSE(handshakes.settle(p(1)));
    CHECK(handshakes.next_timer() == at(3s));
    CHECK(handshakes.take_expired(at(1h)) == p(2));
    CHECK_FALSE(handshakes.take_expired(at(1h)));
    CHECK_FALSE(handshakes.next_timer());
  }

  TEST_CASE("Handshakes: a link that is settled or has ended does not expire") {
    Handshakes handshakes;
    handshakes.await(p(1), at(0s));
    handshakes.await(p(2), at(1s));
    handshakes.await(p(3), at(2s));
    handshakes.settle(p(1));
    handshakes.forget(p(2));
    CHECK(handshakes.next_timer() == at(4s));
    CHECK(handshakes.take_expired(at(1h)) == p(3));
  }

  TEST_CASE("Handshakes: an extended link is found by itself and by its node, until it has ended") {
    Handshakes handshakes;
    handshakes.await(p(1), at(0s));
    CHECK(handshakes.find(p(1)) == nullptr);
    handshakes.settle(p(1));
    handshakes.extend({p(1), node_of(1), server(2)});
    REQUIRE(handshakes.find(p(1)) != nullptr);
    CHECK(handshakes.find(p(1))->node == node_of(1));
    CHECK(handshakes.find(p(1))->server_address == server(2));
    CHECK(handshakes.find(p(2)) == nullptr);
    CHECK(handshakes.find(node_of(1), p(2)) == handshakes.find(p(1)));
    handshakes.forget(p(1));
    CHECK(handshakes.find(p(1)) == nullptr);
    CHECK(handshakes.find(node_of(1), p(2)) == nullptr);
  }

  TEST_CASE("Handshakes: of several links to a node the oldest is found, but for the one that is excepted") {
    Handshakes handshakes;
    handshakes.extend({p(1), node_of(1), server(2)});
    handshakes.extend({p(2), node_of(2), server(3)});
    handshakes.extend({p(3), node_of(1), server(4)});
    handshakes.extend({p(4), node_of(1), server(5)});
    CHECK(handshakes.find(node_of(1), p(4))->link == p(1));
    CHECK(handshakes.find(node_of(1), p(1))->link == p(3));
    CHECK(handshakes.find(node_of(2), p(2)) == nullptr);
    CHECK(handshakes.find(node_of(3), p(1)) == nullptr);
  }
}

}  // namespace
}  // namespace gossip::test
