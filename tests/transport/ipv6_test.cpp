/// \file
/// IPv6, and both families at once, on this machine's loopback interface. Where it has no IPv6 the cases that
/// need it say so and check nothing.

#include <gossip/asio/resolve.hpp>
#include <gossip/asio/tcp_node.hpp>

#include "asio/endpoints.hpp"
#include "asio/name_lookups.hpp"
#include "asio/tcp_dial.hpp"
#include "fixture.hpp"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace gossip::test {
namespace {

Endpoint endpoint(const char* text) {
  return parse_endpoint(text).value();
}

bool has_ipv6() {
  asio::io_context context;
  tcp::acceptor probe(context);
  boost::system::error_code error;
  probe.open(tcp::v6(), error);
  if (!error) probe.bind({asio::ip::address_v6::loopback(), 0}, error);
  if (error) MESSAGE("skipped: no IPv6 loopback address here: " << error.message());
  return !error;
}

Config extended() {
  Config config = each_threading();
  config.overlay = Overlay::extended;
  return config;
}

/// Listens on ::1, or on no port any more.
class Listening {
 public:
  Listening() : acceptor_(context_, {asio::ip::address_v6::loopback(), 0}) {}
  [[nodiscard]] Endpoint endpoint() const { return detail::from_asio(acceptor_.local_endpoint()); }
  void close() { acceptor_.close(); }

 private:
  asio::io_context context_;
  tcp::acceptor acceptor_;
};

/// What comes of dialling a name that has these addresses.
std::string dialled(const std::vector<Endpoint>& addresses) {
  asio::io_context context;
  detail::NameLookups lookups(
      context, [addresses](const HostPort&) -> Result<std::vector<Endpoint>> { return addresses; });
  std::string text;
  const auto note = [&](const tcp::socket& socket, const std::string& why) {
    text = why.empty() ? to_string(detail::from_asio(socket.remote_endpoint())) : why;
    context.stop();
  };
  std::make_shared<detail::TcpDial>(context, lookups, HostPort{"several", 1}, deadline, note)->start();
  context.run_for(deadline);
  return text;
}

/// Texts that a node's program gets, for the test to wait for.
class Texts {
 public:
  Verdict note(const Received& message) {
    const std::lock_guard lock(mutex_);
    texts_.emplace_back(message.data.text());
    changed_.notify_all();
    return Verdict::accept;
  }
  [[nodiscard]] bool await(const std::string& text) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, deadline, [&] { return std::ranges::count(texts_, text) > 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> texts_;
};

TcpNode started(HostPort listen, std::vector<HostPort> bootstrappers = {}) {
  Config config;
  config.overlay = Overlay::extended;
  config.listen_address = std::move(listen);
  config.bootstrappers = std::move(bootstrappers);
  auto node = TcpNode::start(config);
  REQUIRE_MESSAGE(node, node.error().message);
  return *std::move(node);
}

}  // namespace

TEST_CASE("endpoints: to Asio's and back, and what a socket for both families shows of IPv4 is IPv4") {
  for (const char* text : {"192.0.2.7:6001", "0.0.0.0:0", "[::]:0", "[::1]:65535", "[2001:db8::1:2:3]:1"}) {
    CAPTURE(text);
    const tcp::endpoint there = detail::to_asio(endpoint(text));
    CHECK(there.address().is_v4() == endpoint(text).address.is_ipv4());
    CHECK(detail::from_asio(there) == endpoint(text));
  }
  const tcp::endpoint mapped(asio::ip::make_address("::ffff:192.0.2.7"), 6001);
  REQUIRE(mapped.address().is_v6());
  CHECK(detail::from_asio(mapped) == endpoint("192.0.2.7:6001"));
  const tcp::endpoint scoped(asio::ip::make_address("fe80::1%1"), 6001);
  CHECK(detail::from_asio(scoped) == endpoint("[fe80::1]:6001"));
}

TEST_CASE("names: both families are asked for, or IPv4 only") {
  CHECK(detail::look_up({"127.0.0.1", 5}, Families::both).value() == std::vector{endpoint("127.0.0.1:5")});
  CHECK(detail::look_up({"::1", 5}, Families::both).value() == std::vector{endpoint("[::1]:5")});
  CHECK_FALSE(detail::look_up({"::1", 5}, Families::ipv4));
  CHECK(resolve({"::1", 5}).value() == endpoint("[::1]:5"));
  CHECK(resolve_all({"localhost", 5}).value() == std::vector{endpoint("127.0.0.1:5")});
  Config config;
  CHECK(detail::families_of_peers(config) == Families::ipv4);
  config.overlay = Overlay::extended;
  CHECK(detail::families_of_peers(config) == Families::both);
}

TEST_CASE("connecting over IPv6: both ends are told, and messages go both ways") {
  if (!has_ipv6()) return;
  const Config config = extended();
  Server second(config, {"::1", 0});
  REQUIRE(to_string(second.p2p).starts_with("[::1]:"));
  Server first(config);
  first.on("connected",
           [&](ConnectionId connection) { first.transport.send(connection, encode(announce(7))); });
  second.on("accepted",
            [&](ConnectionId connection) { second.transport.send(connection, encode(announce(8))); });
  second.start();
  first.transport.connect(to_host_port(second.p2p));
  first.start();
  const auto connected = first.await("connected");
  CHECK(connected.info.remote == second.p2p);
  CHECK(connected.info.local.address == endpoint("[::1]:1").address);
  CHECK(second.await("accepted").info.remote == connected.info.local);
  CHECK(second.await("message").message == Message(announce(7)));
  CHECK(first.await("message").message == Message(announce(8)));
}

TEST_CASE("listening on :: takes connections of both families, and shows IPv4 as IPv4") {
  if (!has_ipv6()) return;
  Server server(extended(), {"::", 0});
  server.start();
  CHECK(server.p2p.unspecified());
  for (const char* host : {"127.0.0.1", "::1"}) {
    CAPTURE(host);
    const IpAddress address = parse_ip_address(host).value();
    const Remote remote(Endpoint{address, server.p2p.port});
    const auto accepted = server.await("accepted");
    CHECK(accepted.info.remote.address == address);
    CHECK(accepted.info.local == Endpoint{address, server.p2p.port});
  }
}

TEST_CASE("listening on :: leaves no port of IPv4 for others, and listening on ::1 does") {
  if (!has_ipv6()) return;
  NullObserver observer;
  const Config config = extended();
  const Server both(config, {"::", 0});
  TcpTransport other(config, observer);
  const auto refused = other.listen(Layer::p2p, {"127.0.0.1", both.p2p.port});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().condition == Condition::address_in_use);
  // Whoever runs beside this may have the port already that is free on ::1.
  bool bound = false;
  for (int attempt = 0; attempt < 20 && !bound; ++attempt) {
    const Server one(config, {"::1", 0});
    bound = static_cast<bool>(other.listen(Layer::p2p, {"127.0.0.1", one.p2p.port}));
  }
  CHECK(bound);
}

