#include "wire.hpp"

#include "../detail/link_framer.hpp"
#include "read_frame.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace gossip::sim {
namespace {

/// A node hears so often of a frame that is under way.
constexpr Duration part_pause = std::chrono::seconds(1);

/// Nothing for what is neither an ANNOUNCE nor a DATA.
std::optional<AnnounceView> view_of(const Message& message) {
  if (const auto* const announce = std::get_if<Announce>(&message)) return AnnounceView(*announce);
  if (const auto* const data = std::get_if<Data>(&message)) return AnnounceView(*data);
  return std::nullopt;
}

}  // namespace

NodeNumber Wire::node_at(const Endpoint& endpoint) const {
  if (!endpoint.address.is_ipv4()) return none;
  const std::uint32_t number = endpoint.address.ipv4() - first_address;
  return endpoint.port == port && number < sites_.size() ? number : none;
}

ConnectionId Wire::connect(NodeNumber node, const HostPort& address) {
  const auto endpoint = literal_endpoint(address);
  const NodeNumber target = endpoint ? node_at(*endpoint) : none;
  const std::uint32_t dialler = take_pair(node, target == none ? node : target);
  ends_[dialler].state = State::dialling;
  ends_[dialler + 1].state = State::embryo;
  if (target == none) {
    // Nobody has this address, so nobody answers.
    put(now_ + sites_[node].limits->connect_timeout, EventKind::refuse, dialler, 0);
  } else {
    put(now_ + ends_[dialler].latency(), EventKind::reach, dialler + 1);
  }
  return id_of(dialler);
}

SendResult Wire::send(ConnectionId connection, std::uint32_t frame) {
  const std::uint32_t from = find(connection);
  if (from == none || ends_[from].state != State::open) return SendResult::queued;
  frames_.share(frame);
  if (!has_backlog(from) && ends_[from].under_way_bytes < options_.window_bytes) {
    transmit(from, frame);
    return SendResult::queued;
  }
  return queue_up(from, frame);
}

void Wire::close(ConnectionId connection) {
  const std::uint32_t end = find(connection);
  if (end == none) return;
  if (ends_[end].state == State::dialling) {
    remove(end, Detail::closed);
    return;
  }
  ends_[end].state = State::closing;
  tell_closed(end);
  if (has_arrivals(end)) {
    // What arrived and was not handed over never will be: the other end may go on.
    Trouble& waiting = trouble(end);
    while (!waiting.inbox.empty()) {
      const std::uint32_t frame = waiting.inbox.pop().frame;
      if (frame == FramePool::none) continue;
      release(end ^ 1U, frames_[frame].frame.size());
      frames_.give_back(frame);
    }
  }
  pump(end);
}

void Wire::pause(ConnectionId connection) {
  const std::uint32_t end = find(connection);
  if (end != none) ends_[end].paused = true;
}

void Wire::resume(ConnectionId connection) {
  const std::uint32_t end = find(connection);
  if (end == none || !ends_[end].paused) return;
  ends_[end].paused = false;
  if (has_arrivals(end)) put(now_, EventKind::drain, end);
}

std::uint32_t Wire::handle(const Event& event) {
  const std::uint32_t end = event.target;
  const auto kind = EventKind{event.kind()};
  if (ends_[end].generation != event.generation) {
    if (kind == EventKind::arrive) frames_.give_back(event.item);
    return none;
  }
  switch (kind) {
    case EventKind::arrive:
      return arrive(end, event);
    case EventKind::reach:
      return reach(end);
    case EventKind::connected:
      return become_connected(end);
    case EventKind::refuse:
      return refuse(end, event.item);
    case EventKind::drain:
      return drain(end);
    case EventKind::relieve:
      return relieve(end);
    case EventKind::watch:
      return watch(end);
    case EventKind::check_bound:
      return check_bound(end);
    case EventKind::link_timeout:
      return time_out(end, event);
    case EventKind::frame_timeout:
      return time_out_frame(end, event.item);
    case EventKind::cut:
      return cut(end, Detail{event.item});
    case EventKind::part:
      return take_part(end);
    default:
      return none;
  }
}

