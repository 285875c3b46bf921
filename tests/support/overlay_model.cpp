#include "overlay_model.hpp"

#include <gossip/content_id.hpp>

#include "violation.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <utility>
#include <variant>

namespace gossip::test {
namespace {

using namespace std::chrono_literals;

constexpr Duration hello_time = 2s;
constexpr Duration silence_before_ping = 1s;
constexpr Duration silence_before_end = 3s;
constexpr Duration declined_for = 10s;
constexpr std::size_t large_bytes = 1024;

/// A cache in which all that there is in a made-up life has its place.
constexpr std::size_t roomy = 1000;

/// 0 for no tree.
std::uint64_t bit_of(Tree tree) {
  return tree == no_tree ? 0 : std::uint64_t{1} << value_of(tree);
}

std::size_t wire_bytes(const Data& data) {
  return frame_header_bytes + data_fixed_bytes + data.data.size();
}

}  // namespace

void OverlayModel::on_opened(ConnectionId link, bool dialled, TimePoint now) {
  Link& opened = links_[link];
  opened.dialled = dialled;
  opened.opened = opened.heard = opened.read_since = now;
  if (!extended_) opened.kind = Kind::base;
}

void OverlayModel::on_resumed(ConnectionId link, TimePoint now) {
  if (Link* const found = find(link)) found->read_since = now;
}

void OverlayModel::on_received(ConnectionId from, const Message& message, TimePoint now) {
  Link* const link = find(from);
  if (link == nullptr || !extended_) return;
  const Code code = code_of(message);
  const bool first = hear(*link, code, now);
  if (code == Code::hello) {
    if (first) become_extended(from, *link, std::get<Hello>(message));
    link->malformed = !first && link->kind == Kind::extended;
  } else if (code >= Code::data) {
    link->malformed = link->kind != Kind::extended;
    if (!link->malformed) on_extended_received(from, *link, message, now);
  }
}

void OverlayModel::on_skipped(ConnectionId from, TimePoint now) {
  if (Link* const link = find(from)) hear(*link, Code{code_max}, now);
}

/// True for a HELLO that is the first frame.
bool OverlayModel::hear(Link& link, Code code, TimePoint now) {
  link.heard = now;
  if (link.kind != Kind::fresh) return false;
  if (code == Code::hello) return true;
  link.kind = Kind::base;
  return false;
}

void OverlayModel::become_extended(ConnectionId from, Link& link, const Hello& hello) {
  if (hello.node == self_) return;  // it is to be closed
  link.kind = Kind::extended;
  link.new_in_event = true;
  link.accepted_bytes = hello.frame_bytes_max;
  // Whoever opened the link says whether it probes.
  link.probes_us = !link.dialled && (hello.features & Hello::probes) != 0;
  const bool stands_by = link.probes_us || link.probing;
  if (stands_by) link.eager = 0;
  messages_.on_turn_over(from, !stands_by);
}

void OverlayModel::on_extended_received(ConnectionId from, Link& link, const Message& message,
                                        TimePoint now) {
  if (const auto* const data = std::get_if<Data>(&message)) {
    if (data->ttl == unlimited_ttl) link.duplicates |= bit_of(data->tree);
  } else if (const auto* const told = std::get_if<IHave>(&message)) {
    for (const Advert& advert : told->adverts) link.told[advert.id] += 1;
  } else if (const auto* const graft = std::get_if<Graft>(&message)) {
    for (const Advert& wanted : graft->wanted) {
      link.asked.insert(wanted.id);
      if (!link.probing && !link.probes_us) link.eager |= bit_of(wanted.tree);
    }
  } else if (const auto* const prune = std::get_if<Prune>(&message)) {
    link.eager &= ~prune->trees;
  } else if (const auto* const ping = std::get_if<Ping>(&message)) {
    link.to_pong.push_back(ping->token);
  } else if (const auto* const pong = std::get_if<Pong>(&message)) {
    std::erase(link.pings, pong->token);
  } else if (const auto* const digest = std::get_if<CacheDigest>(&message)) {
    link.digests += 1;
    link.wanted_digests += digest->wants_answer ? 1 : 0;
  } else if (const auto* const shuffle = std::get_if<Shuffle>(&message)) {
    if (shuffle->kind == Shuffle::Kind::asks) link.to_shuffle.push_back(shuffle->server_addresses.size());
  } else if (const auto* const declined = std::get_if<DontWant>(&message)) {
    link.declined[declined->id] = {declined->ttl, now + declined_for};
    messages_.on_declined(from, declined->id);
  } else if (std::holds_alternative<Neighbor>(message) && link.probes_us) {
    link.probes_us = false;  // it is a link like others, lazy in all trees
    messages_.on_turn_over(from, true);
  }
}

void OverlayModel::on_sent(ConnectionId to, const Message& message, TimePoint now) {
  Link* const link = find(to);
  require(link != nullptr, "frames of the P2P protocol go to peers");
  const Code code = code_of(message);
  require(!link->over, "DISCONNECT is the last frame on a link");
  if (const auto* const hello = std::get_if<Hello>(&message)) {
    require(extended_, "a base node says no HELLO");
    require(!link->greeted && (!self_ || self_ == hello->node), "HELLO is said once, with the same node id");
    link->greeted = true;
    self_ = hello->node;
    link->probing = (hello->features & Hello::probes) != 0;
    require(!link->probing || link->dialled, "who opened a link may be a probe");
    if (link->probing) messages_.on_turn_over(to, false);
    return;
  }
  require(link->greeted || !extended_, "HELLO is the first frame");
  if (code >= Code::data) {
    require(link->kind == Kind::extended, "frames of the extension go over extended links");
    require(
        !std::holds_alternative<Data>(message) || wire_bytes(std::get<Data>(message)) <= link->accepted_bytes,
        "no frame is larger than the other side accepts");
    on_extended_sent(to, *link, message, now);
  } else if (code == Code::announce) {
    on_spread(to, *link, message, now);
  } else if (code == Code::peer_init && link->probing) {
    stay(to, *link);
  }
}

/// An ANNOUNCE or a DATA.
void OverlayModel::on_spread(ConnectionId to, Link& link, const Message& message, TimePoint now) {
  const auto* const announce = std::get_if<Announce>(&message);
  if (link.kind != Kind::extended) return messages_.on_announce(to, *announce);
  const auto* const data = std::get_if<Data>(&message);
  const Content content =
      data != nullptr ? Content{data->data_type, data->data} : Content{announce->data_type, announce->data};
  const ContentId name = content_id(content.type, content.data.bytes());
  const auto asked = link.asked.find(name);
  const bool is_asked = asked != link.asked.end();
  const Ttl ttl = data != nullptr ? data->ttl : announce->ttl;
  const auto declined = link.declined.find(name);
  require(is_asked || declined == link.declined.end() || declined->second.until <= now ||
              ttl == unlimited_ttl || ttl > declined->second.ttl || content.data.size() < large_bytes,
          "what is declined is sent where it leads further");
  bool answers = false;
  if (data != nullptr) {
    // Where messages come and go so fast that nobody could ask for them no link is lazy.
    const bool eager = config_.cache_size < roomy || (link.eager & bit_of(data->tree)) != 0;
    answers = messages_.on_data(to, *data, own_tree(), eager, is_asked);
  } else {
    require(wire_bytes({{}, 0, {}, content.type, content.data}) > link.accepted_bytes,
            "what a DATA can hold for the other side goes as DATA");
    answers = messages_.on_extended_send(to, *announce, true, is_asked);
  }
  if (answers) link.asked.erase(asked);
}

void OverlayModel::on_extended_sent(ConnectionId to, Link& link, const Message& message, TimePoint now) {
  const bool stands_by = is_standing_by(to);
  if (std::holds_alternative<Data>(message)) {
    on_spread(to, link, message, now);
  } else if (const auto* const told = std::get_if<IHave>(&message)) {
    for (const Advert& advert : told->adverts) {
      if (advert.tree == no_tree) {
        require(++link.listed[advert.id] <= link.digests, "each DIGEST is told of a message once at most");
      } else {
        require(!stands_by, "a probe is told of nothing but what digests lack");
      }
      messages_.on_told(to, advert, own_tree());
    }
  } else if (const auto* const graft = std::get_if<Graft>(&message)) {
    on_graft_sent(link, *graft);
  } else if (const auto* const prune = std::get_if<Prune>(&message)) {
    require(std::has_single_bit(prune->trees) && (prune->trees & ~link.duplicates) == 0,
            "PRUNE is of the tree of a DATA that came over the link, with ttl 0");
    link.eager &= ~prune->trees;
  } else if (const auto* const ping = std::get_if<Ping>(&message)) {
    require(now - link.heard >= silence_before_ping,
            "who was heard of late is not asked whether it is there");
    require(!link.pinged || now - *link.pinged >= silence_before_ping, "one PING a second is enough");
    link.pinged = now;
    link.pings.push_back(ping->token);
  } else if (const auto* const pong = std::get_if<Pong>(&message)) {
    require(std::erase(link.to_pong, pong->token) > 0, "PONG answers a PING");
  } else if (const auto* const shuffle = std::get_if<Shuffle>(&message)) {
    const bool answers = shuffle->kind == Shuffle::Kind::answers;
    require(
        !answers || (!link.to_shuffle.empty() && shuffle->server_addresses.size() <= link.to_shuffle.front()),
        "a SHUFFLE that asks is answered with as many addresses at most");
    require(answers || !stands_by, "a probe is sent no SHUFFLE that asks");
    if (answers) link.to_shuffle.clear();
  } else if (const auto* const declined = std::get_if<DontWant>(&message)) {
    require(!stands_by, "a probe is not told what to spare");
    messages_.on_dont_want(to, *declined);
  } else if (std::holds_alternative<Join>(message)) {
    require(!stands_by, "a probe is sent no JOIN");
  } else if (std::holds_alternative<Neighbor>(message)) {
    require(link.dialled && !link.probing, "NEIGHBOR comes from who opened the link");
  } else if (const auto* const digest = std::get_if<CacheDigest>(&message)) {
    require(digest->wants_answer || link.wanted_digests > 0, "a DIGEST is sent where one is wanted");
    if (!digest->wants_answer) link.wanted_digests -= 1;
  } else if (std::holds_alternative<Disconnect>(message)) {
    link.over = true;
  }
}

void OverlayModel::on_graft_sent(Link& link, const Graft& graft) {
  for (const Advert& wanted : graft.wanted) {
    const auto told = link.told.find(wanted.id);
    require(told != link.told.end() && told->second > 0,
            "who has told of a message is asked for it, once each time");
    told->second -= 1;
    require(!messages_.is_cached(wanted.id), "nothing is asked for that is here");
    const bool stands_by = link.probing || link.probes_us;
    require(!stands_by || wanted.tree == no_tree, "a probe is in no tree");
    link.eager |= bit_of(wanted.tree);
    ever_asked_.insert(wanted.id);
  }
}

/// A probe of the node's becomes a link like others.
void OverlayModel::stay(ConnectionId to, Link& link) {
  link.probing = false;
  // Before it was in no tree; a connection that has taken another's place was no probe when it began.
  if (link.kind == Kind::fresh) return messages_.on_peer_opened(to);
  if (link.new_in_event) link.eager = all_trees;
  messages_.on_turn_over(to, true);
}

void OverlayModel::on_closed_by_node(ConnectionId link, CloseReason reason, TimePoint now) {
  const Link* const closed = find(link);
  if (closed == nullptr) return;
  // A probe ends with what is no HELLO, whatever it is.
  require(closed->malformed == (reason == CloseReason::malformed) || closed->probing,
          "a link is closed as malformed for what it does not allow, and for nothing else");
  require(!closed->over || reason == CloseReason::no_room || reason == CloseReason::probe_over,
          "DISCONNECT says why a link ends");
  require(reason != CloseReason::silent || now - closed->heard >= silence_before_end,
          "who was heard of late is not given up");
  links_.erase(link);
}

void OverlayModel::finish_event(Link& link, bool is_draining) {
  require(!link.malformed, "who sends what its link does not allow is closed");
  require(!link.over, "a link ends with DISCONNECT");
  require(link.to_pong.empty(), "PING is answered at once");
  link.to_shuffle.clear();
  link.new_in_event = false;
  if (!is_draining) link.asked.clear();
  require(link.greeted || !extended_, "HELLO is said on each link");
}

void OverlayModel::on_time(Link& link, bool is_paused, TimePoint now) {
  if (link.kind == Kind::fresh && now - link.opened >= hello_time) link.kind = Kind::base;
  if (link.kind != Kind::extended || is_paused) return;
  const TimePoint since = std::max(link.heard, link.read_since);
  require(now - since < silence_before_end, "who says nothing for 3 s is given up");
}

void OverlayModel::check_all_asked() const {
  if (config_.cache_size < roomy) return;  // it may have been told while asking was in vain
  for (const auto& [id, link] : links_) {
    for (const auto& [name, times] : link.told) {
      require(messages_.was_ever_here(name) || ever_asked_.contains(name),
              "what was told of and did not come is asked for");
    }
  }
}

bool OverlayModel::takes(ConnectionId from, bool as_data) const {
  const Link* const link = find(from);
  if (link == nullptr) return false;
  if (as_data) return link->kind == Kind::extended;
  return link->kind != Kind::extended || link->digests > 0;
}

bool OverlayModel::is_extended(ConnectionId link) const {
  const Link* const found = find(link);
  return found != nullptr && found->kind == Kind::extended;
}

bool OverlayModel::is_fresh(ConnectionId link) const {
  const Link* const found = find(link);
  return found != nullptr && found->kind == Kind::fresh;
}

bool OverlayModel::is_standing_by(ConnectionId link) const {
  const Link* const found = find(link);
  return found != nullptr && (found->probing || found->probes_us);
}

std::vector<std::uint32_t> OverlayModel::open_pings(ConnectionId link) const {
  const Link* const found = find(link);
  return found == nullptr ? std::vector<std::uint32_t>{} : found->pings;
}

OverlayModel::Link* OverlayModel::find(ConnectionId link) {
  const auto found = links_.find(link);
  return found == links_.end() ? nullptr : &found->second;
}

const OverlayModel::Link* OverlayModel::find(ConnectionId link) const {
  const auto found = links_.find(link);
  return found == links_.end() ? nullptr : &found->second;
}

/// docs/protocol.md, 'Trees'.
Tree OverlayModel::own_tree() const {
  return Tree(static_cast<std::uint8_t>(std::to_integer<unsigned>(self_->bytes.back()) % trees_max));
}

}  // namespace gossip::test
