/// \file
/// docs/protocol.md, 'The overlay extension', on large messages with a finite ttl: IDONTWANT.

#include "overlay_bench.hpp"
#include "trees_fixture.hpp"

#include <string>

namespace gossip::test {
namespace {

/// Data of so many bytes, of which the first says which it is.
std::string sized(std::size_t bytes, char first = 'a') {
  std::string text(bytes, '.');
  text[0] = first;
  return text;
}

const std::string large = sized(Trees::large_bytes);

/// What was sent as DATA, and to whom.
std::string data_in(const Grove& grove) {
  std::string text;
  for (const auto& [to, message] : grove.transport.sent) {
    if (const auto* const sent = std::get_if<Data>(&message))
      text.append(name_of(to)).append(" ").append(sent->data.text().substr(0, 1)).append(" ");
  }
  return text;
}

TEST_SUITE("IDONTWANT") {
  TEST_CASE(
      "Who gets a large message with a finite ttl says so to all others at once, with the ttl that it had") {
    Grove grove(3);
    grove.comes(p(1), data(large, 9, 3));
    CHECK(grove.take() == "p2 IDONTWANT ttl 3; p3 IDONTWANT ttl 3");
    CHECK(grove.counted().declines_sent == 2);
    grove.comes(p(2), data(large, 9, 3));
    CHECK(grove.take() == "");
  }

  TEST_CASE("Also of one that goes no further, and of one that came from a base peer") {
    Grove grove(1);
    grove.comes(p(77), announce(large, 7, 1));
    CHECK(grove.take() == "p1 IDONTWANT ttl 1");
    CHECK(grove.transport.sent.empty());
  }

  TEST_CASE("The id is that of the message") {
    Grove grove(2);
    grove.comes(p(1), data(large, 9, 3));
    CHECK(grove.transport.sent_to<DontWant>(p(2)) == std::vector{DontWant{Ttl{3}, content(large)}});
  }

  TEST_CASE("Not of what is smaller, has no bound to its hops, or was published here; nor over a probe") {
    Grove grove(2);
    grove.comes(p(1), data(sized(Trees::large_bytes - 1), 9, 3));
    grove.comes(p(1), data(sized(2000, 'b'), 9, 0));
    grove.trees.stand_by(p(2));
    grove.comes(p(1), data(large, 9, 3));
    CHECK(grove.take() == "");
    grove.publish(sized(2000, 'c'), 3);
    CHECK(grove.transport.sent_to<DontWant>(p(1)).empty());
    CHECK(grove.counted().declines_sent == 0);
  }

  TEST_CASE("Who is told faster than it reads is not what holds up its teller; who brings it is held") {
    Grove grove(2);
    grove.transport.congested.insert(p(2));
    grove.comes(p(1), data(large, 9, 3));
    CHECK(grove.take() == "p2 IDONTWANT ttl 3; pause p1");
  }

  TEST_CASE("What a link does not want is sent there only with a larger ttl") {
    for (const int ttl : {1, 2, 3, 4, 255}) {
      CAPTURE(ttl);
      Grove grove(2);
      grove.trees.on_dont_want(p(1), {Ttl{3}, content(large)}, grove.now);
      grove.publish(large, ttl);
      CHECK(data_in(grove) == (ttl > 3 ? "p1 a p2 a " : "p2 a "));
      CHECK(grove.counted().data_declined == (ttl > 3 ? 0 : 1));
      CHECK(grove.counted().declines_received == 1);
    }
  }

  TEST_CASE("Nothing else is held back: a smaller one, another one, or what goes by a tree") {
    Grove grove(1);
    const std::string small = sized(Trees::large_bytes - 1, 's');
    const std::string other_one = sized(2000, 'o');
    const std::string by_tree = sized(2000, 't');
    for (const std::string& declined : {small, by_tree, large})
      grove.trees.on_dont_want(p(1), {Ttl{255}, content(declined)}, grove.now);
    grove.publish(small, 3);
    grove.publish(other_one, 3);
    grove.publish(by_tree, 0);
    CHECK(data_in(grove) == "p1 s p1 o p1 t ");
  }

  TEST_CASE("What was declined can be asked for") {
    Grove grove(1);
    grove.trees.on_dont_want(p(1), {Ttl{255}, content(large)}, grove.now);
    grove.publish(large, 3);
    CHECK(data_in(grove).empty());
    grove.wants(p(1), content(large), own);
    CHECK(data_in(grove) == "p1 a ");
  }

  TEST_CASE("It is forgotten after 10 s") {
    for (const Duration later : {Duration(Trees::declined_for - 1ns), Duration(Trees::declined_for)}) {
      Grove grove(1);
      grove.trees.on_dont_want(p(1), {Ttl{3}, content(large)}, grove.now);
      grove.pass(later);
      grove.publish(large, 3);
      CHECK(data_in(grove).empty() == (later < Trees::declined_for));
    }
  }

  TEST_CASE("64 are remembered of each link, and the oldest is forgotten for another") {
    for (const std::size_t more : {Trees::declined_max - 1, Trees::declined_max}) {
      Grove grove(2);
      grove.trees.on_dont_want(p(1), {Ttl{3}, content(large)}, grove.now);
      for (std::size_t i = 0; i < more; ++i) {
        grove.trees.on_dont_want(p(1), {Ttl{3}, numbered_id(i)}, grove.now);
        grove.trees.on_dont_want(p(2), {Ttl{3}, numbered_id(i)}, grove.now);
      }
      grove.publish(large, 3);
      CHECK(data_in(grove) == (more < Trees::declined_max ? "p2 a " : "p1 a p2 a "));
    }
  }

  TEST_CASE("On a link that is not its own it is ignored") {
    Grove grove(1);
    grove.trees.on_dont_want(p(9), {Ttl{3}, content(large)}, grove.now);
    CHECK(grove.counted().declines_received == 0);
  }

  TEST_CASE("In a node: both ways") {
    OverlayBench bench;
    bench.extended(1);
    bench.extended(2);
    bench.from(p(1), data(large, 9, 3));
    CHECK(bench.transport.sent_to<DontWant>(p(2)) == std::vector{DontWant{Ttl{3}, content(large)}});
    CHECK(bench.transport.sent_to<DontWant>(p(1)).empty());
    const std::string published = sized(2000, 'p');
    bench.from(p(2), DontWant{Ttl{9}, content(published)});
    bench.from(bench.client(), announce(published, 7, 5));
    CHECK(bench.transport.sent_to<Data>(p(1)).size() == 1);
    CHECK(bench.transport.sent_to<Data>(p(2)).empty());
  }
}

}  // namespace
}  // namespace gossip::test
