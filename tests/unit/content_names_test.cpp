#include <gossip/overlay/content_names.hpp>

#include "overlay_fixture.hpp"

#include <string>
#include <vector>

namespace gossip::test {
namespace {

/// A cache, and what its messages are called.
struct Named {
  explicit Named(std::size_t size = 30) : cache({size, 0s}, random), names(cache, random) {}
  const CachedMessage& add(std::string_view text) {
    evicted.clear();
    const AddOutcome outcome = cache.add({DataType{7}, Payload(text), true, c(1), Ttl{0}}, at(0s), evicted);
    return *outcome.message;
  }
  [[nodiscard]] bool knows(std::string_view text, Duration time) const {
    return names.knows(names.fingerprint(content(text)), at(time));
  }

  Random random{1};
  std::vector<Evicted> evicted;
  MessageCache cache;
  ContentNames names;
};

TEST_SUITE("content_names") {
  TEST_CASE(
      "ContentNames: a message is called by its content id, which is made once and known from then on") {
    Named named;
    const CachedMessage& message = named.add("a");
    CHECK_FALSE(named.knows("a", 0s));
    for (int i = 0; i < 3; ++i) CHECK(named.names.id_of(message, at(0s)) == content("a"));
    CHECK(named.names.made() == 1);
    CHECK(named.knows("a", 0s));
    CHECK(named.names.find(content("a"), at(0s)) == &message);
  }

  TEST_CASE("ContentNames: none is made before it is asked for, and all are by name_all()") {
    Named named;
    for (const char* const text : {"a", "b", "c"}) named.add(text);
    CHECK(named.names.made() == 0);
    CHECK(named.names.find(content("a"), at(0s)) == nullptr);
    named.names.name_all(at(0s));
    CHECK(named.names.made() == 3);
    for (const char* const text : {"a", "b", "c"}) CHECK(named.knows(text, 0s));
    CHECK_FALSE(named.knows("d", 0s));
  }

  TEST_CASE("ContentNames: who has left some unnamed names those the next time, and no others again") {
    Named named;
    named.add("a");
    named.names.name_all(at(0s));
    named.add("b");
    named.names.name_all(at(0s));
    CHECK_FALSE(named.knows("b", 0s));
    named.names.leave_unnamed();
    named.names.name_all(at(0s));
    CHECK(named.knows("b", 0s));
    CHECK(named.names.made() == 2);
  }

  TEST_CASE("ContentNames: what is cached for long is known for as long as it is named every 30 s") {
    Named named;
    named.add("a");
    for (int turn = 0; turn < 20; ++turn) {
      named.names.name_all(at(turn * 30s));
      CHECK(named.knows("a", turn * 30s + 29s));
    }
    CHECK(named.names.made() == 1);
    CHECK(named.knows("a", 19 * 30s + ContentNames::lifetime - 1s));
    CHECK_FALSE(named.knows("a", 19 * 30s + ContentNames::lifetime));
  }

  TEST_CASE("ContentNames: a message that takes the place of another gets its own id") {
    Named named(1);
    for (int number = 0; number < 50; ++number) {
      const std::string text = std::to_string(number);
      CHECK(named.names.id_of(named.add(text), at(0s)) == content(text));
    }
    CHECK(named.names.find(content("48"), at(0s)) == nullptr);
    CHECK(named.knows("48", 0s));
  }

  TEST_CASE("ContentNames: one that was never cached can be known, and is not found") {
    Named named;
    named.add("a");
    named.names.note_gone(named.names.fingerprint(content("b")), at(0s));
    CHECK(named.knows("b", 0s));
    CHECK(named.names.find(content("b"), at(0s)) == nullptr);
  }
}

}  // namespace
}  // namespace gossip::test
