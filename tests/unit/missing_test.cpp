#include <gossip/overlay/missing.hpp>

#include "overlay_fixture.hpp"

#include <optional>
#include <set>
#include <string>

namespace gossip::test {
namespace {

/// Messages that are missing, called by numbers, and links of which some have ended.
struct Ledger {
  explicit Ledger(std::size_t backlog_max = 0) : missing(backlog_max) {}

  bool tell(std::uint64_t number, ConnectionId link, Duration time = 0s, Tree tree = Tree{3}) {
    return missing.add(fingerprint(number), {tree, numbered_id(number)}, link, at(time));
  }
  /// As many as a link may tell of, the first of them number 0.
  void fill(ConnectionId link) {
    for (std::uint64_t number = 0; number < Missing::of_link_max; ++number) REQUIRE(tell(number, link));
  }
  bool tell_to_catch_up(std::uint64_t number, ConnectionId link, Duration time = 0s) {
    return tell(number, link, time, no_tree);
  }
  void admit(Duration time) {
    missing.admit(at(time), [this](IdFingerprint id) { return known.contains(value_of(id)); });
  }
  void came(std::uint64_t number) { missing.erase(fingerprint(number)); }

  /// "p1: 3 in 5" for each question that is due: who is asked, for which message, in which tree.
  std::string asks(Duration time) {
    std::string text;
    const auto is_open = [this](ConnectionId link) { return !ended.contains(link); };
    while (const auto question = missing.take_due(at(time), is_open)) {
      const Advert& wanted = question->wanted;
      text += (text.empty() ? "" : "; ") + name_of(question->link) + ": " +
              std::to_string(std::to_integer<int>(wanted.id.bytes.back())) + " in " +
              std::to_string(value_of(wanted.tree));
    }
    return text;
  }
  /// When the next is due, counted from the start.
  [[nodiscard]] std::optional<Duration> due() const {
    const auto timer = missing.next_timer();
    if (!timer) return std::nullopt;
    return *timer - at(0s);
  }

