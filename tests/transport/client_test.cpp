// A client beside a real daemon, as programs use it.

#include "client_fixture.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

using namespace client_test;
using namespace std::chrono_literals;
using gossip::Announce;
using gossip::Client;
using gossip::ClientConfig;
using gossip::data_bytes_max;
using gossip::Ticket;
using gossip::Ttl;

TEST_CASE("a client config out of bounds is refused with the field, its value and its bounds") {
  const auto refusal = [](auto change) {
    ClientConfig config;
    change(config);
    asio::io_context context;
    std::string what = "accepted";
    try {
      const Client client(context.get_executor(), config);
    } catch (const std::invalid_argument& error) {
      what = error.what();
    }
    return what;
  };
  CHECK(refusal([](ClientConfig& config) { config.api_address.host.clear(); }) ==
        "api_address has no host: it must be a name or an address, and a port");
  CHECK(refusal([](ClientConfig& config) { config.api_address.port = 0; }) ==
        "the port of api_address is 0: it must be from 1 to 65535");
  CHECK(refusal([](ClientConfig& config) { config.connect_timeout = 0ms; }) ==
        "connect_timeout is 0 ms: it must be from 1 to 86400000 ms");
  CHECK(refusal([](ClientConfig& config) { config.retry_pause_min = -1ms; }) ==
        "retry_pause_min is -1 ms: it must be from 1 to 86400000 ms");
  CHECK(refusal([](ClientConfig& config) { config.retry_pause_max = 99ms; }) ==
        "retry_pause_max is 99 ms: it must be from 100 to 86400000 ms");
  CHECK(refusal([](ClientConfig& config) { config.close_timeout = 25h; }) ==
        "close_timeout is 90000000 ms: it must be from 0 to 86400000 ms");
  CHECK(refusal([](ClientConfig& config) { config.queue_bytes_max = 65782; }) ==
        "queue_bytes_max is 65782 bytes: it must be from 65783 to 1099511627776 bytes");
  CHECK(refusal([](ClientConfig& config) { config.inbox_messages_max = 0; }) ==
        "inbox_messages_max is 0: it must be from 1 to 65535");
  CHECK(refusal([](ClientConfig&) {}) == "accepted");
}

TEST_CASE("a published message reaches the other programs: callback, future and coroutine") {
  Daemon daemon;
  Program reader(config_for(daemon.api));
  Mailbox<std::string> received;
  reader.collect(received);
  CHECK(daemon.events.await() == "540");

  Program writer(config_for(daemon.api));
  std::promise<error_code> called;
  writer.client->async_publish(type, Payload("callback"), Ttl{3},
                               [&](error_code error) { called.set_value(error); });
  CHECK_FALSE(await(called.get_future()));
  CHECK(received.await() == "callback");

  await(writer.client->async_publish(type, Payload("future"), asio::use_future));
  CHECK(received.await() == "future");

  await(asio::co_spawn(
      writer.context,
      [&]() -> asio::awaitable<void> {
        co_await writer.client->async_wait_connected(asio::use_awaitable);
        co_await writer.client->async_publish(type, Payload("coroutine"), asio::use_awaitable);
      },
      asio::use_future));
  CHECK(received.await() == "coroutine");
}

TEST_CASE("data of any size up to data_bytes_max travels whole, and one byte more is refused at once") {
  Daemon daemon;
  Program reader(config_for(daemon.api));
  Mailbox<std::string> received;
  reader.collect(received);
  CHECK(daemon.events.await() == "540");
  Program writer(config_for(daemon.api));
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, data_bytes_max}) {
    const std::string data(size, 'x');
    CHECK_FALSE(await(writer.publish(data)));
    CHECK((received.await() == data));
  }
  CHECK(await(writer.publish(std::string(data_bytes_max + 1, 'x'))) == asio::error::message_size);
}

TEST_CASE("a validator's verdict lets a peer's message travel on, or ends it") {
  Daemon daemon;
  Program reader(config_for(daemon.api));
  reader.client->subscribe(type, [](const Received& received) {
    return received.data.text() == "good" ? Verdict::accept : Verdict::reject;
  });
  CHECK(daemon.events.await() == "540");
  Wire from(daemon.p2p);
  Wire to(daemon.p2p);
  from.send(Announce{Ttl{0}, type, Payload("bad")});
  from.send(Announce{Ttl{0}, type, Payload("good")});
  CHECK(daemon.events.await() == "invalid");
  CHECK(daemon.events.await() == "valid");
  CHECK(to.await_data() == "good");
}

