#include <gossip/asio/resolve.hpp>
#include <gossip/asio/tcp_transport.hpp>
#include <gossip/codec.hpp>

#include <boost/asio.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace gossip;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

/// Long enough for the slowest machine under a sanitizer; only a failing test waits for it.
constexpr auto deadline = 20s;

struct Happening {
  std::string what;
  ConnectionId connection{};
  ConnectionInfo info{};
  std::optional<Message> message{};
  std::optional<CloseReason> reason{};
  std::string detail{};
};

/// A TcpTransport on a thread of its own. What it tells is written down for the test to wait for; `react`,
/// where set, sees it first, on the core thread, where it may use the transport.
class Server : private TransportEvents, private Observer {
 public:
  explicit Server(const Config& config) : transport(config, *this) {
    api = *transport.listen(Layer::api, {"127.0.0.1", 0});
    p2p = *transport.listen(Layer::p2p, {"localhost", 0});
  }
  ~Server() {
    stop();
    CHECK_MESSAGE(!thread_.joinable(), "run() ended");
  }

  void start() {
    thread_ = std::thread([this] { transport.run(*this); });
  }
  void stop() {
    transport.stop();
    if (thread_.joinable()) thread_.join();
  }

  /// The next happening of that name, in order.
  Happening await(const std::string& what) {
    std::unique_lock lock(mutex_);
    std::size_t& seen = seen_[what];
    const auto nth = [&]() -> const Happening* {
      std::size_t count = 0;
      for (const Happening& happening : happenings_) {
        if (happening.what == what && count++ == seen) return &happening;
      }
      return nullptr;
    };
    const bool came = changed_.wait_for(lock, deadline, [&] { return nth() != nullptr; });
    REQUIRE_MESSAGE(came, "no '" << what << "' came");
    const Happening found = *nth();
    seen += 1;
    return found;
  }
  std::size_t count(const std::string& what) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(
        std::count_if(happenings_.begin(), happenings_.end(),
                      [&](const Happening& happening) { return happening.what == what; }));
  }

  TcpTransport transport;
  Endpoint api;
  Endpoint p2p;
  std::function<void(const Happening&)> react;

 private:
  void note(Happening happening) {
    if (react) react(happening);
    const std::lock_guard lock(mutex_);
    happenings_.push_back(std::move(happening));
    changed_.notify_all();
  }

  void on_accepted(ConnectionId connection, const ConnectionInfo& info, TimePoint) override {
    note({"accepted", connection, info});
  }
  void on_connected(ConnectionId connection, const ConnectionInfo& info, TimePoint) override {
    note({"connected", connection, info});
  }
  void on_connect_failed(ConnectionId connection, std::string_view why, TimePoint) override {
    note({"connect failed", connection, {}, {}, {}, std::string(why)});
  }
  void on_message(ConnectionId connection, Message&& message, TimePoint) override {
    note({"message", connection, {}, std::move(message)});
  }
  void on_skipped(ConnectionId connection, std::uint16_t code, TimePoint) override {
    note({"skipped", connection, {}, {}, {}, std::to_string(code)});
  }
  void on_relieved(ConnectionId connection, TimePoint) override { note({"relieved", connection}); }
  void on_stalled(ConnectionId connection, TimePoint) override { note({"stalled", connection}); }
  void on_closed(ConnectionId connection, CloseReason reason, std::string_view detail, TimePoint) override {
    note({"closed", connection, {}, {}, reason, std::string(detail)});
  }
  void on_time(TimePoint now) override {
    timer_.reset();
    note({"time"});
    if (now < due_) note({"too early"});
  }
  [[nodiscard]] std::optional<TimePoint> next_timer() const override { return timer_; }
  void on_event(const Event&) override {}

 public:
  void set_timer(TimePoint due) { timer_ = due_ = due; }

 private:
  std::optional<TimePoint> timer_;
  TimePoint due_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Happening> happenings_;
  std::map<std::string, std::size_t> seen_;
  std::thread thread_;
};

/// A plain blocking socket.
class Remote {
 public:
  explicit Remote(const Endpoint& to) : Remote() { socket_.connect(asio_endpoint(to)); }
  Remote() : socket_(context_) {}

  static tcp::endpoint asio_endpoint(const Endpoint& to) {
    return {asio::ip::address_v4(to.address), to.port};
  }

  void send(const std::vector<std::byte>& bytes) { asio::write(socket_, asio::buffer(bytes)); }
  void send(const Message& message) { send(bytes_of(message)); }
  void end_sending() { socket_.shutdown(tcp::socket::shutdown_send); }
  void close() { socket_.close(); }

