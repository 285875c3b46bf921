#include "tcp_dial.hpp"

#include "endpoints.hpp"

#include <algorithm>
#include <utility>

namespace gossip::detail {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

}  // namespace

TcpDial::TcpDial(asio::io_context& context, NameLookups& lookups, HostPort address, Duration time_limit,
                 OnDone on_done, IsOwn is_own)
    : lookups_(lookups),
      address_(std::move(address)),
      time_limit_(time_limit),
      on_done_(std::move(on_done)),
      is_own_(std::move(is_own)),
      socket_(context),
      timer_(context),
      share_(context) {}

void TcpDial::start() {
  timer_.expires_after(time_limit_);
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (error) return;
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(self->time_limit_);
    self->finish("no answer within " + std::to_string(limit.count()) + " ms");
  });
  if (const auto endpoint = literal_endpoint(address_)) {
    connect({*endpoint});
    return;
  }
  lookups_.start(address_, [self = shared_from_this()](const Result<std::vector<Endpoint>>& found) {
    found ? self->connect(*found) : self->finish("the name cannot be resolved: " + found.error().message);
  });
}

void TcpDial::cancel() {
  on_done_ = nullptr;
  finish({});
}

void TcpDial::connect(std::vector<Endpoint> endpoints) {
  if (!on_done_) return;
  candidates_ = std::move(endpoints);
  if (is_own_ && !std::ranges::all_of(candidates_, is_own_)) std::erase_if(candidates_, is_own_);
  std::ranges::reverse(candidates_);
  try_next({});
}

/// `why`: what became of the one before.
void TcpDial::try_next(const std::string& why) {
  if (!on_done_) return;
  if (candidates_.empty()) {
    finish(why);
    return;
  }
  const auto left = timer_.expiry() - asio::steady_timer::clock_type::now();
  const auto share = left / static_cast<Duration::rep>(candidates_.size());
  const tcp::endpoint next = to_asio(candidates_.back());
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
    is_made ? self->finish({}) : self->try_next(error.message());
  });
}

void TcpDial::finish(const std::string& why) {
  const OnDone on_done = std::exchange(on_done_, nullptr);
  timer_.cancel();
  share_.cancel();
  if (on_done && why.empty()) {
    on_done(std::move(socket_), why);
    return;
  }
  error_code ignored;
  socket_.close(ignored);
  if (on_done) on_done(tcp::socket(timer_.get_executor()), why);
}

}  // namespace gossip::detail