TEST_CASE("a verdict may come later, from another thread, and once") {
  Daemon daemon;
  Program reader(config_for(daemon.api));
  Mailbox<Ticket> tickets;
  reader.client->subscribe(type, [&](const Received& received) {
    tickets.put(received.ticket);
    return Verdict::later;
  });
  CHECK(daemon.events.await() == "540");
  Wire peer(daemon.p2p);
  peer.send(Announce{Ttl{0}, type, Payload("first")});
  const Ticket first = tickets.await();
  peer.send(Announce{Ttl{0}, type, Payload("second")});
  const Ticket second = tickets.await();
  CHECK_FALSE(reader.client->decide(second, Verdict::later));
  CHECK(reader.client->decide(second, Verdict::reject));
  CHECK(daemon.events.await() == "invalid");
  CHECK(reader.client->decide(first, Verdict::accept));
  CHECK(daemon.events.await() == "valid");
  CHECK_FALSE(reader.client->decide(first, Verdict::accept));
  CHECK_FALSE(reader.client->decide(Ticket{}, Verdict::accept));
}

TEST_CASE("a verdict given inside the validator counts, and what that returns after it does not") {
  Daemon daemon;
  Program reader(config_for(daemon.api));
  reader.client->subscribe(type, [&](const Received& received) {
    CHECK(reader.client->decide(received.ticket, Verdict::accept));
    return Verdict::reject;
  });
  CHECK(daemon.events.await() == "540");
  Wire peer(daemon.p2p);
  peer.send(Announce{Ttl{0}, type, Payload("data")});
  CHECK(daemon.events.await() == "valid");
}

TEST_CASE("a coroutine receives and decides") {
  Daemon daemon;
  Program reader(config_for(daemon.api));
  reader.client->subscribe(type);
  CHECK(daemon.events.await() == "540");
  auto done = asio::co_spawn(
      reader.context,
      [&]() -> asio::awaitable<std::string> {
        std::string all;
        for (int i = 0; i < 3; ++i) {
          const Received received = co_await reader.client->async_receive(asio::use_awaitable);
          CHECK(received.data_type == type);
          all += received.data.text();
          CHECK(reader.client->decide(received.ticket, Verdict::accept));
        }
        co_return all;
      },
      asio::use_future);
  Wire peer(daemon.p2p);
  Wire other(daemon.p2p);
  for (const char* data : {"a", "b", "c"}) peer.send(Announce{Ttl{0}, type, Payload(data)});
  CHECK(await(std::move(done)) == "abc");
  for (const char* data : {"a", "b", "c"}) CHECK(other.await_data() == data);
}

TEST_CASE("after a restart of the daemon the client registers again and publishes what waited") {
  auto daemon = std::make_unique<Daemon>();
  const auto api = daemon->api;
  Program reader(config_for(api));
  Program writer(config_for(api));
  Mailbox<std::string> received;
  reader.collect(received);
  CHECK(daemon->events.await() == "540");
  REQUIRE_FALSE(await(writer.client->async_wait_connected(as_future)));
  daemon.reset();
  reader.await_change(false);
  writer.await_change(false);
  auto first = writer.publish("first");
  auto second = writer.publish("second");

  daemon = std::make_unique<Daemon>(api.port);
  CHECK(daemon->events.await() == "540");
  CHECK_FALSE(await(std::move(first)));
  CHECK_FALSE(await(std::move(second)));
  CHECK(received.await() == "first");
  CHECK(received.await() == "second");
}

TEST_CASE("a daemon that comes up after the program is found") {
  auto nobody = std::make_unique<NoDaemon>();
  const auto api = nobody->api;
  Program reader(config_for(api));
  Mailbox<std::string> received;
  reader.client->subscribe(type, [&](const Received& message) {
    received.put(std::string(message.data.text()));
    return Verdict::accept;
  });
  Program writer(config_for(api));
  auto published = writer.publish("early");
  const auto failed = reader.await_change(false);
  CHECK(failed.why == asio::error::connection_refused);
  CHECK(failed.retry_in > 0ms);
  CHECK(failed.retry_in <= 50ms);
  nobody.reset();
  Daemon daemon(api.port);
  CHECK_FALSE(await(std::move(published)));
  CHECK(received.await() == "early");
}