  /// Everything until the other side closes; an error other than that is told apart by `reset`.
  std::vector<std::byte> read_to_end() {
    std::vector<std::byte> all;
    std::array<std::byte, 65536> chunk{};
    while (true) {
      boost::system::error_code error;
      const std::size_t count = socket_.read_some(asio::buffer(chunk), error);
      all.insert(all.end(), chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(count));
      if (error) {
        reset = error != asio::error::eof;
        return all;
      }
    }
  }

  static std::vector<std::byte> bytes_of(const Message& message) {
    const Frame frame = encode(message);
    std::vector<std::byte> bytes(frame.header().begin(), frame.header().end());
    bytes.insert(bytes.end(), frame.body().bytes().begin(), frame.body().bytes().end());
    return bytes;
  }

  bool reset = false;

 private:
  asio::io_context context_;

 public:
  tcp::socket socket_;
};

Announce announce(std::size_t bytes, char fill = 'x') {
  return {Ttl{5}, DataType{540}, Payload(std::string(bytes, fill))};
}

/// Runs the rest of the test once without worker threads and once with two.
Config each_threading() {
  Config config;
  SUBCASE("on the core thread") {
    config.worker_threads = 0;
  }
  SUBCASE("with two worker threads") {
    config.worker_threads = 2;
  }
  return config;
}

}  // namespace

TEST_CASE("frames arrive however the stream is split") {
  Server server(each_threading());
  server.start();
  Remote remote(server.api);
  const auto accepted = server.await("accepted");
  CHECK(accepted.info.layer == Layer::api);
  CHECK(accepted.info.local == server.api);
  CHECK(accepted.info.remote.port == remote.socket_.local_endpoint().port());

  for (const std::byte byte : Remote::bytes_of(announce(20))) remote.send(std::vector<std::byte>{byte});
  CHECK(server.await("message").message == Message(announce(20)));

  auto many = Remote::bytes_of(Notify{DataType{1}});
  for (const auto& more : {Remote::bytes_of(announce(data_bytes_max)), Remote::bytes_of(announce(0))}) {
    many.insert(many.end(), more.begin(), more.end());
  }
  remote.send(many);
  CHECK(server.await("message").message == Message(Notify{DataType{1}}));
  CHECK(server.await("message").message == Message(announce(data_bytes_max)));
  CHECK(server.await("message").message == Message(announce(0)));
}

TEST_CASE(
    "a frame of the other layer is skipped, a malformed one closes, and what came before is delivered") {
  Server server(each_threading());
  server.start();
  Remote remote(server.api);
  auto bytes = Remote::bytes_of(PeerInit{{0x7f000001, 1}});
  for (const auto& more : {Remote::bytes_of(announce(3)), std::vector<std::byte>(4)}) {
    bytes.insert(bytes.end(), more.begin(), more.end());
  }
  remote.send(bytes);
  CHECK(server.await("skipped").detail == "513");
  CHECK(server.await("message").message == Message(announce(3)));
  const auto closed = server.await("closed");
  CHECK(closed.reason == CloseReason::malformed);
  CHECK(closed.detail == "a frame of size 0 is smaller than its 4-byte header");
  CHECK(remote.read_to_end().empty());
}

TEST_CASE(
    "a connection that ends says so after its last message, and whether it was in the middle of a frame") {
  Server server(each_threading());
  server.start();
  Remote remote(server.p2p);
  auto bytes = Remote::bytes_of(announce(100));
  remote.send(bytes);
  bytes.pop_back();
  remote.send(bytes);
  remote.end_sending();
  CHECK(server.await("message").message == Message(announce(100)));
  const auto closed = server.await("closed");
  CHECK(closed.reason == CloseReason::remote_closed);
  CHECK(closed.detail == "in the middle of a frame");
  CHECK(remote.read_to_end().empty());
}

TEST_CASE("a paused connection delivers nothing, and everything once it is resumed") {
  Server server(each_threading());
  ConnectionId first{};
  server.react = [&](const Happening& happening) {
    if (happening.what == "accepted" && first == ConnectionId{}) first = happening.connection;
    if (happening.what != "message") return;
    if (happening.connection != first) {
      server.transport.resume(first);
    } else if (happening.message == Message(announce(1))) {
      server.transport.pause(first);
    }
  };
  server.start();
  Remote paused(server.api);
  server.await("accepted");
  auto bytes = Remote::bytes_of(announce(1));
  for (std::size_t size = 2; size <= 50; ++size) {
    const auto more = Remote::bytes_of(announce(size));
    bytes.insert(bytes.end(), more.begin(), more.end());
  }
  paused.send(bytes);
  paused.end_sending();
  CHECK(server.await("message").message == Message(announce(1)));

  // The other connection's message comes after every one that pause() could have let through.
  Remote other(server.api);
  other.send(Notify{});
  CHECK(server.await("message").message == Message(Notify{}));
  for (std::size_t size = 2; size <= 50; ++size)
    CHECK(server.await("message").message == Message(announce(size)));
  CHECK(server.await("closed").connection == first);
}