  Missing missing;
  std::set<ConnectionId> ended;
  std::set<std::uint64_t> known;  ///< what is told of and not missing, as admit() finds out
};

TEST_SUITE("missing") {
  TEST_CASE("Missing: nothing is asked for before patience is over") {
    Ledger ledger;
    CHECK_FALSE(ledger.due());
    CHECK(ledger.asks(1h) == "");
    CHECK(ledger.tell(1, p(1)));
    CHECK(ledger.missing.size() == 1);
    CHECK(ledger.due() == Duration(1s));
    CHECK(ledger.asks(1s - 1ns) == "");
    CHECK(ledger.asks(1s) == "p1: 1 in 3");
  }

  TEST_CASE("Missing: one question at a time, the next one who told after retry, and each once") {
    Ledger ledger;
    for (std::uint64_t link = 1; link <= 3; ++link) ledger.tell(1, p(link), link * 100ms);
    CHECK(ledger.asks(1100ms) == "p1: 1 in 3");
    CHECK(ledger.due() == Duration(1350ms));
    CHECK(ledger.asks(1350ms - 1ns) == "");
    CHECK(ledger.asks(1350ms) == "p2: 1 in 3");
    CHECK(ledger.asks(1600ms) == "p3: 1 in 3");
    CHECK(ledger.missing.given_up() == 0);
    CHECK(ledger.asks(1850ms) == "");
    CHECK(ledger.missing.given_up() == 1);
    CHECK(ledger.missing.empty());
    CHECK_FALSE(ledger.due());
  }

  TEST_CASE("Missing: who tells while another is asked is asked next") {
    Ledger ledger;
    ledger.tell(1, p(1));
    CHECK(ledger.asks(1s) == "p1: 1 in 3");
    CHECK(ledger.tell(1, p(2), 1200ms));
    CHECK(ledger.asks(1250ms) == "p2: 1 in 3");
    CHECK(ledger.missing.given_up() == 0);
  }

  TEST_CASE("Missing: links that have ended are passed over, without waiting for them") {
    Ledger ledger;
    for (std::uint64_t link = 1; link <= 4; ++link) ledger.tell(1, p(link));
    ledger.ended = {p(1), p(3)};
    CHECK(ledger.asks(1s) == "p2: 1 in 3");
    CHECK(ledger.asks(1250ms) == "p4: 1 in 3");
    CHECK(ledger.asks(1500ms) == "");
    CHECK(ledger.missing.given_up() == 1);
  }

  TEST_CASE("Missing: where all who told have ended it is given up at once, and others are asked for") {
    Ledger ledger;
    ledger.tell(1, p(1));
    ledger.tell(2, p(2));
    ledger.ended = {p(1)};
    CHECK(ledger.asks(1s) == "p2: 2 in 3");
    CHECK(ledger.missing.given_up() == 1);
    CHECK(ledger.missing.size() == 1);
  }

  TEST_CASE("Missing: what comes in time leaves no timer") {
    Ledger ledger;
    ledger.tell(1, p(1));
    ledger.tell(2, p(1), 100ms);
    ledger.came(1);
    CHECK(ledger.due() == Duration(1100ms));
    ledger.came(2);
    CHECK_FALSE(ledger.due());
    CHECK(ledger.asks(1h) == "");
    CHECK(ledger.missing.given_up() == 0);
    ledger.came(3);  // was never missing
    CHECK(ledger.missing.empty());
  }

  TEST_CASE("Missing: what comes after it was asked for leaves no timer, and nobody else is asked") {
    Ledger ledger;
    ledger.tell(1, p(1));
    ledger.tell(1, p(2));
    CHECK(ledger.asks(1s) == "p1: 1 in 3");
    ledger.came(1);
    CHECK_FALSE(ledger.due());
    CHECK(ledger.asks(1h) == "");
  }

  TEST_CASE("Missing: what came behind one that has not come leaves no question, either") {
    Ledger ledger;
    ledger.tell(1, p(1));
    ledger.tell(2, p(1));
    ledger.tell(3, p(1));
    ledger.came(2);
    CHECK(ledger.asks(1s) == "p1: 1 in 3; p1: 3 in 3");
  }

  TEST_CASE("Missing: one that came and is missing again is asked for at its new time only") {
    Ledger ledger;
    ledger.tell(1, p(1));  // keeps the turn of the other behind it
    ledger.tell(2, p(1));
    ledger.came(2);
    ledger.tell(2, p(2), 600ms);
    CHECK(ledger.asks(1s) == "p1: 1 in 3");
    CHECK(ledger.asks(1600ms - 1ns) == "");
    CHECK(ledger.asks(1600ms) == "p2: 2 in 3");
    ledger.came(2);
    ledger.tell(2, p(3), 1700ms);
    CHECK(ledger.due() == Duration(2700ms));
    CHECK(ledger.asks(2700ms - 1ns) == "");
    CHECK(ledger.asks(2700ms) == "p3: 2 in 3");
  }

  TEST_CASE("Missing: one link takes up to of_link_max, and others have room all the same") {
    Ledger ledger;
    for (std::uint64_t number = 0; number < Missing::of_link_max; ++number)
      REQUIRE(ledger.tell(number, p(1)));
    CHECK_FALSE(ledger.tell(1000, p(1)));
    CHECK(ledger.tell(1000, p(2)));
    CHECK(ledger.tell(1000, p(1)));  // another told first: it takes none of its room
    CHECK_FALSE(ledger.tell(1001, p(1)));
    ledger.came(0);
    CHECK(ledger.tell(1001, p(1)));
    CHECK_FALSE(ledger.tell(1002, p(1)));
  }

  TEST_CASE("Missing: what is given up makes room for its link") {
    Ledger ledger;
    for (std::uint64_t number = 0; number < Missing::of_link_max; ++number) ledger.tell(number, p(1));
    ledger.ended = {p(1)};
    CHECK(ledger.asks(1s) == "");
    CHECK(ledger.missing.given_up() == Missing::of_link_max);
    CHECK(ledger.tell(1, p(1), 1s));
  }

  TEST_CASE("Missing: all links together take up to size_max") {
    Ledger ledger;
    for (std::uint64_t number = 0; number < Missing::size_max; ++number) {
      REQUIRE(ledger.tell(number, p(number / Missing::of_link_max)));
    }
    CHECK_FALSE(ledger.tell(Missing::size_max, p(100)));
    CHECK(ledger.tell(0, p(100)));  // is remembered already
    CHECK(ledger.missing.size() == Missing::size_max);
    ledger.came(0);
    CHECK(ledger.tell(Missing::size_max, p(100)));
  }

  TEST_CASE(
      "Missing: what is to be caught up with waits in a backlog that has a bound, and nothing else does") {
    Ledger ledger(2);
    ledger.fill(p(1));
    CHECK(ledger.tell_to_catch_up(1000, p(1)));
    CHECK(ledger.tell_to_catch_up(1001, p(1)));
    CHECK_FALSE(ledger.tell_to_catch_up(1002, p(1)));
    CHECK_FALSE(ledger.tell(1003, p(1)));
    CHECK(ledger.missing.waiting() == 2);
    CHECK(ledger.missing.size() == Missing::of_link_max);
    CHECK(ledger.tell_to_catch_up(1002, p(2)));  // has room of its own
    CHECK(ledger.missing.size() == Missing::of_link_max + 1);
  }

  TEST_CASE(
      "Missing: what waits goes on when half of its link's room is free, in its order, and is asked at "
      "once") {
    Ledger ledger(1000);
    ledger.fill(p(1));
    for (std::uint64_t number = 1; number <= 3; ++number) ledger.tell_to_catch_up(1000 + number, p(1));
    ledger.admit(500ms);
    CHECK(ledger.missing.waiting() == 3);
    CHECK(ledger.due() == Duration(1s));
    for (std::uint64_t number = 0; number < Missing::of_link_max / 2; ++number) {
      CHECK(ledger.due() >= Duration(0s));
      ledger.came(number);
    }
    CHECK(ledger.due() < Duration(0s));  // at once
    ledger.admit(500ms);
    CHECK(ledger.missing.waiting() == 0);
    CHECK(ledger.due() == Duration(500ms));
    CHECK(ledger.asks(500ms) == "p1: 233 in 255; p1: 234 in 255; p1: 235 in 255");  // the last byte of each
    CHECK(ledger.due() == Duration(750ms));
  }

  TEST_CASE(
      "Missing: what has come while it waited is not missing, and what is missing gets another to ask") {
    Ledger ledger(1000);
    ledger.fill(p(1));
    for (std::uint64_t number = 1; number <= 3; ++number) ledger.tell_to_catch_up(1000 + number, p(1));
    ledger.tell(1002, p(2));
    ledger.known = {1001};
    for (std::uint64_t number = 0; number < Missing::of_link_max; ++number) ledger.came(number);
    ledger.admit(100ms);
    CHECK(ledger.missing.size() == 2);
    CHECK(ledger.asks(100ms) == "p1: 235 in 255");
    CHECK(ledger.asks(1s) == "p2: 234 in 3");
    ledger.came(1003);
    CHECK(ledger.asks(1250ms) == "p1: 234 in 3");
  }

  TEST_CASE("Missing: what a link has told of and waits goes with the link; what others told of does not") {
    Ledger ledger(1000);
    ledger.fill(p(1));
    for (std::uint64_t number = 2000; number < 2000 + Missing::of_link_max; ++number)
      ledger.tell(number, p(2));
    ledger.tell_to_catch_up(1001, p(1));
    ledger.tell_to_catch_up(1002, p(2));
    CHECK(ledger.missing.waiting() == 2);
    ledger.missing.forget(p(1));
    ledger.missing.forget(p(3));
    CHECK(ledger.missing.waiting() == 1);
    for (std::uint64_t number = 0; number < Missing::of_link_max; ++number) {
      ledger.came(number);
      ledger.came(2000 + number);
    }
    CHECK_FALSE(ledger.missing.empty());
    ledger.admit(0s);
    CHECK(ledger.asks(0s) == "p2: 234 in 255");
    ledger.came(1002);
    CHECK(ledger.missing.empty());
    CHECK_FALSE(ledger.due());
  }

  TEST_CASE("Missing: tellers_max of those who told are remembered, each once") {
    Ledger ledger;
    for (std::uint64_t link = 1; link <= Missing::tellers_max; ++link) {
      CHECK(ledger.tell(1, p(link)));
      CHECK(ledger.tell(1, p(link)));
    }
    CHECK_FALSE(ledger.tell(1, p(5)));
    CHECK(ledger.asks(1s) == "p1: 1 in 3");
    CHECK(ledger.asks(1250ms) == "p2: 1 in 3");
    CHECK(ledger.asks(1500ms) == "p3: 1 in 3");
    CHECK(ledger.asks(1750ms) == "p4: 1 in 3");
    CHECK(ledger.asks(2s) == "");
    CHECK(ledger.missing.given_up() == 1);
  }

  TEST_CASE("Missing: one told of without a tree gets that of a later advert, and keeps it") {
    Ledger ledger;
    ledger.tell(1, p(1), 0s, no_tree);
    ledger.tell(2, p(1), 0s, no_tree);
    ledger.tell(2, p(2), 0s, Tree{9});
    ledger.tell(2, p(3), 0s, no_tree);
    CHECK(ledger.asks(1s) == "p1: 1 in 255; p1: 2 in 9");
  }

  TEST_CASE("Missing: a long time of coming and going keeps its order") {
    Ledger ledger;
    for (std::uint64_t number = 0; number < 200; ++number) {
      const auto time = static_cast<int>(number) * 10ms;
      ledger.tell(number, p(1), time);
      if (number % 3 != 0) ledger.came(number);
      if (number < 100) continue;
      const std::uint64_t due = number - 100;  // was told of a second ago
      CAPTURE(due);
      const std::string asked = ledger.asks(time);
      CHECK(asked == (due % 3 == 0 ? "p1: " + std::to_string(due) + " in 3" : ""));
    }
  }
}

}  // namespace
}  // namespace gossip::test
