#include <gossip/overlay/trees.hpp>

#include "trees_fixture.hpp"

#include <string>
#include <vector>

namespace gossip::test {
namespace {

constexpr std::uint64_t all_trees = ~std::uint64_t{0};

/// The first of the messages 0, 1, ... whose content id is divisible by `divisor`, or is not.
std::string message_with(bool divisible, unsigned divisor) {
  for (int number = 0;; ++number) {
    const auto low = std::to_integer<unsigned>(content(std::to_string(number)).bytes.back());
    if ((low % divisor == 0) == divisible) return std::to_string(number);
  }
}

TEST_SUITE("trees") {
  TEST_CASE("Trees: a link begins eager in all trees, and is not the node's own before and after") {
    Grove grove;
    CHECK(grove.trees.eager_trees(p(1)) == 0);
    CHECK_FALSE(grove.trees.has(p(1)));
    grove.grow();
    CHECK(grove.trees.has(p(1)));
    CHECK(grove.trees.eager_trees(p(1)) == all_trees);
    grove.trees.remove(p(1));
    CHECK_FALSE(grove.trees.has(p(1)));
    CHECK(grove.trees.eager_trees(p(1)) == 0);
  }

  TEST_CASE("Trees: what a client announces travels by the node's own tree, sent no time before") {
    Grove grove(2);
    CHECK(grove.trees.receivers(c(1)) == 2);
    grove.publish("a");
    CHECK(grove.take() == "p1 DATA 7 a ttl 0 tree 5 hops 0; p2 DATA 7 a ttl 0 tree 5 hops 0");
    CHECK(grove.counted().data_sent == 2);
    CHECK(grove.counted().announces_sent == 0);
  }

  TEST_CASE("Trees: what comes by a tree travels on by it once it is valid, not to where it came from") {
    Grove grove(3);
    CHECK(grove.trees.receivers(p(2)) == 2);
    grove.comes(p(2), data("a", other, 0, 3));
    CHECK(grove.take() == "");
    grove.accept("a");
    CHECK(grove.take() == "p1 DATA 7 a ttl 0 tree 9 hops 4; p3 DATA 7 a ttl 0 tree 9 hops 4");
  }

  TEST_CASE("Trees: hops stay at 255") {
    Grove grove(2);
    grove.comes(p(1), data("a", other, 0, 254));
    grove.accept("a");
    grove.comes(p(1), data("b", other, 0, 255));
    grove.accept("b");
    CHECK(grove.take() == "p2 DATA 7 a ttl 0 tree 9 hops 255; p2 DATA 7 b ttl 0 tree 9 hops 255");
  }

  TEST_CASE("Trees: what comes from a base peer enters the overlay here, by the node's own tree") {
    Grove grove(1);
    grove.comes(p(77), announce("a", 7, 0));
    grove.accept("a");
    CHECK(grove.take() == "p1 DATA 7 a ttl 0 tree 5 hops 0");
  }

  TEST_CASE("Pruning: a DATA whose message is known makes its link lazy in that tree") {
    Grove grove(2);
    grove.comes(p(1), data("a", other));
    grove.comes(p(2), data("a", other));
    CHECK(grove.take() == "p2 PRUNE 9");
    CHECK(grove.counted().prunes_sent == 1);
    CHECK(grove.trees.eager_trees(p(2)) == (all_trees & ~bit(other)));
    CHECK(grove.trees.eager_trees(p(1)) == all_trees);
    grove.accept("a");
    grove.publish("b");
    CHECK(grove.take() == "p1 DATA 7 b ttl 0 tree 5 hops 0; p2 DATA 7 b ttl 0 tree 5 hops 0");
  }

  TEST_CASE("Pruning: only for some of many messages, the same at all nodes") {
    Grove grove(2);
    for (int number = 1000; number < 1032; ++number) {  // 4 a second: one in 8 is 2 s from the next
      grove.comes(p(1), data(std::to_string(number), other));
    }
    for (const MessageId id : grove.state.cache.ids()) {
      if (!grove.state.cache.is_valid(id)) grove.accept(grove.state.cache.get(id)->data.text());
    }
    // Of 32 messages the cache has kept 30; two more make it 32 that were found valid.
    for (const char* const text : {"x", "y"}) {
      grove.comes(p(1), data(text, other));
      grove.accept(text);
    }
    const std::string forbidden = message_with(false, 8);
    const std::string permitted = message_with(true, 8);
    grove.comes(p(1), data(forbidden, other));
    grove.comes(p(1), data(permitted, other));
    (void)grove.take();
    grove.comes(p(2), data(forbidden, other));
    CHECK(grove.take() == "");
    CHECK(grove.is_eager(p(2), other));
    grove.comes(p(2), data(permitted, other));
    CHECK(grove.take() == "p2 PRUNE 9");
    CHECK_FALSE(grove.is_eager(p(2), other));
  }

  TEST_CASE("Pruning: not where the first copy is gone: both links might be cut") {
    Grove grove(2);
    grove.comes(p(1), data("a", other));
    grove.accept("a");
    for (int number = 0; number < 30; ++number) grove.publish(std::to_string(number));
    (void)grove.take();
    grove.comes(p(2), data("a", other));
    grove.comes(p(1), data("a", other));
    CHECK(grove.take() == "");
    CHECK(grove.trees.eager_trees(p(1)) == all_trees);
    CHECK(grove.trees.eager_trees(p(2)) == all_trees);
  }

  TEST_CASE("Pruning: not by an ANNOUNCE, a finite ttl, or on a link that is not extended") {
    Grove grove(2);
    grove.comes(p(1), data("a", other));
    grove.comes(p(2), announce("a", 7, 0));
    grove.comes(p(2), data("a", other, 3));
    grove.comes(p(77), data("a", other));
    CHECK(grove.take() == "");
    CHECK(grove.trees.eager_trees(p(2)) == all_trees);
  }

  TEST_CASE("Trees: to a lazy link goes IHAVE instead, within 5 ms, in one frame for several messages") {
    Grove grove(2);
    grove.prune(p(1), own);
    CHECK(grove.counted().prunes_received == 1);
    for (const char* const text : {"a", "b", "c"}) grove.publish(text);
    CHECK(
        grove.take() ==
        "p2 DATA 7 a ttl 0 tree 5 hops 0; p2 DATA 7 b ttl 0 tree 5 hops 0; p2 DATA 7 c ttl 0 tree 5 hops 0");
    CHECK(grove.trees.receivers(c(1)) == 2);
    grove.pass(5ms - 1ns);
    CHECK(grove.take() == "");
    grove.pass(1ns);
    const auto told = grove.transport.sent_to<IHave>(p(1));
    REQUIRE(told.size() == 1);
    CHECK(told[0].adverts == std::vector<Advert>{{Tree(own), content("a")},
                                                 {Tree(own), content("b")},
                                                 {Tree(own), content("c")}});
    CHECK(grove.take() == "p1 IHAVE 5 5 5");
    CHECK(grove.counted().adverts_sent == 3);
    grove.publish("d");
    grove.pass(100ms - 1ns);
    CHECK(grove.take() == "p2 DATA 7 d ttl 0 tree 5 hops 0");  // a link has no more than ten in a second
    grove.pass(1ns);
    CHECK(grove.take() == "p1 IHAVE 5");
    grove.pass(100ms);
    grove.publish("e");
    grove.pass(5ms);
    CHECK(grove.take() == "p2 DATA 7 e ttl 0 tree 5 hops 0; p1 IHAVE 5");
  }

  TEST_CASE("Trees: a PRUNE names any number of trees, and no others become lazy") {
    Grove grove(1);
    grove.trees.on_prune(p(1), {bit(0) | bit(63)});
    CHECK(grove.trees.eager_trees(p(1)) == (all_trees & ~bit(0) & ~bit(63)));
    grove.trees.on_prune(p(77), {all_trees});
    CHECK(grove.counted().prunes_received == 1);
  }

  TEST_CASE("Trees: what has a finite ttl goes over lazy links, too, and is not told of") {
    Grove grove(2);
    grove.prune(p(1), own);
    grove.publish("a", 3);
    CHECK(grove.take() == "p1 DATA 7 a ttl 3 tree 5 hops 0; p2 DATA 7 a ttl 3 tree 5 hops 0");
    grove.pass(5ms);
    CHECK(grove.take() == "");
  }

  TEST_CASE("Trees: what is too large for a DATA goes as ANNOUNCE") {
    Grove grove(2);
    const std::string fits(tree_data_bytes_max, 'x');
    const std::string large(tree_data_bytes_max + 1, 'x');
    grove.publish(fits);
    CHECK(grove.transport.sent_to<Data>(p(1)).size() == 1);
    CHECK(grove.counted().data_sent == 2);
    CHECK(grove.counted().announces_sent == 0);
    grove.transport.clear();
    grove.publish(large);
    for (const ConnectionId link : {p(1), p(2)}) {
      CHECK(grove.transport.sent_to<Data>(link).empty());
      REQUIRE(grove.transport.sent_to<Announce>(link).size() == 1);
      CHECK(grove.transport.sent_to<Announce>(link)[0].data.size() == large.size());
    }
    CHECK(grove.counted().data_sent == 2);
    CHECK(grove.counted().announces_sent == 2);
  }

  TEST_CASE("Trees: nothing of the extension is larger than what the other side takes") {
    Grove grove(0, 100);
    grove.grow(accepted_frame_bytes_min);
    grove.prune(p(1), own);
    for (int number = 0; number < 61; ++number) grove.publish(std::to_string(number));
    grove.pass(100ms);
    const auto told = grove.transport.sent_to<IHave>(p(1));
    REQUIRE(told.size() == 2);
    CHECK(told[0].adverts.size() == 60);  // of 17 bytes, behind 4 of the header
    CHECK(told[1].adverts.size() == 1);
    grove.wants(p(1), {}, own);  // eager again
    grove.grow();
    grove.transport.clear();
    grove.publish(std::string(accepted_frame_bytes_min - 10, 'x'));
    CHECK(grove.transport.sent_to<Data>(p(1)).size() == 1);
    grove.publish(std::string(accepted_frame_bytes_min - 9, 'x'));
    CHECK(grove.transport.sent_to<Data>(p(1)).size() == 1);
    CHECK(grove.transport.sent_to<Announce>(p(1)).size() == 1);
    CHECK(grove.transport.sent_to<Data>(p(2)).size() == 2);
  }

  TEST_CASE("Trees: where a link is congested, who announced the message is held") {
    Grove grove(3);
    grove.transport.congested = {p(2)};
    grove.comes(p(1), data("a", other));
    grove.accept("a");
    CHECK(grove.take() == "p2 DATA 7 a ttl 0 tree 9 hops 1; p3 DATA 7 a ttl 0 tree 9 hops 1; pause p1");
  }

  TEST_CASE("Trees: a link that has ended is sent nothing more, of what waited, either") {
    Grove grove(2);
    grove.prune(p(1), own);
    grove.publish("a");
    grove.trees.remove(p(1));
    (void)grove.take();
    grove.pass(5ms);
    grove.publish("b");
    CHECK(grove.take() == "p2 DATA 7 b ttl 0 tree 5 hops 0");
    CHECK(grove.counted().adverts_sent == 0);
    grove.trees.remove(p(77));
    CHECK(grove.trees.receivers(c(1)) == 1);
  }

  TEST_CASE("Trees: without a link there is nothing to do, ever") {
    Grove grove(1);
    grove.prune(p(1), own);
    grove.publish("a");
    grove.trees.remove(p(1));
    CHECK_FALSE(grove.trees.next_timer());
    grove.publish("b");
    CHECK_FALSE(grove.trees.next_timer());
    CHECK(grove.take() == "");
  }
}

}  // namespace
}  // namespace gossip::test