TEST_CASE("what was sent before close() still arrives, and then the end") {
  Server server(each_threading());
  server.react = [&](const Happening& happening) {
    if (happening.what != "message") return;
    for (int i = 0; i < 20; ++i) server.transport.send(happening.connection, encode(announce(60000)));
    server.transport.close(happening.connection, CloseReason::no_room);
    CHECK(server.transport.send(happening.connection, encode(announce(1))) == SendResult::queued);
  };
  server.start();
  Remote remote(server.p2p);
  // The second is never read: closing must not reset the connection because of it.
  remote.send(announce(1));
  remote.send(announce(2));
  CHECK(remote.read_to_end().size() == 20 * encode(announce(60000)).size());
  CHECK_FALSE(remote.reset);
  CHECK(server.count("closed") == 0);
}

TEST_CASE(
    "a queue above the high-water mark is congested, and relieved once it is below the low-water mark") {
  Config config = each_threading();
  config.queue_high_water_bytes = 1U << 20U;
  Server server(config);
  std::vector<SendResult> results;
  server.react = [&](const Happening& happening) {
    if (happening.what != "accepted") return;
    for (int i = 0; i < 18; ++i) {
      results.push_back(server.transport.send(happening.connection, encode(announce(60000))));
    }
  };
  server.start();
  Remote remote(server.p2p);
  server.await("accepted");
  // 17 frames of 60,008 bytes stay below 1 MiB, the 18th passes it.
  std::vector<SendResult> expected(17, SendResult::queued);
  expected.push_back(SendResult::congested);
  CHECK(results == expected);
  std::vector<std::byte> received(18 * encode(announce(60000)).size());
  asio::read(remote.socket_, asio::buffer(received));
  server.await("relieved");
  CHECK(server.count("relieved") == 1);
}

TEST_CASE("a connection whose queue would pass its bound is closed, and its queue named") {
  Config config = each_threading();
  config.queue_bytes_max = 2U << 20U;
  Server server(config);
  server.react = [&](const Happening& happening) {
    if (happening.what != "accepted") return;
    for (int i = 0; i < 400; ++i) server.transport.send(happening.connection, encode(announce(60000)));
  };
  server.start();
  Remote remote(server.p2p);
  const auto closed = server.await("closed");
  CHECK(closed.reason == CloseReason::queue_full);
  CHECK(closed.detail.find(" bytes queued, the last one taken ") != std::string::npos);
}

TEST_CASE("a connection that takes nothing is reported stalled, and then closed") {
  Config config = each_threading();
  config.slow_consumer_timeout = 200ms;
  config.queue_bytes_max = 64U << 20U;
  Server server(config);
  server.react = [&](const Happening& happening) {
    if (happening.what != "accepted") return;
    for (int i = 0; i < 500; ++i) server.transport.send(happening.connection, encode(announce(60000)));
  };
  server.start();
  Remote remote(server.p2p);
  CHECK(server.await("stalled").connection == server.await("accepted").connection);
  const auto closed = server.await("closed");
  CHECK(closed.reason == CloseReason::slow_consumer);
  CHECK(closed.detail.find("bytes queued, the last one taken") != std::string::npos);
}

TEST_CASE("a connection that starts a frame and does not complete it is closed; one between frames is not") {
  Config config = each_threading();
  config.frame_timeout = 100ms;
  Server server(config);
  server.start();
  Remote idle(server.api);
  idle.send(announce(1));
  const auto idle_id = server.await("accepted").connection;
  Remote halting(server.api);
  const auto halting_id = server.await("accepted").connection;
  auto bytes = Remote::bytes_of(announce(1));
  bytes.pop_back();
  halting.send(bytes);
  const auto closed = server.await("closed");
  CHECK(closed.connection == halting_id);
  CHECK(closed.reason == CloseReason::frame_timeout);
  CHECK(halting.read_to_end().empty());
  idle.send(announce(2));
  server.await("message");
  CHECK(server.await("message").connection == idle_id);
}

TEST_CASE("connecting: both ends are told, by name and by address") {
  const Config config = each_threading();
  Server second(config);
  second.start();
  for (const HostPort& address : {HostPort{"LocalHost", second.p2p.port}, to_host_port(second.p2p)}) {
    CAPTURE(address.host);
    Server first(config);
    first.react = [&](const Happening& happening) {
      if (happening.what == "connected") first.transport.send(happening.connection, encode(announce(7)));
    };
    const ConnectionId dialled = first.transport.connect(address);
    first.start();
    const auto connected = first.await("connected");
    CHECK(connected.connection == dialled);
    CHECK(connected.info.remote == second.p2p);
    const auto accepted = second.await("accepted");
    CHECK(accepted.info.remote == connected.info.local);
    CHECK(second.await("message").message == Message(announce(7)));
  }
}

