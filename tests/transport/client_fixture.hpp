#pragma once
/// \file
/// What the tests of the client talk to: a program of its own threads with a client in it, a real daemon, and
/// a scripted one that does only what the test says. Everything is awaited with one deadline.

#include <gossip/asio/client.hpp>
#include <gossip/asio/tcp_transport.hpp>
#include <gossip/codec.hpp>
#include <gossip/framer.hpp>
#include <gossip/node.hpp>

#include <boost/asio.hpp>
#include <doctest/doctest.h>

#include <array>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <future>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace client_test {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using gossip::DataType;
using gossip::Payload;
using gossip::Received;
using gossip::Verdict;

/// Long enough for the slowest machine under a sanitizer; only a failing test waits for it.
constexpr auto deadline = std::chrono::seconds(20);

constexpr DataType type{540};
inline const error_code malformed = boost::system::errc::make_error_code(boost::system::errc::bad_message);

/// Tokens for futures of errors, which throw nothing.
inline const auto as_future = asio::use_future([](error_code error) { return error; });
inline const auto as_received = asio::use_future(
    [](error_code error, Received received) { return std::pair(error, std::move(received)); });

/// What a future brings; fails where that takes too long.
template <typename T>
T await(std::future<T> future) {
  REQUIRE_MESSAGE(future.wait_for(deadline) == std::future_status::ready, "it completed");
  return future.get();
}
/// Values handed from one thread to another.
template <typename T>
class Mailbox {
 public:
  void put(T value) {
    const std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    changed_.notify_all();
  }
  T await() {
    std::unique_lock lock(mutex_);
    REQUIRE_MESSAGE(changed_.wait_for(lock, deadline, [this] { return !values_.empty(); }), "something came");
    T first = std::move(values_.front());
    values_.pop_front();
    return first;
  }
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return values_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> values_;
};

/// An io_context with threads, and a client on it that notes the changes of its connection.
class Program {
 public:
  explicit Program(const gossip::ClientConfig& config, int threads = 1) {
    client = std::make_unique<gossip::Client>(
        context.get_executor(), config,
        [this](const gossip::ConnectionChange& change) { changes.put(change); });
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this] { context.run(); });
    }
  }
  ~Program() { end(); }

  /// Destroys the client; returns when the context has run out of work.
  void end() {
    client.reset();
    work_.reset();
    for (std::thread& thread : std::exchange(threads_, {})) thread.join();
  }
  /// Waits until the connection has come (true) or been lost.
  gossip::ConnectionChange await_change(bool connected) {
    while (true) {
      const auto change = changes.await();
      if (change.connected == connected) return change;
    }
  }
  /// Every message of the type goes to the mailbox and gets this verdict.
  void collect(Mailbox<std::string>& mailbox, Verdict verdict = Verdict::accept) {
    client->subscribe(type, [&mailbox, verdict](const Received& received) {
      mailbox.put(std::string(received.data.text()));
      return verdict;
    });
    REQUIRE_FALSE(await(client->async_wait_connected(as_future)));
  }
  std::future<error_code> publish(std::string_view data) {
    return client->async_publish(type, Payload(data), as_future);
  }

  asio::io_context context;
  Mailbox<gossip::ConnectionChange> changes;
  std::unique_ptr<gossip::Client> client;

 private:
  asio::executor_work_guard<asio::io_context::executor_type> work_{context.get_executor()};
  std::vector<std::thread> threads_;
};

/// Retries soon, so that no test waits long for a daemon to be found again.
inline gossip::ClientConfig config_for(const gossip::Endpoint& daemon) {
  gossip::ClientConfig config;
  config.api_address = to_host_port(daemon);
  config.retry_pause_min = std::chrono::milliseconds(5);
  config.retry_pause_max = std::chrono::milliseconds(50);
  config.close_timeout = deadline;
  return config;
}

/// A node on TCP on a thread of its own; it notes registrations ("540") and verdicts ("valid", "invalid").
class Daemon : private gossip::Observer {
 public:
  explicit Daemon(std::uint16_t api_port = 0, const gossip::Config& config = {})
      : transport_(config, *this), node_(config, transport_, *this, 1) {
    const auto listening = transport_.listen(gossip::Layer::api, {"127.0.0.1", api_port});
    REQUIRE_MESSAGE(listening, "the daemon listens");
    api = *listening;
    p2p = *transport_.listen(gossip::Layer::p2p, {"127.0.0.1", 0});
    node_.start(p2p, std::nullopt, gossip::TcpTransport::now());
    thread_ = std::thread([this] { transport_.run(node_); });
  }
  ~Daemon() override {
    transport_.stop();
    thread_.join();
  }

  gossip::Endpoint api;
  gossip::Endpoint p2p;
  Mailbox<std::string> events;

 private:
  void on_event(const gossip::Event& event) override {
    if (const auto* registered = std::get_if<gossip::event::ClientRegistered>(&event)) {
      events.put(std::to_string(value_of(registered->data_type)));
    } else if (const auto* decided = std::get_if<gossip::event::MessageDecided>(&event)) {
      events.put(decided->valid ? "valid" : "invalid");
    }
  }

