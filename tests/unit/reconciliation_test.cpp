/// \file
/// docs/protocol.md, 'Reconciliation': DIGEST, what it tells of a cache, and what it is answered with.

#include <gossip/overlay/reconciliation.hpp>

#include "trees_fixture.hpp"
#include "vectors.hpp"

#include <algorithm>
#include <bit>
#include <set>
#include <string>
#include <vector>

namespace gossip::test {
namespace {

using Texts = std::vector<std::string>;

/// "0", "1", ...
Texts numbers(int count) {
  Texts texts;
  for (int number = 0; number < count; ++number) texts.push_back(std::to_string(number));
  return texts;
}

/// The ids that a link was told of, in the order in which it was.
std::vector<ContentId> told(const Grove& grove, ConnectionId link = p(1)) {
  std::vector<ContentId> ids;
  for (const IHave& page : grove.transport.sent_to<IHave>(link)) {
    for (const Advert& advert : page.adverts) {
      CHECK(advert.tree == no_tree);
      ids.push_back(advert.id);
    }
  }
  return ids;
}

std::vector<ContentId> contents(const Texts& texts) {
  std::vector<ContentId> ids;
  for (const std::string& text : texts) ids.push_back(content(text));
  return ids;
}

/// The DIGEST that was sent last.
CacheDigest last_digest(const Grove& grove, ConnectionId link = p(1)) {
  const auto digests = grove.transport.sent_to<CacheDigest>(link);
  REQUIRE_FALSE(digests.empty());
  return digests.back();
}

/// A cache of so many messages, and one link whose DIGEST was sent.
struct Full : Grove {
  explicit Full(int count, std::size_t accepted_bytes = frame_bytes_max, std::size_t cache_size = 65535)
      : Grove(0, cache_size) {
    for (const std::string& text : numbers(count)) publish(text);
    greet(accepted_bytes);
  }
};

TEST_SUITE("Reconciliation") {
  TEST_CASE("Reconciliation: a new link is sent a DIGEST of what is valid and may travel, unasked") {
    Grove grove(1);
    for (const char* const text : {"a", "b"}) grove.publish(text);
    grove.comes(p(1), data("pending", other));
    grove.comes(p(1), data("used up", other, 1));
    grove.state.cache.set_validity(grove.state.cache.find(DataType{7}, Payload("used up")).value(), true);
    grove.comes(p(1), data("with a ttl", other, 3));
    grove.accept("with a ttl");
    (void)grove.take();
    grove.greet();
    const CacheDigest digest = last_digest(grove, p(2));
    CHECK(grove.take() == "p2 DIGEST 1");
    CHECK(digest == digest_of({"with a ttl", "b", "a"}, 1, false, digest.salt));
    CHECK(grove.counted().digests_sent == 1);
  }

  TEST_CASE("Reconciliation: an empty cache has an empty bucket, in a frame of 24 bytes") {
    Grove grove;
    grove.greet();
    const CacheDigest digest = last_digest(grove);
    CHECK(digest.buckets == std::vector<std::uint64_t>{0});
    CHECK(encode(digest).size() == 24);
  }

  TEST_CASE("Reconciliation: the salt is another each time, on each link and at each node") {
    std::set<std::uint64_t> salts;
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      RecordingTransport transport;
      NullObserver observer;
      NodeState state(config_with(30), transport, observer, seed);
      ContentNames names(state.cache, state.random);
      Turnover turnover(state.cache.capacity());
      Reconciliation reconciliation(state, names, turnover);
      for (std::uint64_t link = 1; link <= 3; ++link) {
        reconciliation.add(p(link), frame_bytes_max, at(0s));
        salts.insert(transport.sent_to<CacheDigest>(p(link)).at(0).salt);
      }
    }
    CHECK(salts.size() == 9);
  }

