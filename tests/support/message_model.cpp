#include "message_model.hpp"

#include <gossip/content_id.hpp>

#include "violation.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace gossip::test {
namespace {

/// Messages that have left the cache and of which somebody may still be told: IHAVEs wait for 100 ms at most.
constexpr std::size_t departed_max = 64;

}  // namespace

void MessageModel::on_client_opened(ConnectionId client) {
  clients_[client];
}

void MessageModel::on_peer_opened(ConnectionId peer) {
  peers_[peer] = true;
  for (Instance& instance : cached_) {
    if (instance.valid && instance.onward) instance.turns[peer] = {1, true};
  }
}

void MessageModel::on_closed(ConnectionId connection) {
  clients_.erase(connection);
  peers_.erase(connection);
}

void MessageModel::on_registered(ConnectionId client, DataType type) {
  clients_.at(client).types.insert(type);
}

void MessageModel::on_vote(ConnectionId client, TimePoint now) {
  Client& voter = clients_.at(client);
  voter.listener = false;
  voter.silent_since = now;
}

void MessageModel::on_added(const CachedMessage& message, Layer layer, Ttl ttl, TimePoint now) {
  const Content content{message.data_type, message.data};
  const auto earlier = known(content, now);
  require(earlier != Known::cached, "nothing is cached twice");
  require(earlier != Known::rejected, "what was rejected is not taken again");
  require(earlier != Known::seen, "what was evicted of late is not taken again");
  require(find(message.id) == nullptr, "ids are unique among the cached messages");
  require(cached_.size() < config_.cache_size, "the cache keeps within its bound");
  require(message.valid == (layer == Layer::api), "what clients announce is valid at once, and nothing else");
  Offer offer{message.origin, content, ttl};
  if (layer == Layer::p2p) {
    const auto made = std::ranges::find_if(offers_, [&](const Offer& other) {
      return other.from == message.origin && other.content == content && other.tree == message.tree &&
             onward_ttl(layer, other.ttl) == message.onward;
    });
    require(made != offers_.end(),
            "a message of a peer goes on with its ttl stepped, by the tree that it had");
    offer = *made;
    offers_.erase(made);
  }
  require(message.onward == onward_ttl(layer, offer.ttl), "a message goes on with its ttl stepped");
  require(message.sequence >= next_sequence_, "a newer message has a higher sequence");
  next_sequence_ = message.sequence + 1;
  Instance instance;
  instance.id = message.id;
  instance.sequence = message.sequence;
  instance.content = content;
  instance.origin = instance.bringer = message.origin;
  instance.onward = message.onward;
  instance.valid = message.valid;
  instance.name = content_id(content.type, content.data.bytes());
  instance.tree = offer.tree;
  instance.hops = offer.hops;
  instance.ttl = offer.ttl;
  cached_.push_back(std::move(instance));
  names_.insert(cached_.back().name);
  if (message.valid) give_turns(cached_.back(), message.origin);
}

void MessageModel::on_evicted(MessageId id, bool valid, TimePoint now) {
  const Instance* instance = find(id);
  require(instance != nullptr, "what is evicted was cached");
  require(instance->valid == valid, "the event of an eviction says whether the message was valid");
  // What it makes way for is not known yet: it has at most as many bytes as the largest message.
  require(cached_.size() == config_.cache_size ||
              cached_bytes() + MessageCache::overhead_bytes + data_bytes_max > config_.cache_bytes_max(),
          "nothing is evicted while there is room");
  require(!is_protected(id) || protected_total() == cached_.size(),
          "what a voting client owes a verdict on stays, unless there is nothing else");
  remember_seen(instance->content, now);
  remove(id);
}

void MessageModel::on_decided(MessageId id, bool valid, ConnectionId client) {
  Instance* instance = find(id);
  require(instance != nullptr && !instance->valid, "only pending messages are decided");
  require(owes(client, id), "a verdict counts only from a client that was sent the message");
  decisions_ += 1;
  if (valid) {
    instance->valid = true;
    give_turns(*instance, instance->bringer);
    settle(id);
  } else {
    remember_rejected(instance->content);
    remove(id);
  }
}

