#include <gossip/codec.hpp>
#include <gossip/content_id.hpp>
#include <gossip/overlay/trees.hpp>

#include "../detail/advert_pages.hpp"

#include <algorithm>
#include <utility>

namespace gossip {
namespace {

/// After an IHAVE or a GRAFT ids are made for so long: more may come, and the cache is not gone through for
/// each.
constexpr Duration names_for = std::chrono::seconds(10);

std::uint64_t bit_of(Tree tree) {
  return std::uint64_t{1} << value_of(tree);
}

}  // namespace

Trees::Trees(NodeState& state, ContentNames& names, const Turnover& turnover, Tree own)
    : state_(state), names_(names), turnover_(turnover), own_(own), missing_(state.cache.capacity()) {}

void Trees::add(ConnectionId link, std::size_t accepted_bytes) {
  Link& added = links_.emplace_back();
  added.connection = link;
  added.accepted_bytes = accepted_bytes;
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
  missing_.forget(link);
  if (!links_.empty()) return;
  has_lazy_ = false;
  adverts_due_.reset();
}

std::size_t Trees::receivers(ConnectionId origin) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      links_, [&](const Link& link) { return link.connection != origin && !link.stands_by; }));
}

void Trees::spread(const CachedMessage& message, TimePoint now) {
  const Tree tree = tree_of(message);
  const bool floods = *message.onward != unlimited_ttl;
  const bool is_lazy_in_vain = turnover_.is_too_fast(now);
  pace_.count(tree, now);
  receivers_.clear();
  for (Link& link : links_) {
    if (link.connection == message.origin || link.stands_by) continue;
    if (!floods && !is_lazy_in_vain && (link.eager & bit_of(tree)) == 0) {
      advertise(link, {tree, names_.id_of(message, now)}, now);
    } else if (floods && declines(link, message, now)) {
      state_.statistics.data_declined += 1;
    } else if (takes(link, message)) {
      receivers_.push_back(link.connection);
    } else {
      send(link, message, message.origin);
    }
  }
  if (receivers_.empty()) return;
  state_.statistics.data_sent += receivers_.size();
  send_to_receivers(data_of(message), message.origin);
}

void Trees::on_new(const CachedMessage& message, TimePoint now) {
  if (!names(now)) return names_.leave_unnamed();
  missing_.erase(names_.fingerprint(names_.id_of(message, now)));
}

void Trees::decline(const CachedMessage& message, Ttl ttl, TimePoint now) {
  if (ttl == unlimited_ttl || message.data.size() < large_bytes) return;
  receivers_.clear();
  for (const Link& link : links_) {
    if (link.connection != message.origin && !link.stands_by) receivers_.push_back(link.connection);
  }
  if (receivers_.empty()) return;
  state_.statistics.declines_sent += receivers_.size();
  send_to_receivers(encode(DontWant{ttl, names_.id_of(message, now)}), message.origin);
}

void Trees::on_duplicate(ConnectionId from, const AnnounceView& announce, const CachedMessage* cached,
                         TimePoint now) {
  Link* const link = find(from);
  const bool is_by_tree = announce.tree != no_tree && announce.ttl == unlimited_ttl;
  // Of one that is gone nobody knows any more which way it came first, and without that way none may be cut.
  const bool may_prune = link != nullptr && is_by_tree && cached != nullptr && !turnover_.is_too_fast(now);
  if (!may_prune && missing_.empty()) return;
  const ContentId id =
      cached != nullptr ? names_.id_of(*cached, now) : content_id(announce.data_type, announce.data);
  const IdFingerprint fingerprint = names_.fingerprint(id);
  // Gone from the cache before its id was noted, or it waited for room when it came first.
  if (missing_.erase(fingerprint) && cached == nullptr) names_.note_gone(fingerprint, now);
  if (!may_prune || !pace_.permits(announce.tree, id)) return;
  if (!came_by_tree(*cached, from, announce.tree)) return;
  link->eager &= ~bit_of(announce.tree);
  has_lazy_ = true;
  state_.statistics.prunes_sent += 1;
  state_.transport.send(from, encode(Prune{bit_of(announce.tree)}));
}

void Trees::on_i_have(ConnectionId from, const IHave& told, TimePoint now) {
  if (!has(from)) return;
  state_.statistics.adverts_received += told.adverts.size();
  names_until_ = now + names_for;
  names_.name_all(now);
  for (const Advert& advert : told.adverts) {
    const IdFingerprint fingerprint = names_.fingerprint(advert.id);
    if (names_.knows(fingerprint, now)) continue;
    if (!missing_.add(fingerprint, advert, from, now)) state_.statistics.adverts_dropped += 1;
  }
}

void Trees::on_graft(ConnectionId from, const Graft& graft, TimePoint now) {
  Link* const link = find(from);
  if (link == nullptr) return;
  state_.statistics.grafts_received += graft.wanted.size();
  names_until_ = now + names_for;
  names_.name_all(now);
  for (const Advert& wanted : graft.wanted) {
    if (wanted.tree != no_tree && !link->stands_by) link->eager |= bit_of(wanted.tree);
  }
  const std::size_t done = link->wanted.empty() ? answer(*link, graft.wanted, now) : 0;
  const auto rest = std::span(graft.wanted).subspan(done);
  const auto kept = rest.first(std::min(rest.size(), wanted_max - link->wanted.size()));
  link->wanted.insert(link->wanted.end(), kept.begin(), kept.end());
  state_.statistics.grafts_unanswered += rest.size() - kept.size();
}

