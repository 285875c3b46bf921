#include <gossip/codec.hpp>
#include <gossip/overlay/neighborhood.hpp>

#include <algorithm>
#include <utility>

namespace gossip {

Neighborhood::Neighborhood(NodeState& state, Membership& membership)
    : state_(state),
      membership_(membership),
      known_(state.config.retry_pause_min, state.config.retry_pause_max) {}

void Neighborhood::start(TimePoint now) {
  for (const Endpoint& address : state_.config.known_peers) {
    if (address.usable() && !membership_.is_self(address)) known_.add(address);
  }
  for (const Endpoint& address : known_.all()) {
    if (passive_.size() < PassiveView::capacity) note(address);
  }
  fill(now);
}

void Neighborhood::on_extended(ConnectionId link, bool probes, TimePoint now) {
  const Peer& peer = *membership_.pool().find(link);
  links_.push_back({link, false, probes && !peer.dialled, std::nullopt});
  known_.met(now);
  asked_in_vain_ = 0;
  if (!probe_due_) probe_due_ = next_probe(now);
  if (!shuffle_due_) shuffle_soon(now);
  if (peer.server_address) passive_.remove(*peer.server_address);
  if (is_probe(link)) {
    probe_->counts_from = now + probe_settling;
    probe_->until = now + probe_time;
  } else if (peer.dialled) {
    const bool has_enough = membership_.pool().size() * 2 > state_.config.peers_sought();
    const auto kind = has_enough ? Neighbor::Kind::low : Neighbor::Kind::high;
    state_.transport.send(link, encode(Neighbor{kind}));
  }
}

void Neighborhood::on_base(ConnectionId link) {
  if (!is_probe(link)) return;
  membership_.drop(link, CloseReason::probe_over);
}

void Neighborhood::on_took_over(ConnectionId link) {
  if (!is_probe(link)) return;
  probe_.reset();
  membership_.introduce_to(*membership_.pool().find(link));
}

void Neighborhood::on_lost(const Peer& peer, TimePoint now) {
  forget(peer.connection);
  if (peer.server_address) passive_.remove(*peer.server_address);
  membership_.note_loss(now);
  if (shuffle_due_) shuffle_soon(now);
  fill(now);
  if (membership_.pool().empty() || is_at_a_loss()) ask_for_others(now);
  miss_known_if_alone(now);
}

void Neighborhood::put_off(const Endpoint& server_address, TimePoint now) {
  passive_.put_off(server_address, now + refusal_pause, state_.random);
}

void Neighborhood::forget(ConnectionId link) {
  std::erase_if(links_, [&](const Link& other) { return other.connection == link; });
  if (is_probe(link)) probe_.reset();
  if (asked_ == link) asked_.reset();
}

void Neighborhood::on_connect_failed(ConnectionId link, const HostPort& address, TimePoint now) {
  const auto endpoint = literal_endpoint(address);
  if (endpoint) passive_.remove(*endpoint);
  if (is_probe(link)) {
    probe_.reset();
    // Others can be reached, so it is not the network that is gone.
    if (endpoint && !membership_.pool().empty()) known_.remove(*endpoint);
  }
  fill(now);
  if (is_at_a_loss()) ask_for_others(now);
  miss_known_if_alone(now);
}

void Neighborhood::on_bootstrapper_failed(TimePoint now) {
  if (known_.all().empty()) return;
  fill(now);
  miss_known_if_alone(now);
}

void Neighborhood::leave() {
  const Frame frame = encode(Disconnect{Disconnect::Reason::leaving});
  for (const Link& link : links_) state_.transport.send(link.connection, frame);
}

void Neighborhood::on_newcomer(ConnectionId link, const Endpoint& server_address) {
  Link* const newcomer = find(link);
  if (newcomer == nullptr || std::exchange(newcomer->has_joined, true)) return;
  if (!server_address.usable() || membership_.is_self(server_address)) return;
  std::vector<ConnectionId> others = neighbors_but(link);
  state_.random.shuffle(std::span(others));
  if (others.size() > walks) others.resize(walks);
  for (const ConnectionId other : others) {
    const Frame frame = encode(Join{join_ttl_max, server_address});
    state_.hold_source(link, other, state_.transport.send(other, frame));
  }
}

void Neighborhood::note(const Endpoint& server_address) {
  if (server_address.usable() && membership_.is_out_of_view(server_address)) {
    passive_.add(server_address, state_.random);
  }
}

void Neighborhood::learn(ConnectionId link, std::span<const Endpoint> server_addresses, TimePoint now) {
  for (const Endpoint& address : membership_.news_in(link, server_addresses)) {
    passive_.add(address, state_.random);
  }
  fill(now);
}

/// A node that lacks neighbours takes the newcomer for one; so the walk ends where it does most good.
void Neighborhood::on_join(ConnectionId from, const Join& join, TimePoint now) {
  const auto onward = join.ttl == 0 || membership_.pool().has_room() ? std::nullopt : pick_neighbor(from);
  if (!onward || join.ttl == passive_ttl) learn(from, std::span(&join.server_address, 1), now);
  if (!onward) return;
  state_.statistics.joins_passed_on += 1;
  const Frame frame = encode(Join{static_cast<std::uint8_t>(join.ttl - 1), join.server_address});
  state_.hold_source(from, *onward, state_.transport.send(*onward, frame));
}

/// Those that this node has opened itself are not for others to take the place of.
bool Neighborhood::on_neighbor(ConnectionId from, const Neighbor& neighbor) {
  Link* const link = find(from);
  if (link == nullptr || membership_.pool().find(from)->dialled) return false;
  link->probes_us = false;
  std::vector<ConnectionId> accepted = neighbors_but(from);
  std::erase_if(accepted, [this](ConnectionId other) { return membership_.pool().find(other)->dialled; });
  if (accepted.size() < state_.config.peers_sought()) return true;
  const bool stays = neighbor.kind == Neighbor::Kind::high;
  const ConnectionId surplus = stays ? accepted[state_.random.below(accepted.size())] : from;
  state_.statistics.neighbors_refused += 1;
  membership_.drop(surplus, CloseReason::no_room);
  return true;
}

void Neighborhood::on_disconnect(ConnectionId from, const Disconnect& disconnect, TimePoint now) {
  const auto address = membership_.pool().find(from)->server_address;
  membership_.drop(from, CloseReason::dismissed);
  forget(from);
  if (address && disconnect.reason != Disconnect::Reason::leaving) {
    put_off(*address, now);
  }
  fill(now);
  // Whoever had no room is tried again; a node that leaves may have been the last that is known.
  const bool is_missed = disconnect.reason == Disconnect::Reason::leaving && is_at_a_loss();
  if (membership_.pool().empty() || is_missed) ask_for_others(now);
  miss_known_if_alone(now);
}

std::vector<Endpoint> Neighborhood::remember() {
  const ConnectionPool& pool = membership_.pool();
  if (!pool.empty()) {
    std::vector<Endpoint> best;
    for (const bool dialled : {true, false}) {
      for (const Peer& peer : pool.peers()) {
        const bool has_place = best.size() < KnownPeers::capacity - PassiveView::capacity;
        if (peer.dialled == dialled && peer.server_address && has_place) best.push_back(*peer.server_address);
      }
    }
    for (const Endpoint& address : passive_.all()) best.push_back(address);
    known_.put_first(best);
  }
  return {known_.all().begin(), known_.all().end()};
}

void Neighborhood::on_shuffle(ConnectionId from, const Shuffle& shuffle, TimePoint now) {
  state_.statistics.shuffles_received += 1;
  Link* const link = find(from);
  const bool asks = shuffle.kind == Shuffle::Kind::asks;
  const bool too_soon = link == nullptr || (link->shuffled_at && now - *link->shuffled_at < shuffle_pace);
  if (asks ? too_soon : asked_ != from) {
    state_.statistics.shuffles_ignored += 1;
    return;
  }
  if (asks) {
    link->shuffled_at = now;
    const Frame answer = encode(
        Shuffle{Shuffle::Kind::answers, passive_.sample(state_.random, shuffle.server_addresses.size())});
    state_.hold_source(from, from, state_.transport.send(from, answer));
  } else {
    asked_.reset();
  }
  learn(from, shuffle.server_addresses, now);
}

void Neighborhood::on_time(TimePoint now) {
  if (probe_ && probe_->until <= now) end_probe();
  if (probe_due_ && *probe_due_ <= now) {
    probe_due_ = next_probe(now);
    start_probe();
  }
  if (known_.take_due(now, state_.random)) return_to_known(now);
  if (ask_due_ && *ask_due_ <= now) {
    ask_due_.reset();
    if (is_at_a_loss()) ask_for_others(now);
  }
  if (!shuffle_due_ || *shuffle_due_ > now) return;
  shuffle();
  fill(now);
  shuffle_due_ = now + shuffle_pause_;
  shuffle_pause_ = std::min(2 * shuffle_pause_, shuffle_pause_max);
}

std::optional<TimePoint> Neighborhood::next_timer() const {
  const auto probe_over = probe_ ? std::optional(probe_->until) : std::nullopt;
  return earlier(earlier(probe_over, known_.next_timer()),
                 earlier(earlier(shuffle_due_, probe_due_), ask_due_));
}

Neighborhood::Link* Neighborhood::find(ConnectionId link) {
  const auto found = std::ranges::find(links_, link, &Link::connection);
  return found == links_.end() ? nullptr : &*found;
}

/// All but that one, and no probe of either side.
std::vector<ConnectionId> Neighborhood::neighbors_but(ConnectionId except) const {
  std::vector<ConnectionId> others;
  for (const Link& link : links_) {
    const bool is_other = link.connection != except && !link.probes_us && !is_probe(link.connection);
    if (is_other) others.push_back(link.connection);
  }
  return others;
}

/// A neighbour at random, but for that one.
std::optional<ConnectionId> Neighborhood::pick_neighbor(ConnectionId except) {
  const std::vector<ConnectionId> others = neighbors_but(except);
  if (others.empty()) return std::nullopt;
  return others[state_.random.below(others.size())];
}

/// It lacks links of its own, and knows nobody to dial.
bool Neighborhood::is_at_a_loss() const {
  const ConnectionPool& pool = membership_.pool();
  return pool.has_room() && pool.dials() == 0;
}

/// As many links as this node is to open itself.
void Neighborhood::fill(TimePoint now) {
  const auto is_wanted = [&](const Endpoint& address) { return membership_.is_out_of_view(address); };
  while (membership_.pool().has_room()) {
    const auto next = passive_.pick(state_.random, now, is_wanted);
    if (!next) return;
    passive_.remove(*next);
    membership_.connect_to(to_host_port(*next));
  }
}

/// Those that could not be reached have left the passive view; perhaps they can be now.
void Neighborhood::return_to_known(TimePoint now) {
  if (!membership_.pool().empty()) {
    known_.met(now);
    return;
  }
  std::vector<Endpoint> known(known_.all().begin(), known_.all().end());
  state_.random.shuffle(std::span(known));
  for (const Endpoint& address : known) {
    if (passive_.size() < PassiveView::capacity) note(address);
  }
  fill(now);
}

/// Other ways have led to nothing. A peer may name the same again that could not be reached: it is asked at
/// leisure then.
void Neighborhood::ask_for_others(TimePoint now) {
  if (ask_due_ && !membership_.pool().empty()) return;
  if (now - asked_at_ > 2 * shuffle_pause_max) asked_in_vain_ = 0;
  asked_at_ = now;
  membership_.fall_back(now);
  if (asked_in_vain_ == 0) ask_pause_ = ask_pause_min;
  if (++asked_in_vain_ < asked_at_once) return;
  ask_due_ = now + ask_pause_;
  ask_pause_ = std::min(2 * ask_pause_, shuffle_pause_max);
}

void Neighborhood::miss_known_if_alone(TimePoint now) {
  if (membership_.pool().empty()) known_.missed(now, state_.random);
}

/// Names this node, some of its neighbours and some others to a neighbour, who names others in return.
void Neighborhood::shuffle() {
  const auto to = pick_neighbor({});
  if (!to) return;
  const ConnectionPool& pool = membership_.pool();
  std::vector<Endpoint> neighbors;
  for (const Peer& peer : pool.peers()) {
    if (peer.server_address && peer.connection != *to) neighbors.push_back(*peer.server_address);
  }
  state_.random.shuffle(std::span(neighbors));
  if (neighbors.size() > shuffled_neighbors) neighbors.resize(shuffled_neighbors);
  Shuffle shuffle{Shuffle::Kind::asks, {membership_.own_address(pool.find(*to)->local)}};
  for (const auto& addresses : {neighbors, passive_.sample(state_.random, shuffled_others)}) {
    shuffle.server_addresses.insert(shuffle.server_addresses.end(), addresses.begin(), addresses.end());
  }
  asked_ = *to;
  state_.transport.send(*to, encode(shuffle));
}

/// At a time of its own, since many lose the same at once.
void Neighborhood::shuffle_soon(TimePoint now) {
  shuffle_pause_ = shuffle_pause_min;
  const auto range = static_cast<std::uint64_t>(shuffle_pause_min.count());
  const TimePoint soon = now + Duration(static_cast<Duration::rep>(state_.random.below(range)));
  if (!shuffle_due_ || soon < *shuffle_due_) shuffle_due_ = soon;
}

/// Half of a network that was in two may look whole from inside; somebody has to look outside.
void Neighborhood::start_probe() {
  const ConnectionPool& pool = membership_.pool();
  if (probe_ || pool.size() >= state_.config.max_connections || pool.dialled() > state_.config.peers_sought())
    return;
  std::vector<HostPort> candidates = membership_.bootstrappers_out_of_view();
  const auto add = [&](const Endpoint& address) {
    if (membership_.is_out_of_view(address)) candidates.push_back(to_host_port(address));
  };
  for (const Endpoint& address : others()) add(address);
  for (const Endpoint& address : known_.all()) {
    if (!passive_.contains(address)) add(address);
  }
  if (candidates.empty()) return;
  state_.statistics.probes_started += 1;
  const HostPort& target = candidates[state_.random.below(candidates.size())];
  probe_ = Probe{membership_.probe(target), std::nullopt};
}

void Neighborhood::end_probe() {
  const Probe probe = *std::exchange(probe_, std::nullopt);
  const Peer* const peer = membership_.pool().find(probe.link);
  if (peer == nullptr) return;
  if (probe.found > 0 && probe.found * probe_share >= probe.news) {
    state_.statistics.probes_kept += 1;
    kept_ = probe.link;
    membership_.introduce_to(*peer);
    state_.transport.send(probe.link, encode(Neighbor{Neighbor::Kind::high}));
    return;
  }
  state_.transport.send(probe.link, encode(Disconnect{Disconnect::Reason::probe_over}));
  const auto address = peer->server_address;
  membership_.drop(probe.link, CloseReason::probe_over);
  forget(probe.link);
  if (address) passive_.add(*address, state_.random);
}

/// Each node at a time of its own.
TimePoint Neighborhood::next_probe(TimePoint now) {
  const auto range = static_cast<std::uint64_t>(probe_pause.count());
  return now + probe_pause / 2 + Duration(static_cast<Duration::rep>(state_.random.below(range)));
}

}  // namespace gossip
