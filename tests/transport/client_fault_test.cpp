// A client and a scripted daemon: broken streams, full queues, cancellation, and calls from inside callbacks.

#include "client_fixture.hpp"

#include <atomic>
#include <list>
#include <stdexcept>

using namespace client_test;
using namespace std::chrono_literals;
using gossip::Announce;
using gossip::Client;
using gossip::ClientConfig;
using gossip::data_bytes_max;
using gossip::Message;
using gossip::MessageId;
using gossip::Notify;
using gossip::PeerInit;
using gossip::Ticket;
using gossip::Ttl;
using gossip::Validation;

namespace {

const error_code malformed = boost::system::errc::make_error_code(boost::system::errc::bad_message);

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> result;
  for (const int value : values) result.push_back(static_cast<std::byte>(value));
  return result;
}

std::vector<std::byte> operator+(std::vector<std::byte> left, const std::vector<std::byte>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// More than the system takes for a connection whose other end does not read.
constexpr int flood = 400;
std::string flood_data(int number) {
  return std::to_string(number) + ':' + std::string(60'000, 'x');
}

}  // namespace

TEST_CASE("a notification arrives however the stream is split") {
  FakeDaemon daemon;
  Program program(config_for(daemon.api));
  Mailbox<std::string> received;
  program.collect(received);
  const auto wire = daemon.accept();
  CHECK(wire->await() == Message(Notify{type}));
  wire->socket().set_option(tcp::no_delay(true));
  for (const std::byte byte : bytes_of(notification(1, "slow"))) wire->send(std::vector<std::byte>{byte});
  CHECK(received.await() == "slow");
  CHECK(wire->await() == Message(Validation{MessageId{1}, true}));
  const std::string largest(data_bytes_max, 'x');
  wire->send(
      bytes_of(std::vector<Message>{notification(2, ""), notification(3, largest), notification(4, "last")}));
  CHECK(received.await().empty());
  CHECK((received.await() == largest));
  CHECK(received.await() == "last");
  for (std::uint16_t id = 2; id <= 4; ++id) CHECK(wire->await() == Message(Validation{MessageId{id}, true}));
}

TEST_CASE("a daemon that breaks the protocol is left after what came before, and tried again") {
  std::vector<std::byte> broken;
  SUBCASE("a size below the header's") {
    broken = bytes({0, 3, 1, 246});
  }
  SUBCASE("a code out of range") {
    broken = bytes({0, 4, 2, 8});
  }
  SUBCASE("a notification without its fields") {
    broken = bytes({0, 7, 1, 246, 0, 0, 0});
  }
  FakeDaemon daemon;
  Program program(config_for(daemon.api));
  Mailbox<std::string> received;
  program.collect(received);
  const auto first = daemon.accept();
  first->send(bytes_of(notification(1, "sound")) + broken + bytes_of(notification(2, "lost")));
  CHECK(program.await_change(false).why == malformed);
  const auto second = daemon.accept();
  CHECK(second->await() == Message(Notify{type}));
  second->send(notification(3, "again"));
  CHECK(received.await() == "sound");
  CHECK(received.await() == "again");
}

TEST_CASE("frames of other layers, of the other direction and of other types are dropped without an answer") {
  FakeDaemon daemon;
  Program program(config_for(daemon.api));
  Mailbox<std::string> received;
  program.collect(received);
  const auto wire = daemon.accept();
  CHECK(wire->await() == Message(Notify{type}));
  wire->send(bytes({0, 5, 2, 7, 0}));  // 519, a code to come
  wire->send(
      bytes_of(std::vector<Message>{PeerInit{}, Announce{Ttl{0}, type, Payload("announce")}, Validation{},
                                    notification(1, "other", DataType{541}), notification(2, "mine")}));
  CHECK(received.await() == "mine");
  CHECK(wire->await() == Message(Validation{MessageId{2}, true}));
}

TEST_CASE("a daemon that ends the connection is told to the observer and tried again") {
  FakeDaemon daemon;
  Program program(config_for(daemon.api));
  daemon.accept()->socket().close();
  program.await_change(true);
  CHECK(program.await_change(false).why == asio::error::eof);
  daemon.accept()->reset();
  CHECK(program.await_change(false).why == asio::error::connection_reset);
  daemon.accept();
}

TEST_CASE("a host that is not known is told to the observer and tried again") {
  ClientConfig config = config_for({});
  config.api_address = {"no-such-host.invalid", 7001};
  Program program(config);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto change = program.await_change(false);
    CHECK(change.why);
    CHECK(change.why != asio::error::connection_refused);
  }
}