/// Onto the line, whatever waits. The frame is owned by its arrival.
void Wire::transmit(std::uint32_t from, std::uint32_t frame) {
  End& end = ends_[from];
  const std::uint32_t to = from ^ 1U;
  const FlyingFrame& flying = frames_[frame];
  const std::size_t bytes = flying.frame.size();
  watch_.on_transmit(end.node, flying, bytes);
  if (ends_[to].state == State::gone) {  // the end of the connection is on its way here
    frames_.give_back(frame);
    return;
  }
  end.under_way_bytes += static_cast<std::uint32_t>(bytes);
  TimePoint sent = now_;
  if (options_.bandwidth > 0) {
    const std::uint64_t nanoseconds = bytes * 1'000'000'000U / options_.bandwidth;
    const TimePoint begin = std::max(now_, sent_until_[from]);
    sent = begin + Duration(static_cast<std::int64_t>(nanoseconds));
    sent_until_[from] = sent;
    expect_parts(to, begin + end.latency(), sent + end.latency());
  }
  end.last_arrival = std::max(end.last_arrival, sent + end.latency());
  put(end.last_arrival, EventKind::arrive, to, frame);
}

/// Of a frame that takes long the other end sees that it comes.
void Wire::expect_parts(std::uint32_t to, TimePoint begin, TimePoint end) {
  for (TimePoint when = begin + part_pause; when < end; when += part_pause) put(when, EventKind::part, to);
}

/// Puts on the line what there is room for.
void Wire::pump(std::uint32_t from) {
  if (has_backlog(from)) {
    while (has_backlog(from) &&
           (ends_[from].under_way_bytes < options_.window_bytes || ends_[from ^ 1U].state == State::gone)) {
      Trouble& queue = trouble(from);
      const std::uint32_t frame = queue.backlog.pop();
      queue.queued_bytes -= frames_[frame].frame.size();
      queue.last_taken = now_;
      ends_[from].stall = detail::Stall::none;
      transmit(from, frame);
    }
    const End& end = ends_[from];
    if (end.congested && trouble(from).queued_bytes < sites_[end.node].limits->queue_low_water_bytes) {
      put(now_, EventKind::relieve, from);
    }
  }
  if (ends_[from].state == State::closing && !has_backlog(from)) remove(from, Detail::closed);
}

/// The other end was handed so much.
void Wire::release(std::uint32_t sender, std::size_t bytes) {
  End& end = ends_[sender];
  end.under_way_bytes -= static_cast<std::uint32_t>(bytes);
  if (end.trouble != none && (end.state == State::open || end.state == State::closing)) pump(sender);
}

std::uint32_t Wire::arrive(std::uint32_t to, const Event& event) {
  const End& end = ends_[to];
  const std::uint32_t frame = event.item;
  if (end.state == State::gone || end.state == State::silent || end.severed) {
    frames_.give_back(frame);
    return none;
  }
  if (end.state == State::closing || end.ended) {
    if (frame == FramePool::none) {
      if (end.state == State::closing) end_quietly(to);  // nobody takes what is queued
      return none;
    }
    release(to ^ 1U, frames_[frame].frame.size());
    frames_.give_back(frame);
    return none;
  }
  const Arrival arrival{frame, CloseReason::remote_closed, Detail{event.extra}};
  if (frame == FramePool::none) {
    ends_[to].ended = true;
  } else if (frames_[frame].raw) {
    return take_raw(to, frame);
  }
  if (has_arrivals(to) || !may_hand_over(to)) {
    trouble(to).inbox.push(arrival);
    return none;
  }
  return hand_over(to, arrival);
}

std::uint32_t Wire::take_part(std::uint32_t to) {
  const End& end = ends_[to];
  if (end.ended || end.severed || has_arrivals(to) || !may_hand_over(to)) return none;
  const NodeNumber node = end.node;
  sites_[node].events->on_part(id_of(to), now_);
  return node;
}