TEST_CASE("many threads publish at once, and everything arrives") {
  gossip::Config roomy;
  roomy.cache_size = 65535;
  Daemon daemon(0, roomy);
  Program reader(config_for(daemon.api), 2);
  Mailbox<std::string> received;
  reader.collect(received);
  CHECK(daemon.events.await() == "540");

  Program writer(config_for(daemon.api), 3);
  constexpr int threads = 6;
  constexpr int each = 300;
  std::vector<std::thread> publishers;
  Mailbox<error_code> outcomes;
  for (int thread = 0; thread < threads; ++thread) {
    publishers.emplace_back([&, thread] {
      for (int i = 0; i < each; ++i) {
        writer.client->async_publish(type, Payload(std::to_string(thread) + ":" + std::to_string(i)),
                                     [&](error_code error) { outcomes.put(error); });
      }
    });
  }
  for (std::thread& publisher : publishers) publisher.join();
  // Each thread's messages keep their order among themselves.
  std::array<int, threads> next{};
  for (int i = 0; i < threads * each; ++i) {
    CHECK_FALSE(outcomes.await());
    const std::string data = received.await();
    const auto thread = static_cast<std::size_t>(data[0] - '0');
    CHECK(data.substr(2) == std::to_string(next[thread]));
    next[thread] += 1;
  }
}

TEST_CASE("a graceful close loses nothing of 10,000 messages") {
  gossip::Config roomy;
  roomy.cache_size = 65535;
  Daemon daemon(0, roomy);
  Program reader(config_for(daemon.api));
  Mailbox<std::string> received;
  reader.collect(received);
  CHECK(daemon.events.await() == "540");

  constexpr int count = 10'000;
  Program writer(config_for(daemon.api));
  std::atomic<int> succeeded = 0;
  for (int i = 0; i < count; ++i) {
    writer.client->async_publish(type, Payload(std::to_string(i)),
                                 [&](error_code error) { succeeded += error ? 0 : 1; });
  }
  CHECK_FALSE(await(writer.client->async_close(as_future)));
  writer.end();
  CHECK(succeeded == count);
  for (int i = 0; i < count; ++i) {
    const std::string data = received.await();
    if (data != std::to_string(i)) FAIL("message " << i << " is " << data);
  }
}

TEST_CASE("a closed client refuses operations, says the same again, and leaves its context without work") {
  Daemon daemon;
  asio::io_context context;
  Client client(context.get_executor(), config_for(daemon.api));
  client.subscribe(type);
  auto receiving = client.async_receive(as_received);
  auto closed = client.async_close(as_future);
  auto refused = client.async_publish(type, Payload("late"), as_future);
  auto deaf = client.async_receive(as_received);
  auto waiting = client.async_wait_connected(as_future);
  context.run();
  CHECK_FALSE(await(std::move(closed)));
  CHECK(await(std::move(receiving)).first == asio::error::operation_aborted);
  CHECK(await(std::move(refused)) == asio::error::shut_down);
  CHECK(await(std::move(deaf)).first == asio::error::shut_down);
  CHECK(await(std::move(waiting)) == asio::error::shut_down);
  auto again = client.async_close(as_future);
  context.restart();
  context.run();
  CHECK_FALSE(await(std::move(again)));
  CHECK_FALSE(client.decide(Ticket{}, Verdict::accept));
}

TEST_CASE("operators on awaitables give an operation a time limit") {
  const NoDaemon nobody;
  Program program(config_for(nobody.api));
  program.client->subscribe(type);
  const auto limited = [&](auto operation) -> asio::awaitable<bool> {
    using namespace asio::experimental::awaitable_operators;
    asio::steady_timer timer(co_await asio::this_coro::executor, 5ms);
    const auto first = co_await (operation() || timer.async_wait(asio::use_awaitable));
    co_return first.index() == 1;
  };
  Client& client = *program.client;
  const auto run = [&](auto operation) {
    return await(asio::co_spawn(program.context, limited(operation), asio::use_future));
  };
  CHECK(run([&] { return client.async_receive(asio::use_awaitable); }));
  CHECK(run([&] { return client.async_wait_connected(asio::use_awaitable); }));
  CHECK(run([&] { return client.async_publish(type, Payload("waits"), asio::use_awaitable); }));
  CHECK(run([&] { return client.async_publish(type, Payload("stays"), asio::use_awaitable); }));
}
