/// \file
/// docs/protocol.md, 'The overlay extension': what a link does not allow ends it, with the reason, and what
/// came before counts.

#include "overlay_fixture.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gossip::test {
namespace {

Config extended() {
  Config config = config_with(8);
  config.overlay = Overlay::extended;
  return config;
}

Hello hello(std::uint64_t number) {
  Hello hello;
  hello.node = NodeId{numbered_id(number).bytes};
  hello.server_address = server(static_cast<std::uint32_t>(number));
  return hello;
}

/// Keeps what the log is told of those that broke the protocol.
class Breaches final : public Observer {
 public:
  void on_event(const Event& event) override {
    const auto* const closed = std::get_if<event::ConnectionClosed>(&event);
    if (closed == nullptr) return;
    CHECK(closed->by_us);
    CHECK(closed->reason == CloseReason::malformed);
    details.emplace_back(closed->detail);
  }
  std::vector<std::string> details;
};

/// An extended node, and what it says of who breaks the protocol.
struct Watched {
  Watched() { node.start(own_server, {}, now); }
  ConnectionId stranger() {
    const ConnectionId id = p(++strangers);
    node.on_accepted(
        id, {Layer::p2p, {server(100).address, static_cast<std::uint16_t>(40000 + strangers)}, own_server},
        now);
    return id;
  }
  void from(ConnectionId id, Message message) { node.on_message(id, std::move(message), now); }
  [[nodiscard]] bool knows(std::string_view text) const {
    return node.cache().find(DataType{7}, Payload(text)).has_value();
  }

  RecordingTransport transport;
  Breaches breaches;
  Node node{extended(), transport, breaches, 1};
  TimePoint now = at(0s);
  std::uint64_t strangers = 0;
};

TEST_SUITE("overlay breaches") {
  TEST_CASE("a link that is not extended is closed on what needs an extended one, and the reason is told") {
    Watched bench;
    const std::vector<Message> messages{data("a", 1),
                                        IHave{{{Tree{1}, content("a")}}},
                                        Graft{{{Tree{1}, content("a")}}},
                                        Prune{1},
                                        Ping{1},
                                        Pong{1},
                                        digest_of({}),
                                        Join{6, server(9)},
                                        Neighbor{},
                                        Disconnect{},
                                        Shuffle{Shuffle::Kind::asks, {server(9)}}};
    for (const Message& message : messages) bench.from(bench.stranger(), message);
    CHECK(bench.breaches.details ==
          std::vector<std::string>{
              "DATA on a link that is not extended", "IHAVE on a link that is not extended",
              "GRAFT on a link that is not extended", "PRUNE on a link that is not extended",
              "PING on a link that is not extended", "PONG on a link that is not extended",
              "DIGEST on a link that is not extended", "JOIN on a link that is not extended",
              "NEIGHBOR on a link that is not extended", "DISCONNECT on a link that is not extended",
              "SHUFFLE on a link that is not extended"});
    CHECK(bench.node.p2p().neighborhood()->passive().size() == 0);
    CHECK(bench.node.statistics().connections_malformed == messages.size());
    CHECK(bench.node.pool().empty());
  }

  TEST_CASE("a second HELLO ends an extended link, and the reason is told") {
    Watched bench;
    const ConnectionId peer = bench.stranger();
    bench.from(peer, hello(2));
    bench.from(peer, hello(2));
    CHECK(bench.breaches.details == std::vector<std::string>{"a second HELLO"});
  }

  TEST_CASE("ANNOUNCEs before a DATA that the link does not allow count, however they come") {
    Watched bench;
    const ConnectionId peer = bench.stranger();
    const std::array<Announce, 2> before{announce("a"), announce("b")};
    const Data bad = data("bad", 1);
    const Announce behind = announce("behind");
    const std::array<AnnounceView, 4> run{before[0], before[1], bad, behind};
    std::span<const AnnounceView> rest(run);
    while (!rest.empty() && !bench.node.pool().empty()) {
      rest = rest.subspan(bench.node.on_announces(peer, rest, bench.now));
    }
    CHECK(bench.knows("a"));
    CHECK(bench.knows("b"));
    CHECK_FALSE(bench.knows("bad"));
    CHECK_FALSE(bench.knows("behind"));
    CHECK(bench.breaches.details == std::vector<std::string>{"DATA on a link that is not extended"});
  }

  TEST_CASE("ANNOUNCEs and DATAs mixed are allowed where the link is extended") {
    Watched bench;
    const ConnectionId peer = bench.stranger();
    bench.from(peer, hello(2));
    bench.from(peer, digest_of({}));
    const Announce one = announce("a");
    const Data other = data("b", 1);
    const std::array<AnnounceView, 2> run{one, other};
    CHECK(bench.node.on_announces(peer, run, bench.now) == 2);
    CHECK(bench.knows("a"));
    CHECK(bench.knows("b"));
    CHECK(bench.breaches.details.empty());
  }
}

}  // namespace
}  // namespace gossip::test
