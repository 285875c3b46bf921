#pragma once
/// \file
/// A client's connection to a daemon being made, on whatever executor that has.

#include <gossip/types.hpp>

#include "dial.hpp"

#include <boost/asio.hpp>

namespace gossip::detail {

/// Lives on a strand; see Dial.
class ClientDial final : public Dial {
 public:
  ClientDial(const boost::asio::any_io_executor& executor, HostPort address, Duration time_limit,
             OnDone on_done);

 private:
  void look_up(const HostPort& name) override;
  void leave_lookup() override { resolver_.cancel(); }

  boost::asio::ip::tcp::resolver resolver_;
};

}  // namespace gossip::detail