void MessageModel::on_fell_silent(ConnectionId client, TimePoint now) {
  require(clients_.contains(client), "only a client that is there can fall silent");
  Client& silent = clients_.at(client);
  require(!silent.listener, "a client falls silent once");
  require(!silent.owed.empty(), "a client that owes nothing does not fall silent");
  require(now - silent.silent_since >= config_.verdict_timeout,
          "a client has all of verdict_timeout to vote");
  silent.listener = true;
}

void MessageModel::on_notification(ConnectionId to, const Notification& notification, TimePoint now) {
  notifications_ += 1;
  require(clients_.contains(to), "only clients are notified");
  Client& client = clients_.at(to);
  const Instance* instance = find(notification.message_id);
  require(instance != nullptr, "only cached messages are notified of");
  require(instance->content == Content{notification.data_type, notification.data},
          "a notification holds the message that its id names");
  require(client.types.contains(notification.data_type), "only who registered for the type is notified");
  require(client.notified.insert(instance->sequence).second, "a client is notified of a message once");
  if (instance->valid) return;
  if (client.owed.empty()) client.silent_since = now;
  client.owed.insert(instance->id);
}

void MessageModel::on_call(ConnectionId program, const Received& message, TimePoint now) {
  notifications_ += 1;
  require(clients_.contains(program), "only who subscribes is called");
  Client& client = clients_.at(program);
  require(message.ticket.session == value_of(program), "a ticket names the subscription");
  require(client.types.contains(message.data_type), "a program is shown what it subscribed to");
  require(client.notified.insert(message.ticket.sequence).second, "a program is shown a message once");
  const Instance* instance = find(message.ticket.message);
  if (instance == nullptr || instance->sequence != message.ticket.sequence) return;
  require(instance->content == Content{message.data_type, message.data},
          "a program is shown the message that the ticket names");
  if (instance->valid) return;
  if (client.owed.empty()) client.silent_since = now;
  client.owed.insert(instance->id);
}

void MessageModel::check(const MessageCache& cache) {
  require(cache.size() <= config_.cache_size, "the cache keeps within its bound");
  require(cache.bytes() == cached_bytes(), "the cache counts the bytes of what it holds");
  require(cache.bytes() <= config_.cache_bytes_max() || cache.size() == 1,
          "the cache keeps within its bytes");
  const auto messages = cache.messages();
  require(messages.size() == cache.size() && messages.size() == cached_.size(),
          "the cache holds what was added and neither evicted nor rejected");
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const CachedMessage& message = messages[i];
    Instance& instance = cached_[i];
    require(message.onward == instance.onward || is_explained(instance, message.onward),
            "a message goes as far as the one that leads furthest");
    require(message.id == instance.id && message.valid == instance.valid &&
                message.origin == instance.origin && message.data_type == instance.content.type &&
                message.data == instance.content.data,
            "the cache holds each message as it was added and decided, oldest first");
    require(cache.find(message.data_type, message.data) == message.id, "each cached message is found");
  }
}

void MessageModel::check_silence(TimePoint now) const {
  for (const auto& [id, client] : clients_) {
    const bool may_vote =
        client.listener || client.owed.empty() || now - client.silent_since < config_.verdict_timeout * 9 / 8;
    require(may_vote, "a client that owes verdicts and casts none becomes a listener in time");
  }
}

void MessageModel::check_all_told(const std::vector<ConnectionId>& connections) const {
  for (const Instance& instance : cached_) {
    for (const ConnectionId id : connections) {
      if (id == instance.origin || (is_in_process(id) && is_in_process(instance.origin))) continue;
      if (const auto client = clients_.find(id); client != clients_.end()) {
        const bool wanted = client->second.types.contains(instance.content.type);
        require(!wanted || client->second.notified.contains(instance.sequence),
                "every registered client is notified in the end");
      } else {
        const auto turn = instance.turns.find(id);
        require(turn == instance.turns.end() || !turn->second.owed,
                "every peer is sent every valid message in the end, or told of it");
      }
    }
  }
}

std::optional<Known> MessageModel::known(const Content& content, TimePoint now) const {
  if (is_cached(content)) return Known::cached;
  if (is_rejected(content)) return Known::rejected;
  if (is_seen(content, now)) return Known::seen;
  return std::nullopt;
}

bool MessageModel::is_cached(const ContentId& name) const {
  return std::ranges::find(cached_, name, &Instance::name) != cached_.end();
}

std::size_t MessageModel::receivers(ConnectionId origin) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(peers_, [&](const auto& peer) { return peer.second && peer.first != origin; }));
}

