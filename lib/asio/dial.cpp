#include "dial.hpp"

#include "endpoints.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace gossip::detail {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

}  // namespace

Dial::Dial(const asio::any_io_executor& executor, HostPort address, Duration time_limit, OnDone on_done)
    : address_(std::move(address)),
      time_limit_(time_limit),
      on_done_(std::move(on_done)),
      socket_(executor),
      timer_(executor),
      share_(executor) {}

void Dial::start() {
  if (is_over()) return;
  timer_.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(time_limit_));
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (error) return;
    self->is_time_over_ = true;
    self->finish(asio::error::timed_out);
  });
  if (const auto endpoint = literal_endpoint(address_)) {
    try_all({to_asio(*endpoint)});
  } else {
    look_up(address_);
  }
}

void Dial::cancel() {
  on_done_ = nullptr;
  stop();
  error_code ignored;
  socket_.close(ignored);
}

void Dial::try_all(std::vector<tcp::endpoint> endpoints) {
  candidates_ = std::move(endpoints);
  std::ranges::reverse(candidates_);
  try_next(asio::error::host_not_found);
}

void Dial::give_up(const error_code& why) {
  finish(why);
}

/// `why`: what became of the one before.
void Dial::try_next(const error_code& why) {
  if (is_over()) return;
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
      if (!error && !self->is_over() && self->candidates_.size() == after_it)
        self->socket_.close(ignored_too);
    });
  }
  socket_.async_connect(next, [self = shared_from_this()](const error_code& error) {
    self->share_.cancel();
    // Its time may be over just when it is connected.
    const bool is_made = !error && self->socket_.is_open();
    is_made ? self->finish({}) : self->try_next(error);
  });
}

void Dial::finish(const error_code& error) {
  const OnDone on_done = std::exchange(on_done_, nullptr);
  if (!on_done) return;
  stop();
  if (!error) {
    on_done(std::move(socket_), error);
    return;
  }
  error_code ignored;
  socket_.close(ignored);
  on_done(tcp::socket(timer_.get_executor()), error);
}

void Dial::stop() {
  timer_.cancel();
  share_.cancel();
  leave_lookup();
}

}  // namespace gossip::detail
