#pragma once
/// \file
/// From a host name to an IPv4 endpoint.

#include <gossip/error.hpp>
#include <gossip/export.hpp>
#include <gossip/types.hpp>

namespace gossip {

/// Asks the system's resolver; blocks as long as that does. Takes the first IPv4 address. The Error names the
/// host.
[[nodiscard]] GOSSIP_EXPORT Result<Endpoint> resolve(const HostPort& address);

}  // namespace gossip
