#pragma once
/// \file
/// What the transport's tests share: a transport whose events a test can wait for, and the plain socket at
/// its other end.

#include <gossip/asio/tcp_transport.hpp>
#include <gossip/codec.hpp>

#include <boost/asio.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <netinet/tcp.h>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace gossip::test {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using asio::ip::tcp;

/// Long enough for the slowest machine under a sanitizer; only a failing test waits for it.
constexpr auto deadline = 20s;

inline Announce announce(std::size_t bytes, char fill = 'x') {
  return {Ttl{5}, DataType{540}, Payload(std::string(bytes, fill))};
}

/// What a reader has to read that is flooded with frames of 60,008 bytes.
inline Frame flood_frame() {
  return encode(announce(60000));
}
inline std::size_t flood_bytes(std::size_t frames) {
  return frames * flood_frame().size();
}

inline void append(std::vector<std::byte>& bytes, const std::vector<std::byte>& more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

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
  explicit Server(const Config& config, const HostPort& listen = {"localhost", 0})
      : transport(config, *this) {
    api = *transport.listen(Layer::api, {"127.0.0.1", 0});
    p2p = *transport.listen(Layer::p2p, listen);
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
    wait_for_end();
  }
  void wait_for_end() {
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

  /// Sends that many frames at once, and returns what each send found. Core thread only.
  std::vector<SendResult> flood(ConnectionId connection, std::size_t frames) {
    std::vector<SendResult> results;
    while (results.size() < frames) results.push_back(transport.send(connection, flood_frame()));
    return results;
  }
  /// Sets `react` for happenings of one name.
  void on(const std::string& what, std::function<void(ConnectionId)> reaction) {
    react = [what, reaction = std::move(reaction)](const Happening& happening) {
      if (happening.what == what) reaction(happening.connection);
    };
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
  void on_part(ConnectionId connection, TimePoint) override { note({"part", connection}); }
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
  void on_event(const Event& event) override {
    if (const auto* suspended = std::get_if<event::AcceptSuspended>(&event)) {
      note({"accept suspended", {}, {suspended->layer, {}, {}}, {}, {}, std::string(suspended->why)});
    } else if (const auto* resumed = std::get_if<event::AcceptResumed>(&event)) {
      note({"accept resumed", {}, {resumed->layer, {}, {}}});
    } else if (const auto* lost = std::get_if<event::OutputLost>(&event)) {
      note({"output lost", lost->connection, {lost->layer, {}, {}}, {}, {}, std::to_string(lost->bytes)});
    }
  }

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
    return {asio::ip::make_address(to_string(to.address)), to.port};
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

/// One whose system takes next to nothing on its behalf, nor that of the other side: it makes room for a
/// number of segments, which are of 64 KiB on loopback where nobody wants them smaller.
class NarrowRemote : public Remote {
 public:
  explicit NarrowRemote(const Endpoint& to) {
    using SegmentSize = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_MAXSEG>;
    socket_.open(tcp::v4());
    socket_.set_option(asio::socket_base::receive_buffer_size(4096));
    socket_.set_option(SegmentSize(1024));
    socket_.connect(asio_endpoint(to));
  }
};

/// Runs the rest of the test once without worker threads and once with two.
inline Config each_threading() {
  Config config;
  SUBCASE("on the core thread") {
    config.worker_threads = 0;
  }
  SUBCASE("with two worker threads") {
    config.worker_threads = 2;
  }
  return config;
}

}  // namespace gossip::test
