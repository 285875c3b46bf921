#include "fixture.hpp"

#include <cerrno>
#include <sys/socket.h>
#include <thread>
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
  server.stop();
  CHECK(server.count("output lost") == 0);
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
  CHECK(server.count("output lost") == 1);
}

TEST_CASE("stopping resets a client that announces something after the goodbye, whatever it sent before") {
  Server server(each_threading());
  server.on("message", [&](ConnectionId) { server.transport.stop(); });
  server.start();
  Remote remote(server.api);
  remote.send(Validation{MessageId{1}, true});
  CHECK(remote.read_to_end().empty());
  CHECK_FALSE(remote.reset);  // the goodbye
  remote.send(Validation{MessageId{2}, true});
  remote.send(announce(1));
  server.wait_for_end();
  CHECK(server.count("message") == 1);
  asio::detail::socket_option::integer<SOL_SOCKET, SO_ERROR> error;
  remote.socket_.get_option(error);
  CHECK(error.value() == EPIPE);  // what a reset is where the other side had ended its half before
}

TEST_CASE("stopping ends after shutdown_timeout when a client never stops voting") {
  Config config = each_threading();
  config.shutdown_timeout = 1s;
  Server server(config);
  server.on("message", [&](ConnectionId) { server.transport.stop(); });
  server.start();
  Remote remote(server.api);
  std::vector<std::byte> votes;
  for (int i = 0; i < 1000; ++i) append(votes, Remote::bytes_of(Validation{MessageId{1}, true}));
  boost::system::error_code error;
  std::thread voting([&] {
    while (!error) asio::write(remote.socket_, asio::buffer(votes), error);  // as fast as it is read
  });
  server.wait_for_end();
  voting.join();
  CHECK(error);
}
