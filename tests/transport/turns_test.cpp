#include "fixture.hpp"

#include <algorithm>
#include <future>
#include <memory>
#include <vector>

using namespace gossip;
using namespace gossip::test;

namespace {

/// Work that is told apart by what happens to it: run, or destroyed without being run.
struct Traced {
  std::shared_ptr<bool> alive = std::make_shared<bool>(true);
  std::weak_ptr<bool> watch = alive;
};

}  // namespace

TEST_CASE("the timer comes when it is due and not before") {
  Server server(each_threading());
  server.set_timer(TcpTransport::now() + 20ms);
  server.start();
  server.await("time");
  CHECK(server.count("too early") == 0);
}

TEST_CASE("posted work runs on the core thread, in order, each a turn of its own") {
  Server server(each_threading());
  std::vector<int> order;  // written on the core thread only, or the sanitizer tells
  std::vector<std::thread::id> threads;
  std::promise<void> all_run;
  server.on("accepted", [&](ConnectionId) { threads.push_back(std::this_thread::get_id()); });
  server.start();
  const Remote remote(server.api);
  server.await("accepted");
  TimePoint last = TcpTransport::now();
  bool backwards = false;
  for (int i = 0; i < 100; ++i) {
    server.transport.post([&, i](TimePoint now) {
      backwards = backwards || now < std::exchange(last, now);
      order.push_back(i);
      threads.push_back(std::this_thread::get_id());
      if (i == 99) all_run.set_value();
    });
  }
  REQUIRE(all_run.get_future().wait_for(deadline) == std::future_status::ready);
  server.stop();
  REQUIRE(order.size() == 100);
  CHECK(std::ranges::is_sorted(order));
  CHECK_FALSE(backwards);
  CHECK(std::ranges::all_of(threads, [&](std::thread::id thread) { return thread == threads.front(); }));
  CHECK(threads.front() != std::this_thread::get_id());
}

TEST_CASE("what posted work sends arrives, and a timer that it sets comes") {
  Server server(each_threading());
  server.start();
  Remote remote(server.p2p);
  const auto id = server.await("accepted").connection;
  const auto expected = Remote::bytes_of(announce(60000));
  server.transport.post([&](TimePoint now) {
    server.transport.send(id, encode(announce(60000)));
    server.set_timer(now + 1ms);
  });
  std::vector<std::byte> received(expected.size());
  asio::read(remote.socket_, asio::buffer(received));
  CHECK(received == expected);
  server.await("time");
}

TEST_CASE("work posted from many threads is run once each, and in the order of each thread") {
  Server server(each_threading());
  server.start();
  constexpr int threads = 4;
  constexpr int each = 500;
  std::vector<std::vector<int>> seen(threads);
  int count = 0;
  std::promise<void> all_run;
  std::vector<std::thread> posters;
  for (int t = 0; t < threads; ++t) {
    posters.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        server.transport.post([&, t, i](TimePoint) {
          seen[static_cast<std::size_t>(t)].push_back(i);
          if (++count == threads * each) all_run.set_value();
        });
      }
    });
  }
  for (auto& poster : posters) poster.join();
  REQUIRE(all_run.get_future().wait_for(deadline) == std::future_status::ready);
  for (const auto& of_thread : seen) {
    CHECK(of_thread.size() == each);
    CHECK(std::ranges::is_sorted(of_thread));
  }
}

TEST_CASE("work posted before run() runs first thing, and its connecting works") {
  const Config config = each_threading();
  Server second(config);
  second.start();
  Server first(config);
  ConnectionId dialled{};
  first.transport.post([&](TimePoint) { dialled = first.transport.connect(to_host_port(second.p2p)); });
  first.start();
  CHECK(first.await("connected").info.remote == second.p2p);
  first.stop();
  CHECK(dialled != ConnectionId{});
}

TEST_CASE("posted work may post, and stop") {
  Server server(each_threading());
  bool inner_ran = false;
  server.transport.post([&](TimePoint) {
    server.transport.post([&](TimePoint) {
      inner_ran = true;
      server.transport.stop();
    });
  });
  server.start();
  server.wait_for_end();
  CHECK(inner_ran);
}

TEST_CASE("work posted before stop() from the same thread is run, and what it sends arrives") {
  Server server(each_threading());
  server.start();
  Remote remote(server.p2p);
  const auto id = server.await("accepted").connection;
  server.transport.post([&](TimePoint) { server.flood(id, 100); });
  server.transport.stop();
  CHECK(remote.read_to_end().size() == flood_bytes(100));
}

TEST_CASE("work posted once run() has ended is destroyed and not run") {
  Server server(each_threading());
  server.start();
  server.stop();
  bool ran = false;
  Traced late;
  server.transport.post([&ran, alive = std::move(late.alive)](TimePoint) { ran = true; });
  CHECK(late.watch.expired());
  CHECK_FALSE(ran);
}

TEST_CASE("work posted when only writing is left to stopping is destroyed and not run") {
  Server server(each_threading());
  server.start();
  Remote remote(server.p2p);
  const auto id = server.await("accepted").connection;
  server.transport.post([&](TimePoint) { server.flood(id, 300); });
  // Without clients nothing is left to be handled; 18 MB that nobody reads yet keep run() from ending.
  server.transport.stop();
  bool ran = false;
  std::promise<void> destroyed;
  std::shared_ptr<void> alive(nullptr, [&](void*) { destroyed.set_value(); });
  server.transport.post([&ran, alive = std::move(alive)](TimePoint) { ran = true; });
  CHECK(destroyed.get_future().wait_for(deadline) == std::future_status::ready);
  CHECK(remote.read_to_end().size() == flood_bytes(300));
  server.stop();
  CHECK_FALSE(ran);
}

TEST_CASE("work of a transport that is never run is destroyed with it") {
  Traced never;
  {
    Server server(each_threading());
    server.transport.post([alive = std::move(never.alive)](TimePoint) {});
    CHECK_FALSE(never.watch.expired());
  }
  CHECK(never.watch.expired());
}
