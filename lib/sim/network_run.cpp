#include "network_core.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <exception>
#include <numeric>
#include <utility>

namespace gossip::sim {
namespace {

/// Nodes that are looked at at a time, so that an audit is spread over its period.
constexpr std::size_t audit_parts = 16;

/// How many events before it what an event needs is asked for. What one step asks for the next looks at. An
/// event takes some twenty cache lines, twice as many where the overlay is extended: those of many more
/// events would push each other out of the first level before they are used.
constexpr std::size_t ahead_ends = 11;
constexpr std::size_t ahead_host = 9;
constexpr std::size_t ahead_node = 6;
constexpr std::size_t ahead_content = 4;
constexpr std::size_t ahead_same = 2;
static_assert(ahead_ends < EventQueue::ahead_max);

void add(Statistics& sum, const Statistics& part) {
  using Numbers = std::array<std::uint64_t, sizeof(Statistics) / sizeof(std::uint64_t)>;
  auto numbers = std::bit_cast<Numbers>(sum);
  const auto more = std::bit_cast<Numbers>(part);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] += more[i];
  sum = std::bit_cast<Statistics>(numbers);
}

}  // namespace

bool Network::Core::advance(TimePoint end, const std::function<bool()>& done) {
  const bool is_done = handle_until(end, done);
  if (options_.audit_period == Duration::zero()) audit();
  return is_done;
}

/// True as soon as `done` says so; false when the clock is at `end`.
bool Network::Core::handle_until(TimePoint end, const std::function<bool()>& done) {
  if (running_) throw std::logic_error("the network runs already: what it calls must not run it");
  for (Host* host : std::exchange(fresh_, {})) {
    // It has got no link, so it looks for peers as any other.
    if (host->node) end_phantom_dials(*host);
    if (host->live) arm(host->number);
  }
  if (done && done()) return true;
  Event event;
  while (!has_storm() && queue_.take(end.time_since_epoch().count(), event)) {
    prefetch();
    move_to(TimePoint(Duration(event.when)));
    running_ = true;
    handle(event);
    running_ = false;
    if (done && done()) return true;
  }
  move_to(end);
  return false;
}

/// A run has to end: each second of it is written down.
void Network::Core::require_soon(Duration time) {
  if (time < Duration::zero()) throw std::logic_error("time does not go back");
  if (time > std::chrono::hours(24) * 366)
    throw std::logic_error("a network runs for a year at a time at most");
}

/// Reported once; nothing is handled from then on.
bool Network::Core::has_storm() {
  const std::uint64_t limit = options_.events_per_second_max;
  if (storm_ || limit == 0 || seconds_.back().events <= limit) return storm_;
  storm_ = true;
  report(Violation::Kind::not_live, 0,
         "more than " + std::to_string(limit) + " events within a second: the network does not come to rest");
  return true;
}

void Network::Core::move_to(TimePoint when) {
  if (when <= now_) return;
  now_ = when;
  wire_.set_now(now_);
  while (now_ >= second_end_) {
    seconds_.back().live_nodes = live_nodes_;
    seconds_.emplace_back();
    second_end_ += std::chrono::seconds(1);
  }
  if (options_.audit_period > Duration::zero() && now_ >= next_audit_) {
    audit_some(hosts_.size() / audit_parts + 1);
    next_audit_ = now_ + options_.audit_period / static_cast<int>(audit_parts);
  }
}

inline bool Network::Core::brings_frame(const Event& event) {
  return event.kind() == static_cast<std::uint8_t>(EventKind::arrive) && event.item != FramePool::none;
}

[[gnu::always_inline]] inline void Network::Core::prefetch_host(const Event& event, Ahead& ahead) const {
  const NodeNumber node = node_of(event);
  ahead = {event.order, hosts_[node].get(), true};
  ahead.host->prefetch();
  wire_.prefetch_site(node);
  if (brings_frame(event)) book_.prefetch(frames_[event.item].message, node);
}

