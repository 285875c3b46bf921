#pragma once
/// \file
/// A client's connection being made, on whatever executor that has: the name is resolved, its addresses are
/// tried, and a time limit holds over both.

#include <gossip/types.hpp>

#include <boost/asio.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace gossip::detail {

/// Tries the addresses of a name one after the other, in the resolver's order, until one accepts; each has
/// its share of the time that is left. Lives on a strand, and keeps itself alive until it has called
/// `on_done` or is cancelled.
class ClientDial : public std::enable_shared_from_this<ClientDial> {
 public:
  /// With a connected socket, or with an error.
  using OnDone = std::function<void(boost::asio::ip::tcp::socket, const boost::system::error_code&)>;

  ClientDial(const boost::asio::any_io_executor& executor, HostPort address,
             std::chrono::milliseconds time_limit, OnDone on_done);

  void start();
  /// on_done is not called any more.
  void cancel();

 private:
  void connect(const boost::asio::ip::tcp::resolver::results_type& endpoints);
  void try_next(const boost::system::error_code& why);
  void finish(const boost::system::error_code& error);

  HostPort address_;
  std::chrono::milliseconds time_limit_;
  OnDone on_done_;
  boost::asio::ip::tcp::resolver resolver_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer share_;                         ///< of the one that is being tried
  std::vector<boost::asio::ip::tcp::endpoint> candidates_;  ///< those still to be tried, the next one last
};

}  // namespace gossip::detail
