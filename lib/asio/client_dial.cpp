#include "client_dial.hpp"

#include "endpoints.hpp"

#include <string>
#include <utility>

namespace gossip::detail {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

}  // namespace

ClientDial::ClientDial(const asio::any_io_executor& executor, HostPort address,
                       std::chrono::milliseconds time_limit, OnDone on_done)
    : address_(std::move(address)),
      time_limit_(time_limit),
      on_done_(std::move(on_done)),
      resolver_(executor),
      socket_(executor),
      timer_(executor) {}

void ClientDial::start() {
  timer_.expires_after(time_limit_);
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (!error) self->finish(asio::error::timed_out);
  });
  const std::string port = std::to_string(address_.port);
  if (const auto endpoint = literal_endpoint(address_)) {
    connect(tcp::resolver::results_type::create(to_asio(*endpoint), address_.host, port));
    return;
  }
  resolver_.async_resolve(
      tcp::v4(), address_.host, port,
      [self = shared_from_this()](const error_code& error, const tcp::resolver::results_type& endpoints) {
        error ? self->finish(error) : self->connect(endpoints);
      });
}

void ClientDial::cancel() {
  on_done_ = nullptr;
  finish({});
}

void ClientDial::connect(const tcp::resolver::results_type& endpoints) {
  if (!on_done_) return;
  asio::async_connect(
      socket_, endpoints,
      [self = shared_from_this()](const error_code& error, const tcp::endpoint&) { self->finish(error); });
}

void ClientDial::finish(const error_code& error) {
  const OnDone on_done = std::exchange(on_done_, nullptr);
  timer_.cancel();
  resolver_.cancel();
  if (on_done && !error) {
    on_done(std::move(socket_), error);
    return;
  }
  error_code ignored;
  socket_.close(ignored);
  if (on_done) on_done(tcp::socket(timer_.get_executor()), error);
}

}  // namespace gossip::detail
