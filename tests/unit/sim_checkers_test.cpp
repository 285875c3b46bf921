#include <gossip/codec.hpp>
#include <gossip/sim/random_scenario.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace gossip::sim {
namespace {

/// Every node passes on what it gets before its program has seen it.
class ForwardsBeforeTheVerdict final : public Tampering {
  void on_message(NodeNumber node, ConnectionId connection, const Message& message, Grip& grip) override {
    const auto* const announce = std::get_if<Announce>(&message);
    if (node == 1 && announce != nullptr) grip.send_to_others(connection, encode(*announce));
  }
};

/// A node passes on what it got before, whatever its program has said to it meanwhile.
class ForwardsWhateverWasSaid final : public Tampering {
  void on_message(NodeNumber node, ConnectionId connection, const Message& message, Grip& grip) override {
    const auto* const announce = std::get_if<Announce>(&message);
    if (node != 1 || announce == nullptr) return;
    if (last_) grip.send_to_others(connection, encode(*last_));
    last_ = *announce;
  }
  std::optional<Announce> last_;
};

/// A node shows its program a duplicate as if it were new.
class DeliversTwice final : public Tampering {
  void on_message(NodeNumber node, ConnectionId /*connection*/, const Message& message, Grip& grip) override {
    const auto* const announce = std::get_if<Announce>(&message);
    if (node != 1 || announce == nullptr) return;
    if (last_ == announce->data) grip.deliver_again(*announce);
    last_ = announce->data;
  }
  Payload last_;
};

/// A node whose cache has no bound.
class EvictsNothing final : public Tampering {
  Config config_of(NodeNumber node, const Config& config) override {
    Config other = config;
    if (node == 1) other.cache_size = 65535;
    return other;
  }
};

/// A node that forgets at once what it has had.
class ForgetsWhatItHad final : public Tampering {
  Config config_of(NodeNumber node, const Config& config) override {
    Config other = config;
    other.cache_size = node == 1 ? 1 : config.cache_size;
    other.seen_ttl = node == 1 ? std::chrono::seconds(0) : config.seen_ttl;
    return other;
  }
};

/// A node that takes whoever comes.
class TakesEverybody final : public Tampering {
  Config config_of(NodeNumber node, const Config& config) override {
    Config other = config;
    if (node == 0) other.max_connections = 1000;
    return other;
  }
};

struct Found {
  std::uint64_t seed = 0;
  std::string text;
};

/// The first of 50 seeds with a violation of this kind; seed 0 where there is none.
Found first_of_50(Tampering& tampering, Violation::Kind kind) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const Result result = random_scenario(seed).tampering(tampering).run(seed);
    if (std::ranges::find(result.violations, kind, &Violation::kind) != result.violations.end()) {
      return {seed, result.failure_text()};
    }
  }
  return {};
}

TEST_SUITE("sim checkers") {
  TEST_CASE("checkers: forwarding before the verdict is found") {
    ForwardsBeforeTheVerdict bug;
    const Found found = first_of_50(bug, Violation::Kind::forwarded_unvalidated);
    CHECK(found.seed > 0);
    CHECK(found.text.find("forwarded unvalidated, node 1, at ") != std::string::npos);
    const std::string seed = std::to_string(found.seed);
    CHECK(found.text.find("seed " + seed +
                          "; the same again: only run() of this scenario with the seed, since no option says "
                          "tampering(); without that it is gossipd simulate --random --seed " +
                          seed) != std::string::npos);
  }

  TEST_CASE("checkers: what was rejected and is forwarded is found") {
    ForwardsWhateverWasSaid bug;
    CHECK(first_of_50(bug, Violation::Kind::forwarded_rejected).seed > 0);
  }

  TEST_CASE("checkers: a double delivery is found") {
    DeliversTwice bug;
    CHECK(first_of_50(bug, Violation::Kind::delivered_twice).seed > 0);
    ForgetsWhatItHad other;
    CHECK(first_of_50(other, Violation::Kind::delivered_twice).seed > 0);
  }

  TEST_CASE("checkers: a lost bound is found") {
    EvictsNothing bug;
    const Found found = first_of_50(bug, Violation::Kind::beyond_bound);
    CHECK(found.seed > 0);
    CHECK(found.text.find("messages in the cache") != std::string::npos);
    TakesEverybody other;
    CHECK(first_of_50(other, Violation::Kind::beyond_bound).seed > 0);
  }
}

}  // namespace
}  // namespace gossip::sim
