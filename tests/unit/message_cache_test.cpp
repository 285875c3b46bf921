#include <gossip/message_cache.hpp>

#include "fixture.hpp"

#include <bitset>
#include <map>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace gossip::test {
namespace {

constexpr TimePoint start = at(0s);

NewMessage message(std::string_view data, int type = 7, bool valid = false) {
  return {DataType(type), Payload(data), valid, p(1), Ttl{3}};
}

NewMessage numbered(std::uint64_t number) {
  return message(std::to_string(number));
}

bool is(const AddOutcome& outcome, Known known) {
  return outcome.message == nullptr && outcome.known == known;
}

/// A cache with a generator of its own.
struct Cache : MessageCache {
  explicit Cache(std::size_t size, Duration seen_ttl = 2min, std::uint64_t seed = 1)
      : Cache({size, seen_ttl, 65536, 65536}, Random(seed)) {}
  Cache(const MessageCacheLimits& limits, Random random) : MessageCache(limits, random) {}

  MessageId put(std::string_view data, TimePoint now = start) { return put(message(data), now); }
  MessageId put(const NewMessage& added, TimePoint now = start) {
    const AddOutcome outcome = add(added, now);
    REQUIRE(outcome.message != nullptr);
    evicted_names.clear();
    for (const Evicted& gone : evicted) {
      evicted_names.append(evicted_names.empty() ? "" : " ").append(names.at(gone.id));
    }
    names[outcome.message->id] = added.data.text();
    return outcome.message->id;
  }
  AddOutcome add(const NewMessage& added, TimePoint now) {
    evicted.clear();
    return MessageCache::add(added, now, evicted);
  }
  /// What adding it evicts, in that order; empty when nothing.
  std::string evicted_by(std::string_view data, TimePoint now = start) {
    put(data, now);
    return evicted_names;
  }
  bool knows_as(std::string_view data, Known known, TimePoint now = start) {
    return is(add(message(data), now), known);
  }

