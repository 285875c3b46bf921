#include <gossip/asio/resolve.hpp>

#include "name_lookups.hpp"

#include <algorithm>

namespace gossip {

Result<std::vector<Endpoint>> resolve_all(const HostPort& address, Families families) {
  if (const auto endpoint = literal_endpoint(address)) return std::vector{*endpoint};
  auto found = detail::look_up(address, families);
  if (!found) return Error{Condition::system, address.host + ": " + found.error().message};
  return found;
}

Result<Endpoint> resolve(const HostPort& address, Families families) {
  const auto found = resolve_all(address, families);
  if (!found) return found.error();
  const auto is_ipv4 = [](const Endpoint& endpoint) { return endpoint.address.is_ipv4(); };
  const auto ipv4 = std::ranges::find_if(found.value(), is_ipv4);
  return ipv4 == found.value().end() ? found.value().front() : *ipv4;
}

}  // namespace gossip
