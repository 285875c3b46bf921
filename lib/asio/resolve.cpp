#include <gossip/asio/resolve.hpp>

#include "name_lookups.hpp"

namespace gossip {

Result<Endpoint> resolve(const HostPort& address) {
  if (const auto endpoint = literal_endpoint(address)) return *endpoint;
  const auto found = detail::look_up(address);
  if (!found) return Error{Condition::system, address.host + ": " + found.error().message};
  return found.value().front();
}

}  // namespace gossip
