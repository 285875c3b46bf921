#include <gossip/codec.hpp>
#include <gossip/membership.hpp>

#include <utility>

namespace gossip {
namespace {

/// Losses that lie no further apart may have one cause.
constexpr Duration losses_window = std::chrono::seconds(30);

/// With the overlay extension half of the neighbours are a node's own choice, and the others come to it.
std::size_t self_chosen(const Config& config) {
  return config.overlay == Overlay::extended ? (config.peers_sought() + 1) / 2 : config.peers_sought();
}

/// The base protocol cannot say an IPv6 address, HELLO can: where it has, what the peer sends 0.0.0.0 for is
/// known.
bool said_ipv6(const Peer& peer) {
  return peer.extended && peer.server_address && !peer.server_address->address.is_ipv4();
}

ConnectionPool::Seeks seeks_by(const Config& config) {
  return config.overlay == Overlay::extended ? ConnectionPool::Seeks::own : ConnectionPool::Seeks::peers;
}

}  // namespace

Membership::Membership(NodeState& state)
    : state_(state),
      schedule_(state.config.bootstrappers, state.config.retry_pause_min, state.config.retry_pause_max),
      pool_(state.config.max_connections, self_chosen(state.config), seeks_by(state.config)),
      updates_(state.config.updates_max, state.config.update_memory, state.cache.digest_key()) {}

void Membership::start(const Endpoint& listen, std::optional<Endpoint> advertise, TimePoint now) {
  listen_ = listen;
  advertise_ = advertise;
  if (advertise_ && advertise_->port == 0) advertise_->port = listen.port;
  schedule_.start(now);
  on_time(now);
}

bool Membership::on_accepted(ConnectionId connection, const ConnectionInfo& info) {
  pool_.add({connection, info.remote, info.local, false, std::nullopt});
  state_.open.at(state_.open.insert(connection)) = Layer::p2p;
  state_.observer.on_event(event::ConnectionOpened{connection, info, false});
  return true;
}

bool Membership::on_connected(ConnectionId connection, const ConnectionInfo& info, TimePoint now) {
  const auto node = dials_.extract(connection);
  if (node.empty()) return false;
  const Dial dial = node.mapped();
  pool_.remove_dial(connection);

  pool_.add({connection, info.remote, info.local, true, info.remote});
  state_.open.at(state_.open.insert(connection)) = Layer::p2p;
  state_.observer.on_event(event::ConnectionOpened{connection, info, true});
  if (is_self(info.remote)) {
    drop(connection, CloseReason::connected_to_self);
    if (dial.bootstrapper) exclude_bootstrapper(*dial.bootstrapper);
    return false;
  }
  if (dial.bootstrapper) schedule_.joined(*dial.bootstrapper, now);

  const bool closed = close_double_link(connection) == connection;
  const Peer* peer = closed ? pool_.find(info.remote) : pool_.find(connection);
  if (dial.bootstrapper) {
    send_peer_request(*peer);
  } else if (!closed && !dial.probes) {
    introduce_to(*peer);
  }
  return !closed;
}

void Membership::expect(ConnectionId connection, const Endpoint& address) {
  pool_.add_dial(connection, address);
  dials_[connection] = {to_host_port(address), std::nullopt, false};
}

std::optional<HostPort> Membership::on_connect_failed(ConnectionId connection, std::string_view why,
                                                      TimePoint now) {
  const auto node = dials_.extract(connection);
  if (node.empty()) return std::nullopt;
  const Dial& dial = node.mapped();
  pool_.remove_dial(connection);
  state_.statistics.connects_failed += 1;
  std::optional<Duration> retry_in;
  if (dial.bootstrapper) retry_in = schedule_.failed(*dial.bootstrapper, now, state_.random);
  state_.observer.on_event(event::ConnectFailed{dial.address, why, retry_in});
  if (dial.bootstrapper) return std::nullopt;
  return dial.address;
}

std::optional<Peer> Membership::on_closed(ConnectionId connection, CloseReason reason,
                                          std::string_view detail) {
  const auto peer = pool_.remove(connection);
  if (!peer) return std::nullopt;
  const ConnectionInfo info{Layer::p2p, peer->remote, peer->local};
  state_.observer.on_event(
      event::ConnectionClosed{connection, info, peer->server_address, reason, detail, false});
  state_.flow.forget(connection);
  state_.open.erase(connection);
  return peer;
}

void Membership::replace_lost(TimePoint now) {
  if (!note_loss(now) && !pool_.empty()) {
    // By half of the losses, so that one that comes back and takes another's place does not go on for ever.
    const bool anyway = state_.random.below(2) == 0;
    if (anyway || pool_.has_room()) schedule_.come_back(anyway, now, state_.random);
  }
  if (const Peer* other = pool_.pick(state_.random)) {
    send_peer_request(*other);
  } else {
    schedule_.restart(now, state_.random);
  }
}

bool Membership::note_loss(TimePoint now) {
  if (!has_lost_many(now)) return false;
  schedule_.seek(now, state_.random);
  return true;
}

void Membership::fall_back(TimePoint now) {
  if (pool_.empty()) {
    schedule_.restart(now, state_.random);
  } else {
    schedule_.come_back(true, now, state_.random);
    send_peer_request(*pool_.pick(state_.random));
  }
}

void Membership::evict_surplus() {
  while (pool_.over_capacity()) {
    const Peer* victim = pool_.pick_to_evict(state_.random);
    if (victim == nullptr) return;
    state_.statistics.connections_evicted += 1;
    drop(victim->connection, CloseReason::no_room);
  }
}

void Membership::on_peer_request(ConnectionId connection, const PeerRequest& request, TimePoint now,
                                 std::span<const Endpoint> more) {
  const Peer* asker = pool_.find(connection);
  if (asker == nullptr) return;
  PeerResponse response;
  for (const auto addresses : {pool_.server_addresses(), more}) {
    for (const Endpoint& address : addresses) {
      if (!address.address.is_ipv4()) continue;  // there is no room for it in a PEER RESPONSE
      if (address == asker->server_address || address == request.server_address || is_self(address)) continue;
      if (response.server_addresses.size() < response_addresses_max)
        response.server_addresses.push_back(address);
    }
  }
  // Whoever asks faster than it reads is not read from.
  state_.hold_source(connection, connection, state_.transport.send(connection, encode(response)));
  introduce(connection, request.server_address, now);
}

void Membership::on_peer_response(ConnectionId connection, const PeerResponse& response) {
  if (pool_.find(connection) == nullptr) return;
  for (const Endpoint& address : news_in(connection, response.server_addresses)) {
    if (!pool_.has_room()) return;
    dial(to_host_port(address), std::nullopt);
  }
}

/// In random order, so that not all who are told the same dial the same.
std::vector<Endpoint> Membership::news_in(ConnectionId connection,
                                          std::span<const Endpoint> server_addresses) {
  std::vector<Endpoint> candidates;
  for (const Endpoint& address : pool_.unknown(server_addresses)) {
    if (!address.usable()) {
      skip(connection, address, "it is not an address that a node can be reached at");
    } else if (is_self(address)) {
      skip(connection, address, "it is this node's own");
    } else {
      candidates.push_back(address);
    }
  }
  state_.random.shuffle(std::span(candidates));
  return candidates;
}

void Membership::connect_to(const HostPort& address) {
  dial(address, std::nullopt);
}

ConnectionId Membership::probe(const HostPort& address) {
  const ConnectionId connection = dial(address, std::nullopt);
  dials_[connection].probes = true;
  return connection;
}

void Membership::introduce_to(const Peer& peer) {
  state_.transport.send(peer.connection, encode(PeerInit{own_address(peer.local)}));
}

std::vector<HostPort> Membership::bootstrappers_out_of_view() const {
  std::vector<HostPort> found;
  for (std::size_t index = 0; index < schedule_.size(); ++index) {
    const HostPort& address = schedule_.address(index);
    const auto endpoint = literal_endpoint(address);
    if (!schedule_.is_excluded(index) && (!endpoint || is_out_of_view(*endpoint))) found.push_back(address);
  }
  return found;
}

Endpoint Membership::said_by(ConnectionId connection, const Endpoint& server_address) const {
  const Peer* const peer = pool_.find(connection);
  return peer != nullptr && said_ipv6(*peer) ? *peer->server_address : server_address;
}

bool Membership::on_extended(ConnectionId connection, const Endpoint& server_address,
                             std::optional<ConnectionId> twin) {
  pool_.set_extended(connection);
  const Peer* const peer = pool_.find(connection);
  if (peer == nullptr) return false;
  if (server_address.usable() && !is_self(server_address)) file_address(*peer, server_address, twin);
  return pool_.find(connection) != nullptr;
}

void Membership::on_peer_update(ConnectionId connection, const PeerUpdate& update, TimePoint now) {
  if (pool_.find(connection) == nullptr) return;
  const Endpoint& address = update.server_address;
  if (!address.usable()) {
    skip(connection, address, "it is not an address that a node can be reached at");
    return;
  }
  if (!updates_.note(address, update.kind, now)) {
    state_.statistics.updates_repeated += 1;
    return;
  }
  const unsigned max_ttl = value_of(state_.config.max_ttl);
  const bool far_away = max_ttl == 0 || 2U * value_of(update.ttl) < max_ttl;
  const bool is_found = update.kind == PeerUpdate::Kind::found;
  if (is_found && far_away && pool_.has_room() && is_out_of_view(address)) {
    dial(to_host_port(address), std::nullopt);
  }
  if (update.ttl == Ttl{1}) return;
  const Ttl onward = update.ttl == unlimited_ttl ? unlimited_ttl : Ttl(value_of(update.ttl) - 1);
  send_peer_update({address, onward, update.kind}, connection);
}

void Membership::on_peer_init(ConnectionId connection, const PeerInit& init, TimePoint now) {
  if (pool_.find(connection) != nullptr) introduce(connection, init.server_address, now);
}

void Membership::on_time(TimePoint now) {
  while (const auto index = schedule_.take_due(now)) try_bootstrapper(*index, now);
}

std::vector<ConnectionId> Membership::take_dropped() {
  return std::exchange(dropped_, {});
}

Endpoint Membership::own_address(const Endpoint& local) const {
  if (advertise_) return *advertise_;
  return listen_.unspecified() ? Endpoint{local.address, listen_.port} : listen_;
}

ConnectionId Membership::dial(const HostPort& address, std::optional<std::size_t> bootstrapper) {
  const ConnectionId connection = state_.transport.connect(address);
  pool_.add_dial(connection, literal_endpoint(address));
  dials_[connection] = {address, bootstrapper, false};
  return connection;
}

void Membership::try_bootstrapper(std::size_t index, TimePoint now) {
  const HostPort& address = schedule_.address(index);
  const auto endpoint = literal_endpoint(address);
  if (endpoint && is_self(*endpoint)) {
    exclude_bootstrapper(index);
  } else if (const Peer* peer = endpoint ? pool_.find(*endpoint) : nullptr) {
    schedule_.joined(index, now);
    send_peer_request(*peer);
  } else if ((!pool_.has_room() && !schedule_.is_sought(index)) || (endpoint && pool_.knows(*endpoint))) {
    schedule_.failed(index, now, state_.random);
  } else {
    dial(address, index);
  }
}

/// One more was lost. Half of those that are sought within a short time are a sign that the network is in
/// pieces: each may look whole from inside, so only who lost peers can tell.
bool Membership::has_lost_many(TimePoint now) {
  if (losses_ == 0 || now - losing_since_ > losses_window) {
    losses_ = 0;
    losing_since_ = now;
  }
  losses_ += 1;
  if (losses_ * 2 < state_.config.peers_sought()) return false;
  losses_ = 0;
  return true;
}

void Membership::exclude_bootstrapper(std::size_t index) {
  schedule_.exclude(index);
  state_.observer.on_event(event::BootstrapperIsSelf{schedule_.address(index)});
}

/// Files what a peer says its server address is, and tells the others (docs/protocol.md, 'PEER REQUEST and
/// PEER INIT').
void Membership::introduce(ConnectionId connection, const Endpoint& server_address, TimePoint now) {
  const Peer peer = *pool_.find(connection);
  if (said_ipv6(peer) && !(peer.dialled && server_address.usable())) return;
  if (!server_address.usable()) {
    skip(connection, server_address, "it is not an address that a node can be reached at");
    return;
  }
  if (is_self(server_address)) {
    if (!close_if_self_link(peer, now)) skip(connection, server_address, "it is this node's own");
    return;
  }
  if (!file_address(peer, server_address)) return;
  // Remembered, so that it dies when it comes back; told anew each time, for the sake of peers that are new.
  (void)updates_.note(server_address, PeerUpdate::Kind::found, now);
  // Those that speak the extension hear of each other in other ways.
  send_peer_update({server_address, state_.config.max_ttl, PeerUpdate::Kind::found}, connection,
                   !peer.extended);
}

/// Where a peer that was accepted says that it accepts others. A second link to it is closed. False where it
/// is not believed: nobody takes the place of a node that this one has chosen by saying that he is it.
bool Membership::file_address(const Peer& peer, const Endpoint& server_address,
                              std::optional<ConnectionId> twin) {
  if (peer.dialled || peer.server_address == server_address) return true;
  const ConnectionId connection = peer.connection;
  const Peer* const chosen = pool_.find(server_address, connection);
  if (chosen != nullptr && chosen->dialled && chosen->extended && chosen->connection != twin) {
    skip(connection, server_address, "another node is there, by its HELLO");
    return false;
  }
  const event::PeerIntroduced introduced{connection, peer.remote, server_address,
                                         peer.server_address.has_value()};
  pool_.set_server_address(connection, server_address);
  state_.observer.on_event(introduced);
  close_double_link(connection);
  return true;
}

void Membership::skip(ConnectionId connection, const Endpoint& address, std::string_view why) {
  state_.statistics.addresses_skipped += 1;
  state_.observer.on_event(event::AddressSkipped{pool_.find(connection)->remote, address, why});
}

void Membership::drop(ConnectionId connection, CloseReason reason, std::string_view detail) {
  const auto removed = pool_.remove(connection);
  if (!removed) return;
  const Peer& peer = *removed;
  if (peer.extended && reason == CloseReason::no_room) {
    state_.transport.send(connection, encode(Disconnect{Disconnect::Reason::no_room}));
  }
  state_.transport.close(connection, reason);
  state_.flow.forget(connection);
  state_.open.erase(connection);
  dropped_.push_back(connection);
  const ConnectionInfo info{Layer::p2p, peer.remote, peer.local};
  state_.observer.on_event(
      event::ConnectionClosed{connection, info, peer.server_address, reason, detail, true});
}

void Membership::send_peer_request(const Peer& peer) {
  state_.transport.send(peer.connection, encode(PeerRequest{own_address(peer.local)}));
}

/// To every peer but the one that it came from and the one that it is about, and those of extended links only
/// where they are meant, too.
void Membership::send_peer_update(const PeerUpdate& update, ConnectionId source, bool extended_too) {
  const Frame frame = encode(update);
  for (const Peer& peer : pool_.peers()) {
    if (peer.connection == source || peer.server_address == update.server_address) continue;
    if (peer.extended && !extended_too) continue;
    state_.hold_source(source, peer.connection, state_.transport.send(peer.connection, frame));
  }
}

}  // namespace gossip
