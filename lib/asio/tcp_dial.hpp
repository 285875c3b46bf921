#pragma once
/// \file
/// A node's connection to another being made.

#include <gossip/types.hpp>

#include "dial.hpp"
#include "name_lookups.hpp"

#include <boost/asio.hpp>

#include <functional>
#include <string>

namespace gossip::detail {

/// Lives on the core thread; see Dial.
class TcpDial final : public Dial {
 public:
  /// With a connected socket and no reason, or with the reason why there is none.
  using OnDone = std::function<void(boost::asio::ip::tcp::socket, const std::string& why)>;

  /// True for an address of this process's own: of several of a name such are passed over, since a name may
  /// stand for all nodes that others join through.
  using IsOwn = std::function<bool(const Endpoint&)>;

  /// `lookups` and their context must outlive it.
  TcpDial(boost::asio::io_context& context, NameLookups& lookups, HostPort address, Duration time_limit,
          OnDone on_done, IsOwn is_own = nullptr);

 private:
  void look_up(const HostPort& name) override;
  void take_found(const Result<std::vector<Endpoint>>& found);
  [[nodiscard]] std::string reason(const boost::system::error_code& error) const;

  NameLookups& lookups_;
  IsOwn is_own_;
  std::string lookup_failed_;  ///< why, if it did
};

}  // namespace gossip::detail
