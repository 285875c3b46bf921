/// \file
/// Memory runs out for one connection: that one ends, with its reason, and the others go on.

#include "../unit/live_bytes.hpp"
#include "fixture.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <functional>
#include <future>
#include <new>
#include <span>
#include <vector>

namespace gossip::test {
namespace {

/// No other allocation here has a size between these.
constexpr std::size_t huge_bytes = 60'000;
constexpr std::size_t huge_bytes_max = 60'100;

void check_goes_on(Server& server) {
  Remote other(server.api);
  const auto id = server.await("accepted").connection;
  other.send(announce(10));
  CHECK(server.await("message").connection == id);
}

TEST_CASE("a connection that sends what there is no memory for is closed, and the others go on") {
  Server server(each_threading());
  server.start();
  Remote remote(server.api);
  const auto id = server.await("accepted").connection;
  const auto bytes = Remote::bytes_of(announce(huge_bytes));
  {
    const AllocationFault fault({1, huge_bytes, huge_bytes_max});
    remote.send(bytes);
    const Happening closed = server.await("closed");
    CHECK(closed.connection == id);
    CHECK(closed.reason == CloseReason::out_of_memory);
    CHECK(AllocationFault::happened());
  }
  check_goes_on(server);
}

TEST_CASE("a connection whose message is not handled for want of memory is closed, and the others go on") {
  Server server(each_threading());
  server.react = [first = true](const Happening& happening) mutable {
    if (happening.what == "message" && std::exchange(first, false)) throw std::bad_alloc();
  };
  server.start();
  Remote remote(server.api);
  const auto id = server.await("accepted").connection;
  remote.send(announce(10));
  const Happening closed = server.await("closed");
  CHECK(closed.connection == id);
  CHECK(closed.reason == CloseReason::out_of_memory);
  check_goes_on(server);
}

TEST_CASE("a connection for whose queue there is no memory is closed, and gets no part of the frame") {
  Server server(each_threading());
  server.react = [&](const Happening& happening) {
    if (happening.what != "message") return;
    // The queue gathers small frames in one block, which grows as they come.
    const AllocationFault fault({1, 4096});
    for (int i = 0; i < 100; ++i) server.transport.send(happening.connection, encode(announce(100)));
    CHECK(AllocationFault::happened());
  };
  server.start();
  Remote remote(server.api);
  const auto id = server.await("accepted").connection;
  remote.send(announce(10));
  const Happening closed = server.await("closed");
  CHECK(closed.connection == id);
  CHECK(closed.reason == CloseReason::out_of_memory);
  CHECK(remote.read_to_end().empty());
}

/// Three connections, which all get what is broadcast in one turn.
struct Audience {
  explicit Audience(const Config& config) : server(config) {
    server.start();
    for (Remote& remote : remotes) {
      remote.socket_.connect(Remote::asio_endpoint(server.api));
      ids.push_back(server.await("accepted").connection);
    }
  }

  /// Runs it on the core thread, within a turn, and returns when it is done.
  void in_a_turn(const std::function<void()>& work) {
    std::promise<void> done;
    server.transport.post([&](TimePoint) {
      try {
        work();
        done.set_value();
      } catch (...) {
        done.set_exception(std::current_exception());
      }
    });
    auto future = done.get_future();
    REQUIRE(future.wait_for(deadline) == std::future_status::ready);
    future.get();
  }

  /// Returns those connections that were closed, all of them for want of memory; `received` has what each of
  /// the three got then.
  std::vector<ConnectionId> stop() {
    server.transport.stop();
    for (std::size_t i = 0; i < remotes.size(); ++i) {
      received[i] = remotes[i].read_to_end();
      remotes[i].close();
    }
    server.wait_for_end();
    std::vector<ConnectionId> closed;
    while (closed.size() < server.count("closed")) {
      const Happening happening = server.await("closed");
      CHECK(happening.reason == CloseReason::out_of_memory);
      closed.push_back(happening.connection);
    }
    return closed;
  }

