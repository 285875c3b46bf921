#include "fixture.hpp"

#include <vector>

using namespace gossip;
using namespace gossip::test;

TEST_CASE("stopping writes what is queued") {
  Server server(each_threading());
  server.on("message", [&](ConnectionId connection) {
    server.flood(connection, 200);
    server.transport.stop();
  });
  server.start();
  Remote remote(server.api);
  remote.send(announce(1));
  CHECK(remote.read_to_end().size() == flood_bytes(200));
}

TEST_CASE("stopping handles what a client had sent, and then ends its connection cleanly") {
  Server server(each_threading());
  server.on("message", [&](ConnectionId) { server.transport.stop(); });
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
  server.on("message", [&](ConnectionId connection) {
    server.transport.pause(connection);
    server.transport.stop();
  });
  Remote remote(server.api);
  for (int i = 0; i < 200; ++i) remote.send(announce(1000));
  remote.end_sending();
  server.start();
  remote.read_to_end();
  CHECK(remote.reset);
  CHECK(server.count("message") == 1);
}

TEST_CASE("stopping resets a client whose ANNOUNCE was read, but comes after more frames than make a batch") {
  Server server(each_threading());
  server.on("message", [&](ConnectionId connection) {
    server.transport.pause(connection);
    server.transport.stop();
  });
  Remote remote(server.api);
  std::vector<std::byte> bytes;
  for (int i = 0; i < 3000; ++i) append(bytes, Remote::bytes_of(Notify{}));
  append(bytes, Remote::bytes_of(announce(1)));
  remote.send(bytes);
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
  server.on("message", [&](ConnectionId connection) {
    server.flood(connection, 200);
    server.transport.stop();
  });
  server.start();
  Remote remote(server.api);
  remote.send(announce(1));
  server.await("message");
  server.stop();
  CHECK(remote.read_to_end().size() < flood_bytes(200));
}
