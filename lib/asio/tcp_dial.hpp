#pragma once
/// \file
/// One connection being made: the name is resolved, its addresses are tried, and a time limit holds over
/// both.

#include <gossip/types.hpp>

#include <boost/asio.hpp>

#include <functional>
#include <memory>
#include <string>

namespace gossip::detail {

/// Lives on one thread or strand, and keeps itself alive until it has called `on_done` or is cancelled.
class TcpDial : public std::enable_shared_from_this<TcpDial> {
 public:
  /// What came of it: an error for programs and a phrase for people, or neither.
  struct Outcome {
    boost::system::error_code error;
    std::string why;
  };
  /// With a connected socket, or with an error.
  using OnDone = std::function<void(boost::asio::ip::tcp::socket, const Outcome&)>;

  TcpDial(const boost::asio::any_io_executor& executor, HostPort address, Duration time_limit,
          OnDone on_done);

  void start();
  /// on_done is not called any more.
  void cancel();

 private:
  void connect(const boost::asio::ip::tcp::resolver::results_type& endpoints);
  void finish(const Outcome& outcome);

  HostPort address_;
  Duration time_limit_;
  OnDone on_done_;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
};

}  // namespace gossip::detail
