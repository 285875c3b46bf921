/// \file
/// ANNOUNCEs that a transport hands over where they were received: the same as one message after the other.

#include "fixture.hpp"

#include <span>
#include <string>
#include <vector>

namespace gossip::test {
namespace {

/// What a read buffer holds: the data is gone once it was handed over.
struct Read {
  explicit Read(const std::vector<std::string>& data, int type = 7, int ttl = 0) {
    for (const std::string& text : data) bytes += text;
    std::size_t at = 0;
    for (const std::string& text : data) {
      AnnounceView& view = views.emplace_back();
      view.ttl = Ttl(static_cast<std::uint8_t>(ttl));
      view.data_type = DataType(static_cast<std::uint16_t>(type));
      view.data = std::as_bytes(std::span(bytes)).subspan(at, text.size());
      at += text.size();
    }
  }
  Read(const Read&) = delete;
  Read& operator=(const Read&) = delete;

  std::string bytes;
  std::vector<AnnounceView> views;
};

std::size_t hand_over(Bench& bench, ConnectionId from, const std::vector<std::string>& data) {
  const Read read(data);
  return bench.node.on_announces(from, read.views, bench.now);
}

/// As a transport does: until all are taken.
void hand_over_all(Bench& bench, ConnectionId from, const std::vector<std::string>& data) {
  for (std::size_t taken = 0; taken < data.size();) {
    taken += hand_over(bench, from, {data.begin() + static_cast<std::ptrdiff_t>(taken), data.end()});
  }
}

std::vector<std::string> numbered(std::size_t count) {
  std::vector<std::string> data;
  for (std::size_t i = 0; i < count; ++i) data.push_back("message " + std::to_string(i));
  return data;
}

TEST_SUITE("on_announces") {
  TEST_CASE("on_announces: of a client, each goes to the other clients and to the peers, its bytes copied") {
    Bench bench;
    bench.peer();
    const ConnectionId client = bench.client();
    bench.client({7});
    CHECK(hand_over(bench, client, {"a", "b", "a"}) == 3);
    CHECK(bench.take() ==
          "c2 NOTIFICATION 7 a; p1 ANNOUNCE 7 a ttl 0; c2 NOTIFICATION 7 b; p1 ANNOUNCE 7 b ttl 0");
    CHECK(bench.knows("a"));
    CHECK(bench.node.statistics().client_announces == 3);
    CHECK(bench.node.statistics().duplicates_cached == 1);
  }

  TEST_CASE("on_announces: with their digests at hand it is the same") {
    for (const bool is_peer : {false, true}) {
      Bench bench;
      const ConnectionId from = is_peer ? bench.peer() : bench.client();
      bench.client({7});
      Read read({"a", "b", "a", "c"});
      std::vector<Digest> digests;
      for (const AnnounceView& view : read.views)
        digests.push_back(bench.node.cache().digest(view.data_type, view.data));
      // All but one: that is made.
      for (std::size_t i = 0; i < 3; ++i) read.views[i].digest = &digests[i];
      CHECK(bench.node.on_announces(from, read.views, bench.now) == 4);
      const std::string all = is_peer ? "c1 NOTIFICATION 7 a; c1 NOTIFICATION 7 b; c1 NOTIFICATION 7 c"
                                      : "c2 NOTIFICATION 7 a; c2 NOTIFICATION 7 b; c2 NOTIFICATION 7 c";
      CHECK(bench.take() == all);
      CHECK(bench.node.statistics().duplicates_cached == 1);
      // Those without find what came with one.
      CHECK(hand_over(bench, from, {"b", "c"}) == 2);
      CHECK(bench.node.statistics().duplicates_cached == 3);
    }
  }

  TEST_CASE("on_announces: of a peer, each waits for a verdict") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    bench.peer();
    const ConnectionId client = bench.client({7});
    CHECK(hand_over(bench, peer, {"a", "b"}) == 2);
    CHECK(bench.take() == "c1 NOTIFICATION 7 a; c1 NOTIFICATION 7 b");
    bench.vote(client, "b", true);
    CHECK(bench.take() == "p2 ANNOUNCE 7 b ttl 0");
  }

  TEST_CASE("on_announces: it stops behind the one that made the node pause who sends them") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    const ConnectionId client = bench.client();
    bench.congest(peer);
    CHECK(hand_over(bench, client, {"a", "b", "c"}) == 1);
    CHECK(bench.take() == "p1 ANNOUNCE 7 a ttl 0; pause c1");
    CHECK_FALSE(bench.knows("b"));
    bench.relieve(peer);
    CHECK(hand_over(bench, client, {"b", "c"}) == 2);
    CHECK(bench.take() == "p1 ANNOUNCE 7 b ttl 0; p1 ANNOUNCE 7 c ttl 0; resume c1");
  }

  TEST_CASE("on_announces: while another is paused, all are taken") {
    Bench bench;
    const ConnectionId peer = bench.peer();
    const ConnectionId slow = bench.client();
    const ConnectionId client = bench.client();
    bench.congest(peer);
    CHECK(hand_over(bench, slow, {"a"}) == 1);
    REQUIRE(bench.paused(slow));
    bench.transport.congested.clear();
    CHECK(hand_over(bench, client, {"b", "c"}) == 2);
    CHECK(bench.knows("c"));
  }

  TEST_CASE("on_announces: a peer that fills its share of pending messages is stopped at the edge of it") {
    Bench bench(config_with(8));  // 6 may be protected, 3 of one peer
    const ConnectionId peer = bench.peer();
    const ConnectionId client = bench.client({7});
    bench.from(peer, announce("first"));
    bench.vote(client, "first", true);
    const auto data = numbered(6);
    CHECK(hand_over(bench, peer, data) == 3);
    CHECK(bench.paused(peer));
    CHECK(bench.node.statistics().added_pending == 4);
  }

  TEST_CASE("on_announces: of a connection that is not there, all are taken and nothing comes of them") {
    Bench bench;
    bench.peer();
    CHECK(hand_over(bench, c(9), {"a", "b"}) == 2);
    CHECK(bench.take() == "");
    CHECK_FALSE(bench.knows("a"));
  }

  TEST_CASE("on_announces: however many come together, it is as if they had come one by one") {
    for (const std::size_t count : {1, 15, 16, 17, 100}) {
      CAPTURE(count);
      const auto data = numbered(count);
      std::string traces[2];
      for (const bool together : {false, true}) {
        Bench bench(config_with(10));  // they evict each other
        bench.peer();
        const ConnectionId client = bench.client();
        bench.client({7});
        bench.node.begin_batch();
        if (together) {
          hand_over_all(bench, client, data);
        } else {
          for (const std::string& text : data) bench.from(client, announce(text));
        }
        bench.node.end_batch();
        traces[together ? 1 : 0] = bench.take();
        CHECK(bench.node.statistics().added_valid == count);
        CHECK_FALSE(discrepancy(bench.node.statistics(), bench.node.stock()).has_value());
      }
      CHECK(traces[0] == traces[1]);
    }
  }
}

}  // namespace
}  // namespace gossip::test
