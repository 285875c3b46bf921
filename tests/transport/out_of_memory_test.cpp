/// \file
/// Memory runs out for one connection: that one ends, with its reason, and the others go on.

#include "../unit/live_bytes.hpp"
#include "fixture.hpp"

#include <new>

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

}  // namespace
}  // namespace gossip::test
