#pragma once
/// \file
/// One connection being made: the name is resolved, its addresses are tried, and a time limit holds over
/// both.

#include <gossip/types.hpp>

#include "name_lookups.hpp"

#include <boost/asio.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gossip::detail {

/// Lives on the core thread, and keeps itself alive until it has called `on_done` or is cancelled.
class TcpDial : public std::enable_shared_from_this<TcpDial> {
 public:
  /// With a connected socket and no reason, or with the reason why there is none.
  using OnDone = std::function<void(boost::asio::ip::tcp::socket, const std::string& why)>;

  /// `lookups` and their context must outlive it.
  TcpDial(boost::asio::io_context& context, NameLookups& lookups, HostPort address, Duration time_limit,
          OnDone on_done);

  void start();
  /// on_done is not called any more.
  void cancel();

 private:
  void connect(const std::vector<Endpoint>& endpoints);
  void finish(const std::string& why);

  NameLookups& lookups_;
  HostPort address_;
  Duration time_limit_;
  OnDone on_done_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
};

}  // namespace gossip::detail
