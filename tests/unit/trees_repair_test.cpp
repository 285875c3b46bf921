/// \file
/// docs/protocol.md, 'Repair': IHAVE and GRAFT.

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

  TEST_CASE("Repair: there is a bound to what a link can tell of, by a tree or to be caught up with") {
    Grove grove(2);
    const auto tell = [&](std::uint64_t count, Tree tree) {
      IHave told;
      for (std::uint64_t number = 0; number < count; ++number) {
        told.adverts.push_back({tree, numbered_id(number)});
      }
      grove.trees.on_i_have(p(1), told, grove.now);
    };
    tell(Missing::of_link_max + 1, Tree(other));
    CHECK(grove.trees.missing() == Missing::of_link_max);
    CHECK(grove.counted().adverts_dropped == 1);
    grove.tells(p(2), content("a"), other);
    CHECK(grove.trees.missing() == Missing::of_link_max + 1);
    tell(Missing::of_link_max + 30, no_tree);  // as many as the cache holds may wait
    CHECK(grove.counted().adverts_dropped == 1);
    tell(Missing::of_link_max + 1, no_tree);
    CHECK(grove.counted().adverts_dropped == 2);
    CHECK(grove.trees.missing() == Missing::of_link_max + 1);
  }

  TEST_CASE("Repair: what is told of beyond the bound to be caught up with is asked for as the rest comes") {
    const std::size_t all = Missing::of_link_max * 3;
    Grove grove(1, all);
    IHave told;
    for (std::size_t number = 0; number < all; ++number)
      told.adverts.push_back({no_tree, content(std::to_string(number))});
    grove.trees.on_i_have(p(1), told, grove.now);
    grove.pass(1s);
    std::size_t came = 0;
    // What was asked for comes at once, so nothing has to wait any more.
    for (auto asked = grove.transport.sent_to<Graft>(p(1)); !asked.empty();
         asked = grove.transport.sent_to<Graft>(p(1))) {
      grove.transport.clear();
      for (const Graft& graft : asked) {
        for (const Advert& wanted : graft.wanted) {
          CHECK(wanted.id == content(std::to_string(came)));
          grove.comes(p(1), data(std::to_string(came++), other));
        }
      }
      grove.pass(0s);
    }
    CHECK(came == all);
    CHECK(grove.counted().grafts_sent == all);
    CHECK(grove.counted().missing_given_up == 0);
    CHECK(grove.trees.missing() == 0);
  }

  TEST_CASE("Repair: what a link that ended has told of beyond the bound is forgotten") {
    Grove grove(1, 100);
    IHave told;
    for (std::uint64_t number = 0; number < Missing::of_link_max + 100; ++number)
      told.adverts.push_back({no_tree, numbered_id(number)});
    grove.trees.on_i_have(p(1), told, grove.now);
    grove.trees.remove(p(1));
    grove.pass(1h);
    CHECK(grove.counted().missing_given_up == Missing::of_link_max);
    CHECK(grove.counted().grafts_sent == 0);
    CHECK_FALSE(grove.trees.next_timer());
  }

  TEST_CASE("Repair: what is due at the same time is asked for in one GRAFT, as large as the link takes it") {
    Grove grove(0);
    grove.grow(accepted_frame_bytes_min);
    IHave told;
    for (std::uint64_t number = 0; number < 61; ++number)
      told.adverts.push_back({Tree(other), numbered_id(number)});
    grove.trees.on_i_have(p(1), told, grove.now);
    grove.pass(1s);
    const auto asked = grove.transport.sent_to<Graft>(p(1));
    REQUIRE(asked.size() == 2);
    CHECK(asked[0].wanted.size() == 60);  // of 17 bytes, behind 4 of the header
    CHECK(asked[1].wanted.size() == 1);
    CHECK(grove.counted().grafts_sent == 61);
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

  TEST_CASE("Repair: who asks faster than it reads is not read from, and gets the rest as it reads") {
    Grove grove(1);
    for (const char* const text : {"a", "b", "c", "d"}) grove.publish(text);
    (void)grove.take();
    grove.transport.congested = {p(1)};
    Graft graft;
    for (const char* const text : {"a", "unknown", "b", "c"})
      graft.wanted.push_back({no_tree, content(text)});
    grove.trees.on_graft(p(1), graft, grove.now);
    CHECK(grove.take() == "p1 DATA 7 a ttl 0 tree 5 hops 0; pause p1");
    grove.wants(p(1), content("d"), no_tree_number);  // had come before the pause
    CHECK(grove.take() == "");
    grove.relieve(p(1));
    CHECK(
        grove.take() ==
        "p1 DATA 7 b ttl 0 tree 5 hops 0; p1 DATA 7 c ttl 0 tree 5 hops 0; p1 DATA 7 d ttl 0 tree 5 hops 0; "
        "resume p1");
    CHECK(grove.counted().grafts_received == 5);
    CHECK(grove.counted().grafts_unanswered == 1);
    grove.relieve(p(1));
    CHECK(grove.take() == "");
  }

  TEST_CASE("Repair: who asks faster than it reads gets one answer each time that it has read") {
    Grove grove(1);
    Graft graft;
    for (int number = 0; number < 5; ++number) {
      grove.publish(std::to_string(number));
      graft.wanted.push_back({no_tree, content(std::to_string(number))});
    }
    grove.transport.clear();
    grove.transport.congested = {p(1)};
    grove.trees.on_graft(p(1), graft, grove.now);
    for (int number = 0; number < 5; ++number) {
      CHECK(grove.transport.sent_to<Data>(p(1)) == std::vector<Data>{data(std::to_string(number), own)});
      grove.transport.clear();
      grove.state.flow.relieve(p(1));
      grove.trees.on_relieved(p(1), grove.now);  // and congested again by the next
    }
    CHECK(grove.transport.sent.empty());
    CHECK(grove.counted().grafts_unanswered == 0);
  }

  TEST_CASE(
      "Repair: there is a bound to what waits until a link has room, and what is gone by then is left") {
    Grove grove(1, 2);
    for (const char* const text : {"a", "b"}) grove.publish(text);
    (void)grove.take();
    grove.transport.congested = {p(1)};
    const std::vector<Advert> many(adverts_max, Advert{no_tree, content("a")});
    grove.trees.on_graft(p(1), {many}, grove.now);
    CHECK(grove.counted().grafts_unanswered == 0);
    grove.trees.on_graft(p(1), {many}, grove.now);  // one is answered, and has made room for another
    CHECK(grove.counted().grafts_unanswered == adverts_max - 1);
    for (const char* const text : {"c", "d"}) grove.publish(text);  // "a" is evicted
    grove.transport.clear();
    grove.relieve(p(1));
    CHECK(grove.transport.sent.empty());
    CHECK(grove.counted().grafts_unanswered == 2 * adverts_max - 1);
  }

  TEST_CASE("Repair: a link that has ended is sent none of the answers that waited") {
    Grove grove(1);
    grove.publish("a");
    (void)grove.take();
    grove.transport.congested = {p(1)};
    grove.trees.on_graft(p(1), {{{no_tree, content("a")}, {no_tree, content("a")}}}, grove.now);
    (void)grove.take();
    grove.trees.remove(p(1));
    grove.trees.on_relieved(p(1), grove.now);
    CHECK(grove.transport.sent.empty());
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

}  // namespace
}  // namespace gossip::test
