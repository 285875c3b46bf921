#include <gossip/connection_pool.hpp>

#include <algorithm>
#include <cassert>
#include <unordered_set>
#include <utility>

namespace gossip {

ConnectionPool::ConnectionPool(std::size_t capacity, std::size_t sought, Seeks seeks)
    : capacity_(capacity), sought_(sought), seeks_(seeks) {
  assert(sought <= capacity);
}

void ConnectionPool::add(const Peer& peer) {
  assert(find(peer.connection) == nullptr);
  peers_.push_back(peer);
  server_addresses_.clear();
  version_ += 1;
}

std::optional<Peer> ConnectionPool::remove(ConnectionId connection) {
  const auto found = std::ranges::find(peers_, connection, &Peer::connection);
  if (found == peers_.end()) return std::nullopt;
  const Peer peer = *found;
  peers_.erase(found);
  server_addresses_.clear();
  version_ += 1;
  return peer;
}

void ConnectionPool::add_dial(ConnectionId connection, std::optional<Endpoint> server_address) {
  dials_.push_back({connection, server_address});
}

void ConnectionPool::remove_dial(ConnectionId connection) {
  std::erase_if(dials_, [&](const Dial& dial) { return dial.connection == connection; });
}

const Peer* ConnectionPool::find(ConnectionId connection) const {
  const auto found = std::ranges::find(peers_, connection, &Peer::connection);
  return found == peers_.end() ? nullptr : &*found;
}

const Peer* ConnectionPool::find(const Endpoint& server_address, std::optional<ConnectionId> except) const {
  const auto found = std::ranges::find_if(peers_, [&](const Peer& peer) {
    return peer.server_address == server_address && peer.connection != except;
  });
  return found == peers_.end() ? nullptr : &*found;
}

void ConnectionPool::set_server_address(ConnectionId connection, const Endpoint& server_address) {
  const auto found = std::ranges::find(peers_, connection, &Peer::connection);
  if (found == peers_.end() || found->server_address == server_address) return;
  found->server_address = server_address;
  server_addresses_.clear();
}

void ConnectionPool::set_extended(ConnectionId connection) {
  const auto found = std::ranges::find(peers_, connection, &Peer::connection);
  if (found != peers_.end()) found->extended = true;
}

std::size_t ConnectionPool::dialled() const {
  return static_cast<std::size_t>(std::ranges::count(peers_, true, &Peer::dialled));
}

std::span<const Endpoint> ConnectionPool::server_addresses() {
  if (!server_addresses_.empty()) return server_addresses_;
  std::vector<Endpoint> found;
  std::unordered_set<Endpoint> listed;
  for (const Peer& peer : peers_) {
    if (peer.server_address && listed.insert(*peer.server_address).second)
      found.push_back(*peer.server_address);
  }
  server_addresses_ = std::move(found);  // whole or not at all, when memory runs out
  return server_addresses_;
}

bool ConnectionPool::knows(const Endpoint& server_address) const {
  return find(server_address) != nullptr ||
         std::ranges::any_of(dials_, [&](const Dial& dial) { return dial.server_address == server_address; });
}

std::vector<Endpoint> ConnectionPool::unknown(std::span<const Endpoint> server_addresses) const {
  std::vector<Endpoint> found;
  std::unordered_set<Endpoint> listed;
  for (const Endpoint& address : server_addresses) {
    if (!knows(address) && listed.insert(address).second) found.push_back(address);
  }
  return found;
}

const Peer* ConnectionPool::pick(Random& random) const {
  return peers_.empty() ? nullptr : &peers_[random.below(peers_.size())];
}

const Peer* ConnectionPool::pick_to_evict(Random& random) const {
  if (peers_.size() < 2) return nullptr;
  const auto older = std::span(peers_).first(peers_.size() - 1);
  if (seeks_ == Seeks::own) {
    const auto accepted = static_cast<std::size_t>(std::ranges::count(older, false, &Peer::dialled));
    if (accepted > 0) {
      auto left = random.below(accepted);
      for (const Peer& peer : older) {
        if (!peer.dialled && left-- == 0) return &peer;
      }
    }
  }
  return &older[random.below(older.size())];
}

}  // namespace gossip