  TEST_CASE("Reconciliation: three to six ids for each bucket, up to 256 buckets, by the ids' first bits") {
    for (const int count : {1, 5, 6, 11, 12, 47, 100, 300, 767, 768, 3000}) {
      CAPTURE(count);
      const Full grove(count);
      const CacheDigest digest = last_digest(grove);
      const std::size_t buckets = digest.buckets.size();
      CHECK(std::has_single_bit(buckets));
      CHECK((buckets == 1 || static_cast<int>(buckets) * 3 <= count));
      CHECK((buckets == 256 || static_cast<int>(buckets) * 6 > count));
      CHECK(digest == digest_of(numbers(count), buckets, false, digest.salt));
    }
  }

  TEST_CASE("Reconciliation: a DIGEST is no larger than what the other side takes") {
    const Full grove(3000, accepted_frame_bytes_min);
    CHECK(last_digest(grove).buckets.size() == 64);  // 128 would be 1,040 bytes
    CHECK(encode(last_digest(grove)).size() <= accepted_frame_bytes_min);
  }

  TEST_CASE("Reconciliation: where the caches are equal a DIGEST is all, whatever their order") {
    Full grove(300);
    grove.transport.clear();
    Texts others = numbers(300);
    std::ranges::reverse(others);
    grove.digests(p(1), others, 64, true);
    CHECK(grove.transport.sent.empty());
    CHECK(grove.counted().digests_received == 1);
    CHECK(grove.counted().digests_unanswered == 0);
  }

  TEST_CASE("Reconciliation: where a bucket differs its ids are told of, and no others") {
    for (const std::size_t buckets : {1U, 2U, 64U, 256U}) {
      CAPTURE(buckets);
      Full grove(300);
      grove.transport.clear();
      Texts others = numbers(300);
      others.erase(others.begin() + 70);
      grove.digests(p(1), others, buckets);
      const auto bucket = [&](const ContentId& id) {
        return std::to_integer<std::size_t>(id.bytes[0]) * buckets / 256;
      };
      std::vector<ContentId> expected;
      for (const ContentId& id : contents(numbers(300))) {
        if (bucket(id) == bucket(content("70"))) expected.push_back(id);
      }
      CHECK(told(grove) == expected);
      CHECK(grove.counted().adverts_sent == expected.size());
      CHECK(grove.transport.sent_to<CacheDigest>(p(1)).empty());
    }
  }

  TEST_CASE(
      "Reconciliation: where a bucket differs and an answer is wanted, a DIGEST goes back that wants none") {
    Full grove(300);
    grove.transport.clear();
    grove.digests(p(1), numbers(299), 64, true);
    CHECK(grove.transport.sent_to<IHave>(p(1)).size() == 1);
    const CacheDigest answer = last_digest(grove);
    CHECK(answer == digest_of(numbers(300), 64, false, answer.salt));
    CHECK(grove.counted().digests_sent == 2);
  }

  TEST_CASE("Reconciliation: who has nothing that the other lacks tells of nothing, but answers") {
    Grove grove;
    grove.greet();
    (void)grove.take();
    grove.digests(p(1), {"a"}, 1, true);
    CHECK(grove.take() == "p1 DIGEST 1");
  }

  TEST_CASE("Reconciliation: a newcomer is told of all at once, in pages, and has all of it at once") {
    Full grove(3000);
    grove.transport.clear();
    grove.digests(p(1), {});
    CHECK(told(grove) == contents(numbers(3000)));
    for (const IHave& page : grove.transport.sent_to<IHave>(p(1))) CHECK(page.adverts.size() <= 1024);
    CHECK(grove.transport.sent_to<IHave>(p(1)).size() == 3);
  }

  TEST_CASE("Reconciliation: pages are no larger than what the other side takes") {
    Full grove(121, accepted_frame_bytes_min);
    grove.transport.clear();
    grove.digests(p(1), {});
    const auto pages = grove.transport.sent_to<IHave>(p(1));
    REQUIRE(pages.size() == 3);
    CHECK(pages[0].adverts.size() == 60);  // of 17 bytes, behind 4 of the header
    CHECK(pages[1].adverts.size() == 60);
    CHECK(pages[2].adverts.size() == 1);
  }

