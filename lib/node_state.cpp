#include <gossip/node_state.hpp>

#include <algorithm>

namespace gossip {
namespace {

const Config& validated(const Config& config) {
  config.validate();
  return config;
}

MessageCacheLimits cache_limits(const Config& config) {
  return {config.cache_size, config.seen_ttl, config.seen_digests_max, config.rejected_digests_max};
}

std::string_view reason(Known known) {
  switch (known) {
    case Known::cached:
      return "it is in the cache already";
    case Known::seen:
      return "it was evicted a short while ago";
    case Known::rejected:
      return "it was found invalid before";
  }
  return "";
}

}  // namespace

NodeState::NodeState(const Config& settings, Transport& way_out, Observer& watcher, std::uint64_t seed)
    : config(validated(settings)),
      transport(way_out),
      observer(watcher),
      random(seed),
      cache(cache_limits(config), random),
      ledger(cache, config.verdict_timeout),
      flow(transport, observer, ledger) {}

Admission NodeState::add(const NewMessage& message, Layer layer, TimePoint now) {
  const AddOutcome outcome = cache.add(message, now);
  if (const auto* known = std::get_if<Known>(&outcome)) {
    switch (*known) {
      case Known::cached:
        statistics.duplicates_cached += 1;
        break;
      case Known::seen:
        statistics.duplicates_seen += 1;
        break;
      case Known::rejected:
        statistics.duplicates_rejected += 1;
        break;
    }
    observer.on_event(event::MessageDropped{message.data_type, message.origin, layer, reason(*known)});
    return *known;
  }

  const auto& added = std::get<Added>(outcome);
  (message.valid ? statistics.added_valid : statistics.added_pending) += 1;
  if (added.evicted) {
    ledger.settle(added.evicted->id);
    (added.evicted->valid ? statistics.evicted_valid : statistics.evicted_pending) += 1;
    observer.on_event(
        event::MessageEvicted{added.evicted->id, added.evicted->data_type, added.evicted->valid});
  }
  observer.on_event(
      event::MessageAdded{added.id, message.data_type, message.data.size(), message.origin, layer});
  return *cache.get(added.id);
}

void NodeState::hold_source(ConnectionId source, ConnectionId destination, SendResult result) {
  if (result == SendResult::congested && open.contains(source)) flow.hold(source, destination);
}

std::size_t NodeState::protected_max() const {
  return std::max<std::size_t>(1, config.cache_size * 3 / 4);
}

std::size_t NodeState::protected_from_peer_max() const {
  return std::max<std::size_t>(1, protected_max() / 2);
}

bool NodeState::has_room_for(ConnectionId origin) const {
  return ledger.protected_total() < protected_max() &&
         ledger.protected_from(origin) < protected_from_peer_max();
}

bool NodeState::has_ample_room_for(ConnectionId origin) const {
  const std::size_t ample = 1 + protected_from_peer_max() / 64;
  return ledger.protected_total() + ample <= protected_max() &&
         ledger.protected_from(origin) + ample <= protected_from_peer_max();
}

bool NodeState::has_voter(DataType type) const {
  const auto clients = registrations.registrations(type);
  return std::ranges::any_of(*clients, [&](ConnectionId client) { return ledger.is_voting(client); });
}

}  // namespace gossip
