/// \file
/// docs/protocol.md, 'Addresses': nodes with IPv6 addresses, and what the frames of the base protocol, which
/// have no room for them, say instead.

#include "overlay_bench.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace gossip::test {
namespace {

constexpr Endpoint nobody{0, 6001};  ///< what a base frame says of an IPv6 address

IpAddress literal(const char* text) {
  return parse_ip_address(text).value();
}

/// 2001:db8::N, port 6001.
Endpoint six(std::uint8_t number) {
  IpAddress::Bytes bytes = literal("2001:db8::").bytes();
  bytes.back() = std::byte{number};
  return {IpAddress::v6(bytes), 6001};
}

/// A node that offers the extension and listens on 2001:db8::1 unless told otherwise.
struct SixBench : Bench {
  explicit SixBench(const Config& config = {}, Endpoint listen = six(1))
      : Bench(offering(config), 1, listen) {}

  std::string take() { return without_ids(Bench::take()); }
  void connected(ConnectionId id, Endpoint remote, const IpAddress& local = six(1).address) {
    node.on_connected(id, {Layer::p2p, remote, {local, 45000}}, now);
  }
  /// A node connects and says HELLO. What that sends is gone.
  ConnectionId extended(int number, Endpoint address) {
    const ConnectionId link = stranger();
    from(link, hello(number, address));
    transport.sent.clear();
    return link;
  }
  [[nodiscard]] std::optional<Endpoint> filed(ConnectionId link) const {
    return node.pool().find(link)->server_address;
  }
  [[nodiscard]] std::uint64_t skipped() const { return node.statistics().addresses_skipped; }
};

TEST_SUITE("Addresses") {
  TEST_CASE(
      "Addresses: a node with an IPv6 address says it in HELLO, and 0.0.0.0 with its port in base frames") {
    SixBench bench(with_bootstrapper(six(2)));
    CHECK(bench.take() == "dial [2001:db8::2]:6001");
    bench.connected(d(1), six(2));
    CHECK(bench.take() == "d1 HELLO [2001:db8::1]:6001; d1 PEER REQUEST 0.0.0.0:6001");
    bench.from(d(1), PeerResponse{{server(3)}});
    CHECK(bench.take() == "dial 10.0.0.3:6001");
    bench.connected(d(2), server(3));
    CHECK(bench.take() == "d2 HELLO [2001:db8::1]:6001; d2 PEER INIT 0.0.0.0:6001");
  }

  TEST_CASE("Addresses: a node that listens on :: tells the connection's local address, of either family") {
    SixBench bench(with_bootstrappers({to_host_port(six(2)), to_host_port(server(2))}),
                   {literal("::"), 6001});
    (void)bench.take();
    bench.connected(d(1), six(2), six(7).address);
    CHECK(bench.take() == "d1 HELLO [2001:db8::7]:6001; d1 PEER REQUEST 0.0.0.0:6001");
    bench.connected(d(2), server(2), server(7).address);
    CHECK(bench.take() == "d2 HELLO 10.0.0.7:6001; d2 PEER REQUEST 10.0.0.7:6001");
  }

  TEST_CASE("Addresses: PEER RESPONSE leaves out what is IPv6") {
    SixBench bench({}, {literal("::"), 6001});
    bench.extended(1, six(2));
    bench.extended(2, server(3));
    bench.extended(3, six(4));
    const ConnectionId asker = bench.extended(4, server(5));
    bench.from(asker, Join{0, six(6)});
    bench.transport.sent.clear();
    bench.from(asker, PeerRequest{server(5)});
    const auto answers = bench.transport.sent_to<PeerResponse>(asker);
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].server_addresses == std::vector{server(3)});
  }

  TEST_CASE("Addresses: 0.0.0.0 after HELLO with an IPv6 address is no bad address and changes nothing") {
    SixBench bench;
    const ConnectionId base = bench.stranger();
    bench.from(base, PeerInit{server(9)});
    const ConnectionId link = bench.extended(1, six(2));
    REQUIRE(bench.filed(link) == six(2));
    bench.from(link, PeerInit{nobody});
    CHECK(bench.take() == "");  // no PEER UPDATE either: it could not say the address
    bench.from(link, PeerRequest{nobody});
    CHECK(bench.transport.sent_to<PeerUpdate>(base).empty());
    CHECK(bench.filed(link) == six(2));
    CHECK(bench.skipped() == 0);
    bench.from(link, PeerInit{server(8)});
    CHECK(bench.filed(link) == six(2));
  }

  TEST_CASE("Addresses: 0.0.0.0 on a link that was dialled at an IPv6 address is none either") {
    SixBench bench(with_bootstrapper(six(2)));
    bench.connected(d(1), six(2));
    bench.from(d(1), hello(1, six(2)));
    bench.from(d(1), PeerRequest{nobody});
    CHECK(bench.skipped() == 0);
    CHECK(bench.filed(d(1)) == six(2));
  }

  TEST_CASE("Addresses: 0.0.0.0 from whoever has not said an IPv6 address is skipped, and the link stays") {
    SixBench bench;
    const ConnectionId base = bench.stranger();
    bench.from(base, PeerInit{nobody});
    CHECK(bench.skipped() == 1);
    std::uint64_t expected = 1;
    int number = 0;
    for (const IpAddress& address :
         {literal("::"), literal("fe80::1"), literal("ff02::1"), server(3).address}) {
      const ConnectionId link = bench.extended(++number, {address, 6001});
      bench.from(link, PeerInit{nobody});
      CHECK(bench.skipped() == ++expected);
      CHECK(bench.node.pool().find(link) != nullptr);
    }
    CHECK(bench.node.pool().find(base) != nullptr);
  }

  TEST_CASE(
      "Addresses: the first PEER REQUEST of a node with an IPv6 address sets out JOINs with that of HELLO") {
    SixBench bench;
    const ConnectionId neighbor = bench.extended(1, six(2));
    const ConnectionId newcomer = bench.extended(2, six(3));
    bench.from(newcomer, PeerRequest{nobody});
    const auto joins = bench.transport.sent_to<Join>(neighbor);
    REQUIRE(joins.size() == 1);
    CHECK(joins[0] == Join{6, six(3)});
  }

  TEST_CASE("Addresses: what JOIN and SHUFFLE say of nodes with IPv6 addresses is dialled") {
    SixBench bench;
    const ConnectionId link = bench.extended(1, six(2));
    bench.take();
    bench.from(link, Join{0, six(7)});
    CHECK(bench.take() == "dial [2001:db8::7]:6001");
    bench.from(link, Shuffle{Shuffle::Kind::asks, {six(8), {literal("fe80::1"), 1}, {literal("::"), 1}}});
    CHECK(bench.take().find("dial [2001:db8::8]:6001") != std::string::npos);
    CHECK(bench.skipped() == 2);
  }

  TEST_CASE("Addresses: a SHUFFLE names IPv6 addresses, the sender's own first") {
    SixBench bench;
    bench.extended(1, six(2));
    bench.extended(2, server(3));
    bench.pass(1s);
    std::vector<Shuffle> shuffles = bench.transport.sent_to<Shuffle>(p(1));
    const bool to_first = !shuffles.empty();
    if (!to_first) shuffles = bench.transport.sent_to<Shuffle>(p(2));
    REQUIRE_FALSE(shuffles.empty());
    CHECK(shuffles[0].server_addresses == std::vector{six(1), to_first ? server(3) : six(2)});
  }

  TEST_CASE("Addresses: of two links opened from opposite ends the one of the smaller IPv6 address stays") {
    for (const std::uint8_t own : {std::uint8_t{1}, std::uint8_t{3}}) {
      CAPTURE(own);
      SixBench bench(with_bootstrapper(six(2)), six(own));
      bench.connected(d(1), six(2), six(own).address);
      bench.from(d(1), hello(1, six(2)));
      const ConnectionId accepted = bench.extended(1, six(2));
      CHECK((bench.node.pool().find(d(1)) != nullptr) == (own < 2));
      CHECK((bench.node.pool().find(accepted) != nullptr) == (own > 2));
      CHECK(bench.node.statistics().duplicate_links == 1);
    }
  }

  TEST_CASE("Addresses: of two links an IPv4 address is smaller than any IPv6 address") {
    Bench bench(offering(with_bootstrapper(six(2))), 1, {literal("::"), 6001}, server(200));
    bench.node.on_connected(d(1), {Layer::p2p, six(2), {six(1).address, 45000}}, bench.now);
    bench.from(d(1), hello(1, six(2)));
    const ConnectionId accepted = bench.stranger();
    bench.from(accepted, hello(1, six(2)));
    CHECK(bench.node.pool().find(d(1)) != nullptr);
    CHECK(bench.node.pool().find(accepted) == nullptr);
  }

  TEST_CASE(
      "Addresses: on :: the loopback and local addresses of both families are one's own, on 0.0.0.0 IPv4's") {
    const std::vector<HostPort> loopback{{"::1", 6001}, {"127.9.9.9", 6001}, {"::1", 6002}};
    SixBench both(with_bootstrappers(loopback), {literal("::"), 6001});
    CHECK(both.take() == "dial [::1]:6002");
    CHECK(both.observer.all<event::BootstrapperIsSelf>().size() == 2);
    SixBench ipv4(with_bootstrappers(loopback), {0, 6001});
    CHECK(ipv4.take() == "dial [::1]:6001; dial [::1]:6002");
    CHECK(ipv4.observer.all<event::BootstrapperIsSelf>().size() == 1);

    const ConnectionId peer = p(77);
    both.node.on_accepted(peer, {Layer::p2p, {six(5).address, 40000}, {six(1).address, 6001}}, both.now);
    both.from(peer, hello(5, six(5)));
    both.transport.sent.clear();
    both.from(peer, Join{0, six(1)});
    CHECK(both.take() == "");
    CHECK(both.skipped() == 1);
  }

  TEST_CASE(
      "Addresses: a link to oneself through another IPv6 address is closed at both ends, and remembered") {
    const Endpoint alias = six(200);
    SixBench bench(with_bootstrapper(alias));
    (void)bench.take();
    const Endpoint dialling_end{six(1).address, 45000};
    bench.node.on_accepted(p(1), {Layer::p2p, dialling_end, alias}, bench.now);
    bench.connected(d(1), alias);
    const NodeId self = *bench.node.p2p().node_id();
    Hello own = hello(0, six(1));
    own.node = self;
    bench.from(p(1), own);
    CHECK(bench.node.pool().empty());
    CHECK(bench.observer.all<event::BootstrapperIsSelf>().size() == 1);
  }

  TEST_CASE("Addresses: without the extension an IPv6 address is refused by name, and a name is not") {
    const auto why = [](const Config& config) -> std::string {
      try {
        config.validate();
      } catch (const std::invalid_argument& wrong) {
        return wrong.what();
      }
      return "";
    };
    constexpr const char* right = ": it must be an IPv4 address or a name, unless overlay is extended";
    Config listens;
    listens.listen_address = {"::1", 6001};
    CHECK(why(listens) == std::string("listen_address is [::1]:6001") + right);
    Config advertises;
    advertises.advertise_address = HostPort{"2001:db8::7", 0};
    CHECK(why(advertises) == std::string("advertise_address is [2001:db8::7]:0") + right);
    Config joins = with_bootstrappers({{"node.example", 1}, {"::1", 2}});
    CHECK(why(joins) == std::string("a bootstrapper is [::1]:2") + right);
    for (const Config& config : {listens, advertises, joins}) CHECK(why(offering(config)) == "");
    Config serves;
    serves.api_address = {"::1", 7001};
    CHECK(why(serves) == "");
    CHECK(why(with_bootstrappers({{"::ffff:10.0.0.1", 1}, {"node.example", 1}})) == "");
  }
}

}  // namespace
}  // namespace gossip::test
