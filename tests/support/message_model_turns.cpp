/// \file
/// What a MessageModel knows of who is to be sent what.

#include <gossip/content_id.hpp>

#include "message_model.hpp"
#include "violation.hpp"

#include <algorithm>

namespace gossip::test {
namespace {

/// docs/protocol.md, 'Trees'.
bool leads_further(std::optional<Ttl> onward, std::optional<Ttl> than) {
  if (!onward || than == unlimited_ttl) return false;
  return !than || onward == unlimited_ttl || *onward > *than;
}

}  // namespace

std::optional<Ttl> MessageModel::onward_ttl(Layer layer, Ttl ttl) const {
  const unsigned hops = value_of(ttl);
  const unsigned cap = value_of(config_.max_ttl);
  if (layer == Layer::api) return cap != 0 && (hops == 0 || hops > cap) ? config_.max_ttl : ttl;
  if (hops == 1) return std::nullopt;
  return hops == 0 ? ttl : Ttl(static_cast<std::uint8_t>(hops - 1));
}

void MessageModel::on_turn_over(ConnectionId peer, bool goes_on) {
  if (!peers_.contains(peer)) return;
  peers_[peer] = goes_on;
  for (Instance& instance : cached_) instance.turns.erase(peer);
}

void MessageModel::on_offered(const Offer& offer) {
  offers_.push_back(offer);
}

void MessageModel::on_dropped(ConnectionId peer, DataType type) {
  for (Offer& offer : offers_) {
    if (offer.from == peer && offer.content.type == type) offer.may_be_dropped = true;
  }
}

void MessageModel::on_none_waiting() {
  for (const Offer& offer : offers_) {
    const Instance* const instance = find(offer.content);
    require(config_.overlay == Overlay::base || instance == nullptr || offer.may_be_dropped ||
                !leads_further(onward_ttl(Layer::p2p, offer.ttl), instance->onward),
            "what comes again and leads further is taken for that");
  }
  offers_.clear();
}

/// Only the overlay extension has messages forwarded again.
void MessageModel::raise(Instance& instance, const Offer& offer) const {
  const auto onward = onward_ttl(Layer::p2p, offer.ttl);
  if (config_.overlay == Overlay::base || !leads_further(onward, instance.onward)) return;
  instance.onward = onward;
  instance.bringer = offer.from;
  if (!instance.valid) return;
  instance.turns[offer.from].owed = false;
  give_turns(instance, offer.from);
}

void MessageModel::on_told_nothing(ConnectionId peer) {
  for (Instance& instance : cached_) {
    if (instance.valid && instance.onward && instance.origin != peer)
      instance.turns[peer].owed = is_owed(instance, peer);
  }
}

/// Everybody but that one is to get it.
void MessageModel::give_turns(Instance& instance, ConnectionId except) const {
  if (!instance.onward) return;
  for (const auto& [peer, gets] : peers_) {
    if (!gets || peer == except) continue;
    instance.turns[peer].may += 1;
    instance.turns[peer].owed = is_owed(instance, peer);
  }
}

void MessageModel::on_declined(ConnectionId peer, const ContentId& name) {
  declined_.insert({peer, name});
  for (Instance& instance : cached_) {
    if (instance.name == name) instance.turns[peer].owed = false;
  }
}

void MessageModel::on_dont_want(ConnectionId to, const DontWant& declined) {
  const auto instance = std::ranges::find(cached_, declined.id, &Instance::name);
  require(instance != cached_.end(), "only what is here is declined");
  require(instance->ttl == declined.ttl && declined.ttl != unlimited_ttl,
          "what is declined is declined with the ttl with which it came");
  require(instance->content.data.size() >= 1024, "only what is large is declined");
  require(instance->origin != to, "nobody is told to spare what has come from there");
  require(instance->spared.insert(to).second, "each link is told once to spare it");
}

/// What was seen of a message is what one that waited for room has led to, which the node looks at when it
/// likes.
bool MessageModel::is_explained(Instance& instance, std::optional<Ttl> onward) {
  const auto offer = std::ranges::find_if(offers_, [&](const Offer& waiting) {
    return waiting.content == instance.content && onward_ttl(Layer::p2p, waiting.ttl) == onward;
  });
  if (offer == offers_.end()) return false;
  raise(instance, *offer);
  offers_.erase(offer);
  return instance.onward == onward;
}

void MessageModel::on_announce(ConnectionId to, const Announce& announce) {
  announces_ += 1;
  Instance& instance = travelling(to, {announce.data_type, announce.data}, announce.ttl);
  Turn& turn = instance.turns[to];
  require(turn.may > 0 || instance.origin != to, "no message goes back to where it came from");
  require(turn.may > 0, "a peer is sent a message once");
  turn.may -= 1;
  turn.owed = false;
}

bool MessageModel::on_extended_send(ConnectionId to, const Announce& announce, bool eager, bool asked) {
  announces_ += 1;
  Instance& instance = travelling(to, {announce.data_type, announce.data}, announce.ttl);
  Turn& turn = instance.turns[to];
  turn.owed = false;
  if (asked) return true;
  require(turn.may > 0 || instance.origin != to, "no message goes back to where it came from");
  require(turn.may > 0, "a peer is sent a message once, and again when it asks or when it leads further");
  require(eager || announce.ttl != unlimited_ttl,
          "a link that is lazy for a message is told of it, and sent what it asks for");
  turn.may -= 1;
  return false;
}

bool MessageModel::on_data(ConnectionId to, const Data& data, Tree own, bool eager, bool asked) {
  const bool answers = on_extended_send(to, {data.ttl, data.data_type, data.data}, eager, asked);
  announces_ -= 1;
  datas_ += 1;
  const Instance& instance = *find(Content{data.data_type, data.data});
  const bool entered = instance.tree == no_tree;
  require(data.tree == (entered ? own : instance.tree), "a message keeps its tree");
  const unsigned hops = entered ? 0 : std::min(255U, instance.hops + 1U);
  require(data.hops == hops || data.hops == hops_max, "a message counts its hops");
  return answers;
}

void MessageModel::on_told(ConnectionId to, const Advert& advert, Tree own) {
  const auto cached = std::ranges::find(cached_, advert.id, &Instance::name);
  if (advert.tree == no_tree) {
    require(cached != cached_.end() && cached->valid && cached->onward,
            "where digests differ those are told of that are valid and may travel");
    require(cached->origin != to, "nobody is told by digests of what came from there");
    cached->turns[to].owed = false;
    return;
  }
  const auto is_meant = [&](Instance& instance) {
    return instance.name == advert.id && instance.valid && instance.turns[to].may > 0 &&
           advert.tree == (instance.tree == no_tree ? own : instance.tree);
  };
  Instance* instance = cached != cached_.end() && is_meant(*cached) ? &*cached : nullptr;
  if (instance == nullptr) {
    const auto departed = std::ranges::find_if(departed_, is_meant);
    require(departed != departed_.end(),
            "a link is told once of what became valid, with its tree, and not of its own");
    instance = &*departed;
  }
  instance->turns[to].may -= 1;
  instance->turns[to].owed = false;
}

/// What is sent has to be there, valid, and with hops left.
MessageModel::Instance& MessageModel::travelling(ConnectionId to, const Content& content, Ttl ttl) {
  require(peers_.contains(to), "only peers are sent announcements");
  Instance* const instance = find(content);
  require(instance != nullptr, "only cached messages are announced");
  require(instance->valid, "nothing is announced that nobody found valid");
  require(instance->onward == ttl || is_explained(*instance, ttl),
          "a message is announced with the ttl that it has left");
  return *instance;
}

}  // namespace gossip::test
