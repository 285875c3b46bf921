#include "fixture.hpp"

#include <string>
#include <vector>

using namespace gossip;
using namespace gossip::test;

TEST_CASE("what was sent before close() still arrives, and then the end") {
  Server server(each_threading());
  server.on("message", [&](ConnectionId connection) {
    server.flood(connection, 20);
    server.transport.close(connection, CloseReason::no_room);
    CHECK(server.transport.send(connection, encode(announce(1))) == SendResult::queued);
  });
  server.start();
  Remote remote(server.p2p);
  // The second is never read: closing must not reset the connection because of it.
  remote.send(announce(1));
  remote.send(announce(2));
  CHECK(remote.read_to_end().size() == flood_bytes(20));
  CHECK_FALSE(remote.reset);
  CHECK(server.count("closed") == 0);
}

TEST_CASE(
    "a queue above the high-water mark is congested, and relieved once it is below the low-water mark") {
  Config config = each_threading();
  config.queue_high_water_bytes = 1U << 20U;
  Server server(config);
  std::vector<SendResult> results;
  server.on("accepted", [&](ConnectionId connection) { results = server.flood(connection, 18); });
  server.start();
  Remote remote(server.p2p);
  server.await("accepted");
  // 17 frames of 60,008 bytes stay below 1 MiB, the 18th passes it.
  std::vector<SendResult> expected(17, SendResult::queued);
  expected.push_back(SendResult::congested);
  CHECK(results == expected);
  std::vector<std::byte> received(flood_bytes(18));
  asio::read(remote.socket_, asio::buffer(received));
  server.await("relieved");
  CHECK(server.count("relieved") == 1);
}

TEST_CASE("a connection whose queue would pass its bound is closed, and its queue named") {
  Config config = each_threading();
  config.queue_bytes_max = 2U << 20U;
  Server server(config);
  server.on("accepted", [&](ConnectionId connection) { server.flood(connection, 400); });
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
  server.on("accepted", [&](ConnectionId connection) { server.flood(connection, 500); });
  server.start();
  Remote remote(server.p2p);
  CHECK(server.await("stalled").connection == server.await("accepted").connection);
  const auto closed = server.await("closed");
  CHECK(closed.reason == CloseReason::slow_consumer);
  CHECK(closed.detail.find("bytes queued, the last one taken") != std::string::npos);
}

TEST_CASE(
    "a peer that takes nothing is reported stalled twice: at once unless its queue is long, and later "
    "however long") {
  Config config = each_threading();
  config.slow_consumer_timeout = 3s;
  config.queue_bytes_max = 64U << 20U;
  Server server(config);
  std::vector<SendResult> found;
  server.react = [&](const Happening& happening) {
    if (happening.what == "accepted") server.flood(happening.connection, 500);
    if (happening.what != "stalled") return;
    found.push_back(server.flood(happening.connection, 1).back());
    // What the system has in its buffers counts no more, but 42 MB without it are more than half of 64 MiB.
    if (found.size() == 1) found.push_back(server.flood(happening.connection, 200).back());
  };
  server.start();
  Remote remote(server.p2p);
  server.await("stalled");
  server.await("stalled");
  CHECK(server.await("closed").reason == CloseReason::slow_consumer);
  CHECK(found == std::vector{SendResult::stalled, SendResult::congested, SendResult::stalled});
}

TEST_CASE(
    "a connection that was closed has slow_consumer_timeout to take what is queued, however it trickles") {
  Config config = each_threading();
  config.slow_consumer_timeout = 200ms;
  config.queue_bytes_max = 64U << 20U;
  Server server(config);
  server.on("accepted", [&](ConnectionId connection) {
    server.flood(connection, 500);
    server.transport.close(connection, CloseReason::no_room);
  });
  server.start();
  Remote remote(server.p2p);
  std::array<std::byte, 16384> some{};
  std::size_t trickled = 0;
  for (const auto end = std::chrono::steady_clock::now() + 1s; std::chrono::steady_clock::now() < end;) {
    trickled += remote.socket_.read_some(asio::buffer(some));
    std::this_thread::sleep_for(5ms);
  }
  // What the system has in its buffers still comes, which is far from the 30 MB that were queued.
  CHECK(trickled + remote.read_to_end().size() < flood_bytes(500));
}