/// Bytes of a hostile node: framed as on TCP, each frame a body of its own.
std::uint32_t Wire::take_raw(std::uint32_t to, std::uint32_t frame) {
  const Payload bytes = frames_[frame].frame.body();
  frames_.give_back(frame);
  Trouble& waiting = trouble(to);
  if (!waiting.framer) {
    const Overlay overlay = sites_[ends_[to].node].limits->overlay;
    waiting.framer = std::make_unique<Framer>(detail::link_framer(Layer::p2p, overlay));
  }
  std::size_t framed = 0;
  waiting.framer->feed(bytes.bytes());
  while (true) {
    const auto next = waiting.framer->next();
    if (!next) {
      waiting.inbox.push({FramePool::none, CloseReason::malformed, {}});
      ends_[to].ended = true;
      break;
    }
    if (!next.value()) break;
    const FrameView& view = *next.value();
    std::vector<std::byte> whole(2);
    whole[0] = static_cast<std::byte>(view.code >> 8U);
    whole[1] = static_cast<std::byte>(view.code & 0xffU);
    whole.insert(whole.end(), view.body.begin(), view.body.end());
    FlyingFrame cut = FlyingFrame::of_bytes(whole);
    framed += cut.frame.size();
    waiting.inbox.push({frames_.add(std::move(cut)), {}, {}});
    waiting.frames_cut += 1;
  }
  // What was framed is released when it is handed over, and the rest is read.
  End& sender = ends_[to ^ 1U];
  sender.under_way_bytes += static_cast<std::uint32_t>(framed);
  release(to ^ 1U, bytes.size());
  await_rest_of_frame(to);
  return drain(to);
}

void Wire::await_rest_of_frame(std::uint32_t to) {
  const Trouble& waiting = *trouble_of(to);
  if (ends_[to].ended || !waiting.framer->inside_frame()) return;
  const Config& limits = *sites_[ends_[to].node].limits;
  put(now_ + limits.frame_timeout, EventKind::frame_timeout, to,
      static_cast<std::uint32_t>(waiting.frames_cut));
}

std::uint32_t Wire::time_out_frame(std::uint32_t to, std::uint32_t frames_cut) {
  const Trouble* waiting = trouble_of(to);
  if (ends_[to].state != State::open || ends_[to].ended || waiting == nullptr || !waiting->framer)
    return none;
  if (!waiting->framer->inside_frame() || static_cast<std::uint32_t>(waiting->frames_cut) != frames_cut)
    return none;
  return hand_over_end(to, CloseReason::frame_timeout, "in the middle of a frame");
}

bool Wire::may_hand_over(std::uint32_t to) const {
  const End& end = ends_[to];
  return end.state == State::open && !end.paused && !is_stalled(end.node) &&
         !is_blocked(ends_[to ^ 1U].node, end.node);
}

std::uint32_t Wire::hand_over(std::uint32_t to, const Arrival& arrival) {
  if (arrival.frame != FramePool::none) return hand_over_frame(to, arrival.frame);
  return hand_over_end(to, arrival.reason, text_of(arrival.detail));
}

std::uint32_t Wire::hand_over_frame(std::uint32_t to, std::uint32_t frame) {
  const NodeNumber node = ends_[to].node;
  const ConnectionId connection = id_of(to);
  const FlyingFrame& flying = frames_[frame];
  release(to ^ 1U, flying.frame.size());
  const std::uint16_t code = code_of(flying);
  const Overlay overlay = sites_[node].limits->overlay;
  const bool legal = code <= code_max || overlay == Overlay::extended;
  if (legal && is_content(flying, code)) {
    const Payload body = flying.frame.body();
    hand_over_content(to, frame, read_content(flying, code, body));
    return node;
  }
  Message message;
  const Decoded decoded = legal ? read_frame(message, flying, code, overlay) : Decoded::malformed;
  if (decoded == Decoded::message) {
    if (const auto view = view_of(message)) {
      hand_over_content(to, frame, *view);
      return node;
    }
    watch_.on_message(node, connection, flying, message);
  }
  frames_.give_back(frame);
  if (decoded == Decoded::message) {
    sites_[node].events->on_message(connection, std::move(message), now_);
  } else if (decoded == Decoded::skipped) {
    sites_[node].events->on_skipped(connection, code, now_);
  } else {
    return hand_over_end(to, CloseReason::malformed,
                         legal ? "a body that does not have the layout of its code"
                               : "a code of the overlay extension, which this node does not speak");
  }
  return node;
}

