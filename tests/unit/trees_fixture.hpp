#pragma once
/// \file
/// Trees and Reconciliation: a NodeState and a RecordingTransport around them, and no controller.

#include <gossip/codec.hpp>
#include <gossip/convert.hpp>
#include <gossip/overlay/content_names.hpp>
#include <gossip/overlay/reconciliation.hpp>
#include <gossip/overlay/trees.hpp>
#include <gossip/overlay/turnover.hpp>

#include "overlay_fixture.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace gossip::test {

/// The tree of what enters the overlay at the node under test, and one of another node's.
constexpr int own = 5;
constexpr int other = 9;

/// Trees with links p1, p2, ..., all eager. Reconciliation has those only that are to catch up.
struct Grove {
  explicit Grove(int links = 0, std::size_t cache_size = 30)
      : state(config_with(cache_size), transport, observer, 1),
        names(state.cache, state.random),
        turnover(state.cache.capacity()),
        trees(state, names, turnover, Tree(own)),
        reconciliation(state, names, turnover) {
    for (int link = 0; link < links; ++link) grow();
  }

  /// One link more.
  ConnectionId grow(std::size_t accepted_bytes = frame_bytes_max) {
    const ConnectionId link = p(++links_);
    state.open.at(state.open.insert(link)) = Layer::p2p;
    trees.add(link, accepted_bytes);
    return link;
  }
  /// And one that is to catch up: it is sent a DIGEST.
  ConnectionId greet(std::size_t accepted_bytes = frame_bytes_max) {
    const ConnectionId link = grow(accepted_bytes);
    reconciliation.add(link, accepted_bytes, now);
    return link;
  }
  /// Its other side holds these, and says so with that many buckets.
  void digests(ConnectionId link, const std::vector<std::string>& texts, std::size_t buckets = 1,
               bool wants_answer = false) {
    reconciliation.on_digest(link, digest_of(texts, buckets, wants_answer), now);
  }
  void prune(ConnectionId link, int tree) { trees.on_prune(link, {bit(tree)}); }
  [[nodiscard]] bool is_eager(ConnectionId link, int tree) const {
    return (trees.eager_trees(link) & bit(tree)) != 0;
  }

  /// A client announces it.
  void publish(std::string_view text, int ttl = 0) { publish(Payload(text), ttl); }
  void publish(const Payload& payload, int ttl = 0) {
    const NewMessage message{DataType{7}, payload, true, c(1), Ttl(ttl)};
    spread(*state.add(message, Layer::api, now).message);
  }
  /// It comes from a peer, and is pending where it is new.
  void comes(ConnectionId link, const AnnounceView& announce) {
    const AddOutcome outcome = state.add(from_peer_announce(announce, link), Layer::p2p, now);
    if (outcome.message != nullptr) {
      trees.on_new(*outcome.message, now);
      trees.decline(*outcome.message, announce.ttl, now);
      if (announce.tree != no_tree)
        trees.note_hops(*outcome.message, static_cast<std::uint8_t>(std::min(255, announce.hops + 1)));
    } else {
      const bool is_cached = outcome.known == Known::cached;
      trees.on_duplicate(link, announce, is_cached ? state.cache.look_at(outcome.id) : nullptr, now);
    }
  }
  /// A verdict on a pending message.
  void accept(std::string_view text) {
    const MessageId id = state.cache.find(DataType{7}, Payload(text)).value();
    state.cache.set_validity(id, true);
    spread(*state.cache.look_at(id));
  }
  void reject(std::string_view text) {
    state.cache.reject(state.cache.find(DataType{7}, Payload(text)).value());
  }
  void tells(ConnectionId link, const ContentId& id, int tree) {
    trees.on_i_have(link, {{{Tree(tree), id}}}, now);
  }
  void wants(ConnectionId link, const ContentId& id, int tree) {
    trees.on_graft(link, {{{Tree(tree), id}}}, now);
  }

  void pass(Duration time) {
    const TimePoint end = now + time;
    const auto due = [this] { return earlier(trees.next_timer(), reconciliation.next_timer()); };
    while (due() && *due() <= end) {
      now = std::max(now, *due());
      trees.on_time(now);
      reconciliation.on_time(now);
    }
    now = end;
  }
  /// The queue of the link has room.
  void relieve(ConnectionId link) {
    transport.congested.erase(link);
    state.flow.relieve(link);
    trees.on_relieved(link, now);
    reconciliation.on_relieved(link, now);
  }
  std::string take() { return without_ids(trace_.take(transport)); }
  [[nodiscard]] const Statistics& counted() const { return state.statistics; }

  RecordingTransport transport;
  NullObserver observer;
  NodeState state;
  ContentNames names;
  Turnover turnover;
  Trees trees;
  Reconciliation reconciliation;
  TimePoint now = at(0s);

 private:
  void spread(const CachedMessage& message) {
    turnover.note(message.sequence, now);
    trees.on_new(message, now);
    trees.spread(message, now);
  }

  Trace trace_;
  std::uint64_t links_ = 0;
};

/// 255, for IHAVE and GRAFT.
constexpr int no_tree_number = 255;

}  // namespace gossip::test