TEST_CASE("a connection that nobody accepts is told with the reason") {
  Server server(each_threading());
  asio::io_context context;
  tcp::acceptor closed(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const auto port = closed.local_endpoint().port();
  closed.close();
  const ConnectionId dialled = server.transport.connect({"127.0.0.1", port});
  server.start();
  const auto failed = server.await("connect failed");
  CHECK(failed.connection == dialled);
  CHECK(failed.detail == "Connection refused");
}

TEST_CASE("a connection that nobody answers is told once connect_timeout is over") {
  Config config = each_threading();
  config.connect_timeout = 100ms;
  Server server(config);
  // A full backlog drops what asks to connect.
  asio::io_context context;
  tcp::acceptor full(context);
  full.open(tcp::v4());
  full.bind({asio::ip::address_v4::loopback(), 0});
  full.listen(0);
  std::vector<tcp::socket> pending;
  for (int i = 0; i < 8; ++i) {
    auto& socket = pending.emplace_back(context);
    socket.async_connect(full.local_endpoint(), [](const boost::system::error_code&) {});
  }
  const ConnectionId dialled = server.transport.connect({"127.0.0.1", full.local_endpoint().port()});
  server.start();
  const auto failed = server.await("connect failed");
  CHECK(failed.connection == dialled);
  CHECK(failed.detail == "no answer within 100 ms");
}

TEST_CASE("a connection that is closed while it is being made leaves no event") {
  Server server(each_threading());
  Server other({});
  other.start();
  server.transport.close(server.transport.connect(to_host_port(other.p2p)), CloseReason::no_room);
  server.start();
  server.stop();
  CHECK(server.count("connected") == 0);
  CHECK(server.count("connect failed") == 0);
}

TEST_CASE("the timer comes when it is due and not before") {
  Server server(each_threading());
  server.set_timer(TcpTransport::now() + 20ms);
  server.start();
  server.await("time");
  CHECK(server.count("too early") == 0);
}

TEST_CASE("stopping writes what is queued") {
  Server server(each_threading());
  server.react = [&](const Happening& happening) {
    if (happening.what != "message") return;
    for (int i = 0; i < 200; ++i) server.transport.send(happening.connection, encode(announce(60000)));
    server.transport.stop();
  };
  server.start();
  Remote remote(server.api);
  remote.send(announce(1));
  CHECK(remote.read_to_end().size() == 200 * encode(announce(60000)).size());
}

TEST_CASE("stopping handles what a client had sent, and then ends its connection cleanly") {
  Server server(each_threading());
  server.react = [&](const Happening& happening) {
    if (happening.what == "message") server.transport.stop();
  };
  Remote remote(server.api);
  for (int i = 0; i < 200; ++i) remote.send(announce(1000));
  remote.end_sending();
  server.start();
  CHECK(remote.read_to_end().empty());
  CHECK_FALSE(remote.reset);
  CHECK(server.count("message") == 200);
}

TEST_CASE("stopping resets a client whose messages it does not handle") {
  Server server(each_threading());
  server.react = [&](const Happening& happening) {
    if (happening.what != "message") return;
    server.transport.pause(happening.connection);
    server.transport.stop();
  };
  Remote remote(server.api);
  for (int i = 0; i < 200; ++i) remote.send(announce(1000));
  remote.end_sending();
  server.start();
  remote.read_to_end();
  CHECK(remote.reset);
  CHECK(server.count("message") == 1);
}

TEST_CASE("stopping ends after shutdown_timeout when somebody takes nothing") {
  Config config = each_threading();
  config.shutdown_timeout = 100ms;
  Server server(config);
  server.react = [&](const Happening& happening) {
    if (happening.what != "message") return;
    for (int i = 0; i < 200; ++i) server.transport.send(happening.connection, encode(announce(60000)));
    server.transport.stop();
  };
  server.start();
  Remote remote(server.api);
  remote.send(announce(1));
  server.await("message");
  server.stop();
  CHECK(remote.read_to_end().size() < 200 * encode(announce(60000)).size());
}

TEST_CASE("listening on an address in use is an error that names it") {
  Server server({});
  NullObserver observer;
  TcpTransport second({}, observer);
  const auto bound = second.listen(Layer::p2p, to_host_port(server.p2p));
  REQUIRE_FALSE(bound);
  CHECK(bound.error().condition == Condition::address_in_use);
  CHECK(bound.error().message == to_string(server.p2p) + ": Address already in use");
}

TEST_CASE("a name that cannot be resolved is an error that names it") {
  const auto endpoint = resolve({"no-such-host.invalid", 1});
  REQUIRE_FALSE(endpoint);
  CHECK(endpoint.error().message.starts_with("no-such-host.invalid: "));
}
