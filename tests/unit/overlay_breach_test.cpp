/// \file
/// docs/protocol.md, 'The overlay extension': what a link does not allow ends it, with the reason, and what
/// came before counts.

#include "overlay_bench.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gossip::test {
namespace {

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
  Node node{offering(config_with(8)), transport, breaches, 1};
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

  TEST_CASE("a HELLO behind another frame is skipped, and what needs an extended link ends that one") {
    Watched bench;
    const ConnectionId peer = bench.stranger();
    bench.from(peer, announce("first"));
    bench.from(peer, hello(2));
    CHECK(bench.node.statistics().frames_skipped == 1);
    CHECK(bench.breaches.details.empty());
    bench.from(peer, data("a", 1));
    CHECK(bench.breaches.details == std::vector<std::string>{"DATA on a link that is not extended"});
    CHECK(bench.node.statistics().links_extended == 0);
  }

  TEST_CASE("addresses by the thousand: as many are remembered and dialled as ever, and the link stays") {
    Watched bench;
    const ConnectionId peer = bench.stranger();
    bench.from(peer, hello(2));
    PeerResponse response;
    for (std::uint32_t number = 0; number < 10000; ++number)
      response.server_addresses.push_back({0x0b000000U + number, 6001});
    for (int times = 0; times < 3; ++times) bench.from(peer, response);
    for (std::uint32_t number = 0; number < 10000; ++number) {
      bench.from(peer, Join{0, {0x0c000000U + number, 6001}});
      bench.from(peer, Shuffle{Shuffle::Kind::asks, {16, {0x0d000000U + number, 6001}}});
      bench.from(peer, PeerUpdate{{0x0e000000U + number, 6001}, Ttl{1}, PeerUpdate::Kind::found});
    }
    CHECK(bench.node.p2p().neighborhood()->passive().size() == 48);
    CHECK(bench.node.pool().dials() == 4);
    CHECK(bench.node.statistics().shuffles_ignored == 9999);
    CHECK(bench.node.pool().size() == 1);
    CHECK(bench.breaches.details.empty());
    CHECK(bench.transport.sent_to<PeerResponse>(peer).empty());
    bench.from(peer, PeerRequest{server(2)});
    CHECK(bench.transport.sent_to<PeerResponse>(peer).at(0).server_addresses.size() <= 48 + 4);
  }

  TEST_CASE("PINGs by the thousand are answered as they are read") {
    Watched bench;
    const ConnectionId peer = bench.stranger();
    bench.from(peer, hello(2));
    bench.transport.congested.insert(peer);
    bench.from(peer, Ping{1});
    CHECK(bench.transport.paused.contains(peer));
    CHECK(bench.transport.sent_to<Pong>(peer).size() == 1);
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
