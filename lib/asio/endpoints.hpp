#pragma once
/// \file
/// Between the library's endpoints and Asio's.

#include <gossip/types.hpp>

#include <boost/asio.hpp>

namespace gossip::detail {

[[nodiscard]] inline boost::asio::ip::tcp::endpoint to_asio(const Endpoint& endpoint) {
  return {boost::asio::ip::address_v4(endpoint.address), endpoint.port};
}

/// Precondition: an IPv4 endpoint.
[[nodiscard]] inline Endpoint from_asio(const boost::asio::ip::tcp::endpoint& endpoint) {
  return {endpoint.address().to_v4().to_uint(), endpoint.port()};
}

}  // namespace gossip::detail