/// An ANNOUNCE or a DATA, which comes by the million.
inline void Wire::hand_over_content(std::uint32_t to, std::uint32_t frame, AnnounceView view) {
  const NodeNumber node = ends_[to].node;
  const ConnectionId connection = id_of(to);
  TransportEvents* const events = sites_[node].events;
  view.digest = &watch_.on_announce(node, connection, frames_[frame], view);
  frames_.give_back(frame);
  events->on_announces(connection, std::span(&view, 1), now_);
}

std::uint32_t Wire::hand_over_end(std::uint32_t to, CloseReason reason, std::string_view detail) {
  const NodeNumber node = ends_[to].node;
  const ConnectionId connection = id_of(to);
  tell_closed(to);
  remove(to, Detail::closed);
  sites_[node].events->on_closed(connection, reason, detail, now_);
  return node;
}

/// Hands over what has arrived, until that is all or the node pauses or closes the connection.
std::uint32_t Wire::drain(std::uint32_t to) {
  const std::uint32_t generation = ends_[to].generation;
  std::uint32_t touched = none;
  while (ends_[to].generation == generation && has_arrivals(to) && may_hand_over(to)) {
    touched = hand_over(to, trouble(to).inbox.pop());
  }
  return touched;
}

std::uint32_t Wire::reach(std::uint32_t acceptor) {
  const std::uint32_t dialler = acceptor ^ 1U;
  if (ends_[dialler].state != State::dialling) return none;
  const NodeNumber node = ends_[acceptor].node;
  const Site& site = sites_[node];
  const auto blocked = [&] {
    return is_blocked(ends_[dialler].node, node) || is_blocked(node, ends_[dialler].node);
  };
  if (site.vanished || blocked()) {
    const Config& limits = *sites_[ends_[dialler].node].limits;
    put(std::max(now_, now_ - ends_[dialler].latency() + limits.connect_timeout), EventKind::refuse, dialler,
        0);
    return none;
  }
  if (!site.listening) {
    put(now_ + ends_[acceptor].latency(), EventKind::refuse, dialler, 1);
    return none;
  }
  if (is_stalled(node)) {
    put(site.stalled_until, EventKind::reach, acceptor);
    return none;
  }
  End& end = ends_[acceptor];
  end.state = State::open;
  // Put down before anything that the acceptor may send.
  end.last_arrival = now_ + end.latency();
  put(end.last_arrival, EventKind::connected, dialler);
  const ConnectionId connection = id_of(acceptor);
  sites_[node].events->on_accepted(connection, info_of(connection), now_);
  return node;
}

std::uint32_t Wire::become_connected(std::uint32_t dialler) {
  if (ends_[dialler].state != State::dialling) return none;
  if (ends_[dialler].severed) return refuse(dialler, 0);
  const NodeNumber node = ends_[dialler].node;
  if (is_stalled(node)) {
    put(sites_[node].stalled_until, EventKind::connected, dialler);
    return none;
  }
  ends_[dialler].state = State::open;
  watch_.on_link(true);
  if (has_arrivals(dialler)) put(now_, EventKind::drain, dialler);
  const ConnectionId connection = id_of(dialler);
  sites_[node].events->on_connected(connection, info_of(connection), now_);
  return node;
}

std::uint32_t Wire::refuse(std::uint32_t dialler, std::uint32_t why) {
  if (ends_[dialler].state != State::dialling) return none;
  const NodeNumber node = ends_[dialler].node;
  if (is_stalled(node)) {
    put(sites_[node].stalled_until, EventKind::refuse, dialler, why);
    return none;
  }
  const ConnectionId connection = id_of(dialler);
  remove(dialler, Detail::closed);
  sites_[node].events->on_connect_failed(connection, why == 0 ? "it did not answer" : "it refused", now_);
  return node;
}

}  // namespace gossip::sim
