// What a client does at its limits: full queues, cancellation, destruction, and calls from inside callbacks.

#include "client_fixture.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <list>
#include <string>
#include <vector>

using namespace client_test;
using gossip::Announce;
using gossip::Client;
using gossip::ClientConfig;
using gossip::data_bytes_max;
using gossip::Message;
using gossip::MessageId;
using gossip::Notify;
using gossip::Ttl;
using gossip::Validation;

TEST_CASE("a full inbox stops the reading, in the middle of what was read already, and nothing is lost") {
  FakeDaemon daemon;
  ClientConfig config = config_for(daemon.api);
  config.inbox_messages_max = 2;
  Program program(config);
  program.client->subscribe(type);
  const auto wire = daemon.accept();
  // All in one packet. Were it handled to its end, the connection would break.
  wire->send(bytes_of(std::vector<Message>{notification(1, "1"), notification(2, "2"), notification(3, "3"),
                                           notification(4, "4")}) +
             bytes({0, 0, 0, 0}));
  const auto receive = [&] {
    const auto [error, received] = await(program.client->async_receive(as_received));
    CHECK_FALSE(error);
    return std::string(received.data.text());
  };
  CHECK(receive() == "1");
  CHECK_FALSE(await(program.publish("still connected")));
  CHECK(wire->await() == Message(Notify{type}));
  CHECK(wire->await_data() == "still connected");
  CHECK(receive() == "2");
  CHECK(receive() == "3");
  CHECK(program.await_change(false).why == malformed);
  CHECK(receive() == "4");
}

TEST_CASE("a client that does not read has work for its context all the same") {
  FakeDaemon daemon;
  ClientConfig config = config_for(daemon.api);
  config.inbox_messages_max = 1;
  asio::io_context context;
  Client client(context.get_executor(), config);
  client.subscribe(type);
  bool judged = false;
  client.subscribe(DataType{541}, [&](const Received&) {
    judged = true;
    return Verdict::later;
  });
  auto accepting = std::async(std::launch::async, [&] {
    auto wire = daemon.accept();
    wire->send(bytes_of(
        std::vector<Message>{notification(1, "judged", DataType{541}), notification(2, "fills the inbox")}));
    return wire;
  });
  while (!judged) REQUIRE(context.run_one_for(deadline) == 1);
  const auto wire = await(std::move(accepting));
  context.poll();
  CHECK_FALSE(context.stopped());
}

TEST_CASE("a daemon waits while the inbox is full, and everything arrives in order") {
  FakeDaemon daemon;
  ClientConfig config = config_for(daemon.api);
  config.inbox_messages_max = 1;
  Program program(config);
  program.client->subscribe(type);
  const auto wire = daemon.accept();
  std::atomic<int> sent = 0;
  auto sender = std::async(std::launch::async, [&] {
    for (; sent < flood; ++sent) {
      wire->send(notification(static_cast<std::uint16_t>(sent), flood_data(sent)));
    }
  });
  for (int i = 0; i < flood; ++i) {
    const auto [error, received] = await(program.client->async_receive(as_received));
    CHECK_FALSE(error);
    CHECK((received.data.text() == flood_data(i)));
    // What the inbox, the client's buffer and the system's buffers hold; the rest waits at the daemon.
    CHECK(sent <= i + 200);
  }
  await(std::move(sender));
}

TEST_CASE("the queue takes messages up to its bound, and one more once there is room") {
  const NoDaemon nobody;
  ClientConfig config = config_for(nobody.api);
  config.queue_bytes_max = data_bytes_max + ClientConfig::message_overhead_bytes;
  Program program(config);
  asio::cancellation_signal signal;
  std::promise<error_code> largest;
  program.client->async_publish(
      type, Payload(std::string(data_bytes_max, 'x')),
      asio::bind_cancellation_slot(signal.slot(), [&](error_code error) { largest.set_value(error); }));
  CHECK(await(program.publish("")) == asio::error::no_buffer_space);
  signal.emit(asio::cancellation_type::total);
  CHECK(await(largest.get_future()) == asio::error::operation_aborted);

  const std::size_t fitting = data_bytes_max - ClientConfig::message_overhead_bytes;
  auto first = program.publish(std::string(fitting, 'x'));
  auto second = program.publish("");
  CHECK(await(program.publish("")) == asio::error::no_buffer_space);
  program.end();
  CHECK(await(std::move(first)) == asio::error::operation_aborted);
  CHECK(await(std::move(second)) == asio::error::operation_aborted);
}

