#include <gossip/asio/resolve.hpp>

#include "endpoints.hpp"

namespace gossip {

Result<Endpoint> resolve(const HostPort& address) {
  if (const auto endpoint = literal_endpoint(address)) return *endpoint;
  boost::asio::io_context context;
  boost::asio::ip::tcp::resolver resolver(context);
  boost::system::error_code error;
  const auto found =
      resolver.resolve(boost::asio::ip::tcp::v4(), address.host, std::to_string(address.port), error);
  if (error || found.empty()) {
    return Error{Condition::system,
                 address.host + ": " + (error ? error.message() : "it has no IPv4 address")};
  }
  return detail::from_asio(found.begin()->endpoint());
}

}  // namespace gossip