  TEST_CASE("Reconciliation: a link that is congested is told of the rest as it has room, each of it once") {
    Full grove(3000);
    grove.transport.clear();
    grove.transport.congested = {p(1)};
    grove.digests(p(1), {});
    CHECK(grove.transport.sent_to<IHave>(p(1)).size() == 1);
    CHECK(grove.transport.paused.empty());
    grove.pass(5s);
    CHECK(grove.transport.sent_to<IHave>(p(1)).size() == 1);
    grove.publish("later");  // goes to the link by itself
    grove.trees.on_relieved(p(1), grove.now);
    grove.reconciliation.on_relieved(p(1), grove.now);  // and congested again by the next page
    CHECK(grove.transport.sent_to<IHave>(p(1)).size() == 2);
    grove.relieve(p(1));
    CHECK(told(grove) == contents(numbers(3000)));
    grove.transport.clear();
    grove.relieve(p(1));
    CHECK(grove.transport.sent.empty());
  }

  TEST_CASE("Reconciliation: what is gone from the cache before its turn is left out") {
    Full grove(2048, frame_bytes_max, 2048);
    grove.transport.clear();
    grove.transport.congested = {p(1)};
    grove.digests(p(1), {});
    for (int number = 0; number < 1500; ++number) grove.publish("new " + std::to_string(number));
    grove.transport.congested.clear();
    grove.reconciliation.on_relieved(p(1), grove.now);
    Texts rest = numbers(2048);
    rest.erase(rest.begin() + 1024, rest.begin() + 1500);
    CHECK(told(grove) == contents(rest));
  }

  TEST_CASE("Reconciliation: what came from a link is in its DIGEST, and it is not told of it") {
    Grove grove;
    grove.greet();
    grove.comes(p(1), data("from it", other));
    grove.accept("from it");
    grove.publish("a");
    grove.transport.clear();
    grove.digests(p(1), {});
    CHECK(told(grove) == contents({"a"}));
    grove.transport.clear();
    grove.digests(p(1), {"a", "from it"}, 1, true);
    CHECK(grove.transport.sent.empty());
  }

  TEST_CASE("Reconciliation: the hashes are those that an independent implementation makes") {
    std::size_t compared = 0;
    for (const FrameVector& vector : overlay_vectors()) {
      if (!vector.name.starts_with("digest_of_a_cache_")) continue;
      CAPTURE(vector.name);
      compared += 1;
      const auto& digest = std::get<CacheDigest>(vector.message);
      Grove grove;
      grove.greet();
      const auto publish = [&](int number) {
        const NewMessage message{DataType{540}, Payload("message " + std::to_string(number)), true, c(1),
                                 Ttl{0}};
        (void)grove.state.add(message, Layer::api, grove.now);
      };
      for (int number = 0; number < 20; ++number) publish(number);
      grove.transport.clear();
      grove.reconciliation.on_digest(p(1), digest, grove.now);
      CHECK(grove.transport.sent.empty());
      publish(20);
      grove.names.leave_unnamed();
      grove.reconciliation.on_digest(p(1), digest, grove.now);
      CHECK_FALSE(grove.transport.sent.empty());
    }
    CHECK(compared == 3);
  }

  TEST_CASE("Reconciliation: every 30 s a link that is drawn is sent a DIGEST that wants an answer") {
    Grove grove;
    for (int link = 0; link < 2; ++link) grove.greet();
    grove.publish("a");
    (void)grove.take();
    std::set<std::string> sent;
    for (int period = 0; period < 20; ++period) {
      grove.pass(30s);
      sent.insert(grove.take());
    }
    CHECK(sent == std::set<std::string>{"p1 DIGEST 1 ?", "p2 DIGEST 1 ?"});
    CHECK(grove.counted().digests_sent == 22);
    for (const ConnectionId link : {p(1), p(2)}) grove.reconciliation.remove(link);
    CHECK_FALSE(grove.reconciliation.next_timer());
  }

