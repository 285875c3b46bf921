#include "api_link.hpp"

#include <gossip/asio/resolve.hpp>
#include <gossip/codec.hpp>
#include <gossip/framer.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <fcntl.h>
#include <linux/sockios.h>
#include <string>
#include <sys/ioctl.h>
#include <utility>

namespace gossipd {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using gossip::Condition;
using gossip::Error;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds connect_time_max{5};
constexpr std::size_t read_bytes_max = 65536;

bool is_transient(const error_code& error) {
  return error == asio::error::interrupted || error == asio::error::would_block ||
         error == asio::error::try_again;
}

tcp::endpoint to_asio(const gossip::Endpoint& endpoint) {
  // As text, for which a socket's address need not be known here.
  return {asio::ip::make_address(to_string(endpoint.address)), endpoint.port};
}

Error unreachable(const std::string& daemon, const std::string& reason) {
  return {Condition::system, "cannot reach a daemon at " + daemon + ": " + reason};
}

}  // namespace

/// The socket and what has been read of the stream.
class ApiLink::Connection {
 public:
  Connection(const gossip::HostPort& address, const gossip::Endpoint& endpoint)
      : socket_(context_), daemon_(to_string(address)), endpoint_(to_asio(endpoint)) {}

  std::optional<Error> connect(std::chrono::milliseconds time_max) {
    std::optional<error_code> outcome;
    socket_.async_connect(endpoint_, [&](const error_code& error) { outcome = error; });
    context_.run_for(time_max);
    if (!outcome) {
      error_code ignored;
      socket_.close(ignored);
      context_.restart();
      context_.run();
      return unreachable(daemon_, "no answer within " + std::to_string(connect_time_max.count()) + " s");
    }
    if (*outcome) return unreachable(daemon_, outcome->message());
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    // The commands that judge messages inherit what is not closed for them.
    ::fcntl(socket_.native_handle(), F_SETFD, FD_CLOEXEC);
    return std::nullopt;
  }

  std::optional<Error> send(std::span<const gossip::Frame> frames) {
    out_.clear();
    for (const gossip::Frame& frame : frames) {
      const auto body = frame.body().bytes();
      out_.insert(out_.end(), frame.header().begin(), frame.header().end());
      out_.insert(out_.end(), body.begin(), body.end());
    }
    std::span<const std::byte> rest(out_);
    while (!rest.empty()) {
      error_code error;
      const std::size_t count = socket_.write_some(asio::buffer(rest.data(), rest.size()), error);
      rest = rest.subspan(count);
      if (!error) continue;
      if (!is_transient(error)) return lost(error);
      socket_.wait(tcp::socket::wait_write, error);
    }
    return std::nullopt;
  }

  /// Takes what is there, and adds the messages in it. An Error too where the stream has ended.
  std::optional<Error> read(std::vector<gossip::Message>& messages) {
    error_code error;
    const std::size_t count = socket_.read_some(asio::buffer(in_), error);
    ended_ = error == asio::error::eof;
    if (ended_) return closed();
    if (is_transient(error)) return std::nullopt;
    if (error) return lost(error);
    framer_.feed(std::span(in_).first(count));
    return cut(messages);
  }

  /// Until there is something to read. False when the time is over, or after interrupt() where there is no
  /// limit.
  bool wait_for_bytes(std::optional<Clock::time_point> until) {
    bool ready = false;
    context_.restart();
    if (interrupted_ && !until) return false;
    socket_.async_wait(tcp::socket::wait_read, [&](const error_code& error) { ready = !error; });
    until ? context_.run_until(*until) : context_.run();
    if (ready) return true;
    error_code ignored;
    socket_.cancel(ignored);
    context_.restart();
    context_.run();
    return ready;
  }

  std::optional<Error> end_sending() {
    error_code error;
    socket_.shutdown(tcp::socket::shutdown_send, error);
    if (error) return lost(error);
    return std::nullopt;
  }

  void interrupt() {
    interrupted_ = true;
    context_.stop();
  }

