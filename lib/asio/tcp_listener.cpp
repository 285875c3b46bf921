#include "tcp_listener.hpp"

#include "endpoints.hpp"
#include "socket_options.hpp"

#include <chrono>
#include <utility>

namespace gossip::detail {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// Connections accepted before others get a turn.
constexpr int accept_burst = 64;

/// How long accepting rests when there is no room for more connections.
constexpr auto retry_pause = std::chrono::milliseconds(500);

bool out_of_resources(const error_code& error) {
  using boost::system::errc::errc_t;
  return error == errc_t::too_many_files_open || error == errc_t::too_many_files_open_in_system ||
         error == errc_t::no_buffer_space || error == errc_t::not_enough_memory;
}

/// On :: IPv4 is accepted, too, whatever the system's default is.
bool is_for_both(const Endpoint& endpoint) {
  return !endpoint.address.is_ipv4() && endpoint.unspecified();
}

}  // namespace

TcpListener::TcpListener(asio::io_context& context, PickContext pick_context, WhyNot why_not,
                         OnAccepted on_accepted, OnSuspended on_suspended)
    : pick_context_(std::move(pick_context)),
      why_not_(std::move(why_not)),
      on_accepted_(std::move(on_accepted)),
      on_suspended_(std::move(on_suspended)),
      acceptor_(context),
      retry_timer_(context) {}

Result<Endpoint> TcpListener::listen(const Endpoint& endpoint) {
  const tcp::endpoint address = to_asio(endpoint);
  error_code error;
  acceptor_.open(address.protocol(), error);
  if (!error) close_on_exec(acceptor_);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && is_for_both(endpoint)) {
    acceptor_.set_option(asio::ip::v6_only(false), error);
    if (error) {
      return Error{Condition::system, to_string(endpoint) +
                                          ": this system has no socket for IPv6 and IPv4 at once (" +
                                          error.message() + "); an address of one of them is needed"};
    }
  }
  if (!error) acceptor_.bind(address, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) acceptor_.non_blocking(true, error);
  if (error) {
    const bool in_use = error == asio::error::address_in_use;
    return Error{in_use ? Condition::address_in_use : Condition::system,
                 to_string(endpoint) + ": " + error.message()};
  }
  return from_asio(acceptor_.local_endpoint());
}

void TcpListener::start() {
  wait();
}

void TcpListener::stop() {
  error_code ignored;
  acceptor_.close(ignored);
  retry_timer_.cancel();
}

void TcpListener::wait() {
  acceptor_.async_wait(tcp::acceptor::wait_read, [this](const error_code& error) {
    if (!error) accept_some();
  });
}

void TcpListener::accept_some() {
  for (int accepted = 0; accepted < accept_burst; ++accepted) {
    if (!acceptor_.is_open()) return;
    if (const std::string why = why_not_(); !why.empty()) {
      suspend(why);
      return;
    }
    tcp::endpoint remote;
    error_code error;
    tcp::socket socket = acceptor_.accept(pick_context_(), remote, error);
    if (out_of_resources(error)) {
      suspend(error.message());
      return;
    }
    if (std::exchange(suspended_, false)) on_suspended_({});
    if (error == asio::error::would_block || error == asio::error::try_again) break;
    if (error) continue;  // the connection broke before it was accepted
    on_accepted_(std::move(socket), remote);
  }
  wait();
}

void TcpListener::suspend(const std::string& why) {
  if (!std::exchange(suspended_, true)) on_suspended_(why);
  retry_timer_.expires_after(retry_pause);
  retry_timer_.async_wait([this](const error_code& error) {
    if (!error) accept_some();
  });
}

}  // namespace gossip::detail