  gossip::TcpTransport transport_;
  gossip::Node node_;
  std::thread thread_;
};

inline std::vector<std::byte> bytes_of(const gossip::Message& message) {
  const gossip::Frame frame = encode(message);
  std::vector<std::byte> bytes(frame.header().begin(), frame.header().end());
  bytes.insert(bytes.end(), frame.body().bytes().begin(), frame.body().bytes().end());
  return bytes;
}

inline std::vector<std::byte> bytes_of(const std::vector<gossip::Message>& messages) {
  std::vector<std::byte> all;
  for (const gossip::Message& message : messages) {
    const auto bytes = bytes_of(message);
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return all;
}

/// One end of a TCP connection in the hands of a test: a client's at the scripted daemon, or a peer's at a
/// real one.
class Wire {
 public:
  Wire() : socket_(context_) {}
  explicit Wire(const gossip::Endpoint& to) : Wire() {
    socket_.connect({asio::ip::address_v4(to.address.ipv4()), to.port});
  }

  tcp::socket& socket() { return socket_; }
  void send(const std::vector<std::byte>& bytes) { asio::write(socket_, asio::buffer(bytes)); }
  void send(const gossip::Message& message) { send(bytes_of(message)); }

  /// So many bytes, or fewer where the stream ends.
  std::vector<std::byte> read(std::size_t count) {
    std::vector<std::byte> bytes(count);
    std::optional<std::size_t> got;
    asio::async_read(socket_, asio::buffer(bytes), [&](const error_code& error, std::size_t size) {
      got = size;
      ended_with = error;
    });
    context_.restart();
    context_.run_for(deadline);
    REQUIRE_MESSAGE(got, "bytes or the end came");
    bytes.resize(*got);
    return bytes;
  }
  /// The next message.
  gossip::Message await() {
    auto bytes = read(gossip::frame_header_bytes);
    REQUIRE_MESSAGE(bytes.size() == gossip::frame_header_bytes, "a header came");
    const auto size = std::to_integer<std::size_t>(bytes[0]) << 8U | std::to_integer<std::size_t>(bytes[1]);
    const auto body = read(size - bytes.size());
    bytes.insert(bytes.end(), body.begin(), body.end());
    gossip::Framer framer;
    framer.feed(bytes);
    const auto frame = framer.next();
    REQUIRE_MESSAGE((frame && frame.value()), "a frame came");
    const auto code = static_cast<gossip::Code>(frame.value()->code);
    const auto layer = code <= gossip::Code::validation ? gossip::Layer::api : gossip::Layer::p2p;
    return **gossip::decode(layer, *frame.value());
  }
  /// The data of the next message, an ANNOUNCE.
  std::string await_data() {
    const auto message = await();
    REQUIRE(std::holds_alternative<gossip::Announce>(message));
    return std::string(std::get<gossip::Announce>(message).data.text());
  }
  /// Ends the connection with a reset.
  void reset() {
    socket_.set_option(asio::socket_base::linger(true, 0));
    socket_.close();
  }

  error_code ended_with;

 private:
  asio::io_context context_;
  tcp::socket socket_;
};

/// Listens, and leaves the rest to the test.
class FakeDaemon {
 public:
  FakeDaemon() : acceptor_(context_, {asio::ip::address_v4::loopback(), 0}) {
    const auto local = acceptor_.local_endpoint();
    api = {local.address().to_v4().to_uint(), local.port()};
  }

  /// The client's next connection.
  std::unique_ptr<Wire> accept() {
    auto wire = std::make_unique<Wire>();
    std::optional<error_code> accepted;
    acceptor_.async_accept(wire->socket(), [&](const error_code& error) { accepted = error; });
    context_.restart();
    context_.run_for(deadline);
    REQUIRE_MESSAGE((accepted && !*accepted), "the client connected");
    return wire;
  }

  gossip::Endpoint api;

 private:
  asio::io_context context_;
  tcp::acceptor acceptor_;
};

/// Where nobody listens: bound, so that nobody else gets it.
class NoDaemon {
 public:
  NoDaemon() : socket_(context_, {asio::ip::address_v4::loopback(), 0}) {
    api = {socket_.local_endpoint().address().to_v4().to_uint(), socket_.local_endpoint().port()};
  }
  gossip::Endpoint api;

 private:
  asio::io_context context_;
  tcp::socket socket_;
};

inline std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> result;
  for (const int value : values) result.push_back(static_cast<std::byte>(value));
  return result;
}

inline std::vector<std::byte> operator+(std::vector<std::byte> left, const std::vector<std::byte>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// More than the system takes for a connection whose other end does not read.
constexpr int flood = 400;
inline std::string flood_data(int number) {
  return std::to_string(number) + ':' + std::string(60'000, 'x');
}

inline gossip::Notification notification(std::uint16_t id, std::string_view data, DataType data_type = type) {
  return {gossip::MessageId{id}, data_type, Payload(data)};
}

}  // namespace client_test