/// A message that has arrived before touches little of a node, any other event much.
[[gnu::always_inline]] inline void Network::Core::prefetch_node(const Event& event, Ahead& ahead) const {
  const Host& host = *ahead.host;
  if (!host.has_node) return;
  if (brings_frame(event)) {
    const std::uint32_t message = frames_[event.item].message;
    ahead.is_new = message == MessageBook::none || !book_.mark_of(message, host.number).has(Mark::arrived);
  }
  ahead.is_new ? host.node->prefetch_new() : host.node->prefetch();
}

[[gnu::always_inline]] inline void Network::Core::prefetch_content(const Event& event,
                                                                   const Ahead& ahead) const {
  const Host& host = *ahead.host;
  if (!host.has_node) return;
  if (ahead.is_new) {
    host.node->prefetch_tables();
    host.prefetch_programs();
  }
  if (!brings_frame(event)) return;
  host.node->prefetch_connection(wire_.id_of(event));
  const FlyingFrame& flying = frames_[event.item];
  if (flying.message == MessageBook::none) return;
  host.node->cache().prefetch(book_.digest_of(flying.message));
  host.node->cache().prefetch_numbers();
}

[[gnu::always_inline]] inline void Network::Core::prefetch_same(const Event& event,
                                                                const Ahead& ahead) const {
  const Host& host = *ahead.host;
  if (!host.has_node) return;
  if (event.kind() == static_cast<std::uint8_t>(EventKind::decide)) {
    wire_.prefetch(host.node->base_links());
  } else if (ahead.is_new) {
    host.node->prefetch_first_program();
  }
  if (!brings_frame(event)) return;
  const MessageCache& cache = host.node->cache();
  if (ahead.is_new) {
    cache.prefetch_victim();
  } else {
    cache.prefetch_same(book_.digest_of(frames_[event.item].message));
  }
}

/// Tens of thousands of nodes are in no cache, so what the next events will need is asked for: first where
/// they lead to, then what is known there of the message, then the node, then where its cache has it.
void Network::Core::prefetch() {
  constexpr auto about_nodes = static_cast<std::uint8_t>(EventKind::timer);
  if (const Event* const event = queue_.ahead(ahead_ends); event != nullptr && event->kind() < about_nodes) {
    wire_.prefetch(*event);
    if (brings_frame(*event)) frames_.prefetch(event->item);
  }
  const auto found_out = [this](std::size_t count) -> Ahead& {
    return ahead_[queue_.place_ahead(count) % ahead_.size()];
  };
  if (const Event* const event = queue_.ahead(ahead_host)) prefetch_host(*event, found_out(ahead_host));
  // One that was put down shortly before it is due has been missed.
  const auto next = [&](std::size_t count) {
    const Event* const event = queue_.ahead(count);
    return event != nullptr && found_out(count).order == event->order ? event : nullptr;
  };
  if (const Event* const event = next(ahead_node)) prefetch_node(*event, found_out(ahead_node));
  if (const Event* const event = next(ahead_content)) prefetch_content(*event, found_out(ahead_content));
  if (const Event* const event = next(ahead_same)) prefetch_same(*event, found_out(ahead_same));
}

NodeNumber Network::Core::node_of(const Event& event) const {
  const bool about_node = event.kind() >= static_cast<std::uint8_t>(EventKind::timer);
  return about_node ? event.target : wire_.node_of(event);
}

void Network::Core::trace(const Event& event) {
  trace_.add(static_cast<std::uint64_t>(event.when));
  trace_.add(std::uint64_t{event.kind()} << 56U ^ std::uint64_t{event.target} << 24U ^ event.generation);
}

void Network::Core::handle(const Event& event) {
  events_ += 1;
  seconds_.back().events += 1;
  trace(event);
  const bool about_link = event.kind() < static_cast<std::uint8_t>(EventKind::timer);
  const NodeNumber number = about_link ? wire_.node_of(event) : event.target;
  if (!hosts_[number]->has_node) return handle_at(number, event);
  // Locked once for all that the node does with its cache; no node goes while an event is handled.
  const MessageCache::Hold hold = hosts_[number]->node->cache().hold();
  handle_at(number, event);
}