TEST_CASE("what a broken connection cut is sent again, whole and in order") {
  FakeDaemon daemon;
  ClientConfig config = config_for(daemon.api);
  config.queue_bytes_max = std::size_t{64} << 20U;
  Program program(config);
  const auto first = daemon.accept();
  Mailbox<error_code> outcomes;
  for (int i = 0; i < flood; ++i) {
    program.client->async_publish(type, Payload(flood_data(i)),
                                  [&](error_code error) { outcomes.put(error); });
  }
  // One whole message and a part of the next.
  CHECK((first->await_data() == flood_data(0)));
  first->read(30'000);
  first->reset();
  const auto second = daemon.accept();
  const std::string resumed = second->await_data();
  const int next = std::stoi(resumed);
  CHECK(next > 0);
  CHECK((resumed == flood_data(next)));
  for (int i = next + 1; i < flood; ++i) CHECK((second->await_data() == flood_data(i)));
  for (int i = 0; i < flood; ++i) CHECK_FALSE(outcomes.await());
}

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

TEST_CASE("a ticket is of no use once its connection is gone, or its id is another message's") {
  FakeDaemon daemon;
  Program program(config_for(daemon.api));
  program.client->subscribe(type);
  const auto receive = [&] { return await(program.client->async_receive(as_received)).second.ticket; };
  auto wire = daemon.accept();
  CHECK(wire->await() == Message(Notify{type}));
  wire->send(notification(7, "first"));
  const Ticket first = receive();
  wire->send(notification(7, "second"));
  const Ticket second = receive();
  CHECK(first != second);
  CHECK_FALSE(program.client->decide(first, Verdict::accept));
  CHECK(program.client->decide(second, Verdict::reject));
  CHECK(wire->await() == Message(Validation{MessageId{7}, false}));
  wire->send(notification(7, "third"));
  const Ticket third = receive();
  // Not subscribed to, but it has the id now.
  wire->send(
      bytes_of(std::vector<Message>{notification(7, "fourth", DataType{541}), notification(8, "fifth")}));
  const Ticket fifth = receive();
  CHECK_FALSE(program.client->decide(third, Verdict::accept));
  wire->socket().close();
  program.await_change(false);
  CHECK_FALSE(program.client->decide(fifth, Verdict::accept));
  wire = daemon.accept();
  CHECK(wire->await() == Message(Notify{type}));
  wire->send(notification(8, "fifth"));
  const Ticket again = receive();
  CHECK_FALSE(program.client->decide(fifth, Verdict::accept));
  CHECK(program.client->decide(again, Verdict::accept));
  CHECK(wire->await() == Message(Validation{MessageId{8}, true}));
}

TEST_CASE("after unsubscribe messages are dropped without a verdict, on the next connection not asked for") {
  FakeDaemon daemon;
  Program program(config_for(daemon.api));
  Mailbox<std::string> received;
  program.collect(received);
  constexpr DataType other{541};
  program.client->subscribe(other, [](const Received&) { return Verdict::reject; });
  auto wire = daemon.accept();
  CHECK(wire->await() == Message(Notify{type}));
  CHECK(wire->await() == Message(Notify{other}));
  program.client->unsubscribe(type);
  CHECK_FALSE(await(program.client->async_wait_connected(as_future)));
  wire->send(bytes_of(std::vector<Message>{notification(1, "dropped"), notification(2, "", other)}));
  CHECK(wire->await() == Message(Validation{MessageId{2}, false}));
  CHECK(received.size() == 0);
  wire->reset();
  wire = daemon.accept();
  CHECK(wire->await() == Message(Notify{other}));
}

TEST_CASE("a validator that throws has cast no verdict, and the client goes on") {
  FakeDaemon daemon;
  asio::io_context context;
  Client client(context.get_executor(), config_for(daemon.api));
  client.subscribe(type, [](const Received& received) {
    if (received.data.empty()) throw std::runtime_error("it has no data");
    return Verdict::accept;
  });
  auto done = std::async(std::launch::async, [&] {
    const auto wire = daemon.accept();
    CHECK(wire->await() == Message(Notify{type}));
    wire->send(bytes_of(std::vector<Message>{notification(1, ""), notification(2, "sound")}));
    return wire->await();
  });
  CHECK_THROWS_WITH(context.run_for(deadline), "it has no data");
  while (done.wait_for(0s) != std::future_status::ready) context.run_one_for(10ms);
  CHECK(done.get() == Message(Validation{MessageId{2}, true}));
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
  Program program(config_for(nobody.api));
  asio::io_context own;
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
