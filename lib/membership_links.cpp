/// \file
/// Links that a node does not keep: to itself, and the second to one other node.

#include <gossip/membership.hpp>

#include <algorithm>

namespace gossip {
namespace {

/// Other addresses of its own that a node remembers.
constexpr std::size_t aliases_max = 16;

}  // namespace

bool Membership::is_self(const Endpoint& address) const {
  if (address == listen_ || address == advertise_ || aliases_.contains(address)) return true;
  if (!listen_.unspecified() || address.port != listen_.port) return false;
  // On :: it listens on IPv4, too, on 0.0.0.0 on that alone.
  if (listen_.address.is_ipv4() && !address.address.is_ipv4()) return false;
  return address.address.loopback() || std::ranges::any_of(pool_.peers(), [&](const Peer& peer) {
           return peer.local.address == address.address;
         });
}

/// An accepted connection that claims to be this node is the far end of one of its own, reached by a name
/// that was not known to be its own, or else the claim is wrong.
bool Membership::close_if_self_link(const Peer& accepted, TimePoint now) {
  const auto near_end = std::ranges::find_if(pool_.peers(), [&](const Peer& peer) {
    return peer.dialled && peer.local == accepted.remote && peer.remote == accepted.local;
  });
  if (near_end == pool_.peers().end()) return false;
  const Endpoint alias = near_end->remote;
  if (aliases_.size() < aliases_max) aliases_.insert(alias);
  for (std::size_t index = 0; index < schedule_.size(); ++index) {
    if (literal_endpoint(schedule_.address(index)) == alias) exclude_bootstrapper(index);
  }
  const ConnectionId dialled = near_end->connection;
  drop(dialled, CloseReason::connected_to_self);
  drop(accepted.connection, CloseReason::connected_to_self);
  if (pool_.empty()) schedule_.restart(now, state_.random);
  return true;
}

std::optional<ConnectionId> Membership::close_double_link(ConnectionId connection) {
  const Peer* peer = pool_.find(connection);
  const Peer* other = pool_.find(*peer->server_address, connection);
  if (other == nullptr) return std::nullopt;

  // Of two links opened from opposite ends the one opened by the smaller address stays, else the older; both
  // ends see the same, so both close the same.
  const Peer* surplus = std::max(peer, other);
  if (peer->dialled != other->dialled) {
    const bool own_link_stays = own_address(peer->local) < *peer->server_address;
    surplus = peer->dialled == own_link_stays ? other : peer;
  }
  const ConnectionId closed = surplus->connection;
  state_.statistics.duplicate_links += 1;
  drop(closed, CloseReason::duplicate_link);
  return closed;
}

void Membership::on_self_link(ConnectionId connection, TimePoint now) {
  const Peer* const peer = pool_.find(connection);
  if (peer == nullptr) return;
  const auto far_end = std::ranges::find_if(pool_.peers(), [&](const Peer& other) {
    return peer->dialled && !other.dialled && other.local == peer->remote && other.remote == peer->local;
  });
  const Peer& accepted = far_end == pool_.peers().end() ? *peer : *far_end;
  if (!accepted.dialled && close_if_self_link(accepted, now)) return;
  drop(connection, CloseReason::connected_to_self);
  if (pool_.empty()) schedule_.restart(now, state_.random);
}

}  // namespace gossip