bool MessageModel::is_cached(const Ticket& ticket) const {
  return std::ranges::any_of(cached_, [&](const Instance& instance) {
    return instance.sequence == ticket.sequence && instance.id == ticket.message;
  });
}

bool MessageModel::owes(ConnectionId client, MessageId id) const {
  const auto found = clients_.find(client);
  return found != clients_.end() && found->second.owed.contains(id);
}

std::size_t MessageModel::owed_by(ConnectionId client) const {
  const auto found = clients_.find(client);
  return found == clients_.end() ? 0 : found->second.owed.size();
}

bool MessageModel::has_room_for(ConnectionId origin) const {
  const std::size_t all = std::max<std::size_t>(1, config_.cache_size * 3 / 4);
  const std::size_t one_peer = std::max<std::size_t>(1, all / 2);
  const std::size_t all_bytes = config_.cache_bytes_max() / 4 * 3;
  return protected_total() < all && protected_from(origin) < one_peer &&
         protected_bytes(std::nullopt) < all_bytes && protected_bytes(origin) < all_bytes / 2;
}

std::size_t MessageModel::protected_from(ConnectionId origin) const {
  return static_cast<std::size_t>(std::ranges::count_if(cached_, [&](const Instance& instance) {
    return instance.origin == origin && is_protected(instance.id);
  }));
}

std::size_t MessageModel::protected_bytes(std::optional<ConnectionId> origin) const {
  std::size_t sum = 0;
  for (const Instance& instance : cached_) {
    if ((!origin || instance.origin == *origin) && is_protected(instance.id)) {
      sum += MessageCache::bytes_of(instance.content.data);
    }
  }
  return sum;
}

std::size_t MessageModel::cached_bytes() const {
  std::size_t sum = 0;
  for (const Instance& instance : cached_) sum += MessageCache::bytes_of(instance.content.data);
  return sum;
}

MessageModel::Instance* MessageModel::find(MessageId id) {
  const auto found = std::ranges::find(cached_, id, &Instance::id);
  return found == cached_.end() ? nullptr : &*found;
}

MessageModel::Instance* MessageModel::find(const Content& content) {
  const auto found = std::ranges::find(cached_, content, &Instance::content);
  return found == cached_.end() ? nullptr : &*found;
}

bool MessageModel::is_cached(const Content& content) const {
  return std::ranges::find(cached_, content, &Instance::content) != cached_.end();
}

bool MessageModel::is_seen(const Content& content, TimePoint now) const {
  return std::ranges::any_of(seen_, [&](const Gone& gone) {
    return gone.content == content && !ContentTable::is_over(config_.seen_ttl, gone.when, now);
  });
}

bool MessageModel::is_rejected(const Content& content) const {
  return std::ranges::find(rejected_, content) != rejected_.end();
}

bool MessageModel::is_protected(MessageId id) const {
  return std::ranges::any_of(clients_, [&](const auto& client) {
    return !client.second.listener && client.second.owed.contains(id);
  });
}

std::size_t MessageModel::protected_total() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(cached_, [&](const Instance& instance) { return is_protected(instance.id); }));
}

void MessageModel::remember_seen(const Content& content, TimePoint now) {
  std::erase_if(seen_,
                [&](const Gone& gone) { return ContentTable::is_over(config_.seen_ttl, gone.when, now); });
  if (config_.seen_digests() == 0) return;
  if (seen_.size() == config_.seen_digests()) seen_.pop_front();
  seen_.push_back({content, now});
}

void MessageModel::remember_rejected(const Content& content) {
  if (config_.rejected_digests_max == 0) return;
  if (rejected_.size() == config_.rejected_digests_max) rejected_.pop_front();
  rejected_.push_back(content);
}

void MessageModel::settle(MessageId id) {
  for (auto& [connection, client] : clients_) client.owed.erase(id);
}

void MessageModel::remove(MessageId id) {
  settle(id);
  if (Instance* const instance = find(id); instance->valid) {
    // What came again may have led further before it went.
    for (const Offer& offer : offers_) {
      if (offer.content == instance->content) raise(*instance, offer);
    }
    if (departed_.size() == departed_max) departed_.pop_front();
    departed_.push_back(*instance);
  }
  std::erase_if(cached_, [&](const Instance& instance) { return instance.id == id; });
}

}  // namespace gossip::test
