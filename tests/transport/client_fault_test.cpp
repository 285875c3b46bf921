// A client and a scripted daemon: streams that are split, broken or malformed, and tickets that are old.

#include "client_fixture.hpp"

#include <future>
#include <stdexcept>
#include <string>
#include <vector>

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
