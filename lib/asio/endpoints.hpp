#pragma once
/// \file
/// Between the library's endpoints and Asio's.

#include <gossip/types.hpp>

#include <boost/asio.hpp>

#include <algorithm>
#include <cstddef>

namespace gossip::detail {

[[nodiscard]] inline boost::asio::ip::tcp::endpoint to_asio(const Endpoint& endpoint) {
  if (endpoint.address.is_ipv4())
    return {boost::asio::ip::address_v4(endpoint.address.ipv4()), endpoint.port};
  boost::asio::ip::address_v6::bytes_type bytes;
  std::ranges::transform(endpoint.address.bytes(), bytes.begin(),
                         [](std::byte byte) { return std::to_integer<unsigned char>(byte); });
  return {boost::asio::ip::address_v6(bytes), endpoint.port};
}

/// Without its scope. What a socket for both families shows as ::ffff:a.b.c.d is the IPv4 address that it is.
[[nodiscard]] inline Endpoint from_asio(const boost::asio::ip::tcp::endpoint& endpoint) {
  if (endpoint.address().is_v4()) return {endpoint.address().to_v4().to_uint(), endpoint.port()};
  const auto from = endpoint.address().to_v6().to_bytes();
  IpAddress::Bytes bytes{};
  std::ranges::transform(from, bytes.begin(), [](unsigned char byte) { return std::byte{byte}; });
  return {IpAddress::v6(bytes), endpoint.port()};
}

}  // namespace gossip::detail