inline void Network::Core::handle_at(NodeNumber number, const Event& event) {
  const bool about_link = event.kind() < static_cast<std::uint8_t>(EventKind::timer);
  try {
    if (about_link) {
      const std::uint32_t touched = wire_.handle(event);
      if (touched != Wire::none) arm(touched);
    } else {
      handle_node_event(event);
    }
  } catch (const std::exception& error) {
    report(Violation::Kind::crashed, number, error.what());
  }
}

void Network::Core::handle_node_event(const Event& event) {
  Host& host = *hosts_[event.target];
  const auto kind = EventKind{event.kind()};
  if (event.generation != host.incarnation || !host.live) {
    if (kind == EventKind::decide) free_verdicts_.push_back(event.item);
    return;
  }
  const TimePoint stalled_until = wire_.sites()[host.number].stalled_until;
  if (stalled_until > now_) {
    if (kind == EventKind::timer) host.timer_due = stalled_until;
    if (kind != EventKind::go_on) put(stalled_until, kind, host, event.item);
    return;
  }
  if (kind == EventKind::timer) {
    on_timer(host, event);
  } else if (kind == EventKind::decide) {
    on_verdict(host, event);
  } else if (kind == EventKind::wake) {
    host.on_wake();
  } else {
    wire_.go_on(host.number);
  }
}

void Network::Core::on_timer(Host& host, const Event& event) {
  if (event.when < host.timer_due.time_since_epoch().count()) return;  // it was armed for another time
  host.timer_due = TimePoint::max();
  const auto due = host.node->next_timer();
  if (due && *due <= now_) host.node->on_time(now_);
  arm(host.number);
}

void Network::Core::on_verdict(Host& host, const Event& event) {
  const PendingVerdict pending = verdicts_[event.item];
  free_verdicts_.push_back(event.item);
  Mark& mark = book_.mark(pending.message, host.number);
  const Mark before = mark;
  mark.set(pending.verdict == Verdict::accept ? Mark::accepted : Mark::rejected);
  if (!host.node->decide(pending.ticket, pending.verdict, now_))
    book_.mark(pending.message, host.number) = before;
  arm(host.number);
}

/// The node's next timer is in the queue, or one that comes before.
void Network::Core::arm(NodeNumber number) {
  Host& host = *hosts_[number];
  if (!host.has_node) return;
  const auto due = host.node->next_timer();
  if (!due) return;
  const TimePoint when = *due < now_ ? now_ : *due;
  if (when >= host.timer_due) return;
  host.timer_due = when;
  put(when, EventKind::timer, host);
}

void Network::Core::put(TimePoint when, EventKind kind, const Host& host, std::uint32_t item) {
  queue_.put(when.time_since_epoch().count(), static_cast<std::uint8_t>(kind),
             {host.number, host.incarnation, item, 0});
}

void Network::Core::wake(NodeNumber number, Duration time) {
  put(now_ + std::max(time, Duration::zero()), EventKind::wake, *hosts_[number]);
}

void Network::Core::mark_zero() {
  require_rest();
  book_.begin_anew(now_ - zero_);
  for (Violation& violation : violations_) violation.at -= now_ - zero_;
  zero_ = now_;
  seconds_.assign(1, Second{});
  second_end_ = now_ + std::chrono::seconds(1);
  for (const auto& host : hosts_) {
    host->survivor = host->live;
    host->traffic = {};
  }
}

void Network::Core::audit_some(std::size_t count) {
  for (std::size_t i = 0; i < count && !hosts_.empty(); ++i) {
    audited_ = static_cast<NodeNumber>((audited_ + 1) % hosts_.size());
    prefetch_audit();
    audit_node(*hosts_[audited_]);
  }
}

/// What those are made of that come next: first where they stand, then what an audit looks at.
[[gnu::always_inline]] inline void Network::Core::prefetch_audit() const {
  const auto after = [this](std::size_t count) { return hosts_[(audited_ + count) % hosts_.size()].get(); };
  after(9)->prefetch();
  if (const Host* const host = after(6); host->has_node) host->node->prefetch_new();
  if (const Host* const host = after(3); host->has_node) host->node->cache().prefetch_slots();
}

