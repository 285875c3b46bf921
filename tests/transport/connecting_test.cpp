#include <gossip/asio/resolve.hpp>

#include "fixture.hpp"

#include <vector>

using namespace gossip;
using namespace gossip::test;

TEST_CASE("connecting: both ends are told, by name and by address") {
  const Config config = each_threading();
  Server second(config);
  second.start();
  for (const HostPort& address : {HostPort{"LocalHost", second.p2p.port}, to_host_port(second.p2p)}) {
    CAPTURE(address.host);
    Server first(config);
    first.on("connected",
             [&](ConnectionId connection) { first.transport.send(connection, encode(announce(7))); });
    const ConnectionId dialled = first.transport.connect(address);
    first.start();
    const auto connected = first.await("connected");
    CHECK(connected.connection == dialled);
    CHECK(connected.info.remote == second.p2p);
    const auto accepted = second.await("accepted");
    CHECK(accepted.info.remote == connected.info.local);
    CHECK(second.await("message").message == Message(announce(7)));
  }
}

TEST_CASE("a connection that nobody accepts is told with the reason") {
  Server server(each_threading());
  asio::io_context context;
  tcp::acceptor closed(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const auto port = closed.local_endpoint().port();
  closed.close();
  const ConnectionId dialled = server.transport.connect({"127.0.0.1", port});
  server.start();
  const auto failed = server.await("connect failed");
  CHECK(failed.connection == dialled);
  CHECK(failed.detail == "Connection refused");
}

TEST_CASE("a connection that nobody answers is told once connect_timeout is over") {
  Config config = each_threading();
  config.connect_timeout = 100ms;
  Server server(config);
  // A full backlog drops what asks to connect.
  asio::io_context context;
  tcp::acceptor full(context);
  full.open(tcp::v4());
  full.bind({asio::ip::address_v4::loopback(), 0});
  full.listen(0);
  std::vector<tcp::socket> pending;
  for (int i = 0; i < 8; ++i) {
    auto& socket = pending.emplace_back(context);
    socket.async_connect(full.local_endpoint(), [](const boost::system::error_code&) {});
  }
  const ConnectionId dialled = server.transport.connect({"127.0.0.1", full.local_endpoint().port()});
  server.start();
  const auto failed = server.await("connect failed");
  CHECK(failed.connection == dialled);
  CHECK(failed.detail == "no answer within 100 ms");
}

TEST_CASE("a connection that is closed while it is being made leaves no event") {
  Server server(each_threading());
  Server other({});
  other.start();
  server.transport.close(server.transport.connect(to_host_port(other.p2p)), CloseReason::no_room);
  server.start();
  server.stop();
  CHECK(server.count("connected") == 0);
  CHECK(server.count("connect failed") == 0);
}

TEST_CASE("listening on an address in use is an error that names it") {
  Server server({});
  NullObserver observer;
  TcpTransport second({}, observer);
  const auto bound = second.listen(Layer::p2p, to_host_port(server.p2p));
  REQUIRE_FALSE(bound);
  CHECK(bound.error().condition == Condition::address_in_use);
  CHECK(bound.error().message == to_string(server.p2p) + ": Address already in use");
}

TEST_CASE("a name that cannot be resolved is an error that names it") {
  const auto endpoint = resolve({"no-such-host.invalid", 1});
  REQUIRE_FALSE(endpoint);
  CHECK(endpoint.error().message.starts_with("no-such-host.invalid: "));
}
