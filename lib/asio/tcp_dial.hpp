#pragma once
/// \file
/// One connection being made: the name is resolved, its addresses are tried, and a time limit holds over
/// all of it.

#include <gossip/types.hpp>

#include "name_lookups.hpp"

#include <boost/asio.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gossip::detail {

/// Tries the addresses of a name one after the other, in the resolver's order, until one accepts; each has
/// its share of the time that is left, so that one that does not answer is not the end of it. Lives on the
/// core thread, and keeps itself alive until it has called `on_done` or is cancelled.
class TcpDial : public std::enable_shared_from_this<TcpDial> {
 public:
  /// With a connected socket and no reason, or with the reason why there is none.
  using OnDone = std::function<void(boost::asio::ip::tcp::socket, const std::string& why)>;

  /// True for an address of this process's own: of several of a name such are passed over, since a name may
  /// stand for all nodes that others join through.
  using IsOwn = std::function<bool(const Endpoint&)>;

  /// `lookups` and their context must outlive it.
  TcpDial(boost::asio::io_context& context, NameLookups& lookups, HostPort address, Duration time_limit,
          OnDone on_done, IsOwn is_own = nullptr);

  void start();
  /// on_done is not called any more.
  void cancel();

 private:
  void connect(std::vector<Endpoint> endpoints);
  void try_next(const std::string& why);
  void finish(const std::string& why);

  NameLookups& lookups_;
  HostPort address_;
  Duration time_limit_;
  OnDone on_done_;
  IsOwn is_own_;
  std::vector<Endpoint> candidates_;  ///< those that are still to be tried, the next one last
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer share_;  ///< of the one that is being tried
};

}  // namespace gossip::detail