void Network::Core::audit() {
  require_rest();
  const auto degrees = wire_.degrees();
  const auto excess = wire_.excess_of_queues();
  for (const auto& host : hosts_) {
    if (!host->node) continue;
    audit_node(*host);
    const std::size_t peers = host->node->pool().size();
    if (degrees[host->number] != peers) {
      report(Violation::Kind::accounting, host->number,
             "it has " + std::to_string(degrees[host->number]) + " connections and takes " +
                 std::to_string(peers) + " for its peers");
    }
    if (excess[host->number] > 0) {
      report(Violation::Kind::beyond_bound, host->number,
             "a queue holds " + std::to_string(excess[host->number]) + " bytes more than it may");
    }
  }
}

void Network::Core::audit_node(const Host& host) {
  if (!host.node) return;
  const Node& node = *host.node;
  const Config& config = *host.config;
  if (const auto wrong = discrepancy(node.statistics(), node.stock())) {
    report(Violation::Kind::accounting, host.number, *wrong);
  }
  const auto check = [&](std::size_t held, std::size_t bound, const char* what) {
    if (held <= bound) return;
    report(
        Violation::Kind::beyond_bound, host.number,
        std::string(what) + ": " + std::to_string(held) + ", and " + std::to_string(bound) + " is the bound");
  };
  const MessageCache& cache = node.cache();
  check(cache.size(), config.cache_size, "messages in the cache");
  if (cache.size() > 1) check(cache.bytes(), config.cache_bytes_max(), "bytes in the cache");
  check(node.pool().size(), config.max_connections, "peers");
}

void Network::Core::report(Violation::Kind kind, NodeNumber number, std::string what) {
  violations_in_all_ += 1;
  if (violations_.size() < violations_kept)
    violations_.push_back({kind, now_ - zero_, number, std::move(what)});
}

std::size_t Network::Core::components() const {
  std::vector<NodeNumber> leader(hosts_.size());
  std::iota(leader.begin(), leader.end(), NodeNumber{0});
  const auto find = [&](NodeNumber node) {
    while (leader[node] != node) node = leader[node] = leader[leader[node]];
    return node;
  };
  const auto counts = [&](NodeNumber node) { return hosts_[node]->live && !hosts_[node]->is_hostile(); };
  auto groups = static_cast<std::size_t>(
      std::ranges::count_if(hosts_, [&](const auto& host) { return counts(host->number); }));
  for (const Edge& edge : wire_.edges()) {
    if (!counts(edge.from) || !counts(edge.to)) continue;
    const NodeNumber one = find(edge.from);
    const NodeNumber other = find(edge.to);
    if (one == other) continue;
    leader[one] = other;
    groups -= 1;
  }
  return groups;
}

Result Network::Core::result() const {
  Result result;
  result.seed = seed_;
  result.trace_hash = trace_hash();
  result.events = events_;
  result.duration = now_ - zero_;
  result.messages = book_.records();
  result.seconds = seconds_;
  result.seconds.back().live_nodes = live_nodes_;
  result.edges = wire_.edges();
  result.curve = book_.curve().points();
  result.violations = violations_;
  result.violations_in_all = violations_in_all_;
  result.repeats_after_seen_ttl = repeats_after_seen_ttl_;
  const auto degrees = wire_.degrees();
  for (const auto& host : hosts_) {
    result.nodes.push_back({host->live, host->is_hostile(), host->survivor,
                            options_.latency.region_of(host->number), degrees[host->number], host->delivered,
                            host->traffic});
    if (host->node) add(result.statistics, host->node->statistics());
  }
  return result;
}

std::size_t Network::Core::own_bytes() const {
  return queue_.bytes() + frames_.bytes() + wire_.bytes() + book_.bytes() +
         hosts_.capacity() * sizeof(void*) + verdicts_.capacity() * sizeof(PendingVerdict);
}

}  // namespace gossip::sim
