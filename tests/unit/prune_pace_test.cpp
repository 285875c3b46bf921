#include <gossip/overlay/prune_pace.hpp>

#include "overlay_fixture.hpp"

namespace gossip::test {
namespace {

constexpr Tree tree{3};

void count(PrunePace& pace, int messages, Duration time, Tree in = tree) {
  for (int i = 0; i < messages; ++i) pace.count(in, at(time));
}

/// Of so many ids one is permitted; it is made sure that those are the ids that are divisible by it.
int one_in(const PrunePace& pace, Tree in = tree) {
  constexpr int ids = 1 << 12U;
  int permitted = 0;
  int first = 0;
  for (int number = ids; number > 0; --number) {
    if (!pace.permits(in, numbered_id(static_cast<std::uint64_t>(number)))) continue;
    first = number;
    permitted += 1;
  }
  REQUIRE(permitted > 0);
  CHECK(permitted * first == ids);
  return first;
}

TEST_SUITE("prune_pace") {
  TEST_CASE("Pruning: everything is permitted in a tree that carries little, or nothing") {
    PrunePace pace;
    CHECK(one_in(pace) == 1);
    count(pace, 4, 0s);  // in 8 s: 2 s apart
    CHECK(one_in(pace) == 1);
  }

  TEST_CASE("Pruning: one message in M, the smallest power of two with which they are 2 s apart") {
    struct Case {
      int messages;  ///< in a window of 8 s, so each is 8 s / messages from the next
      int one_in;
    };
    for (const Case& c : {Case{4, 1}, Case{5, 2}, Case{8, 2}, Case{9, 4}, Case{16, 4}, Case{17, 8},
                          Case{32, 8}, Case{80, 32}, Case{800, 256}}) {
      CAPTURE(c.messages);
      PrunePace pace;
      count(pace, c.messages, 0s);
      CHECK(one_in(pace) == c.one_in);
    }
  }

  TEST_CASE("Pruning: about one in M of random ids is permitted") {
    PrunePace pace;
    count(pace, 64, 0s);  // M is 16
    Random random(1);
    int permitted = 0;
    for (int i = 0; i < 16000; ++i) {
      ContentId id;
      for (std::byte& byte : id.bytes) byte = static_cast<std::byte>(random.below(256));
      permitted += pace.permits(tree, id) ? 1 : 0;
    }
    CHECK(permitted > 850);  // of 1,000 expected; the standard deviation is 31
    CHECK(permitted < 1150);
  }

  TEST_CASE("Pruning: what is permitted where more messages are seen is permitted where fewer are") {
    PrunePace busy;
    PrunePace quiet;
    count(busy, 32, 0s);
    count(quiet, 16, 0s);
    int both = 0;
    for (std::uint64_t number = 0; number < 64; ++number) {
      if (!busy.permits(tree, numbered_id(number))) continue;
      both += 1;
      CHECK(quiet.permits(tree, numbered_id(number)));
    }
    CHECK(both == 8);
  }

  TEST_CASE("Pruning: M is that of the busier of two windows, and falls once both are quiet") {
    PrunePace pace;
    count(pace, 32, 0s);
    count(pace, 1, 8s - 1ns);
    CHECK(one_in(pace) == 16);
    count(pace, 1, 8s);
    CHECK(one_in(pace) == 16);
    count(pace, 80, 9s);
    CHECK(one_in(pace) == 32);
    count(pace, 1, 16s);
    CHECK(one_in(pace) == 32);
    count(pace, 1, 24s);
    CHECK(one_in(pace) == 1);
  }

  TEST_CASE("Pruning: what was counted before a quiet window does not matter after it") {
    PrunePace pace;
    count(pace, 32, 0s);
    count(pace, 1, 16s - 1ns);
    CHECK(one_in(pace) == 8);
    PrunePace other;
    count(other, 32, 0s);
    count(other, 1, 16s);
    CHECK(one_in(other) == 1);
  }

  TEST_CASE("Pruning: each tree has its own M") {
    PrunePace pace;
    count(pace, 32, 0s, Tree{1});
    count(pace, 8, 0s, Tree{63});
    CHECK(one_in(pace, Tree{1}) == 8);
    CHECK(one_in(pace, Tree{63}) == 2);
    CHECK(one_in(pace, Tree{2}) == 1);
  }
}

}  // namespace
}  // namespace gossip::test