  std::vector<Evicted> evicted;            ///< by the last message that was added
  std::string evicted_names;               ///< their data
  std::map<MessageId, std::string> names;  ///< the data of what was put, by id
};

/// The contents of a cache, oldest first; by both ways to them.
std::string contents(const MessageCache& cache) {
  std::string text;
  const auto add = [&](const CachedMessage& cached) {
    text.append(text.empty() ? "" : " ").append(cached.data.text());
  };
  cache.visit(add);
  const std::string visited = std::exchange(text, "");
  for (const CachedMessage& cached : cache.messages()) add(cached);
  CHECK(visited == text);
  return text;
}

TEST_SUITE("message_cache") {
  TEST_CASE("MessageCache: who looks at its messages may hold it, and ask it") {
    Cache cache(3);
    cache.put("a");
    cache.put("b");
    const auto held = cache.hold();
    std::size_t asked = 0;
    cache.visit(
        [&](const CachedMessage& message) { asked += cache.look_at(message.id) == &message ? 1 : 0; });
    CHECK(asked == 2);
  }

  TEST_CASE("MessageCache: its size is 30 by default, and 1 to 65535") {
    CHECK(MessageCacheLimits{}.size == 30);
    CHECK(Cache(30).capacity() == 30);
    CHECK_NOTHROW(Cache(1));
    CHECK_NOTHROW(Cache(65535));
    CHECK_THROWS_AS(Cache(0), std::invalid_argument);
    CHECK_THROWS_AS(Cache(65536), std::invalid_argument);
  }

  TEST_CASE("MessageCache: it knows up to 2^25 - 2^16 contents of a kind that have left it") {
    const auto knows = [](std::size_t seen, std::size_t rejected) {
      const Cache cache({30, 2min, seen, rejected}, Random(1));
    };
    CHECK_NOTHROW(knows(33488896, 33488896));
    CHECK_NOTHROW(knows(0, 0));
    CHECK_THROWS_AS(knows(33488897, 1), std::invalid_argument);
    CHECK_THROWS_AS(knows(1, 33488897), std::invalid_argument);
  }

  TEST_CASE("MessageCache: what was added can be got, whole") {
    Cache cache(5);
    const MessageId id = cache.put({DataType{9}, Payload("data"), true, c(4), std::nullopt});
    const auto cached = cache.get(id);
    REQUIRE(cached);
    CHECK(cached->id == id);
    CHECK(cached->data_type == DataType{9});
    CHECK(cached->data == Payload("data"));
    CHECK(cached->valid);
    CHECK(cached->origin == c(4));
    CHECK(cached->onward == std::nullopt);
    CHECK(cached->sequence == 0);
    CHECK(cache.find(DataType{9}, Payload("data")) == id);
    CHECK(cache.size() == 1);
  }

  TEST_CASE("MessageCache: nothing can be done to an id that is not cached") {
    Cache cache(5);
    const MessageId id = cache.put("a");
    const MessageId other = MessageId(value_of(id) ^ 1);
    CHECK_FALSE(cache.get(other));
    CHECK_FALSE(cache.is_valid(other));
    CHECK_FALSE(cache.set_validity(other, true));
    CHECK_FALSE(cache.remove(other));
    CHECK_FALSE(cache.reject(other));
    CHECK_FALSE(cache.pin(other));
    CHECK_FALSE(cache.unpin(other));
    CHECK(cache.size() == 1);
  }

  TEST_CASE("Identity of a message: data type and data make it, ttl and origin do not") {
    Cache cache(5);
    cache.put("same");
    CHECK(is(cache.add({DataType{7}, Payload("same"), true, c(9), Ttl{200}}, start), Known::cached));
    CHECK(cache.add(message("same", 8), start).message != nullptr);
    CHECK(cache.add(message("samE"), start).message != nullptr);
    CHECK(cache.size() == 3);
  }

  TEST_CASE("Identity of a message: a known one changes nothing") {
    Cache cache(5);
    const MessageId id = cache.put("same");
    CHECK(is(cache.add({DataType{7}, Payload("same"), true, c(9), Ttl{200}}, start), Known::cached));
    CHECK_FALSE(cache.is_valid(id));
    CHECK(cache.get(id)->origin == p(1));
    CHECK(cache.get(id)->onward == Ttl{3});
  }

  TEST_CASE(
      "MessageCache: what a new message needs besides is prepared for no other, and before anything "
      "changes") {
    Cache cache(1);
    std::vector<Evicted> evicted;
    int prepared = 0;
    const auto prepare = [&] { prepared += 1; };
    const auto fail = [&] { throw std::bad_alloc(); };
    const NewMessage first = message("a");
    const NewMessage second = message("b");
    CHECK(cache.MessageCache::add(view_of(first), start, evicted, prepare).message != nullptr);
    CHECK(prepared == 1);
    CHECK(is(cache.MessageCache::add(view_of(first), start, evicted, prepare), Known::cached));
    CHECK(is(cache.MessageCache::add(view_of(first), start, evicted, fail), Known::cached));
    CHECK(prepared == 1);
    CHECK_THROWS_AS(cache.MessageCache::add(view_of(second), start, evicted, fail), std::bad_alloc);
    CHECK(evicted.empty());
    CHECK(cache.size() == 1);
    CHECK(cache.known(second.data_type, second.data.bytes(), start) == std::nullopt);
    CHECK(is(cache.MessageCache::add(view_of(first), start, evicted, fail), Known::cached));
    CHECK(cache.MessageCache::add(view_of(second), start, evicted, prepare).message != nullptr);
    CHECK(prepared == 2);
    CHECK(evicted.size() == 1);
  }

  TEST_CASE("Identity of a message: empty data is data") {
    Cache cache(5);
    const MessageId id = cache.put("");
    CHECK(cache.find(DataType{7}, Payload("")) == id);
    CHECK(cache.knows_as("", Known::cached));
  }

  TEST_CASE("MessageCache: an id of 0 counts as added") {
    // Ids walk through all 65,536, so 0 turns up within one round.
    Cache cache(1, 0s);
    int zeros = 0;
    for (std::uint64_t i = 0; i < 65536; ++i) {
      const MessageId id = cache.put(numbered(i));
      if (id != MessageId{0}) continue;
      zeros += 1;
      CHECK(cache.get(id)->data.text() == std::to_string(i));
      CHECK(cache.set_validity(id, true));
      CHECK(cache.is_valid(id));
      CHECK(cache.remove(id));
    }
    CHECK(zeros == 1);
  }

  TEST_CASE("Identity of a message: ids are unique among 65,535 cached ones, and all can be found") {
    Cache cache(65535);
    std::bitset<65536> taken;
    for (std::uint64_t i = 0; i < 65535; ++i) {
      const MessageId id = cache.put(numbered(i));
      REQUIRE_FALSE(taken.test(value_of(id)));
      taken.set(value_of(id));
    }
    CHECK(cache.size() == 65535);
    for (std::uint64_t i = 0; i < 65535; i += 97) {
      const auto id = cache.find(DataType{7}, Payload(std::to_string(i)));
      REQUIRE(id);
      REQUIRE(cache.get(*id)->sequence == i);
    }
    CHECK(cache.evicted_by("one more") == "0");
    CHECK(cache.size() == 65535);
  }

  TEST_CASE("Identity of a message: ids stay unique while a full cache turns over twice") {
    Cache cache(65535, 0s);
    std::bitset<65536> taken;
    for (std::uint64_t i = 0; i < 3 * 65536; ++i) {
      const MessageId id = cache.add(numbered(i), start).message->id;
      for (const Evicted& gone : cache.evicted) taken.reset(value_of(gone.id));
      REQUIRE_FALSE(taken.test(value_of(id)));
      taken.set(value_of(id));
    }
    CHECK(taken.count() == 65535);
  }

  TEST_CASE("caches may share a key of digests, and are what they are without it but for that") {
    const auto key = std::make_shared<const DigestKey>(1, 2);
    const MessageCacheLimits limits{1000, 2min, 65536, 65536};
    Random own_random(7);
    Random sharing_random(7);
    MessageCache own(limits, own_random);
    MessageCache sharing(limits, sharing_random, key);
    CHECK(own_random.next() == sharing_random.next());

    const NewMessage shown = message("shown");
    const Digest digest = digest_of(*key, shown.data_type, shown.data.bytes());
    CHECK(sharing.digest(shown.data_type, shown.data.bytes()) == digest);
    CHECK_FALSE(own.digest(shown.data_type, shown.data.bytes()) == digest);
    std::vector<Evicted> evicted;
    const AddOutcome in_own = own.add(shown, start, evicted);
    const AddOutcome in_sharing = sharing.add(shown, start, evicted);
    REQUIRE(in_own.message != nullptr);
    REQUIRE(in_sharing.message != nullptr);
    CHECK(in_own.message->id == in_sharing.message->id);
    CHECK(is(sharing.add(shown, start, evicted), Known::cached));
  }

  TEST_CASE("Identity of a message: ids are random, from 0 to 65535, and differ with the seed") {
    std::vector<std::uint16_t> ids[2];
    for (std::uint64_t seed = 0; seed < 2; ++seed) {
      Cache cache(1000, 2min, seed);
      for (std::uint64_t i = 0; i < 1000; ++i) ids[seed].push_back(value_of(cache.put(numbered(i))));
    }
    CHECK(ids[0] != ids[1]);
    int ascending = 0;
    int high = 0;
    for (std::size_t i = 1; i < ids[0].size(); ++i) {
      ascending += ids[0][i] > ids[0][i - 1] ? 1 : 0;
      high += ids[0][i] >= 32768 ? 1 : 0;
    }
    // 500 expected of each; six standard deviations are at most 95.
    CHECK(std::abs(ascending - 500) < 95);
    CHECK(std::abs(high - 500) < 95);
  }

  TEST_CASE("Identity of a message: an id that became free is not used again soon") {
    Cache cache(2, 0s);
    const MessageId id = cache.put("a");
    cache.remove(id);
    for (std::uint64_t i = 0; i < 60000; ++i) REQUIRE(cache.put(numbered(i)) != id);
  }

  TEST_CASE("MessageCache: when full the oldest makes way") {
    Cache cache(3);
    CHECK(cache.evicted_by("a") == "");
    CHECK(cache.evicted_by("b") == "");
    CHECK(cache.evicted_by("c") == "");
    CHECK(cache.evicted_by("d") == "a");
    CHECK(cache.evicted_by("e") == "b");
    CHECK(contents(cache) == "c d e");
  }

  TEST_CASE("MessageCache: a size of 1 holds the newest") {
    Cache cache(1);
    CHECK(cache.evicted_by("a") == "");
    CHECK(cache.evicted_by("b") == "a");
    CHECK(contents(cache) == "b");
  }

  TEST_CASE("MessageCache: what was removed leaves room and is forgotten") {
    Cache cache(2);
    const MessageId a = cache.put("a");
    cache.put("b");
    CHECK(cache.remove(a));
    CHECK_FALSE(cache.get(a));
    CHECK_FALSE(cache.remove(a));
    CHECK(cache.evicted_by("a") == "");
    CHECK(contents(cache) == "b a");
  }

  TEST_CASE("MessageCache: validity can be set and taken back") {
    Cache cache(2);
    const MessageId id = cache.put("a");
    CHECK_FALSE(cache.is_valid(id));
    CHECK(cache.set_validity(id, true));
    CHECK(cache.is_valid(id));
    CHECK(cache.set_validity(id, false));
    CHECK_FALSE(cache.is_valid(id));
  }

  TEST_CASE("MessageCache: the ttl that a message goes on with can be raised, and not lowered") {
    Cache cache(2);
    const MessageId id = cache.put("a");
    cache.remove(id);
    CHECK_FALSE(cache.raise_onward(id, Ttl{3}));
    const NewMessage message{DataType{7}, Payload("b"), true, p(1), std::nullopt};
    const MessageId other = cache.add(message, at(0s)).id;
    const auto onward_of_other = [&] { return cache.get(other)->onward; };
    CHECK(cache.raise_onward(other, Ttl{3}));
    CHECK(onward_of_other() == Ttl{3});
    CHECK_FALSE(cache.raise_onward(other, Ttl{3}));
    CHECK_FALSE(cache.raise_onward(other, Ttl{2}));
    CHECK(cache.raise_onward(other, Ttl{4}));
    CHECK(onward_of_other() == Ttl{4});
    CHECK(cache.raise_onward(other, unlimited_ttl));
    CHECK(onward_of_other() == unlimited_ttl);
    CHECK_FALSE(cache.raise_onward(other, Ttl{255}));
    CHECK_FALSE(cache.raise_onward(other, unlimited_ttl));
  }

  TEST_CASE("MessageCache: messages and ids come oldest first") {
    Cache cache(10);
    std::vector<MessageId> ids;
    for (const char* data : {"a", "b", "c", "d"}) ids.push_back(cache.put(data));
    cache.remove(ids[1]);
    ids.erase(ids.begin() + 1);
    ids.push_back(cache.put("e"));
    CHECK(cache.ids() == ids);
    CHECK(contents(cache) == "a c d e");
  }

  TEST_CASE("MessageCache: pinning does not change the order") {
    Cache cache(10);
    const MessageId a = cache.put("a");
    cache.put("b");
    cache.pin(a);
    cache.unpin(a);
    CHECK(contents(cache) == "a b");
  }

  TEST_CASE("messages_from: a range by sequence, count and type") {
    Cache cache(10);
    for (int i = 0; i < 6; ++i) cache.put(message(std::to_string(i), i % 2));
    CHECK(cache.next_sequence() == 6);
    const auto sequences = [&](std::uint64_t from, std::size_t count, std::optional<DataType> type = {}) {
      std::vector<std::uint64_t> found;
      for (const CachedMessage& cached : cache.messages_from(from, count, type))
        found.push_back(cached.sequence);
      return found;
    };
    using Sequences = std::vector<std::uint64_t>;
    CHECK(sequences(0, 10) == Sequences{0, 1, 2, 3, 4, 5});
    CHECK(sequences(2, 2) == Sequences{2, 3});
    CHECK(sequences(2, 10, DataType{1}) == Sequences{3, 5});
    CHECK(sequences(6, 10).empty());
    CHECK(sequences(0, 0).empty());
    CHECK(sequences(0, 10, DataType{9}).empty());
  }

  TEST_CASE("MessageCache: a pinned message is passed over by eviction") {
    Cache cache(3);
    cache.pin(cache.put("a"));
    cache.put("b");
    cache.put("c");
    CHECK(cache.evicted_by("d") == "b");
    CHECK(cache.evicted_by("e") == "c");
    CHECK(contents(cache) == "a d e");
  }

  TEST_CASE("MessageCache: what was unpinned is evicted after what could go before") {
    Cache cache(3);
    const MessageId a = cache.put("a");
    cache.pin(a);
    cache.put("b");
    cache.put("c");
    cache.unpin(a);
    CHECK(cache.evicted_by("d") == "b");
    CHECK(cache.evicted_by("e") == "c");
    CHECK(cache.evicted_by("f") == "a");
  }

  TEST_CASE("MessageCache: pinning twice is pinning once") {
    Cache cache(2);
    const MessageId a = cache.put("a");
    CHECK(cache.pin(a));
    CHECK(cache.pin(a));
    CHECK(cache.unpin(a));
    CHECK(cache.unpin(a));
    cache.put("b");
    CHECK(cache.evicted_by("c") == "a");
    CHECK(cache.evicted_by("d") == "b");
  }

  TEST_CASE("MessageCache: where all are pinned the oldest makes way") {
    Cache cache(2);
    cache.pin(cache.put("a"));
    cache.pin(cache.put("b"));
    CHECK(cache.evicted_by("c") == "a");
    CHECK(cache.evicted_by("d") == "c");
  }

  TEST_CASE("MessageCache: what makes way though it is pinned leaves its type to the next of it") {
    Cache cache(2);
    cache.pin(cache.put(message("a", 1)));
    cache.pin(cache.put(message("b", 2)));
    const MessageId c = cache.put(message("c", 1));
    CHECK(cache.evicted_names == "a");
    const auto of_type = cache.messages_from(0, 100, DataType{1});
    REQUIRE(of_type.size() == 1);
    CHECK(of_type.front().id == c);
    CHECK(cache.remove(c));
    CHECK(cache.messages_from(0, 100, DataType{1}).empty());
    cache.put(message("d", 3));
    CHECK(cache.messages_from(0, 100, DataType{3}).size() == 1);
    CHECK(cache.messages_from(0, 100, DataType{2}).size() == 1);
  }

  TEST_CASE("MessageCache: a pin goes with its message") {
    Cache cache(2);
    const MessageId a = cache.put("a");
    cache.pin(a);
    cache.remove(a);
    cache.put("b");
    cache.put("c");
    CHECK(cache.evicted_by("d") == "b");
  }

  TEST_CASE("Identity of a message: evicted content is still known for seen_ttl") {
    Cache cache(1, 120s);
    cache.put("a");
    cache.put("b", at(5s));
    CHECK(cache.knows_as("a", Known::seen, at(5s)));
    CHECK(cache.knows_as("a", Known::seen, at(125s)));
    CHECK(cache.add(message("a"), at(125s + 3ms)).message != nullptr);
  }

  TEST_CASE("Identity of a message: what was dropped as seen is not remembered for longer") {
    Cache cache(1, 120s);
    cache.put("a");
    cache.put("b");
    CHECK(cache.knows_as("a", Known::seen, at(119s)));
    CHECK(cache.add(message("a"), at(120s + 3ms)).message != nullptr);
  }

  TEST_CASE("Identity of a message: seen_ttl 0 switches the memory of evicted content off") {
    Cache cache(1, 0s);
    cache.put("a");
    CHECK(cache.evicted_by("b") == "a");
    CHECK(cache.evicted_by("a") == "b");
  }

  TEST_CASE("Identity of a message: at most 65,536 evicted contents are known") {
    Cache cache(1);
    for (std::uint64_t i = 0; i <= 65536; ++i) cache.put(numbered(i));
    CHECK(cache.knows_as("0", Known::seen));  // 65,536 were evicted, and this is the oldest of them
    cache.put("one more");
    CHECK(cache.add(numbered(0), start).message != nullptr);
    CHECK(cache.knows_as("2", Known::seen));
  }

  TEST_CASE("MessageCache: what is in the cache again is known as cached, not as seen") {
    Cache cache(1, 10s);
    cache.put("a");
    cache.put("b");
    cache.put("a", at(11s));
    CHECK(cache.knows_as("a", Known::cached, at(11s)));
  }

  TEST_CASE("VALIDATION: rejected content is removed and remembered") {
    Cache cache(5, 0s);
    const MessageId id = cache.put("bad");
    CHECK(cache.reject(id));
    CHECK_FALSE(cache.get(id));
    CHECK(cache.size() == 0);
    CHECK(cache.knows_as("bad", Known::rejected));
    CHECK(cache.knows_as("bad", Known::rejected, at(1000h)));
    CHECK(cache.add(message("bad", 8), start).message != nullptr);
  }

  TEST_CASE("MessageCache: of rejected contents the oldest is forgotten when they are too many") {
    Cache cache({5, 0s, 65536, 2}, Random(1));
    for (const char* data : {"a", "b", "c"}) cache.reject(cache.put(data));
    CHECK(cache.knows_as("b", Known::rejected));
    CHECK(cache.knows_as("c", Known::rejected));
    CHECK(cache.add(message("a"), start).message != nullptr);
  }

  TEST_CASE("MessageCache: a pinned message can be rejected") {
    Cache cache(2);
    const MessageId id = cache.put("a");
    cache.pin(id);
    CHECK(cache.reject(id));
    cache.put("b");
    cache.put("c");
    CHECK(cache.evicted_by("d") == "b");
  }

  TEST_CASE("MessageCache: bytes are bounded, and several may make way for a large one") {
    constexpr std::size_t small = MessageCache::overhead_bytes + 1;
    MessageCacheLimits limits{100, 2min, 65536, 65536, 3 * small};
    Cache cache(limits, Random(1));
    for (const char* data : {"a", "b", "c"}) CHECK(cache.evicted_by(data) == "");
    CHECK(cache.bytes() == 3 * small);
    CHECK(cache.evicted_by("d") == "a");
    CHECK(cache.evicted_by("ee") == "b c");
    CHECK(cache.bytes() == 2 * small + 1);
    CHECK(cache.knows_as("a", Known::seen));
    CHECK(cache.knows_as("c", Known::seen));
  }

  TEST_CASE("MessageCache: a single message fits, however large it is") {
    MessageCacheLimits limits{100, 0s, 0, 0, 10};
    Cache cache(limits, Random(1));
    cache.put("a");
    CHECK(cache.evicted_by(std::string(1000, 'b')) == "a");
    CHECK(cache.size() == 1);
    CHECK(cache.bytes() == MessageCache::overhead_bytes + 1000);
    CHECK(cache.bytes_max() == 10);
  }

  TEST_CASE("MessageCache: the bytes of pinned messages are counted, and pinned ones go last") {
    constexpr std::size_t small = MessageCache::overhead_bytes + 1;
    Cache cache({100, 0s, 0, 0, 2 * small}, Random(1));
    const MessageId a = cache.put("a");
    cache.put("b");
    cache.pin(a);
    cache.pin(a);
    CHECK(cache.pinned_bytes() == small);
    CHECK(cache.evicted_by("c") == "b");
    CHECK(cache.evicted_by("dd") == "c a");
    CHECK(cache.pinned_bytes() == 0);
  }

  TEST_CASE("MessageCache: each message has a place of its own, for as long as it is cached") {
    Cache cache(4);
    std::map<std::string, std::size_t> slots;
    for (int number = 0; number < 20; ++number) {
      const MessageId id = cache.put(std::to_string(number));
      slots[std::to_string(number)] = cache.slot(id).value();
      std::bitset<4> taken;
      for (const CachedMessage& message : cache.messages()) {
        const std::size_t slot = cache.slot(message.id).value();
        CHECK(slot == slots[std::string(message.data.text())]);
        REQUIRE(slot < 4);
        taken.set(slot);
      }
      CHECK(taken.count() == cache.size());
    }
    const MessageId last = cache.messages().back().id;
    cache.remove(last);
    CHECK_FALSE(cache.slot(last));
  }

  TEST_CASE("MessageCache: a duplicate of what is cached says which message it is of") {
    Cache cache(2);
    const MessageId a = cache.put("a");
    const MessageId b = cache.put("b");
    CHECK(cache.add(message("a"), start).id == a);
    CHECK(cache.add(message("b"), start).id == b);
    cache.put("c");
    CHECK(is(cache.add(message("a"), start), Known::seen));
  }
}

}  // namespace
}  // namespace gossip::test
