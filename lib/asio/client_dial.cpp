#include "client_dial.hpp"

#include "endpoints.hpp"

#include <algorithm>
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
      timer_(executor),
      share_(executor) {}

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
      address_.host, port, tcp::resolver::flags(),
      [self = shared_from_this()](const error_code& error, const tcp::resolver::results_type& endpoints) {
        error ? self->finish(error) : self->connect(endpoints);
      });
}

void ClientDial::cancel() {
  on_done_ = nullptr;
  finish({});
}

void ClientDial::connect(const tcp::resolver::results_type& endpoints) {
  for (const auto& entry : endpoints) candidates_.push_back(entry.endpoint());
  std::ranges::reverse(candidates_);
  try_next(asio::error::host_not_found);
}

/// `why`: what became of the one before.
void ClientDial::try_next(const error_code& why) {
  if (!on_done_) return;
  if (candidates_.empty()) {
    finish(why);
    return;
  }
  const auto left = timer_.expiry() - asio::steady_timer::clock_type::now();
  const auto share = left / static_cast<int>(candidates_.size());
  const tcp::endpoint next = candidates_.back();
  candidates_.pop_back();
  error_code ignored;
  socket_.close(ignored);
  if (!candidates_.empty()) {
    share_.expires_after(share);
    share_.async_wait([self = shared_from_this(), after_it = candidates_.size()](const error_code& error) {
      error_code ignored_too;
      if (!error && self->on_done_ && self->candidates_.size() == after_it) self->socket_.close(ignored_too);
    });
  }
  socket_.async_connect(next, [self = shared_from_this()](const error_code& error) {
    self->share_.cancel();
    // Its time may be over just when it is connected.
    const bool is_made = !error && self->socket_.is_open();
    is_made ? self->finish({}) : self->try_next(error);
  });
}

void ClientDial::finish(const error_code& error) {
  const OnDone on_done = std::exchange(on_done_, nullptr);
  timer_.cancel();
  share_.cancel();
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
