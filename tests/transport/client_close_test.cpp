// How a client ends, with a daemon that plays along and with one that does not.

#include "client_fixture.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace client_test;
using namespace std::chrono_literals;
using gossip::ClientConfig;
using gossip::Message;
using gossip::MessageId;
using gossip::Notify;
using gossip::Validation;

TEST_CASE("a close writes everything, ends this side's half, and waits for the daemon's end") {
  FakeDaemon daemon;
  Program program(config_for(daemon.api));
  program.client->subscribe(type);
  const auto wire = daemon.accept();
  CHECK(wire->await() == Message(Notify{type}));
  wire->send(notification(1, "undecided"));
  const auto received = await(program.client->async_receive(as_received)).second;
  auto published = program.publish("last words");
  CHECK(program.client->decide(received.ticket, Verdict::accept));
  auto closed = program.client->async_close(as_future);
  std::vector<Message> answers{wire->await(), wire->await()};
  CHECK(std::count(answers.begin(), answers.end(), Message(Validation{MessageId{1}, true})) == 1);
  CHECK_FALSE(await(std::move(published)));
  CHECK(wire->read(1).empty());
  CHECK(wire->ended_with == asio::error::eof);
  CHECK(closed.wait_for(0s) == std::future_status::timeout);
  wire->send(notification(2, "nobody hears it"));
  wire->socket().close();
  CHECK_FALSE(await(std::move(closed)));
}

TEST_CASE("a closed client refuses what is published as shut down, however much of it") {
  FakeDaemon daemon;
  Program program(config_for(daemon.api));
  const auto wire = daemon.accept();
  auto closed = program.client->async_close(as_future);
  wire->socket().close();
  await(std::move(closed));
  const std::string data(60000, 'x');
  for (int i = 0; i < 300; ++i) CHECK(await(program.publish(data)) == asio::error::shut_down);
}

TEST_CASE("a daemon that breaks the connection before it confirms the end makes the close an error") {
  FakeDaemon daemon;
  Program program(config_for(daemon.api));
  const auto wire = daemon.accept();
  CHECK_FALSE(await(program.publish("perhaps lost")));
  auto closed = program.client->async_close(as_future);
  CHECK(wire->await_data() == "perhaps lost");
  CHECK(wire->read(1).empty());
  wire->reset();
  CHECK(await(std::move(closed)) == asio::error::connection_reset);
  CHECK(await(program.client->async_close(as_future)) == asio::error::connection_reset);
}

TEST_CASE("a close without a connection waits for one only where something is to be written") {
  auto nobody = std::make_unique<NoDaemon>();
  const auto api = nobody->api;
  Program idle(config_for(api));
  CHECK_FALSE(await(idle.client->async_close(as_future)));

  Program busy(config_for(api));
  auto published = busy.publish("late");
  auto closed = busy.client->async_close(as_future);
  busy.await_change(false);
  nobody.reset();
  const Daemon daemon(api.port);
  CHECK_FALSE(await(std::move(published)));
  CHECK_FALSE(await(std::move(closed)));
}

TEST_CASE("a close goes on over a connection that breaks under what is queued") {
  FakeDaemon daemon;
  Program program(config_for(daemon.api));
  const std::string data(60'000, 'x');
  const auto first = daemon.accept();
  std::vector<std::future<boost::system::error_code>> published;
  for (int i = 0; i < 250; ++i) published.push_back(program.publish(data));
  auto closed = program.client->async_close(as_future);
  CHECK((first->await_data() == data));
  first->reset();
  const auto second = daemon.accept();
  while (second->read(1 << 16).size() == 1 << 16) continue;
  CHECK(second->ended_with == asio::error::eof);
  second->socket().close();
  CHECK_FALSE(await(std::move(closed)));
  for (auto& one : published) CHECK_FALSE(await(std::move(one)));
}

TEST_CASE("a close that takes too long is an error, and what still waits is aborted") {
  SUBCASE("nobody is there") {
    const NoDaemon nobody;
    ClientConfig config = config_for(nobody.api);
    config.close_timeout = 20ms;
    Program program(config);
    auto published = program.publish("never");
    CHECK(await(program.client->async_close(as_future)) == asio::error::timed_out);
    CHECK(await(std::move(published)) == asio::error::operation_aborted);
  }
  SUBCASE("the daemon does not end its half") {
    FakeDaemon daemon;
    ClientConfig config = config_for(daemon.api);
    config.close_timeout = 20ms;
    Program program(config);
    const auto wire = daemon.accept();
    CHECK_FALSE(await(program.publish("taken")));
    CHECK(await(program.client->async_close(as_future)) == asio::error::timed_out);
  }
}

TEST_CASE("cancelling a close ends the waiting and not the closing") {
  FakeDaemon daemon;
  Program program(config_for(daemon.api));
  const auto wire = daemon.accept();
  CHECK_FALSE(await(program.client->async_wait_connected(as_future)));
  asio::cancellation_signal signal;
  std::promise<boost::system::error_code> cancelled;
  program.client->async_close(asio::bind_cancellation_slot(
      signal.slot(), [&](boost::system::error_code error) { cancelled.set_value(error); }));
  auto other = program.client->async_close(as_future);
  signal.emit(asio::cancellation_type::partial);
  CHECK(await(cancelled.get_future()) == asio::error::operation_aborted);
  wire->socket().close();
  CHECK_FALSE(await(std::move(other)));
}