  /// The stream has ended behind a whole frame, and every byte that was sent is acknowledged, as is the end
  /// after them.
  [[nodiscard]] bool ended_with_everything_taken() {
    int bytes = 0;
    if (!ended_ || framer_.inside_frame()) return false;
    return ::ioctl(socket_.native_handle(), SIOCOUTQ, &bytes) != 0 || bytes == 0;
  }

  [[nodiscard]] int descriptor() { return socket_.native_handle(); }

  /// Found behind messages that were returned first.
  std::optional<Error> postponed;

 private:
  std::optional<Error> cut(std::vector<gossip::Message>& messages) {
    while (true) {
      const auto frame = framer_.next();
      if (!frame) return broken(frame.error());
      if (!frame.value()) return std::nullopt;
      auto message = decode(gossip::Layer::api, *frame.value());
      if (!message) return broken(message.error());
      if (message.value()) messages.push_back(*std::move(message.value()));
    }
  }

  [[nodiscard]] Error closed() const {
    const std::string sentence = "the daemon at " + daemon_ + " closed the connection";
    if (framer_.inside_frame()) return {Condition::malformed, sentence + " in the middle of a frame"};
    return {Condition::system, sentence};
  }
  [[nodiscard]] Error lost(const error_code& error) const {
    return {Condition::system, "the connection to the daemon at " + daemon_ + " is lost: " + error.message()};
  }
  [[nodiscard]] Error broken(const Error& error) const {
    return {Condition::malformed, "the daemon at " + daemon_ + " broke the protocol: " + error.message};
  }

  asio::io_context context_;
  tcp::socket socket_;
  const std::string daemon_;
  const tcp::endpoint endpoint_;
  gossip::Framer framer_;
  std::vector<std::byte> out_;
  std::array<std::byte, read_bytes_max> in_{};
  std::atomic<bool> interrupted_ = false;
  bool ended_ = false;
};

ApiLink::ApiLink(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
ApiLink::ApiLink(ApiLink&&) noexcept = default;
ApiLink& ApiLink::operator=(ApiLink&&) noexcept = default;
ApiLink::~ApiLink() = default;

gossip::Result<ApiLink> ApiLink::connect(const gossip::HostPort& address) {
  const auto endpoints = gossip::resolve_all(address);
  if (!endpoints) return unreachable(to_string(address), endpoints.error().message);
  // Each of a name's addresses has its share of the time.
  const std::chrono::milliseconds share =
      std::chrono::milliseconds(connect_time_max) / endpoints.value().size();
  std::optional<Error> error;
  for (const gossip::Endpoint& endpoint : endpoints.value()) {
    auto connection = std::make_unique<Connection>(address, endpoint);
    error = connection->connect(share);
    if (!error) return ApiLink(std::move(connection));
  }
  return *std::move(error);
}

std::optional<Error> ApiLink::send(std::span<const gossip::Frame> frames) {
  return connection_->send(frames);
}

gossip::Result<std::vector<gossip::Message>> ApiLink::receive() {
  if (connection_->postponed) return *std::exchange(connection_->postponed, std::nullopt);
  std::vector<gossip::Message> messages;
  while (messages.empty() && connection_->wait_for_bytes(std::nullopt)) {
    auto error = connection_->read(messages);
    if (error && messages.empty()) return *std::move(error);
    connection_->postponed = std::move(error);
  }
  return messages;
}

std::optional<Error> ApiLink::check() {
  if (connection_->postponed) return std::exchange(connection_->postponed, std::nullopt);
  std::vector<gossip::Message> dropped;
  return connection_->read(dropped);
}

std::optional<Error> ApiLink::finish(std::optional<std::chrono::milliseconds> time_max) {
  std::optional<Clock::time_point> until;
  if (time_max) until = Clock::now() + *time_max;
  auto error = check();
  if (!error) error = connection_->end_sending();
  std::vector<gossip::Message> dropped;
  while (!error && connection_->wait_for_bytes(until)) {
    dropped.clear();
    error = connection_->read(dropped);
    if (error && connection_->ended_with_everything_taken()) return std::nullopt;
  }
  return error;
}

void ApiLink::interrupt() {
  connection_->interrupt();
}

int ApiLink::descriptor() const {
  return connection_->descriptor();
}

}  // namespace gossipd
