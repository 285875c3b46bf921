#include "wire.hpp"

#include <algorithm>

namespace gossip::sim {

std::uint32_t Wire::find(ConnectionId connection) const {
  const std::uint32_t end = index_of(connection);
  if (end >= ends_.size() || id_of(end) != connection) return none;
  const State state = ends_[end].state;
  return state == State::open || state == State::dialling ? end : none;
}

Wire::Trouble& Wire::trouble(std::uint32_t end) {
  if (ends_[end].trouble == none) {
    if (free_troubles_.empty()) {
      free_troubles_.push_back(static_cast<std::uint32_t>(troubles_.size()));
      troubles_.emplace_back();
    }
    ends_[end].trouble = free_troubles_.back();
    free_troubles_.pop_back();
    troubles_[ends_[end].trouble] = std::make_unique<Trouble>();
  }
  return *troubles_[ends_[end].trouble];
}

const Wire::Trouble* Wire::trouble_of(std::uint32_t end) const {
  return ends_[end].trouble == none ? nullptr : troubles_[ends_[end].trouble].get();
}

bool Wire::has_backlog(std::uint32_t end) const {
  const Trouble* found = trouble_of(end);
  return found != nullptr && !found->backlog.empty();
}

bool Wire::has_arrivals(std::uint32_t end) const {
  const Trouble* found = trouble_of(end);
  return found != nullptr && !found->inbox.empty();
}

void Wire::drop_trouble(std::uint32_t end) {
  if (ends_[end].trouble == none) return;
  Trouble& gone = *troubles_[ends_[end].trouble];
  while (!gone.backlog.empty()) frames_.give_back(gone.backlog.pop());
  while (!gone.inbox.empty()) frames_.give_back(gone.inbox.pop().frame);
  troubles_[ends_[end].trouble].reset();
  free_troubles_.push_back(ends_[end].trouble);
  ends_[end].trouble = none;
}

std::uint32_t Wire::take_pair(NodeNumber from, NodeNumber to) {
  std::uint32_t dialler = 0;
  if (free_pairs_.empty()) {
    dialler = ends_.size();
    ends_.add_link();
    if (options_.bandwidth > 0) sent_until_.resize(ends_.size());
  } else {
    dialler = free_pairs_.back();
    free_pairs_.pop_back();
  }
  ends_[dialler].node = from;
  ends_[dialler].set_latency(options_.latency.between(from, to, seed_));
  ends_[dialler + 1].node = to;
  ends_[dialler + 1].set_latency(options_.latency.between(to, from, seed_));
  return dialler;
}

void Wire::free_pair(std::uint32_t end) {
  const std::uint32_t dialler = end & ~1U;
  for (const std::uint32_t index : {dialler, dialler + 1}) {
    drop_trouble(index);
    const std::uint32_t generation = ends_[index].generation + 1;
    ends_[index] = End{};
    ends_[index].generation = generation;
    if (options_.bandwidth > 0) sent_until_[index] = {};
  }
  free_pairs_.push_back(dialler);
}

void Wire::put(TimePoint when, EventKind kind, std::uint32_t end, std::uint32_t item, std::uint32_t extra) {
  queue_.put(when.time_since_epoch().count(), static_cast<std::uint8_t>(kind),
             {end, ends_[end].generation, item, extra});
}

ConnectionInfo Wire::info_of(ConnectionId connection) const {
  const std::uint32_t end = index_of(connection);
  const std::uint32_t dialler = end & ~1U;
  constexpr std::uint32_t ports = 28000;
  const auto ephemeral =
      static_cast<std::uint16_t>(32768 + (dialler / 2 + ends_[dialler].generation) % ports);
  const Endpoint near{endpoint_of(ends_[dialler].node).address, ephemeral};
  const Endpoint far = endpoint_of(ends_[dialler + 1].node);
  return end == dialler ? ConnectionInfo{Layer::p2p, far, near} : ConnectionInfo{Layer::p2p, near, far};
}

std::pair<ConnectionId, ConnectionId> Wire::link(NodeNumber from, NodeNumber to) {
  const std::uint32_t dialler = take_pair(from, to);
  ends_[dialler].state = State::open;
  ends_[dialler + 1].state = State::open;
  watch_.on_link(true);
  return {id_of(dialler), id_of(dialler + 1)};
}

/// Counted once for both ends: a link is one when the dialler knows of it.
void Wire::tell_closed(std::uint32_t end) {
  if (end % 2 == 0) watch_.on_link(false);
}

/// The end is gone without an event for its node, with what it had queued.
void Wire::end_quietly(std::uint32_t end) {
  remove(end, Detail::closed);
}

/// The other end learns of it after what is under way.
void Wire::remove(std::uint32_t end, Detail detail) {
  drop_trouble(end);
  ends_[end].state = State::gone;
  const std::uint32_t other = end ^ 1U;
  switch (ends_[other].state) {
    case State::open:
    case State::closing:
    case State::dialling:
      if (ends_[end].severed) return;
      ends_[end].last_arrival = std::max(ends_[end].last_arrival, now_ + ends_[end].latency());
      put(ends_[end].last_arrival, EventKind::arrive, other, FramePool::none,
          static_cast<std::uint32_t>(detail));
      return;
    default:
      free_pair(end);
  }
}

/// Nothing gets through any more, either way.
void Wire::sever(std::uint32_t end) {
  ends_[end].severed = true;
  ends_[end ^ 1U].severed = true;
}

/// The end sees its connection end at once: what has arrived and was not handed over is lost.
std::uint32_t Wire::cut(std::uint32_t end, Detail detail) {
  if (ends_[end].state == State::closing) {
    remove(end, detail);
    return none;
  }
  if (ends_[end].state != State::open) return none;
  drop_trouble(end);
  if (is_stalled(ends_[end].node)) {
    ends_[end].ended = true;
    trouble(end).inbox.push({FramePool::none, CloseReason::remote_closed, detail});
    return none;
  }
  return hand_over_end(end, CloseReason::remote_closed, text_of(detail));
}

/// A partition that holds on takes both ends of the link; a far end that is gone, the near one.
std::uint32_t Wire::time_out(std::uint32_t end, const Event& event) {
  if (event.extra != 0) return cut(end, Detail::timed_out);
  const NodeNumber near = ends_[end].node;
  const NodeNumber far = ends_[end ^ 1U].node;
  if (event.item != partition_ || (!is_blocked(near, far) && !is_blocked(far, near))) return none;
  sever(end);
  put(now_, EventKind::cut, end ^ 1U, static_cast<std::uint32_t>(Detail::timed_out));
  return cut(end, Detail::timed_out);
}

void Wire::crash(NodeNumber node) {
  for (std::uint32_t end = 0; end < ends_.size(); ++end) {
    const State state = ends_[end].state;
    if (ends_[end].node != node || state == State::free || state == State::embryo || state == State::gone)
      continue;
    if (state == State::open) tell_closed(end);
    remove(end, Detail::crashed);
    // It was without a word before, and answers now that nobody is here.
    if (state == State::silent)
      put(now_ + ends_[end].latency(), EventKind::cut, end ^ 1U, static_cast<std::uint32_t>(Detail::reset));
  }
}

void Wire::vanish(NodeNumber node) {
  for (std::uint32_t end = 0; end < ends_.size(); ++end) {
    const State state = ends_[end].state;
    if (ends_[end].node != node || state == State::free || state == State::embryo || state == State::gone)
      continue;
    if (state == State::open) tell_closed(end);
    sever(end);
    const State other = ends_[end ^ 1U].state;
    if (other == State::open || other == State::closing) {
      drop_trouble(end);
      ends_[end].state = State::silent;
      put(now_ + options_.link_timeout, EventKind::link_timeout, end ^ 1U, 0, 1);
    } else {
      remove(end, Detail::crashed);
    }
  }
}

void Wire::suspend(NodeNumber node) {
  for (std::uint32_t end = 0; end < ends_.size(); ++end) {
    if (ends_[end].node != node || ends_[end].state != State::open || ends_[end].severed) continue;
    const std::uint32_t other = end ^ 1U;
    sever(end);
    put(now_, EventKind::cut, end, static_cast<std::uint32_t>(Detail::reset));
    put(now_ + ends_[end].latency(), EventKind::cut, other, static_cast<std::uint32_t>(Detail::reset));
  }
}

void Wire::go_on(NodeNumber node) {
  for (std::uint32_t end = 0; end < ends_.size(); ++end) {
    if (ends_[end].node == node && has_arrivals(end)) put(now_, EventKind::drain, end);
  }
}

void Wire::partition(std::span<const std::uint8_t> group_of, bool one_way) {
  heal();
  group_of_.assign(group_of.begin(), group_of.end());
  one_way_ = one_way;
  for (std::uint32_t dialler = 0; dialler < ends_.size(); dialler += 2) {
    if (ends_[dialler].state == State::free) continue;
    const NodeNumber near = ends_[dialler].node;
    const NodeNumber far = ends_[dialler + 1].node;
    if (!is_blocked(near, far) && !is_blocked(far, near)) continue;
    put(now_ + options_.link_timeout, EventKind::link_timeout, dialler, partition_);
  }
}

void Wire::heal() {
  partition_ += 1;
  if (group_of_.empty()) return;
  group_of_.clear();
  for (std::uint32_t end = 0; end < ends_.size(); ++end) {
    if (has_arrivals(end)) put(now_ + ends_[end ^ 1U].latency(), EventKind::drain, end);
  }
}

bool Wire::break_link(Random& random) {
  const std::uint32_t end = pick_link(random);
  if (end == none) return false;
  sever(end);
  put(now_, EventKind::cut, end, static_cast<std::uint32_t>(Detail::reset));
  put(now_, EventKind::cut, end ^ 1U, static_cast<std::uint32_t>(Detail::reset));
  return true;
}

bool Wire::half_open_link(Random& random) {
  const std::uint32_t picked = pick_link(random);
  if (picked == none) return false;
  const std::uint32_t end = picked ^ static_cast<std::uint32_t>(random.below(2));
  sever(end);
  put(now_, EventKind::cut, end, static_cast<std::uint32_t>(Detail::reset));
  put(now_ + options_.link_timeout, EventKind::link_timeout, end ^ 1U, 0, 1);
  return true;
}

/// The dialler's end of one that is established; none where there is none.
std::uint32_t Wire::pick_link(Random& random) const {
  if (ends_.size() == 0) return none;
  const std::uint32_t pairs = ends_.size() / 2;
  const auto start = static_cast<std::uint32_t>(random.below(pairs));
  for (std::uint32_t i = 0; i < pairs; ++i) {
    const std::uint32_t dialler = (start + i) % pairs * 2;
    if (is_established(dialler)) return dialler;
  }
  return none;
}

bool Wire::is_established(std::uint32_t dialler) const {
  return ends_[dialler].state == State::open && ends_[dialler + 1].state == State::open &&
         !ends_[dialler].severed;
}

bool Wire::is_blocked(NodeNumber from, NodeNumber to) const {
  if (group_of_.empty()) return false;
  const auto group = [this](NodeNumber node) {
    return node < group_of_.size() ? group_of_[node] : std::uint8_t{0};
  };
  return one_way_ ? group(from) < group(to) : group(from) != group(to);
}

std::string_view Wire::text_of(Detail detail) {
  switch (detail) {
    case Detail::closed:
      return "";
    case Detail::crashed:
      return "the other side crashed";
    case Detail::reset:
      return "the connection was reset";
    case Detail::timed_out:
      return "the other side has been silent for too long";
  }
  return "";
}

std::vector<Edge> Wire::edges() const {
  std::vector<Edge> edges;
  for (std::uint32_t dialler = 0; dialler < ends_.size(); dialler += 2) {
    if (is_established(dialler)) edges.push_back({ends_[dialler].node, ends_[dialler + 1].node});
  }
  return edges;
}

std::vector<std::uint32_t> Wire::degrees() const {
  std::vector<std::uint32_t> degrees(sites_.size(), 0);
  for (std::uint32_t index = 0; index < ends_.size(); ++index) {
    const End& end = ends_[index];
    if (end.state == State::open) degrees[end.node] += 1;
  }
  return degrees;
}

std::vector<std::uint64_t> Wire::excess_of_queues() const {
  std::vector<std::uint64_t> excess(sites_.size(), 0);
  for (std::uint32_t index = 0; index < ends_.size(); ++index) {
    const Trouble* queue = trouble_of(index);
    if (queue == nullptr) continue;
    const End& end = ends_[index];
    // What is beyond by one broadcast is seen to at the same moment.
    const std::size_t bound = bound_of(end.stall, *sites_[end.node].limits) + frame_bytes_max;
    if (queue->queued_bytes > bound)
      excess[end.node] = std::max<std::uint64_t>(excess[end.node], queue->queued_bytes - bound);
  }
  return excess;
}

std::size_t Wire::queued_bytes(ConnectionId connection) const {
  const Trouble* queue = trouble_of(index_of(connection));
  return queue == nullptr ? 0 : queue->queued_bytes;
}

std::size_t Wire::bytes() const {
  return sites_.capacity() * sizeof(Site) + ends_.bytes() + sent_until_.capacity() * sizeof(TimePoint) +
         free_pairs_.capacity() * sizeof(std::uint32_t) + troubles_.capacity() * sizeof(void*) +
         group_of_.capacity();
}

}  // namespace gossip::sim
