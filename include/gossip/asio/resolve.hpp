#pragma once
/// \file
/// From a host name to its addresses.

#include <gossip/error.hpp>
#include <gossip/export.hpp>
#include <gossip/types.hpp>

#include <cstdint>
#include <vector>

namespace gossip {

/// Which of a name's addresses are asked for.
enum class Families : std::uint8_t {
  ipv4,  ///< IPv4 only
  both,  ///< IPv4 and IPv6
};

/// All addresses of the host, in the order of the system's resolver, which this asks, blocking as long as
/// that does: not empty. A host that is an address is that address, whatever is asked for. The Error names
/// the host.
[[nodiscard]] GOSSIP_EXPORT Result<std::vector<Endpoint>> resolve_all(const HostPort& address,
                                                                      Families families = Families::both);

/// The one to listen on, or to tell others of: the first IPv4 address, or where there is none the first.
[[nodiscard]] GOSSIP_EXPORT Result<Endpoint> resolve(const HostPort& address,
                                                     Families families = Families::both);

}  // namespace gossip