TEST_CASE("a cancelled publish that waits is not sent; other cancelled operations leave no trace") {
  auto nobody = std::make_unique<NoDaemon>();
  const auto api = nobody->api;
  Program program(config_for(api));
  program.client->subscribe(type);
  asio::cancellation_signal publishing;
  asio::cancellation_signal receiving;
  asio::cancellation_signal connecting;
  Mailbox<error_code> outcomes;
  const auto note = [&](error_code error) { outcomes.put(error); };
  auto before = program.publish("before");
  program.client->async_publish(type, Payload("cancelled"),
                                asio::bind_cancellation_slot(publishing.slot(), note));
  auto after = program.publish("after");
  program.client->async_receive(asio::bind_cancellation_slot(
      receiving.slot(), [&](error_code error, const Received&) { outcomes.put(error); }));
  program.client->async_wait_connected(asio::bind_cancellation_slot(connecting.slot(), note));
  for (asio::cancellation_signal* signal : {&publishing, &receiving, &connecting}) {
    signal->emit(asio::cancellation_type::terminal);
    CHECK(outcomes.await() == asio::error::operation_aborted);
    signal->emit(asio::cancellation_type::terminal);  // there is nothing left to cancel
  }
  nobody.reset();
  const Daemon daemon(api.port);
  Mailbox<std::string> received;
  Program reader(config_for(api));
  CHECK_FALSE(await(std::move(before)));
  CHECK_FALSE(await(std::move(after)));
  reader.collect(received);
  CHECK(received.await() == "before");
  CHECK(received.await() == "after");
  CHECK(outcomes.size() == 0);
}

TEST_CASE("a publish that is being written is aborted at once and leaves the stream whole") {
  FakeDaemon daemon;
  ClientConfig config = config_for(daemon.api);
  config.queue_bytes_max = std::size_t{64} << 20U;
  Program program(config);
  const auto wire = daemon.accept();
  std::list<asio::cancellation_signal> signals;
  Mailbox<error_code> outcomes;
  for (int i = 0; i < flood; ++i) {
    program.client->async_publish(
        type, Payload(flood_data(i)),
        asio::bind_cancellation_slot(signals.emplace_back().slot(),
                                     [&](error_code error) { outcomes.put(error); }));
  }
  for (asio::cancellation_signal& signal : signals) signal.emit(asio::cancellation_type::terminal);
  int aborted = 0;
  for (int i = 0; i < flood; ++i) {
    if (outcomes.await() == asio::error::operation_aborted) aborted += 1;
  }
  CHECK(aborted > 0);
  auto last = program.publish("last");
  int arrived = 0;
  int latest = -1;
  while (true) {
    const std::string data = wire->await_data();
    if (data == "last") break;
    const int number = std::stoi(data);
    CHECK(number > latest);
    CHECK((data == flood_data(number)));
    latest = number;
    arrived += 1;
  }
  CHECK(arrived >= flood - aborted);
  CHECK(arrived < flood);
  CHECK_FALSE(await(std::move(last)));
}

TEST_CASE("destruction aborts whatever waits") {
  FakeDaemon daemon;
  Program program(config_for(daemon.api));
  const auto wire = daemon.accept();
  program.client->subscribe(type);
  Mailbox<error_code> outcomes;
  const auto note = [&](error_code error) { outcomes.put(error); };
  program.client->async_receive([&](error_code error, const Received&) { outcomes.put(error); });
  CHECK_FALSE(await(program.client->async_wait_connected(as_future)));
  program.client->async_close(note);
  CHECK(outcomes.await() == asio::error::operation_aborted);  // the receive, by the close
  program.end();
  CHECK(outcomes.await() == asio::error::operation_aborted);

  const NoDaemon nobody;
  Program lonely(config_for(nobody.api));
  lonely.client->async_publish(type, Payload("data"), note);
  lonely.client->async_wait_connected(note);
  lonely.client->async_receive([&](error_code error, const Received&) { outcomes.put(error); });
  lonely.end();
  for (int i = 0; i < 3; ++i) CHECK(outcomes.await() == asio::error::operation_aborted);
}