TEST_CASE("of a name with addresses of both families each is tried in turn") {
  if (!has_ipv6()) return;
  const Listening listening;
  Listening closed;
  const Endpoint refuses = closed.endpoint();
  closed.close();
  const Endpoint nobody{0x7f000001, refuses.port};
  CHECK(dialled({nobody, refuses}) == "Connection refused");
  CHECK(dialled({nobody, refuses, listening.endpoint()}) == to_string(listening.endpoint()));
  Server ipv4({});
  ipv4.start();
  CHECK(dialled({refuses, ipv4.p2p, listening.endpoint()}) == to_string(ipv4.p2p));
}

TEST_CASE("nodes of both families are one network through one that listens on ::") {
  if (!has_ipv6()) return;
  TcpNode middle = started({"::", 0});
  const std::uint16_t port = middle.p2p_address().port;
  TcpNode ipv4 = started({"127.0.0.1", 0}, {{"127.0.0.1", port}});
  TcpNode ipv6 = started({"::1", 0}, {{"::1", port}});
  Texts at_middle;
  Texts at_ipv4;
  Texts at_ipv6;
  const auto into = [](Texts& texts) {
    return [&texts](const Received& message) { return texts.note(message); };
  };
  middle.subscribe(DataType{540}, into(at_middle));
  ipv4.subscribe(DataType{540}, into(at_ipv4));
  ipv6.subscribe(DataType{540}, into(at_ipv6));
  ipv4.publish(DataType{540}, Payload("from IPv4"));
  ipv6.publish(DataType{540}, Payload("from IPv6"));
  CHECK(at_middle.await("from IPv4"));
  CHECK(at_middle.await("from IPv6"));
  CHECK(at_ipv6.await("from IPv4"));
  CHECK(at_ipv4.await("from IPv6"));
}

TEST_CASE(
    "a node with the base protocol is not started with an IPv6 address for peers, but with one for clients") {
  Config config;
  config.listen_address = {"::1", 0};
  const auto refused = TcpNode::start(config);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().condition == Condition::invalid_argument);
  CHECK(refused.error().message ==
        "listen_address is [::1]:0: it must be an IPv4 address or a name, unless overlay is extended");
  if (!has_ipv6()) return;
  config.listen_address = {"127.0.0.1", 0};
  config.api_address = {"::1", 0};
  TcpNodeOptions options;
  options.serve_clients = true;
  const auto node = TcpNode::start(config, options);
  REQUIRE_MESSAGE(node, node.error().message);
  CHECK(to_string(node->api_address().value()).starts_with("[::1]:"));
}

}  // namespace gossip::test