  TEST_CASE("Reconciliation: DIGESTs that come faster than one a second, four at once, are not answered") {
    Full grove(3);
    grove.transport.clear();
    const auto answers = [&] {
      const std::size_t count = grove.transport.sent_to<IHave>(p(1)).size();
      CHECK(grove.transport.sent_to<CacheDigest>(p(1)).size() == count);
      grove.transport.clear();
      return count;
    };
    for (int i = 0; i < 10; ++i) grove.digests(p(1), {}, 1, true);
    CHECK(answers() == 4);
    CHECK(grove.counted().digests_received == 10);
    CHECK(grove.counted().digests_unanswered == 6);
    for (int tenth = 0; tenth < 100; ++tenth) {
      grove.now += 100ms;
      grove.digests(p(1), {}, 1, true);
    }
    CHECK(answers() == 10);
    CHECK(grove.counted().digests_unanswered == 96);
    grove.now += 1h;
    for (int i = 0; i < 10; ++i) grove.digests(p(1), {}, 1, true);
    CHECK(answers() == 4);
  }

  TEST_CASE("Reconciliation: the DIGESTs of one link take nothing of another's") {
    Full grove(3);
    grove.greet();
    for (int i = 0; i < 10; ++i) grove.digests(p(1), {});
    grove.transport.clear();
    grove.digests(p(2), {});
    CHECK(told(grove, p(2)) == contents(numbers(3)));
  }

  TEST_CASE("Reconciliation: a DIGEST that comes during the answer to another is not answered") {
    Full grove(3000);
    grove.transport.clear();
    grove.transport.congested = {p(1)};
    grove.digests(p(1), {});
    grove.digests(p(1), {}, 1, true);
    CHECK(grove.transport.sent.size() == 1);
    CHECK(grove.counted().digests_unanswered == 1);
    grove.relieve(p(1));
    CHECK(told(grove) == contents(numbers(3000)));
  }

  TEST_CASE("Reconciliation: a link that has ended, or never was, is sent nothing") {
    Full grove(3000);
    grove.transport.clear();
    grove.transport.congested = {p(1)};
    grove.digests(p(1), {});
    grove.transport.clear();
    grove.reconciliation.remove(p(1));
    grove.reconciliation.remove(p(77));
    grove.relieve(p(1));
    grove.digests(p(1), {});
    grove.digests(p(77), {});
    CHECK(grove.transport.sent.empty());
    CHECK(grove.counted().digests_received == 1);
  }

  TEST_CASE("Reconciliation: each content id is made once, however often it is asked about") {
    Full grove(100);
    CHECK(grove.names.made() == 100);
    for (int minute = 0; minute < 10; ++minute) {
      grove.pass(1min);
      grove.digests(p(1), {}, 4, true);
    }
    CHECK(grove.counted().digests_sent > 20);
    CHECK(grove.names.made() == 100);
    grove.publish("another");
    grove.digests(p(1), {}, 4, true);
    CHECK(grove.names.made() == 101);
  }

  TEST_CASE("Reconciliation: what a link is told of it can have, however long ago it came") {
    Grove grove(1);
    grove.prune(p(1), own);
    grove.publish("a");
    grove.trees.remove(p(1));
    grove.publish("b");
    grove.pass(1h);
    grove.greet();
    grove.digests(p(2), {});
    (void)grove.take();
    for (const char* const text : {"a", "b"}) grove.wants(p(2), content(text), no_tree_number);
    CHECK(grove.take() == "p2 DATA 7 a ttl 0 tree 5 hops 0; p2 DATA 7 b ttl 0 tree 5 hops 0");
  }

  TEST_CASE("Reconciliation: what is in the cache for long is known all the time, and can be had") {
    Grove grove;
    for (int link = 0; link < 2; ++link) grove.greet();
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
}

}  // namespace
}  // namespace gossip::test
