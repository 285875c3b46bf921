/// \file
/// What a NodeWorld checks: after each event, and when everybody has had time.

#include "node_world.hpp"

#include <algorithm>
#include <vector>

namespace gossip::test {

/// A peer whose DIGEST is like none is told of everything.
void NodeWorld::compare_digests(ConnectionId peer) {
  if (!overlay_.is_extended(peer)) return;
  messages_.on_told_nothing(peer);
  message(peer, CacheDigest{1, false, {0x0123456789abcdef}});
}

void NodeWorld::heal() {
  for (const Link& link : std::vector<Link>(links_)) {
    link.lost ? closed(link.connection, CloseReason::remote_closed) : relieve(link.connection);
  }
  // Who owes a verdict falls silent when its time is up, and may be shown first what waits by then: in the
  // worst case one after the other.
  const std::size_t steps_max = 2 * (3 + links_.size() + subscriptions_.size());
  const Duration step = config().verdict_timeout / 2;
  for (std::size_t i = 0; i < steps_max; ++i) {
    for (const ConnectionId peer : connections(Layer::p2p)) answer_pings(peer);
    pass(step);
  }
  for (const ConnectionId peer : connections(Layer::p2p)) compare_digests(peer);

  std::vector<ConnectionId> open;
  for (const Link& link : links_) {
    require(!link.paused, "nobody stays paused once all queues drain and all verdicts are late");
    if (!link.lost) open.push_back(link.connection);
  }
  for (const Subscription& subscription : subscriptions_)
    open.push_back(ConnectionId{static_cast<std::uint64_t>(subscription.id)});
  require(node_.may_publish(), "publishing is not held up once all queues drain");
  messages_.check_all_told(open);
  overlay_.check_all_asked();
}

void NodeWorld::check_connections() const {
  const ConnectionPool& pool = node_.pool();
  const auto clients = node_.api().fetch_identifiers();
  require(pool.size() <= config().max_connections, "the pool keeps within its bound");
  require(pool.size() + clients.size() == links_.size() + subscriptions_.size(),
          "every P2P connection is a peer, and every other and every subscription a client");
  require(pool.dials() == dials_.size(), "what is dialled is known");
  // After losses bootstrappers are dialled whether there is room or not, and one dial may be a probe.
  require(pool.dials() <= config().peers_sought() + config().bootstrappers.size() + 1,
          "no more is dialled than there is room for");
  for (const ConnectionId client : clients) {
    if (is_subscribed(client)) continue;
    const auto link = std::ranges::find(links_, client, &Link::connection);
    require(link != links_.end() && link->info.layer == Layer::api, "every client is connected");
  }
  for (std::size_t i = 0; i < pool.peers().size(); ++i) {
    const Peer& peer = pool.peers()[i];
    const auto link = std::ranges::find(links_, peer.connection, &Link::connection);
    require(link != links_.end() && link->info.layer == Layer::p2p, "every peer is connected");
    if (!peer.server_address) continue;
    require(settings_.listen.unspecified() || *peer.server_address != settings_.listen,
            "a node is not its own peer");
    require(pool.find(*peer.server_address) == &peer, "no two peers have the same server address");
  }
}

void NodeWorld::check_paused(const Stock& stock) const {
  const bool congested = std::ranges::any_of(links_, &Link::told);
  require(congested || node_.may_publish(), "publishing is not held up without a reason");
  for (const Link& link : links_) {
    const bool peer = link.info.layer == Layer::p2p;
    const bool has_room = messages_.has_room_for(link.connection);
    const bool fills = !has_room && messages_.protected_from(link.connection) > 0;
    require(link.paused || !peer || !fills, "a peer that fills the pending messages is paused");
    if (!link.paused) continue;
    require(messages_.owed_by(link.connection) == 0, "a client that owes verdicts is never paused");
    const bool for_verdicts = peer && (stock.waiting > 0 || !has_room);
    require(congested || for_verdicts, "nobody is paused without a reason");
  }
}

void NodeWorld::check_sums(const Stock& stock) const {
  const Statistics& counted = node_.statistics();
  if (const auto wrong = discrepancy(counted, stock))
    throw Violation("every message is accounted for: " + *wrong);
  require(stock.waiting <= config().max_connections, "no more wait for room than one for each peer");
  require(counted.messages_validated + counted.messages_rejected == messages_.decisions(),
          "every verdict that decided is counted");
  const bool all_notified = counted.notifications_sent == messages_.notifications();
  const bool some_left = left_while_called_ && counted.notifications_sent > messages_.notifications();
  require(all_notified || some_left, "every notification is counted");
  require(counted.announces_sent == messages_.announces(), "every announcement that was sent is counted");
  require(counted.data_sent == messages_.datas(), "every DATA that was sent is counted");
}

}  // namespace gossip::test
