/// \file
/// What all connections together hold: who is slowed down for it, and who is cut off (docs/performance.md,
/// 'Memory').

#include "fixture.hpp"

#include <deque>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace gossip::test {
namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

/// What all may hold. Frames of 60,008 bytes: 69 are below half of it, 71 above.
constexpr std::size_t queues_bytes_max = 8 * mebibyte;
constexpr std::size_t below_half = 69;
constexpr std::size_t above_half = 71;

/// No connection comes to a bound of its own.
Config with_shared_bound() {
  Config config = each_threading();
  config.memory_limit = 4 * queues_bytes_max;
  config.queue_low_water_bytes = 2 * mebibyte;
  config.queue_high_water_bytes = 6 * mebibyte;
  config.queue_bytes_max = 64 * mebibyte;
  config.slow_consumer_timeout = 10 * deadline;
  CHECK(config.queues_bytes_max() == queues_bytes_max);
  return config;
}

/// A server, and connections to it whose other ends take nothing unless a test reads from them.
struct Pressed : Server {
  explicit Pressed(const Config& config, std::size_t connections) : Server(config) {
    start();
    for (std::size_t i = 0; i < connections; ++i) {
      remotes.emplace_back(api);
      ids.push_back(await("accepted").connection);
    }
  }
  Pressed(const Pressed&) = delete;
  Pressed& operator=(const Pressed&) = delete;
  ~Pressed() override { stop(); }  // before the thread finds half of it gone

  /// Sends so many frames in a turn of their own, and returns what each send found.
  std::vector<SendResult> send_frames(std::size_t to, std::size_t frames) {
    std::promise<std::vector<SendResult>> results;
    transport.post([&](TimePoint) { results.set_value(flood(ids[to], frames)); });
    auto future = results.get_future();
    REQUIRE(future.wait_for(deadline) == std::future_status::ready);
    return future.get();
  }

  /// True once so many bytes have come, and they are the right ones.
  bool received_by(std::size_t reader, std::size_t bytes) {
    std::vector<std::byte> received(bytes);
    asio::read(remotes[reader].socket_, asio::buffer(received));
    std::vector<std::byte> expected;
    while (expected.size() < bytes) append(expected, Remote::bytes_of(announce(60000)));
    return received == expected;
  }

  std::deque<NarrowRemote> remotes;
  std::vector<ConnectionId> ids;
};

std::vector<SendResult> results(std::size_t queued, std::size_t congested) {
  std::vector<SendResult> all(queued, SendResult::queued);
  all.insert(all.end(), congested, SendResult::congested);
  return all;
}

TEST_CASE("below half of what all queues may hold, a sender may fill a queue up to its high-water mark") {
  Pressed server(with_shared_bound(), 2);
  CHECK(server.send_frames(0, below_half) == results(below_half, 0));
  CHECK(server.send_frames(1, 25) == results(25, 0));
}

TEST_CASE("above half of what all queues may hold, a sender is told to wait beyond an equal part of it") {
  Pressed server(with_shared_bound(), 2);
  CHECK(server.send_frames(0, above_half) == results(above_half, 0));
  // For two connections and one more that is 1,398,101 bytes.
  CHECK(server.send_frames(1, 25) == results(23, 2));
}

TEST_CASE(
    "below a quarter of what all queues may hold, who had to wait goes on, and the marks are as before") {
  Pressed server(with_shared_bound(), 4);
  server.send_frames(0, above_half / 2 + 1);
  server.send_frames(1, above_half / 2);
  CHECK(server.send_frames(2, 14) == results(13, 1));  // a fifth of half: 838,860 bytes
  server.remotes[0].close();
  CHECK(server.await("closed").connection == server.ids[0]);
  // Between a quarter and a half.
  CHECK(server.send_frames(3, 18) == results(17, 1));  // a fourth of half: 1,048,576 bytes
  CHECK(server.count("relieved") == 0);
  server.remotes[1].close();
  CHECK(server.await("closed").connection == server.ids[1]);
  CHECK(server.await("relieved").connection == server.ids[2]);
  CHECK(server.await("relieved").connection == server.ids[3]);
  CHECK(server.send_frames(3, 25) == results(25, 0));
}

