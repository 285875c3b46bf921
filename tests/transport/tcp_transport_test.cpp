#include <gossip/asio/resolve.hpp>

#include "fixture.hpp"

using namespace gossip;
using namespace gossip::test;

TEST_CASE("frames arrive however the stream is split") {
  Server server(each_threading());
  server.start();
  Remote remote(server.api);
  const auto accepted = server.await("accepted");
  CHECK(accepted.info.layer == Layer::api);
  CHECK(accepted.info.local == server.api);
  CHECK(accepted.info.remote.port == remote.socket_.local_endpoint().port());

  for (const std::byte byte : Remote::bytes_of(announce(20))) remote.send(std::vector<std::byte>{byte});
  CHECK(server.await("message").message == Message(announce(20)));

  auto many = Remote::bytes_of(Notify{DataType{1}});
  for (const auto& more : {Remote::bytes_of(announce(data_bytes_max)), Remote::bytes_of(announce(0))}) {
    many.insert(many.end(), more.begin(), more.end());
  }
  remote.send(many);
  CHECK(server.await("message").message == Message(Notify{DataType{1}}));
  CHECK(server.await("message").message == Message(announce(data_bytes_max)));
  CHECK(server.await("message").message == Message(announce(0)));
}

TEST_CASE(
    "a frame of the other layer is skipped, a malformed one closes, and what came before is delivered") {
  Server server(each_threading());
  server.start();
  Remote remote(server.api);
  auto bytes = Remote::bytes_of(PeerInit{{0x7f000001, 1}});
  for (const auto& more : {Remote::bytes_of(announce(3)), std::vector<std::byte>(4)}) {
    bytes.insert(bytes.end(), more.begin(), more.end());
  }
  remote.send(bytes);
  CHECK(server.await("skipped").detail == "513");
  CHECK(server.await("message").message == Message(announce(3)));
  const auto closed = server.await("closed");
  CHECK(closed.reason == CloseReason::malformed);
  CHECK(closed.detail == "a frame of size 0 is smaller than its 4-byte header");
  CHECK(remote.read_to_end().empty());
}

TEST_CASE(
    "a connection that ends says so after its last message, and whether it was in the middle of a frame") {
  Server server(each_threading());
  server.start();
  Remote remote(server.p2p);
  auto bytes = Remote::bytes_of(announce(100));
  remote.send(bytes);
  bytes.pop_back();
  remote.send(bytes);
  remote.end_sending();
  CHECK(server.await("message").message == Message(announce(100)));
  const auto closed = server.await("closed");
  CHECK(closed.reason == CloseReason::remote_closed);
  CHECK(closed.detail == "in the middle of a frame");
  CHECK(remote.read_to_end().empty());
}

TEST_CASE("a paused connection delivers nothing, and everything once it is resumed") {
  Server server(each_threading());
  ConnectionId first{};
  server.react = [&](const Happening& happening) {
    if (happening.what == "accepted" && first == ConnectionId{}) first = happening.connection;
    if (happening.what != "message") return;
    if (happening.connection != first) {
      server.transport.resume(first);
    } else if (happening.message == Message(announce(1))) {
      server.transport.pause(first);
    }
  };
  server.start();
  Remote paused(server.api);
  server.await("accepted");
  auto bytes = Remote::bytes_of(announce(1));
  for (std::size_t size = 2; size <= 50; ++size) {
    const auto more = Remote::bytes_of(announce(size));
    bytes.insert(bytes.end(), more.begin(), more.end());
  }
  paused.send(bytes);
  paused.end_sending();
  CHECK(server.await("message").message == Message(announce(1)));

  // The other connection's message comes after every one that pause() could have let through.
  Remote other(server.api);
  other.send(Notify{});
  CHECK(server.await("message").message == Message(Notify{}));
  for (std::size_t size = 2; size <= 50; ++size)
    CHECK(server.await("message").message == Message(announce(size)));
  CHECK(server.await("closed").connection == first);
}

TEST_CASE("what was sent before close() still arrives, and then the end") {
  Server server(each_threading());
  server.react = [&](const Happening& happening) {
    if (happening.what != "message") return;
    for (int i = 0; i < 20; ++i) server.transport.send(happening.connection, encode(announce(60000)));
    server.transport.close(happening.connection, CloseReason::no_room);
    CHECK(server.transport.send(happening.connection, encode(announce(1))) == SendResult::queued);
  };
  server.start();
  Remote remote(server.p2p);
  // The second is never read: closing must not reset the connection because of it.
  remote.send(announce(1));
  remote.send(announce(2));
  CHECK(remote.read_to_end().size() == 20 * encode(announce(60000)).size());
  CHECK_FALSE(remote.reset);
  CHECK(server.count("closed") == 0);
}

TEST_CASE(
    "a queue above the high-water mark is congested, and relieved once it is below the low-water mark") {
  Config config = each_threading();
  config.queue_high_water_bytes = 1U << 20U;
  Server server(config);
  std::vector<SendResult> results;
  server.react = [&](const Happening& happening) {
    if (happening.what != "accepted") return;
    for (int i = 0; i < 18; ++i) {
      results.push_back(server.transport.send(happening.connection, encode(announce(60000))));
    }
  };
  server.start();
  Remote remote(server.p2p);
  server.await("accepted");
  // 17 frames of 60,008 bytes stay below 1 MiB, the 18th passes it.
  std::vector<SendResult> expected(17, SendResult::queued);
  expected.push_back(SendResult::congested);
  CHECK(results == expected);
  std::vector<std::byte> received(18 * encode(announce(60000)).size());
  asio::read(remote.socket_, asio::buffer(received));
  server.await("relieved");
  CHECK(server.count("relieved") == 1);
}