TEST_CASE("a context that ends first destroys what waits, uncalled") {
  const NoDaemon nobody;
  const auto token = std::make_shared<int>();
  {
    asio::io_context context;
    Client client(context.get_executor(), config_for(nobody.api));
    client.subscribe(type, [token](const Received&) { return Verdict::accept; });
    client.async_publish(type, Payload("data"), [token](error_code) { FAIL("it was called"); });
    client.async_wait_connected([token](error_code) { FAIL("it was called"); });
    context.poll();
    CHECK(token.use_count() == 4);
  }
  CHECK(token.use_count() == 1);
}

TEST_CASE("the client may be called from inside its callbacks, and destroyed there") {
  FakeDaemon daemon;
  Program program(config_for(daemon.api));
  std::promise<void> published;
  SUBCASE("in a validator") {
    program.client->subscribe(type, [&](const Received& received) {
      program.client->subscribe(DataType{541}, [](const Received&) { return Verdict::accept; });
      program.client->unsubscribe(type);
      program.client->async_publish(type, received.data, [&](error_code error) {
        CHECK_FALSE(error);
        program.client.reset();
        published.set_value();
      });
      return Verdict::accept;
    });
    const auto wire = daemon.accept();
    CHECK(wire->await() == Message(Notify{type}));
    wire->send(notification(1, "echo"));
    std::vector<Message> answers{wire->await(), wire->await(), wire->await()};
    // The order of the three is of no importance.
    CHECK(std::count(answers.begin(), answers.end(), Message(Validation{MessageId{1}, true})) == 1);
    CHECK(std::count(answers.begin(), answers.end(), Message(Notify{DataType{541}})) == 1);
    CHECK(std::count(answers.begin(), answers.end(), Message(Announce{Ttl{0}, type, Payload("echo")})) == 1);
    await(published.get_future());
  }
  SUBCASE("destroyed in a validator, which is the last to be called") {
    int calls = 0;
    program.client->subscribe(type, [&](const Received&) {
      calls += 1;
      program.client.reset();
      return Verdict::accept;
    });
    const auto wire = daemon.accept();
    CHECK(wire->await() == Message(Notify{type}));
    wire->send(bytes_of(std::vector<Message>{notification(1, "1"), notification(2, "2")}));
    wire->read(1000);
    CHECK(wire->ended_with);
    program.end();
    CHECK(calls == 1);
  }
}

TEST_CASE("the observer may destroy the client") {
  const NoDaemon nobody;
  asio::io_context context;
  std::unique_ptr<Client> client;
  int calls = 0;
  client = std::make_unique<Client>(context.get_executor(), config_for(nobody.api),
                                    [&](const gossip::ConnectionChange&) {
                                      calls += 1;
                                      client.reset();
                                    });
  context.run_for(deadline);
  CHECK(context.stopped());
  CHECK(calls == 1);
}

TEST_CASE("handlers may be move-only, run on their own executor, and never inside the call") {
  const NoDaemon nobody;
  asio::io_context own;  // outlives the program, whose thread lets go of it only after the handler was called
  Program program(config_for(nobody.api));
  auto data = std::make_unique<std::string>("moved");
  std::string seen;
  program.client->async_publish(
      type, Payload(std::string(data_bytes_max + 1, 'x')),
      asio::bind_executor(own.get_executor(), [&seen, data = std::move(data)](error_code error) {
        CHECK(error == asio::error::message_size);
        seen = *data;
      }));
  CHECK(seen.empty());
  // The operation is work for the handler's executor: run_one() waits for it.
  CHECK(own.run_one_for(deadline) == 1);
  CHECK(seen == "moved");
}
