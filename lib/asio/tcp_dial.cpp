#include "tcp_dial.hpp"

#include "endpoints.hpp"

#include <utility>

namespace gossip::detail {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

}  // namespace

TcpDial::TcpDial(asio::io_context& context, NameLookups& lookups, HostPort address, Duration time_limit,
                 OnDone on_done)
    : lookups_(lookups),
      address_(std::move(address)),
      time_limit_(time_limit),
      on_done_(std::move(on_done)),
      socket_(context),
      timer_(context) {}

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

void TcpDial::connect(const std::vector<Endpoint>& endpoints) {
  if (!on_done_) return;
  std::vector<tcp::endpoint> candidates;
  candidates.reserve(endpoints.size());
  for (const Endpoint& endpoint : endpoints) candidates.push_back(to_asio(endpoint));
  asio::async_connect(socket_, candidates,
                      [self = shared_from_this()](const error_code& error, const tcp::endpoint&) {
                        self->finish(error ? error.message() : std::string());
                      });
}

void TcpDial::finish(const std::string& why) {
  const OnDone on_done = std::exchange(on_done_, nullptr);
  timer_.cancel();
  if (on_done && why.empty()) {
    on_done(std::move(socket_), why);
    return;
  }
  error_code ignored;
  socket_.close(ignored);
  if (on_done) on_done(tcp::socket(timer_.get_executor()), why);
}

}  // namespace gossip::detail
