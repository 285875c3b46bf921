/// \file
/// MessageCache against a plain list under random operations, and under four threads at once.

#include <gossip/message_cache.hpp>

#include "fixture.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <string>
#include <thread>
#include <vector>

namespace gossip::test {
namespace {

constexpr TimePoint start = at(0s);

NewMessage message(const std::string& data) {
  return {DataType(data.size() + static_cast<unsigned char>(data[0]) % 3U), Payload(data), false, p(1),
          Ttl{3}};
}

bool is(const AddOutcome& outcome, Known known) {
  return outcome.message == nullptr && outcome.known == known;
}

/// A cache as a list: slow and plain.
class ListCache {
 public:
  ListCache(const MessageCacheLimits& limits) : limits_(limits) {}

  struct Entry {
    MessageId id{};
    NewMessage message;
    bool pinned = false;
    std::uint64_t evictable_since = 0;
    std::uint64_t sequence = 0;
  };

  std::optional<Known> known(const std::string& data, TimePoint now) {
    while (!seen_.empty() && ContentTable::is_over(limits_.seen_ttl, seen_.front().second, now)) {
      seen_.pop_front();
    }
    if (find(data) != nullptr) return Known::cached;
    if (std::ranges::find(rejected_, data) != rejected_.end()) return Known::rejected;
    const auto seen = std::ranges::find(seen_, data, &std::pair<std::string, TimePoint>::first);
    if (seen != seen_.end()) return Known::seen;
    return std::nullopt;
  }

  std::size_t bytes(bool pinned_only) const {
    std::size_t sum = 0;
    for (const Entry& entry : entries) {
      if (entry.pinned || !pinned_only) sum += MessageCache::bytes_of(entry.message.data);
    }
    return sum;
  }

  /// What makes way for one more.
  void make_room(const std::string& data, TimePoint now, std::vector<Evicted>& gone) {
    const std::size_t needed = MessageCache::bytes_of(Payload(data));
    while (entries.size() == limits_.size ||
           (!entries.empty() && bytes(false) + needed > limits_.bytes_max)) {
      evict(now, gone);
    }
  }

  void evict(TimePoint now, std::vector<Evicted>& gone) {
    auto victim = entries.begin();  // where all are pinned
    for (auto at = entries.begin(); at != entries.end(); ++at) {
      if (at->pinned) continue;
      if (victim->pinned || at->evictable_since < victim->evictable_since) victim = at;
    }
    const std::string data(victim->message.data.text());
    gone.push_back({victim->id, victim->message.data_type, victim->message.valid});
    entries.erase(victim);
    if (seen_.size() == limits_.seen_max) seen_.pop_front();
    seen_.emplace_back(data, now);
  }

  void add(const CachedMessage& added, const NewMessage& message) {
    entries.push_back({added.id, message, false, ++clock_, added.sequence});
  }

  void unpin(Entry& entry) {
    if (entry.pinned) entry.evictable_since = ++clock_;
    entry.pinned = false;
  }

  void erase(const Entry& entry, bool rejected) {
    if (rejected && rejected_.size() == limits_.rejected_max) rejected_.pop_front();
    if (rejected) rejected_.emplace_back(entry.message.data.text());
    entries.erase(entries.begin() + (&entry - entries.data()));
  }

  Entry* find(std::string_view data) {
    const auto found =
        std::ranges::find_if(entries, [&](const Entry& e) { return e.message.data.text() == data; });
    return found == entries.end() ? nullptr : &*found;
  }

  std::vector<Entry> entries;  // oldest first

