#pragma once
/// \file
/// A client's connection to a daemon being made, on whatever executor that has.

#include <gossip/types.hpp>

#include "dial.hpp"

#include <boost/asio.hpp>

#include <functional>

namespace gossip::detail {

/// Lives on a strand; see Dial.
class ClientDial : public Dial {
 public:
  /// With a connected socket, or with an error.
  using OnDone = std::function<void(boost::asio::ip::tcp::socket, const boost::system::error_code&)>;

  ClientDial(const boost::asio::any_io_executor& executor, HostPort address, Duration time_limit,
             OnDone on_done);

 private:
  void look_up(const HostPort& name) override;
  void leave_lookup() override { resolver_.cancel(); }
  void done(boost::asio::ip::tcp::socket socket, const boost::system::error_code& error) override;

  OnDone on_done_;
  boost::asio::ip::tcp::resolver resolver_;
};

}  // namespace gossip::detail
