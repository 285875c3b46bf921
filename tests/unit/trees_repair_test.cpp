/// \file
/// docs/protocol.md, 'Repair' and 'Catching up': IHAVE, GRAFT and what a link is told of.

#include "trees_fixture.hpp"

#include <string>
#include <vector>

namespace gossip::test {
namespace {

TEST_SUITE("Repair") {
  TEST_CASE("Repair: a message that is told of and does not come is asked for after 1 s") {
    Grove grove(2);
    grove.prune(p(1), other);
    grove.tells(p(1), content("a"), other);
    CHECK(grove.counted().adverts_received == 1);
    CHECK(grove.trees.missing() == 1);
    grove.pass(1s - 1ns);
    CHECK(grove.take() == "");
    CHECK_FALSE(grove.is_eager(p(1), other));
    grove.pass(1ns);
    CHECK(grove.transport.sent_to<Graft>(p(1)) == std::vector<Graft>{{{{Tree(other), content("a")}}}});
    CHECK(grove.take() == "p1 GRAFT 9");
    CHECK(grove.is_eager(p(1), other));
    CHECK(grove.counted().grafts_sent == 1);
  }

  TEST_CASE("Repair: every 250 ms the next one who told of it is asked, until all have been") {
    Grove grove(3);
    for (std::uint64_t link = 1; link <= 3; ++link) grove.tells(p(link), content("a"), other);
    grove.pass(1s);
    CHECK(grove.take() == "p1 GRAFT 9");
    grove.pass(250ms);
    CHECK(grove.take() == "p2 GRAFT 9");
    grove.trees.remove(p(3));
    grove.pass(250ms);
    CHECK(grove.take() == "");
    CHECK(grove.counted().missing_given_up == 1);
    CHECK(grove.trees.missing() == 0);
  }

  TEST_CASE("Repair: what comes in time, pending, is not asked for, and what comes late ends the asking") {
    Grove grove(3);
    for (const char* const text : {"a", "b"}) {
      for (std::uint64_t link = 1; link <= 2; ++link) grove.tells(p(link), content(text), other);
    }
    grove.comes(p(3), data("a", other));
    CHECK(grove.trees.missing() == 1);
    grove.pass(1s);
    CHECK(grove.take() == "p1 GRAFT 9");
    CHECK(grove.counted().grafts_sent == 1);
    grove.comes(p(1), data("b", other));
    grove.pass(1s);
    CHECK(grove.take() == "");
    CHECK(grove.counted().missing_given_up == 0);
  }

  TEST_CASE("Repair: what is known is not asked for: cached, pending, rejected, evicted") {
    Grove grove(2, 3);
    grove.prune(p(2), own);
    grove.publish("evicted");
    grove.comes(p(1), data("rejected", other));
    grove.reject("rejected");
    grove.comes(p(1), data("pending", other));
    for (const char* const text : {"cached", "more"}) grove.publish(text);
    REQUIRE_FALSE(grove.state.cache.find(DataType{7}, Payload("evicted")));
    for (const char* const text : {"evicted", "rejected", "pending", "cached"}) {
      grove.tells(p(1), content(text), other);
    }
    CHECK(grove.trees.missing() == 0);
    CHECK(grove.counted().adverts_received == 4);
  }

  TEST_CASE("Repair: what was cached while all links were eager is known as well") {
    Grove grove(2);
    grove.publish("a");
    grove.comes(p(1), data("b", other));
    for (const char* const text : {"a", "b"}) grove.tells(p(2), content(text), other);
    CHECK(grove.trees.missing() == 0);
  }

  TEST_CASE("Repair: what was evicted while all links were eager is asked for once, and known from then on") {
    Grove grove(2, 1);
    grove.publish("a");
    grove.publish("b");
    grove.pass(100ms);
    (void)grove.take();
    for (std::uint64_t link = 1; link <= 2; ++link) grove.tells(p(link), content("a"), no_tree_number);
    CHECK(grove.trees.missing() == 1);
    grove.pass(1s);
    CHECK(grove.transport.sent_to<Graft>(p(1)).size() == 1);
    grove.comes(p(1), data("a", other, 3));  // it is told again what it has seen go
    CHECK(grove.trees.missing() == 0);
    grove.pass(1s);
    CHECK(grove.transport.sent_to<Graft>(p(2)).empty());
    grove.tells(p(2), content("a"), no_tree_number);
    CHECK(grove.trees.missing() == 0);
    CHECK(grove.counted().missing_given_up == 0);
  }

  TEST_CASE("Repair: there is a bound to what a link can tell of") {
    Grove grove(2);
    IHave told;
    for (std::uint64_t number = 0; number <= Missing::of_link_max; ++number) {
      told.adverts.push_back({Tree(other), numbered_id(number)});
    }
    grove.trees.on_i_have(p(1), told, grove.now);
    CHECK(grove.trees.missing() == Missing::of_link_max);
    CHECK(grove.counted().adverts_dropped == 1);
    grove.tells(p(2), content("a"), other);
    CHECK(grove.trees.missing() == Missing::of_link_max + 1);
  }

  TEST_CASE("Repair: what is caught up with makes no link eager") {
    Grove grove(1);
    grove.prune(p(1), other);
    grove.tells(p(1), content("a"), no_tree_number);
    grove.pass(1s);
    CHECK(grove.take() == "p1 GRAFT 255");
    CHECK_FALSE(grove.is_eager(p(1), other));
  }

  TEST_CASE("Repair: a GRAFT is answered with DATA, and its link is eager again") {
    Grove grove(2);
    grove.prune(p(1), own);
    grove.publish("a");
    grove.pass(5ms);
    (void)grove.take();
    grove.wants(p(1), content("a"), own);
    CHECK(grove.take() == "p1 DATA 7 a ttl 0 tree 5 hops 0");
    CHECK(grove.counted().grafts_received == 1);
    CHECK(grove.counted().grafts_unanswered == 0);
    grove.publish("b");
    CHECK(grove.take() == "p1 DATA 7 b ttl 0 tree 5 hops 0; p2 DATA 7 b ttl 0 tree 5 hops 0");
  }

  TEST_CASE("Repair: a GRAFT for several is answered for each that is here") {
    Grove grove(1);
    for (const char* const text : {"a", "b"}) grove.publish(text);
    (void)grove.take();
    grove.trees.on_graft(
        p(1), {{{no_tree, content("b")}, {no_tree, content("unknown")}, {no_tree, content("a")}}}, grove.now);
    CHECK(grove.take() == "p1 DATA 7 b ttl 0 tree 5 hops 0; p1 DATA 7 a ttl 0 tree 5 hops 0");
    CHECK(grove.counted().grafts_received == 3);
    CHECK(grove.counted().grafts_unanswered == 1);
  }

  TEST_CASE(
      "Repair: a GRAFT for what is unknown, rejected, evicted or used up is counted, and nothing else") {
    Grove grove(2, 2);
    grove.prune(p(1), own);
    grove.publish("evicted");
    grove.comes(p(2), data("rejected", other));
    grove.reject("rejected");
    grove.comes(p(2), data("used up", other, 1));
    grove.state.cache.set_validity(grove.state.cache.find(DataType{7}, Payload("used up")).value(), true);
    grove.publish("more");
    REQUIRE_FALSE(grove.state.cache.find(DataType{7}, Payload("evicted")));
    grove.pass(5ms);
    (void)grove.take();
    for (const char* const text : {"unknown", "rejected", "evicted", "used up"}) {
      grove.wants(p(1), content(text), other);
    }
    CHECK(grove.take() == "");
    CHECK(grove.counted().grafts_unanswered == 4);
    CHECK(grove.trees.missing() == 0);
  }

  TEST_CASE("Repair: a GRAFT for what is pending is answered by the verdict: its link is eager by then") {
    Grove grove(2);
    grove.prune(p(1), other);
    grove.comes(p(2), data("a", other));
    grove.wants(p(1), content("a"), other);
    CHECK(grove.take() == "");
    CHECK(grove.counted().grafts_unanswered == 1);
    grove.accept("a");
    CHECK(grove.take() == "p1 DATA 7 a ttl 0 tree 9 hops 1");
  }

  TEST_CASE("Repair: who asks faster than it reads is not read from") {
    Grove grove(1);
    grove.publish("a");
    (void)grove.take();
    grove.transport.congested = {p(1)};
    grove.wants(p(1), content("a"), own);
    CHECK(grove.take() == "p1 DATA 7 a ttl 0 tree 5 hops 0; pause p1");
  }

  TEST_CASE("Repair: what comes on a link that is not extended is ignored") {
    Grove grove(1);
    grove.publish("a");
    (void)grove.take();
    grove.tells(p(77), content("b"), other);
    grove.wants(p(77), content("a"), own);
    CHECK(grove.take() == "");
    CHECK(grove.trees.missing() == 0);
    CHECK(grove.counted().adverts_received == 0);
    CHECK(grove.counted().grafts_received == 0);
  }
}

TEST_SUITE("Catching up") {
  TEST_CASE("Catching up: a new link is told of what is valid and did not come from it") {
    Grove grove(1);
    grove.publish("a");
    grove.comes(p(2), announce("of the newcomer", 7, 0));
    grove.accept("of the newcomer");
    grove.comes(p(1), data("pending", other));
    grove.comes(p(1), data("used up", other, 1));
    grove.state.cache.set_validity(grove.state.cache.find(DataType{7}, Payload("used up")).value(), true);
    grove.comes(p(1), data("b", other, 3));
    grove.accept("b");
    (void)grove.take();
    grove.grow();
    CHECK(grove.take() == "");
    grove.pass(5ms);
    const auto told = grove.transport.sent_to<IHave>(p(2));
    REQUIRE(told.size() == 1);
    CHECK(told[0].adverts == std::vector<Advert>{{no_tree, content("a")}, {no_tree, content("b")}});
    CHECK(grove.transport.sent_to<IHave>(p(1)).empty());
  }

  TEST_CASE("Catching up: a new link is told of a cache of many pages, in order and once") {
    Grove grove(0, 200);
    for (int number = 0; number < 200; ++number) grove.publish(std::to_string(number));
    grove.grow();
    grove.pass(5ms);
    const auto told = grove.transport.sent_to<IHave>(p(1));
    REQUIRE(told.size() == 1);
    REQUIRE(told[0].adverts.size() == 200);
    for (int number = 0; number < 200; ++number) {
      CHECK(told[0].adverts[static_cast<std::size_t>(number)].id == content(std::to_string(number)));
    }
  }

  TEST_CASE("Catching up: what a new link is told of it can have, however long ago it came") {
    Grove grove(1);
    grove.prune(p(1), own);
    grove.publish("a");
    grove.trees.remove(p(1));
    grove.publish("b");
    grove.pass(1h);
    grove.grow();
    (void)grove.take();
    for (const char* const text : {"a", "b"}) grove.wants(p(2), content(text), no_tree_number);
    CHECK(grove.take() == "p2 DATA 7 a ttl 0 tree 5 hops 0; p2 DATA 7 b ttl 0 tree 5 hops 0");
  }

  TEST_CASE("Catching up: what is in the cache for long is known all the time, and can be had") {
    Grove grove(2);
    grove.prune(p(1), own);
    grove.publish("a");
    for (int minute = 0; minute < 10; ++minute) {
      grove.pass(37s);
      (void)grove.take();
      grove.tells(p(1), content("a"), own);
      CHECK(grove.trees.missing() == 0);
      grove.wants(p(2), content("a"), no_tree_number);
      CHECK(grove.transport.sent_to<Data>(p(2)).size() == 1);
    }
  }

  TEST_CASE("Catching up: every 30 s a link that is drawn is told of all that the cache holds") {
    Grove grove(2);
    for (const char* const text : {"a", "b"}) grove.publish(text);
    (void)grove.take();
    std::set<std::string> told;
    for (int period = 0; period < 20; ++period) {
      grove.pass(30s);
      told.insert(grove.take());
    }
    CHECK(told == std::set<std::string>{"p1 IHAVE 255 255", "p2 IHAVE 255 255"});
  }
}

}  // namespace
}  // namespace gossip::test