 private:
  MessageCacheLimits limits_;
  std::deque<std::pair<std::string, TimePoint>> seen_;
  std::deque<std::string> rejected_;
  std::uint64_t clock_ = 0;
};

void check_equal(const MessageCache& cache, const ListCache& model) {
  const auto messages = cache.messages();
  const auto ids = cache.ids();
  REQUIRE(messages.size() == model.entries.size());
  REQUIRE(ids.size() == model.entries.size());
  REQUIRE(cache.size() == model.entries.size());
  REQUIRE(cache.bytes() == model.bytes(false));
  REQUIRE(cache.pinned_bytes() == model.bytes(true));
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const auto& [id, message, pinned, since, sequence] = model.entries[i];
    REQUIRE(messages[i].id == id);
    REQUIRE(ids[i] == id);
    REQUIRE(messages[i].data == message.data);
    REQUIRE(messages[i].valid == message.valid);
    REQUIRE(cache.find(message.data_type, message.data) == id);
  }
}

/// A client's catching up: chunk by chunk, going on from the one before; what is between may have gone.
void check_range(const MessageCache& cache, const ListCache& model, std::optional<DataType> type,
                 std::uint64_t from, std::size_t count, std::optional<MessageId> previous) {
  std::vector<MessageId> expected;
  for (const ListCache::Entry& entry : model.entries) {
    const bool wanted = entry.sequence >= from && (!type || entry.message.data_type == *type);
    if (wanted && expected.size() < count) expected.push_back(entry.id);
  }
  std::vector<MessageId> found;
  for (const CachedMessage& message : cache.messages_from(from, count, type, previous)) {
    found.push_back(message.id);
  }
  REQUIRE(found == expected);
}

void add_to_both(MessageCache& cache, ListCache& model, const std::string& data, TimePoint now) {
  const auto expected = model.known(data, now);
  std::vector<Evicted> evicted;
  const AddOutcome outcome = cache.add(message(data), now, evicted);
  if (expected) {
    REQUIRE(evicted.empty());
    REQUIRE(is(outcome, *expected));
    return;
  }
  REQUIRE(outcome.message != nullptr);
  const CachedMessage& added = *outcome.message;
  std::vector<Evicted> expected_gone;
  model.make_room(data, now, expected_gone);
  REQUIRE(evicted.size() == expected_gone.size());
  for (std::size_t i = 0; i < evicted.size(); ++i) {
    REQUIRE(evicted[i].id == expected_gone[i].id);
    REQUIRE(evicted[i].valid == expected_gone[i].valid);
  }
  model.add(added, message(data));
}

void change_both(MessageCache& cache, ListCache& model, std::uint64_t operation, ListCache::Entry& entry) {
  switch (operation) {
    case 0:
      REQUIRE(cache.remove(entry.id));
      return model.erase(entry, false);
    case 1:
      REQUIRE(cache.reject(entry.id));
      return model.erase(entry, true);
    case 2:
      REQUIRE(cache.unpin(entry.id));
      return model.unpin(entry);
    case 3:
      REQUIRE(cache.set_validity(entry.id, !entry.message.valid));
      entry.message.valid = !entry.message.valid;
      return;
    default:
      REQUIRE(cache.pin(entry.id));
      entry.pinned = true;
  }
}

/// How a random run goes.
struct Shape {
  std::uint64_t size_max = 40;   ///< of the cache
  std::uint64_t contents = 120;  ///< different ones
  std::uint64_t operations = 6;  ///< of them 4 are of each kind, and the rest pin
};

void run_against_list(std::uint64_t seed, int steps, const Shape& shape = {}) {
  CAPTURE(seed);
  Random random(seed);
  const MessageCacheLimits limits{1 + random.below(shape.size_max), std::chrono::seconds(random.below(50)),
                                  1 + random.below(30), 1 + random.below(20),
                                  (1 + random.below(60)) * (MessageCache::overhead_bytes + 1)};
  MessageCache cache(limits, random);
  ListCache model(limits);
  TimePoint now = start;
  for (int step = 0; step < steps; ++step) {
    now += std::chrono::seconds(random.below(2));
    const std::string data = std::to_string(random.below(shape.contents));
    ListCache::Entry* entry = model.find(data);
    if (entry == nullptr || random.below(2) == 0) {
      add_to_both(cache, model, data, now);
    } else {
      change_both(cache, model, random.below(shape.operations), *entry);
    }
    if (step % 16 == 0) check_equal(cache, model);
    const std::optional<DataType> type =
        random.below(2) == 0 ? std::optional<DataType>() : DataType(1 + random.below(5));
    const std::uint64_t next = cache.next_sequence();
    std::optional<MessageId> previous;
    if (!model.entries.empty()) previous = model.entries[random.below(model.entries.size())].id;
    check_range(cache, model, type, next - std::min(next, random.below(80)), random.below(20), previous);
  }
  check_equal(cache, model);
}

TEST_SUITE("message_cache") {
  TEST_CASE("MessageCache: 300,000 random operations against a list") {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) run_against_list(seed, 10000);
  }

  TEST_CASE("MessageCache: 100,000 random operations where nearly all is pinned") {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) run_against_list(seed, 2000, {3, 9, 16});
  }

  TEST_CASE("MessageCache: four threads at once lose nothing") {
    Random seeds(1);
    MessageCache cache({500, 1s, 65536, 65536}, seeds);
    std::atomic<bool> disturbed{false};  // while it was held
    const auto work = [&cache, &disturbed](std::uint64_t seed) {
      Random random(seed);
      const auto act = [&](int step) {
        std::vector<Evicted> evicted;
        const AddOutcome outcome = cache.add(message(std::to_string(random.below(2000))), start, evicted);
        const auto ids = cache.ids();
        if (outcome.message != nullptr) cache.pin(outcome.id);
        const MessageId any = ids.empty() ? MessageId{} : ids[random.below(ids.size())];
        cache.set_validity(any, true);
        (void)cache.is_valid(any);
        (void)cache.get(any);
        (void)cache.find(DataType{7}, Payload("1"));
        (void)cache.messages_from(cache.next_sequence() / 2, 10);
        step % 3 == 0 ? cache.unpin(any) : step % 3 == 1 ? cache.remove(any) : cache.reject(any);
        return outcome;
      };
      for (int step = 0; step < 2000; ++step) {
        if (step % 2 == 0) {
          act(step);
          continue;
        }
        const auto hold = cache.hold();
        const auto before = cache.next_sequence();
        const auto nested = cache.hold();
        const bool added = act(step).message != nullptr;
        if (cache.next_sequence() != before + (added ? 1 : 0)) disturbed = true;
      }
    };
    std::vector<std::thread> threads;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) threads.emplace_back(work, seed);
    for (std::thread& thread : threads) thread.join();
    CHECK_FALSE(disturbed);
    CHECK(cache.size() <= 500);
    CHECK(cache.messages().size() == cache.size());
  }
}

}  // namespace
}  // namespace gossip::test