TEST_CASE("a connection whose queue would pass its bound is closed, and its queue named") {
  Config config = each_threading();
  config.queue_bytes_max = 2U << 20U;
  Server server(config);
  server.react = [&](const Happening& happening) {
    if (happening.what != "accepted") return;
    for (int i = 0; i < 400; ++i) server.transport.send(happening.connection, encode(announce(60000)));
  };
  server.start();
  Remote remote(server.p2p);
  const auto closed = server.await("closed");
  CHECK(closed.reason == CloseReason::queue_full);
  CHECK(closed.detail.find(" bytes queued, the last one taken ") != std::string::npos);
}

TEST_CASE("a connection that takes nothing is reported stalled, and then closed") {
  Config config = each_threading();
  config.slow_consumer_timeout = 200ms;
  config.queue_bytes_max = 64U << 20U;
  Server server(config);
  server.react = [&](const Happening& happening) {
    if (happening.what != "accepted") return;
    for (int i = 0; i < 500; ++i) server.transport.send(happening.connection, encode(announce(60000)));
  };
  server.start();
  Remote remote(server.p2p);
  CHECK(server.await("stalled").connection == server.await("accepted").connection);
  const auto closed = server.await("closed");
  CHECK(closed.reason == CloseReason::slow_consumer);
  CHECK(closed.detail.find("bytes queued, the last one taken") != std::string::npos);
}

TEST_CASE("a connection that starts a frame and does not complete it is closed; one between frames is not") {
  Config config = each_threading();
  config.frame_timeout = 100ms;
  Server server(config);
  server.start();
  Remote idle(server.api);
  idle.send(announce(1));
  const auto idle_id = server.await("accepted").connection;
  Remote halting(server.api);
  const auto halting_id = server.await("accepted").connection;
  auto bytes = Remote::bytes_of(announce(1));
  bytes.pop_back();
  halting.send(bytes);
  const auto closed = server.await("closed");
  CHECK(closed.connection == halting_id);
  CHECK(closed.reason == CloseReason::frame_timeout);
  CHECK(halting.read_to_end().empty());
  idle.send(announce(2));
  server.await("message");
  CHECK(server.await("message").connection == idle_id);
}

TEST_CASE("connecting: both ends are told, by name and by address") {
  const Config config = each_threading();
  Server second(config);
  second.start();
  for (const HostPort& address : {HostPort{"LocalHost", second.p2p.port}, to_host_port(second.p2p)}) {
    CAPTURE(address.host);
    Server first(config);
    first.react = [&](const Happening& happening) {
      if (happening.what == "connected") first.transport.send(happening.connection, encode(announce(7)));
    };
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

TEST_CASE("the timer comes when it is due and not before") {
  Server server(each_threading());
  server.set_timer(TcpTransport::now() + 20ms);
  server.start();
  server.await("time");
  CHECK(server.count("too early") == 0);
}

TEST_CASE("stopping writes what is queued") {
  Server server(each_threading());
  server.react = [&](const Happening& happening) {
    if (happening.what != "message") return;
    for (int i = 0; i < 200; ++i) server.transport.send(happening.connection, encode(announce(60000)));
    server.transport.stop();
  };
  server.start();
  Remote remote(server.api);
  remote.send(announce(1));
  CHECK(remote.read_to_end().size() == 200 * encode(announce(60000)).size());
}

TEST_CASE("stopping handles what a client had sent, and then ends its connection cleanly") {
  Server server(each_threading());
  server.react = [&](const Happening& happening) {
    if (happening.what == "message") server.transport.stop();
  };
  Remote remote(server.api);
  for (int i = 0; i < 200; ++i) remote.send(announce(1000));
  remote.end_sending();
  server.start();
  CHECK(remote.read_to_end().empty());
  CHECK_FALSE(remote.reset);
  CHECK(server.count("message") == 200);
}

TEST_CASE("stopping resets a client whose messages it does not handle") {
  Server server(each_threading());
  server.react = [&](const Happening& happening) {
    if (happening.what != "message") return;
    server.transport.pause(happening.connection);
    server.transport.stop();
  };
  Remote remote(server.api);
  for (int i = 0; i < 200; ++i) remote.send(announce(1000));
  remote.end_sending();
  server.start();
  remote.read_to_end();
  CHECK(remote.reset);
  CHECK(server.count("message") == 1);
}

TEST_CASE("stopping ends after shutdown_timeout when somebody takes nothing") {
  Config config = each_threading();
  config.shutdown_timeout = 100ms;
  Server server(config);
  server.react = [&](const Happening& happening) {
    if (happening.what != "message") return;
    for (int i = 0; i < 200; ++i) server.transport.send(happening.connection, encode(announce(60000)));
    server.transport.stop();
  };
  server.start();
  Remote remote(server.api);
  remote.send(announce(1));
  server.await("message");
  server.stop();
  CHECK(remote.read_to_end().size() < 200 * encode(announce(60000)).size());
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