void Trees::on_relieved(ConnectionId from, TimePoint now) {
  Link* const link = find(from);
  if (link == nullptr || link->wanted.empty()) return;
  const std::size_t done = answer(*link, link->wanted, now);
  link->wanted.erase(link->wanted.begin(), link->wanted.begin() + static_cast<std::ptrdiff_t>(done));
}

void Trees::on_prune(ConnectionId from, const Prune& prune) {
  Link* const link = find(from);
  if (link == nullptr) return;
  state_.statistics.prunes_received += 1;
  link->eager &= ~prune.trees;
  has_lazy_ = true;
}

void Trees::on_dont_want(ConnectionId from, const DontWant& declined, TimePoint now) {
  Link* const link = find(from);
  if (link == nullptr) return;
  state_.statistics.declines_received += 1;
  std::erase_if(link->declined, [&](const Declined& other) { return other.until <= now; });
  if (link->declined.size() == declined_max) link->declined.erase(link->declined.begin());
  link->declined.push_back({names_.fingerprint(declined.id), declined.ttl, now + declined_for});
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
}

std::optional<TimePoint> Trees::next_timer() const {
  return earlier(missing_.next_timer(), adverts_due_);
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

/// False for what was asked for, be it on the link that brings it once more or on one that is lazy: by the
/// tree it comes only now, and that link must not be cut for it.
bool Trees::came_by_tree(const CachedMessage& message, ConnectionId again_from, Tree tree) const {
  if (message.origin == again_from) return false;
  const Link* const first = find(message.origin);
  return first == nullptr || (first->eager & bit_of(tree)) != 0;
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
  if (!missing_.empty()) return true;
  return !turnover_.is_too_fast(now) && (has_lazy_ || now < names_until_);
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

/// Its other side has it, with as many hops left as it would have from here, or more.
bool Trees::declines(const Link& link, const CachedMessage& message, TimePoint now) {
  if (link.declined.empty() || message.data.size() < large_bytes) return false;
  const IdFingerprint id = names_.fingerprint(names_.id_of(message, now));
  return std::ranges::any_of(link.declined, [&](const Declined& declined) {
    return declined.id == id && declined.ttl >= *message.onward && declined.until > now;
  });
}

/// Where one of them is congested `source` is held.
void Trees::send_to_receivers(const Frame& frame, ConnectionId source) {
  for (const auto& [link, result] : state_.transport.broadcast(receivers_, frame)) {
    state_.hold_source(source, link, result);
  }
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
  if (link.adverts.size() >= detail::adverts_of_frame(link.accepted_bytes)) {
    send_adverts(link, now);
  } else {
    adverts_due_ = std::min(adverts_due_.value_or(link.adverts_due), link.adverts_due);
  }
}

void Trees::send_adverts(Link& link, TimePoint now) {
  link.adverts_due = now + advert_period;
  state_.statistics.adverts_sent += link.adverts.size();
  state_.transport.send(link.connection, encode(IHave{std::move(link.adverts)}));
  link.adverts.clear();
}

/// Answers one after the other until the link is congested; returns how many it has got to. Whoever asks
/// faster than it reads is not read from.
std::size_t Trees::answer(const Link& link, std::span<const Advert> wanted, TimePoint now) {
  for (std::size_t at = 0; at < wanted.size(); ++at) {
    const CachedMessage* const message = names_.find(wanted[at].id, now);
    if (message == nullptr || !message->valid || !message->onward) {
      state_.statistics.grafts_unanswered += 1;
    } else if (send(link, *message, link.connection) != SendResult::queued) {
      return at + 1;
    }
  }
  return wanted.size();
}

void Trees::ask_for_missing(TimePoint now) {
  const std::uint64_t given_up = missing_.given_up();
  missing_.admit(now, [&](IdFingerprint fingerprint) { return names_.knows(fingerprint, now); });
  const auto is_open = [this](ConnectionId link) { return has(link); };
  while (const auto question = missing_.take_due(now, is_open)) questions_.push_back(*question);
  state_.statistics.missing_given_up += missing_.given_up() - given_up;
  send_questions();
}

/// Those to the same link together, as many as its frames hold.
void Trees::send_questions() {
  for (Link& link : links_) {
    Graft graft;
    const auto send_graft = [&] {
      state_.statistics.grafts_sent += graft.wanted.size();
      state_.transport.send(link.connection, encode(std::exchange(graft, {})));
    };
    for (const auto& [asked, wanted] : questions_) {
      if (asked != link.connection) continue;
      const Tree tree = link.stands_by ? no_tree : wanted.tree;
      if (tree != no_tree) link.eager |= bit_of(tree);
      graft.wanted.push_back({tree, wanted.id});
      if (graft.wanted.size() == detail::adverts_of_frame(link.accepted_bytes)) send_graft();
    }
    if (!graft.wanted.empty()) send_graft();
  }
  questions_.clear();
}

}  // namespace gossip