TEST_CASE("beyond what all queues may hold, those that hold most are closed until the rest fits") {
  Pressed server(with_shared_bound(), 3);
  server.transport.post([&](TimePoint) {
    server.flood(server.ids[0], 100);
    server.flood(server.ids[1], 120);
    server.flood(server.ids[2], 70);
  });
  for (const std::size_t largest : {1, 0}) {
    const Happening closed = server.await("closed");
    CHECK(closed.connection == server.ids[largest]);
    CHECK(closed.reason == CloseReason::queue_full);
    CHECK(closed.detail.find(" bytes queued, the last one taken ") != std::string::npos);
    CHECK(closed.detail.find('-') == std::string::npos);  // it was taken before, however long the turn took
    CHECK(closed.detail.ends_with("the most, when all connections held over 8388608"));
  }
  CHECK(server.received_by(2, flood_bytes(70)));
  CHECK(server.count("closed") == 2);
}

TEST_CASE("what many are sent counts once, and is held until the last of them is gone") {
  Pressed server(with_shared_bound(), 2);
  Remote reader(server.api);
  std::vector<ConnectionId> all = server.ids;
  all.push_back(server.await("accepted").connection);
  const auto broadcast = [&](std::size_t frames) {
    server.transport.post([&server, &all, frames](TimePoint) {
      for (std::size_t i = 0; i < frames; ++i) server.transport.broadcast(all, flood_frame());
    });
    std::vector<std::byte> received(flood_bytes(frames));
    asio::read(reader.socket_, asio::buffer(received));
  };
  broadcast(90);
  CHECK(server.count("closed") == 0);
  // Closing one of the two that hold all of it does not free it.
  broadcast(55);
  CHECK(server.await("closed").reason == CloseReason::queue_full);
  CHECK(server.await("closed").reason == CloseReason::queue_full);
  broadcast(1);
  CHECK(server.count("closed") == 2);
}

TEST_CASE("frames that many begin and do not complete count, though nothing is sent") {
  constexpr std::size_t too_many = 145;
  Pressed server(with_shared_bound(), too_many);
  const auto bytes = Remote::bytes_of(announce(60000));
  const std::vector<std::byte> begun(bytes.begin(), bytes.end() - 8);
  for (NarrowRemote& remote : server.remotes) remote.send(begun);
  const Happening closed = server.await("closed");
  CHECK(closed.reason == CloseReason::queue_full);
  CHECK(closed.detail.starts_with("0 bytes queued"));
  CHECK(closed.detail.find(" 0 read and not handled") == std::string::npos);
  // How many are closed depends on the pieces in which the frames come. The others complete theirs.
  for (NarrowRemote& remote : server.remotes) {
    boost::system::error_code ignored;  // that of one that was closed
    asio::write(remote.socket_, asio::buffer(bytes) + begun.size(), ignored);
  }
  server.await("message");
}

TEST_CASE("what many send that are not read from stays within the bound, and all of it is handled later") {
  constexpr std::size_t many = 60;
  constexpr std::size_t frames = 5;
  Pressed server(with_shared_bound(), many);
  server.transport.post([&](TimePoint) {
    server.on("message", [&](ConnectionId connection) { server.transport.pause(connection); });
  });
  const auto resume = [&](ConnectionId connection) {
    server.transport.post([&server, connection](TimePoint) { server.transport.resume(connection); });
  };
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < frames; ++i) append(bytes, Remote::bytes_of(announce(60000)));
  std::vector<std::thread> senders;
  for (NarrowRemote& remote : server.remotes) {
    senders.emplace_back([&] { remote.send(bytes); });
  }
  std::vector<ConnectionId> paused;
  while (paused.size() < many) paused.push_back(server.await("message").connection);
  for (const ConnectionId connection : paused) resume(connection);
  for (std::size_t i = many; i < many * frames; ++i) resume(server.await("message").connection);
  for (std::thread& sender : senders) sender.join();
  CHECK(server.count("closed") == 0);
}

}  // namespace
}  // namespace gossip::test