  Server server;
  std::array<Remote, 3> remotes;
  std::vector<ConnectionId> ids;
  std::array<std::vector<std::byte>, 3> received;
  bool sending = false;  ///< inside the transport
};

TEST_CASE(
    "where memory is lacking for a broadcast, each is sent it singly: who there is none for is closed") {
  const std::size_t lacking = 4;  // for all of them at once, and for each of the three
  for (std::size_t failures = 1; failures <= lacking; ++failures) {
    CAPTURE(failures);
    Config config;
    config.worker_threads = failures % 2 == 0 ? 2 : 0;
    Audience audience(config);
    audience.in_a_turn([&] {
      // Each way needs a block of this size, and nothing else does.
      const AllocationFault fault({1, 4096, 8192, nullptr, failures});
      CHECK(audience.server.transport.broadcast(audience.ids, encode(announce(4000))).empty());
      CHECK(AllocationFault::happened());
    });
    const std::vector<ConnectionId> unlucky(audience.ids.begin(),
                                            audience.ids.begin() + static_cast<std::ptrdiff_t>(failures - 1));
    CHECK(audience.stop() == unlucky);
    for (std::size_t i = 0; i < audience.received.size(); ++i) {
      const auto whole = Remote::bytes_of(announce(4000));
      CHECK(audience.received[i] == (i < unlucky.size() ? std::vector<std::byte>{} : whole));
    }
  }
}

/// What the first, the second and the third are to get.
using Expected = std::array<std::vector<std::byte>, 3>;

/// Frames to one, to two and to three of them in turn, small ones and large ones; returns what there would be
/// to read.
Expected send_some(Audience& audience) {
  Expected expected;
  char fill = 'a';
  const auto send = [&](std::size_t to, std::size_t bytes) {
    const Announce message = announce(bytes, fill++);
    const Frame frame = encode(message);
    audience.sending = true;
    audience.server.transport.send(audience.ids[to], frame);
    audience.sending = false;
    append(expected[to], Remote::bytes_of(message));
  };
  const auto broadcast = [&](std::size_t to, std::size_t bytes) {
    const Announce message = announce(bytes, fill++);
    const Frame frame = encode(message);
    audience.sending = true;
    audience.server.transport.broadcast(std::span(audience.ids).first(to), frame);
    audience.sending = false;
    for (std::size_t i = 0; i < to; ++i) append(expected[i], Remote::bytes_of(message));
  };
  send(1, 10);
  for (const std::size_t bytes : {20, 300, 5000}) {
    broadcast(3, bytes);
    broadcast(3, bytes);
    broadcast(2, bytes);
    send(0, bytes);
  }
  return expected;
}

void check_whole_or_closed(Audience& audience, const Expected& expected) {
  const std::vector<ConnectionId> closed = audience.stop();
  CHECK(closed.size() <= 1);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (std::ranges::count(closed, audience.ids[i]) == 0) {
      CHECK(audience.received[i] == expected[i]);
    }
  }
}

TEST_CASE("whichever allocation fails while many are sent something, nobody loses a frame or gets it twice") {
  // Where every queue is congested, there is an answer about each to keep as well.
  for (const std::size_t high_water : {std::size_t{1}, Config{}.queue_high_water_bytes}) {
    CAPTURE(high_water);
    Config config;
    config.queue_low_water_bytes = 1;
    config.queue_high_water_bytes = high_water;
    bool failed = true;
    for (std::size_t allocation = 1; failed; ++allocation) {
      CAPTURE(allocation);
      Audience audience(config);
      Expected expected;
      audience.in_a_turn([&] {
        const AllocationFault fault({allocation, 0, AllocationFault::Which{}.bytes_max, &audience.sending});
        expected = send_some(audience);
        failed = AllocationFault::happened();
      });
      check_whole_or_closed(audience, expected);
      if (!failed) CHECK(allocation > 20);
    }
  }
}

}  // namespace
}  // namespace gossip::test
