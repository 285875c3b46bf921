/// \file
/// What neighbours say, in an order that nobody has thought of: whoever is gone is sent nothing, and every
/// bound holds.

#include "neighbor_bench.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace gossip::test {
namespace {

constexpr std::size_t degree = 4;
constexpr std::size_t max_connections = 6;

/// A node among others that do as chance will have it. Few addresses and few node ids, so that they collide.
class Life {
 public:
  explicit Life(std::uint64_t seed) : random_(seed), bench_(with_degree(degree, max_connections)) {}

  void step() {
    bench_.transport.clear();
    switch (random_.below(10)) {
      case 0:
        accept();
        break;
      case 1:
        decide_dial();
        break;
      case 2:
        say_hello();
        break;
      case 3:
        lose();
        break;
      case 4:
        wait();
        break;
      default:
        speak();
    }
    review();
  }

  [[nodiscard]] const Statistics& counted() const { return bench_.node.statistics(); }
  [[nodiscard]] std::size_t dismissed() const {
    const auto all = bench_.observer.all<event::ConnectionClosed>();
    return static_cast<std::size_t>(
        std::ranges::count(all, CloseReason::dismissed, &event::ConnectionClosed::reason));
  }

 private:
  void accept() {
    const ConnectionId link = bench_.stranger();
    open_.insert(link);
    begin(link);
  }

  void publish(ConnectionId link, const std::string& text) {
    if (bench_.is_extended(link)) return bench_.from(link, data(text, 3));
    bench_.from(link, announce(text));
  }

  /// Mostly what the rules say: first HELLO, then who it is.
  void begin(ConnectionId link) {
    if (random_.below(6) == 0) return;
    const Endpoint where = address();
    bench_.from(link, hello(static_cast<int>(random_.below(40)), where));
    if (random_.below(2) == 0) bench_.from(link, PeerRequest{where});
    if (random_.below(2) == 0) bench_.from(link, neighbor());
  }

  void decide_dial() {
    if (dials_.empty()) return;
    const auto at = dials_.begin() + static_cast<std::ptrdiff_t>(random_.below(dials_.size()));
    const auto dialled = *at;
    dials_.erase(at);
    if (random_.below(3) == 0) {
      bench_.node.on_connect_failed(dialled.connection, "refused", bench_.now);
    } else {
      open_.insert(dialled.connection);
      bench_.connected(dialled.connection, *literal_endpoint(dialled.address));
      begin(dialled.connection);
    }
  }

  void say_hello() {
    if (random_.below(6) != 0) return;
    if (const auto link = any()) bench_.from(*link, hello(static_cast<int>(random_.below(40)), address()));
  }

  void speak() {
    const auto link = any();
    if (!link || (!bench_.is_extended(*link) && random_.below(6) != 0)) return;
    switch (random_.below(10)) {
      case 0:
        return bench_.from(*link, Join{static_cast<std::uint8_t>(random_.below(7)), address()});
      case 1:
      case 2:
        return bench_.from(*link, neighbor());
      case 3:
        if (random_.below(4) != 0) return;
        return bench_.from(*link,
                           Disconnect{Disconnect::Reason{static_cast<std::uint8_t>(random_.below(3))}});
      case 4:
        return bench_.from(*link, Shuffle{Shuffle::Kind::asks, addresses()});
      case 5:
        return bench_.from(*link, Shuffle{Shuffle::Kind::answers, addresses()});
      case 6:
        return bench_.from(*link, PeerRequest{address()});
      case 7:
        return bench_.from(*link, PeerInit{address()});
      case 8:
        return bench_.from(*link, PeerResponse{addresses()});
      default:
        return publish(*link, std::to_string(random_.below(1000)));
    }
  }

  void lose() {
    const auto link = any();
    if (!link || random_.below(3) != 0) return;
    open_.erase(*link);
    bench_.closed(*link);
  }

  void wait() {
    const Duration time = std::chrono::milliseconds(random_.below(4000));
    if (random_.below(16) != 0) return bench_.live(time);
    bench_.pass(time);
  }

  /// After each event.
  void review() {
    for (const auto& sent : bench_.transport.sent) REQUIRE(open_.contains(sent.to));
    for (const auto& closed : bench_.transport.closed) REQUIRE(open_.erase(closed.connection) == 1);
    for (const auto& dialled : bench_.transport.dialled) {
      REQUIRE(*literal_endpoint(dialled.address) != own_server);
      dials_.push_back(dialled);
    }
    const ConnectionPool& pool = bench_.node.pool();
    REQUIRE(pool.size() == open_.size());
    for (const ConnectionId link : open_) REQUIRE(bench_.is_peer(link));
    REQUIRE(pool.size() <= max_connections);
    REQUIRE(pool.dials() == dials_.size());
    // Probes that were kept, one that is under way, and one more than there may be before one is started.
    REQUIRE(pool.dialled() + pool.dials() <= degree + 2);
    REQUIRE(bench_.passive().size() <= PassiveView::capacity);
    REQUIRE_FALSE(bench_.passive().contains(own_server));
    REQUIRE(discrepancy(counted(), bench_.node.stock()) == std::nullopt);
  }

  Neighbor neighbor() { return {Neighbor::Kind{static_cast<std::uint8_t>(random_.below(2))}}; }
  std::optional<ConnectionId> any() {
    if (open_.empty()) return std::nullopt;
    return *std::next(open_.begin(), static_cast<std::ptrdiff_t>(random_.below(open_.size())));
  }
  /// server(1) is the node itself; some are none.
  Endpoint address() {
    const auto number = static_cast<std::uint32_t>(random_.below(40));
    return number == 0 ? Endpoint{} : server(number);
  }
  std::vector<Endpoint> addresses() {
    std::vector<Endpoint> list(1 + random_.below(shuffle_addresses_max));
    for (Endpoint& endpoint : list) endpoint = address();
    return list;
  }

  Random random_;
  NeighborBench bench_;
  std::set<ConnectionId> open_;
  std::vector<RecordingTransport::Dialled> dials_;
};

TEST_SUITE("Neighborhood: random lives") {
  TEST_CASE("Whatever neighbours say, whoever is gone is sent nothing, and every bound holds") {
    Statistics sum;
    std::size_t dismissed = 0;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
      CAPTURE(seed);
      Life life(seed);
      for (int step = 0; step < 1000; ++step) life.step();
      sum.joins_passed_on += life.counted().joins_passed_on;
      sum.neighbors_refused += life.counted().neighbors_refused;
      sum.shuffles_received += life.counted().shuffles_received;
      sum.shuffles_ignored += life.counted().shuffles_ignored;
      sum.probes_started += life.counted().probes_started;
      sum.probes_kept += life.counted().probes_kept;
      sum.duplicate_links += life.counted().duplicate_links;
      sum.connections_evicted += life.counted().connections_evicted;
      dismissed += life.dismissed();
    }
    // Each of it has come about.
    CAPTURE(to_string(sum));
    for (const std::uint64_t count :
         {sum.joins_passed_on, sum.neighbors_refused, sum.shuffles_ignored, sum.probes_started,
          sum.probes_kept, sum.duplicate_links, sum.connections_evicted, std::uint64_t{dismissed}}) {
      CHECK(count > 0);
    }
    CHECK(sum.shuffles_received > sum.shuffles_ignored);
  }
}

}  // namespace
}  // namespace gossip::test
