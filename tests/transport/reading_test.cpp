#include "fixture.hpp"

#include <vector>

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
  append(many, Remote::bytes_of(announce(data_bytes_max)));
  append(many, Remote::bytes_of(announce(0)));
  remote.send(many);
  CHECK(server.await("message").message == Message(Notify{DataType{1}}));
  CHECK(server.await("message").message == Message(announce(data_bytes_max)));
  CHECK(server.await("message").message == Message(announce(0)));
}

TEST_CASE("each part of a frame is told of that does not make it whole") {
  Server server(each_threading());
  server.start();
  Remote remote(server.p2p);
  const auto accepted = server.await("accepted");
  const auto bytes = Remote::bytes_of(announce(100));
  const auto part = [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    remote.send(std::vector<std::byte>(bytes.begin() + begin, bytes.begin() + end));
  };
  part(0, 1);
  CHECK(server.await("part").connection == accepted.connection);
  part(1, 50);
  server.await("part");
  part(50, 108);
  CHECK(server.await("message").message == Message(announce(100)));
  CHECK(server.count("part") == 2);
}

TEST_CASE(
    "a frame of the other layer is skipped, a malformed one closes, and what came before is delivered") {
  Server server(each_threading());
  server.start();
  Remote remote(server.api);
  auto bytes = Remote::bytes_of(PeerInit{{0x7f000001, 1}});
  append(bytes, Remote::bytes_of(announce(3)));
  append(bytes, std::vector<std::byte>(4));
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

TEST_CASE("more small frames than make a batch arrive in order, and then the end") {
  Server server(each_threading());
  server.start();
  Remote remote(server.api);
  std::vector<std::byte> bytes;
  for (int i = 0; i < 5000; ++i) append(bytes, Remote::bytes_of(Notify{DataType(i)}));
  remote.send(bytes);
  remote.end_sending();
  server.await("closed");
  REQUIRE(server.count("message") == 5000);
  bool in_order = true;
  for (int i = 0; i < 5000; ++i)
    in_order = in_order && server.await("message").message == Message(Notify{DataType(i)});
  CHECK(in_order);
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
  for (std::size_t size = 2; size <= 50; ++size) append(bytes, Remote::bytes_of(announce(size)));
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
