#include <gossip/node_state.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace gossip {
namespace {

std::shared_ptr<const Config> validated(std::shared_ptr<const Config> config) {
  config->validate();
  return config;
}

MessageCacheLimits cache_limits(const Config& config) {
  return {config.cache_size, config.seen_ttl, config.seen_digests(), config.rejected_digests_max,
          config.cache_bytes_max()};
}

/// What may be protected of a cache of so many messages, and of so many bytes; and how much of it for one
/// peer.
std::size_t messages_max(std::size_t cache_size) {
  return std::max<std::size_t>(1, cache_size * 3 / 4);
}
std::size_t bytes_max(std::size_t cache_bytes) {
  return std::max<std::size_t>(1, cache_bytes / 4 * 3);
}
std::size_t from_one_peer(std::size_t all) {
  return std::max<std::size_t>(1, all / 2);
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
    : NodeState(std::make_shared<const Config>(settings), way_out, watcher, seed, nullptr) {}

NodeState::NodeState(const NodeCommons& commons, Transport& way_out, Observer& watcher, std::uint64_t seed)
    : NodeState(commons.config, way_out, watcher, seed, commons.digest_key) {}

NodeState::NodeState(std::shared_ptr<const Config> settings, Transport& way_out, Observer& watcher,
                     std::uint64_t seed, std::shared_ptr<const DigestKey> digest_key)
    : settings_(validated(std::move(settings))),
      tells_messages_(watcher.wants_messages()),
      ample_messages_(from_one_peer(messages_max(settings_->cache_size))),
      ample_bytes_(from_one_peer(bytes_max(settings_->cache_bytes_max()))),
      transport(way_out),
      observer(watcher),
      config(*settings_),
      random(seed),
      cache(cache_limits(config), random, std::move(digest_key)),
      ledger(cache, config.verdict_timeout, config.debts_max()),
      flow(transport, observer, ledger),
      audiences_(1) {}

AddOutcome NodeState::add(const IncomingMessage& message, Layer layer, TimePoint now) {
  const AddOutcome outcome = add_to_cache(message, now);
  const CachedMessage* const added = outcome.message;
  if (added == nullptr) {
    count_duplicate(message, outcome.known, layer);
    return outcome;
  }
  (added->valid ? statistics.added_valid : statistics.added_pending) += 1;
  tell(event::MessageAdded{added->id, added->data_type, added->data.size(), added->origin, layer});
  return outcome;
}

void NodeState::count_duplicate(const IncomingMessage& message, Known known, Layer layer) {
  switch (known) {
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
  tell(event::MessageDropped{message.data_type, message.origin, layer, reason(known)});
}

/// What made way is gone even where there was no memory for what it made way for.
AddOutcome NodeState::add_to_cache(const IncomingMessage& message, TimePoint now) {
  const auto prepare = [&] {
    evicted_.clear();
    // Who is told of it owes a verdict: memory for that is lacking now, or not at all.
    if (!message.valid) ledger.reserve(look_up_audience(message.data_type).size);
  };
  try {
    const AddOutcome outcome = cache.add(message, now, evicted_, prepare);
    if (outcome.message != nullptr && !evicted_.empty()) account_for_evicted();
    return outcome;
  } catch (const std::bad_alloc&) {
    account_for_evicted();
    throw;
  }
}

void NodeState::account_for_evicted() {
  for (const Evicted& gone : evicted_) {
    if (!gone.valid) ledger.settle(gone.id);  // on a valid one nobody owes anything
    (gone.valid ? statistics.evicted_valid : statistics.evicted_pending) += 1;
    tell(event::MessageEvicted{gone.id, gone.data_type, gone.valid});
  }
}

std::span<const ConnectionId> NodeState::audience(DataType type) {
  return *look_up_audience(type).clients;
}

const NodeState::Audience& NodeState::look_up_audience(DataType type) {
  const std::uint64_t place = scatter(value_of(type));
  const std::uint64_t version = registrations.version();
  Audience* known = &audiences_[place % audiences_.size()];
  if (known->version != version || known->type != type) {
    if (known->version == version && audiences_.size() < audiences_max) {
      audiences_.assign(audiences_.size() * 2, {});
      known = &audiences_[place % audiences_.size()];
    }
    auto clients = registrations.registrations(type);
    const auto size = static_cast<std::uint32_t>(clients->size());
    *known = {type, size, version, std::move(clients)};
  }
  return *known;
}

void NodeState::hold_source(ConnectionId source, ConnectionId destination, SendResult result) {
  if (result == SendResult::congested && open.find(source) != nullptr) flow.hold(source, destination);
}

std::size_t NodeState::protected_max() const {
  return messages_max(config.cache_size);
}

std::size_t NodeState::protected_from_peer_max() const {
  return from_one_peer(protected_max());
}

std::size_t NodeState::protected_bytes_max() const {
  return bytes_max(cache.bytes_max());
}

std::size_t NodeState::protected_bytes_from_peer_max() const {
  return from_one_peer(protected_bytes_max());
}

bool NodeState::has_room_for(ConnectionId origin) const {
  const Protected& all = ledger.all_protected();
  const Protected from_origin = ledger.all_protected_from(origin);
  return all.messages < protected_max() && all.bytes < protected_bytes_max() &&
         from_origin.messages < protected_from_peer_max() &&
         from_origin.bytes < protected_bytes_from_peer_max();
}

bool NodeState::has_ample_room_for(ConnectionId origin) const {
  const std::size_t messages = 1 + protected_from_peer_max() / 64;
  const std::size_t bytes = 1 + protected_bytes_from_peer_max() / 64;
  const Protected& all = ledger.all_protected();
  const Protected from_origin = ledger.all_protected_from(origin);
  return all.messages + messages <= protected_max() && all.bytes + bytes <= protected_bytes_max() &&
         from_origin.messages + messages <= protected_from_peer_max() &&
         from_origin.bytes + bytes <= protected_bytes_from_peer_max();
}

bool NodeState::has_voter(DataType type) {
  return std::ranges::any_of(audience(type), [&](ConnectionId client) { return ledger.is_voting(client); });
}

}  // namespace gossip
