#pragma once
/// \file
/// Accepts connections on one address, and goes on doing so when the system runs out of descriptors or
/// memory.

#include <gossip/error.hpp>
#include <gossip/types.hpp>

#include <boost/asio.hpp>

#include <functional>
#include <string>

namespace gossip::detail {

/// Lives on the core thread. Handlers are not called after stop().
class TcpListener {
 public:
  /// The core's context for the next connection's socket.
  using PickContext = std::function<boost::asio::io_context&()>;
  using OnAccepted = std::function<void(boost::asio::ip::tcp::socket, boost::asio::ip::tcp::endpoint)>;
  /// With the reason when accepting has to wait, with nothing when it goes on.
  using OnSuspended = std::function<void(const std::string& why)>;

  /// Why no connection may be accepted at the moment; nothing where one may.
  using WhyNot = std::function<std::string()>;

  TcpListener(boost::asio::io_context& context, PickContext pick_context, WhyNot why_not,
              OnAccepted on_accepted, OnSuspended on_suspended);

  /// Binds and listens, on :: for IPv4 as well; returns the endpoint with the port that it got. The Error
  /// names the address.
  Result<Endpoint> listen(const Endpoint& endpoint);
  void start();
  void stop();

 private:
  void wait();
  void accept_some();
  void suspend(const std::string& why);

  PickContext pick_context_;
  WhyNot why_not_;
  OnAccepted on_accepted_;
  OnSuspended on_suspended_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer retry_timer_;
  bool suspended_ = false;
};

}  // namespace gossip::detail
