#include <gossip/codec.hpp>
#include <gossip/content_id.hpp>
#include <gossip/overlay/cache_walk.hpp>
#include <gossip/overlay/trees.hpp>

#include <algorithm>
#include <utility>

namespace gossip {
namespace {

/// Entries of an IHAVE that is not put off any more.
constexpr std::size_t adverts_at_once = 1024;

/// After an IHAVE or a GRAFT ids are made for so long: more may come, and the cache is not gone through for
/// each.
constexpr Duration names_for = std::chrono::seconds(10);

std::uint64_t bit_of(Tree tree) {
  return std::uint64_t{1} << value_of(tree);
}

}  // namespace

/// Where ids cannot be made the node is not to begin: in the middle of an event would be the wrong time to
/// say so.
Trees::Trees(NodeState& state, Tree own) : state_(state), own_(own), key_(state.random) {
  (void)content_id(DataType{}, {});
}

void Trees::add(ConnectionId link, std::size_t accepted_bytes, TimePoint now) {
  Link& added = links_.emplace_back();
  added.connection = link;
  added.accepted_bytes = accepted_bytes;
  advertise_cache(added, now);
  if (reconcile_due_) return;
  const auto period = static_cast<std::uint64_t>(reconcile_period.count());
  reconcile_due_ = now + Duration(static_cast<Duration::rep>(state_.random.below(period)));
}

void Trees::stand_by(ConnectionId link) {
  Link* const found = find(link);
  if (found == nullptr) return;
  found->stands_by = true;
  found->eager = 0;
  has_lazy_ = true;
}

void Trees::join_in(ConnectionId link) {
  if (Link* const found = find(link)) found->stands_by = false;
}

void Trees::remove(ConnectionId link) {
  std::erase_if(links_, [&](const Link& other) { return other.connection == link; });
  if (!links_.empty()) return;
  has_lazy_ = false;
  reconcile_due_.reset();
  adverts_due_.reset();
}

std::size_t Trees::receivers(ConnectionId origin) const {
  return links_.size() - (has(origin) ? 1 : 0);
}

void Trees::spread(const CachedMessage& message, TimePoint now) {
  const Tree tree = tree_of(message);
  const bool floods = *message.onward != unlimited_ttl;
  pace_.count(tree, now);
  receivers_.clear();
  for (Link& link : links_) {
    if (link.connection == message.origin) continue;
    if (!floods && (link.eager & bit_of(tree)) == 0) {
      advertise(link, {tree, id_of(message, now)}, now);
    } else if (takes(link, message)) {
      receivers_.push_back(link.connection);
    } else {
      send(link, message, message.origin);
    }
  }
  if (receivers_.empty()) return;
  state_.statistics.data_sent += receivers_.size();
  for (const auto& [link, result] : state_.transport.broadcast(receivers_, data_of(message))) {
    state_.hold_source(message.origin, link, result);
  }
}

void Trees::on_new(const CachedMessage& message, TimePoint now) {
  if (!names(now)) {
    all_named_ = false;
    return;
  }
  missing_.erase(key_(id_of(message, now)));
}

void Trees::on_duplicate(ConnectionId from, const AnnounceView& announce, const CachedMessage* cached,
                         TimePoint now) {
  Link* const link = find(from);
  const bool may_prune = link != nullptr && announce.tree != no_tree && announce.ttl == unlimited_ttl;
  if (!may_prune && missing_.empty()) return;
  const ContentId id = content_id(announce.data_type, announce.data);
  // Gone from the cache before its id was noted, or it waited for room when it came first.
  if (missing_.erase(key_(id))) ids_.note(key_(id), MessageId{}, now);
  if (!may_prune || !pace_.permits(announce.tree, id)) return;
  // The first copy came from there, too: it was asked for while it was on its way.
  if (cached != nullptr && cached->origin == from) return;
  link->eager &= ~bit_of(announce.tree);
  has_lazy_ = true;
  state_.statistics.prunes_sent += 1;
  state_.transport.send(from, encode(Prune{bit_of(announce.tree)}));
}

void Trees::on_i_have(ConnectionId from, const IHave& told, TimePoint now) {
  if (!has(from)) return;
  state_.statistics.adverts_received += told.adverts.size();
  names_until_ = now + names_for;
  name_all(now);
  for (const Advert& advert : told.adverts) {
    const IdFingerprint fingerprint = key_(advert.id);
    if (ids_.knows(fingerprint, now)) continue;
    if (!missing_.add(fingerprint, advert, from, now)) state_.statistics.adverts_dropped += 1;
  }
}

void Trees::on_graft(ConnectionId from, const Graft& graft, TimePoint now) {
  Link* const link = find(from);
  if (link == nullptr) return;
  state_.statistics.grafts_received += graft.wanted.size();
  names_until_ = now + names_for;
  name_all(now);
  for (const Advert& wanted : graft.wanted) {
    if (wanted.tree != no_tree && !link->stands_by) link->eager |= bit_of(wanted.tree);
    const auto id = ids_.find(key_(wanted.id), now);
    const CachedMessage* const message = id ? state_.cache.look_at(*id) : nullptr;
    // Another may be called so by now.
    const bool is_it =
        message != nullptr && content_id(message->data_type, message->data.bytes()) == wanted.id;
    if (!is_it || !message->valid || !message->onward) {
      state_.statistics.grafts_unanswered += 1;
      continue;
    }
    // Whoever asks faster than it reads is not read from, and what else it asks for at once is left.
    if (send(*link, *message, from) != SendResult::queued) break;
  }
}

void Trees::on_prune(ConnectionId from, const Prune& prune) {
  Link* const link = find(from);
  if (link == nullptr) return;
  state_.statistics.prunes_received += 1;
  link->eager &= ~prune.trees;
  has_lazy_ = true;
}

void Trees::on_time(TimePoint now) {
  if (adverts_due_ && *adverts_due_ <= now) {
    adverts_due_.reset();
    for (Link& link : links_) {
      if (link.adverts.empty()) continue;
      if (link.adverts_due <= now) {
        send_adverts(link, now);
      } else {
        adverts_due_ = std::min(adverts_due_.value_or(link.adverts_due), link.adverts_due);
      }
    }
  }
  ask_for_missing(now);
  if (reconcile_due_ && *reconcile_due_ <= now) reconcile(now);
}

std::optional<TimePoint> Trees::next_timer() const {
  return earlier(missing_.next_timer(), earlier(adverts_due_, reconcile_due_));
}

std::uint64_t Trees::eager_trees(ConnectionId link) const {
  const Link* const found = find(link);
  return found == nullptr ? 0 : found->eager;
}

void Trees::note_hops(const CachedMessage& message, std::uint8_t hops) {
  const auto sequence = static_cast<std::uint32_t>(message.sequence);
  travelled_[sequence % travelled_.size()] = {sequence, hops};
}

/// As often as it was sent before; hops_max where that is too long ago.
std::uint8_t Trees::hops_of(const CachedMessage& message) const {
  if (message.tree == no_tree) return 0;
  const auto sequence = static_cast<std::uint32_t>(message.sequence);
  const Travelled& travelled = travelled_[sequence % travelled_.size()];
  return travelled.sequence == sequence ? travelled.hops : hops_max;
}

Trees::Link* Trees::find(ConnectionId link) {
  const auto found = std::ranges::find(links_, link, &Link::connection);
  return found == links_.end() ? nullptr : &*found;
}

const Trees::Link* Trees::find(ConnectionId link) const {
  const auto found = std::ranges::find(links_, link, &Link::connection);
  return found == links_.end() ? nullptr : &*found;
}

/// Whether ids are made of messages as they come.
bool Trees::names(TimePoint now) const {
  return has_lazy_ || now < names_until_ || !missing_.empty();
}

/// The ids of all that the cache holds are noted.
void Trees::name_all(TimePoint now) {
  if (all_named_) return;
  all_named_ = true;
  CacheWalk().go_on(state_.cache, [&](const CachedMessage& message) {
    ids_.note(key_(content_id(message.data_type, message.data.bytes())), message.id, now);
    return true;
  });
}

/// Made and noted, if that was not done a moment ago.
ContentId Trees::id_of(const CachedMessage& message, TimePoint now) {
  const auto known = std::ranges::find(named_, message.sequence, &Named::sequence);
  if (known != named_.end()) return known->id;
  Named& named = named_[std::exchange(named_next_, (named_next_ + 1) % named_.size())];
  named = {message.sequence, content_id(message.data_type, message.data.bytes())};
  ids_.note(key_(named.id), message.id, now);
  return named.id;
}

/// What came from a base peer or a client enters the overlay here.
Tree Trees::tree_of(const CachedMessage& message) const {
  return message.tree == no_tree ? own_ : message.tree;
}

/// False for what is too large for a DATA: it goes as it does on base links.
bool Trees::takes(const Link& link, const CachedMessage& message) {
  return frame_header_bytes + data_fixed_bytes + message.data.size() <= link.accepted_bytes;
}

Frame Trees::data_of(const CachedMessage& message) const {
  return encode_data(tree_of(message), hops_of(message), *message.onward, message.data_type, message.data);
}

/// Where the link is congested `source` is held.
SendResult Trees::send(const Link& link, const CachedMessage& message, ConnectionId source) {
  const bool as_data = takes(link, message);
  (as_data ? state_.statistics.data_sent : state_.statistics.announces_sent) += 1;
  const Frame frame =
      as_data ? data_of(message) : encode_announce(*message.onward, message.data_type, message.data);
  const SendResult result = state_.transport.send(link.connection, frame);
  state_.hold_source(source, link.connection, result);
  return result;
}

void Trees::advertise(Link& link, const Advert& advert, TimePoint now) {
  if (link.adverts.empty()) link.adverts_due = std::max(link.adverts_due, now + advert_pause);
  link.adverts.push_back(advert);
  const std::size_t fit = (link.accepted_bytes - frame_header_bytes) / advert_bytes;
  if (link.adverts.size() >= std::min(adverts_at_once, fit)) {
    send_adverts(link, now);
  } else {
    adverts_due_ = std::min(adverts_due_.value_or(link.adverts_due), link.adverts_due);
  }
}

/// What a node tells of it has to find by its id, however long ago it came: all ids are noted anew.
void Trees::advertise_cache(Link& link, TimePoint now) {
  CacheWalk().go_on(state_.cache, [&](const CachedMessage& message) {
    const ContentId id = content_id(message.data_type, message.data.bytes());
    ids_.note(key_(id), message.id, now);
    if (message.valid && message.onward && message.origin != link.connection) {
      advertise(link, {no_tree, id}, now);
    }
    return true;
  });
  all_named_ = true;
}

void Trees::send_adverts(Link& link, TimePoint now) {
  link.adverts_due = now + advert_period;
  state_.statistics.adverts_sent += link.adverts.size();
  state_.transport.send(link.connection, encode(IHave{std::move(link.adverts)}));
  link.adverts.clear();
}

void Trees::ask_for_missing(TimePoint now) {
  const std::uint64_t given_up = missing_.given_up();
  const auto is_open = [this](ConnectionId link) { return has(link); };
  while (const auto question = missing_.take_due(now, is_open)) {
    Link& link = *find(question->link);
    Advert wanted = question->wanted;
    if (link.stands_by) wanted.tree = no_tree;
    if (wanted.tree != no_tree) link.eager |= bit_of(wanted.tree);
    state_.statistics.grafts_sent += 1;
    state_.transport.send(question->link, encode(Graft{{wanted}}));
  }
  state_.statistics.missing_given_up += missing_.given_up() - given_up;
}

void Trees::reconcile(TimePoint now) {
  reconcile_due_ = now + reconcile_period;
  advertise_cache(links_[state_.random.below(links_.size())], now);
}

}  // namespace gossip
