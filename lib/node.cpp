#include <gossip/codec.hpp>
#include <gossip/node.hpp>

#include "detail/finally.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <new>

namespace gossip {
namespace {

Receipt::Outcome refusal(Known known) {
  switch (known) {
    case Known::cached:
      return Receipt::Outcome::duplicate;
    case Known::seen:
      return Receipt::Outcome::duplicate_seen;
    case Known::rejected:
      return Receipt::Outcome::duplicate_rejected;
  }
  return Receipt::Outcome::duplicate;
}

/// Validators may be slow and send much: what they send has to go out, and others have to have their turn.
constexpr int calls_per_event = 8;

void count_close(Statistics& statistics, CloseReason reason) {
  switch (reason) {
    case CloseReason::malformed:
      statistics.connections_malformed += 1;
      break;
    case CloseReason::frame_timeout:
      statistics.connections_timed_out += 1;
      break;
    case CloseReason::slow_consumer:
    case CloseReason::queue_full:
      statistics.connections_too_slow += 1;
      break;
    case CloseReason::out_of_memory:
      statistics.connections_out_of_memory += 1;
      break;
    default:
      break;
  }
}

/// Room for digests that begin to be when they are made: an array of them would be set to zero each time.
template <std::size_t count>
class DigestRoom {
 public:
  [[nodiscard]] Digest& begin(std::size_t index) {
    return *::new (static_cast<void*>(&bytes_[index * sizeof(Digest)])) Digest;
  }

 private:
  alignas(Digest) std::array<std::byte, count * sizeof(Digest)> bytes_;
};

}  // namespace

Node::Node(const Config& config, Transport& transport, Observer& observer, std::uint64_t seed)
    : state_(config, transport, observer, seed), api_(state_), p2p_(state_) {
  admit_programs();
}

Node::Node(const NodeCommons& commons, Transport& transport, Observer& observer, std::uint64_t seed)
    : state_(commons, transport, observer, seed), api_(state_), p2p_(state_) {
  admit_programs();
}

void Node::admit_programs() {
  state_.open.at(state_.open.insert(LocalPrograms::publisher)) = Layer::api;
}

void Node::start(const Endpoint& listen, std::optional<Endpoint> advertise, TimePoint now) {
  p2p_.start(listen, advertise, now);
}

void Node::on_accepted(ConnectionId connection, const ConnectionInfo& info, TimePoint now) {
  if (info.layer == Layer::api) {
    api_.on_accepted(connection, info);
  } else {
    p2p_.on_accepted(connection, info, now);
  }
}

void Node::on_connected(ConnectionId connection, const ConnectionInfo& info, TimePoint now) {
  p2p_.on_connected(connection, info, now);
}

void Node::on_connect_failed(ConnectionId connection, std::string_view why, TimePoint now) {
  p2p_.on_connect_failed(connection, why, now);
}

void Node::begin_batch() {
  batch_.emplace(state_.cache);
  batch_source_.reset();
}

void Node::end_batch() {
  batch_.reset();
}

void Node::on_message(ConnectionId connection, Message&& message, TimePoint now) {
  if (const auto layer = layer_of(connection)) {
    *layer == Layer::api ? from_client(connection, message, now) : from_peer(connection, message, now);
  }
  settle(now);
}

/// Of a client, or of a program in this process. Inline, so that a receipt that nobody wants is not made out.
inline Receipt Node::announce(ConnectionId source, const AnnounceView& announce, TimePoint now,
                              const Digest* digest) {
  const AddOutcome outcome = api_.on_announce(source, announce, now, digest);
  if (outcome.message == nullptr) return {refusal(outcome.known)};
  const CachedMessage& message = *outcome.message;
  Receipt receipt{Receipt::Outcome::accepted};
  receipt.clients = api_.spread_message_to_api(message, now);
  receipt.peers = p2p_.spread_message_to_p2p(message, now);
  return receipt;
}

/// Where a content stands in the cache's tables is far away as often as not: it is sent for ahead, for as
/// many messages as it takes until memory has answered.
std::size_t Node::on_announces(ConnectionId connection, std::span<const AnnounceView> announces,
                               TimePoint now) {
  const auto layer = layer_of(connection);
  if (!layer) return announces.size();
  DigestRoom<run_max> room;
  std::array<const Digest*, run_max> digests;
  auto run = announces.first(std::min(announces.size(), run_max));
  if (*layer == Layer::p2p) {
    p2p_.on_frame(connection, Code::announce, now);
    const std::size_t allowed = p2p_.allowed(connection, run);
    // One that is not allowed comes alone, so that what was before it counts.
    run = run.first(std::max<std::size_t>(allowed, 1));
  }
  for (std::size_t i = 0; i < run.size(); ++i) {
    digests[i] = run[i].digest;
    if (digests[i] == nullptr) {
      Digest& digest = room.begin(i);
      state_.cache.make_digest(digest, run[i].data_type, run[i].data);
      digests[i] = &digest;
    }
    state_.cache.prefetch(*digests[i]);
  }
  for (std::size_t i = 0; i < run.size(); ++i) {
    if (*layer == Layer::api) {
      announce(connection, run[i], now, digests[i]);
    } else {
      announce_from_peer(connection, run[i], now, digests[i]);
    }
    if (is_at_ease() && !has_to_call()) continue;
    settle(now);
    if (!is_read_from(connection)) return i + 1;
  }
  return run.size();
}

/// False for one that was paused, or is gone.
bool Node::is_read_from(ConnectionId connection) const {
  return state_.open.find(connection) != nullptr && !state_.flow.is_paused(connection);
}

/// The messages of a batch mostly have one source, and the transport brings none of a connection that has
/// ended.
std::optional<Layer> Node::layer_of(ConnectionId connection) {
  if (batch_ && batch_source_ == connection) return batch_layer_;
  const Layer* const layer = state_.open.find(connection);
  if (layer == nullptr) return std::nullopt;
  batch_source_ = connection;
  batch_layer_ = *layer;
  return batch_layer_;
}

void Node::on_skipped(ConnectionId connection, std::uint16_t code, TimePoint now) {
  if (state_.open.find(connection) == nullptr) return;
  p2p_.on_frame(connection, Code{code}, now);
  state_.statistics.frames_skipped += 1;
  state_.observer.on_event(event::FrameSkipped{connection, code});
}

void Node::on_relieved(ConnectionId connection, TimePoint now) {
  state_.flow.relieve(connection);
  api_.on_relieved(connection, now);
  p2p_.on_relieved(connection, now);
  settle(now);
}

void Node::on_stalled(ConnectionId connection, TimePoint now) {
  state_.flow.relieve(connection);
  call_programs(now);
}

void Node::on_closed(ConnectionId connection, CloseReason reason, std::string_view detail, TimePoint now) {
  if (state_.open.find(connection) != nullptr) count_close(state_.statistics, reason);
  api_.on_closed(connection, reason, detail);
  p2p_.on_closed(connection, reason, detail, now);
  settle(now);
}

void Node::on_stopping() {
  p2p_.on_stopping();
}

void Node::on_time(TimePoint now) {
  for (const ConnectionId client : state_.ledger.on_time(now)) {
    state_.observer.on_event(event::ClientFellSilent{client, state_.ledger.owed_by(client)});
  }
  p2p_.on_time(now);
  settle(now);
}

std::optional<TimePoint> Node::next_timer() const {
  if (has_to_call()) return TimePoint{};
  // In one register, where an optional would go through memory: it is asked after each event.
  TimePoint next = TimePoint::max();
  if (const auto due = state_.ledger.next_timer()) next = *due;
  if (const auto due = p2p_.next_timer(); due && *due < next) next = *due;
  if (next == TimePoint::max()) return std::nullopt;
  return next;
}

Receipt Node::publish(DataType type, const Payload& data, Ttl ttl, TimePoint now) {
  Statistics& statistics = state_.statistics;
  if (data.size() > data_bytes_max) {
    statistics.program_announces += 1;
    statistics.publishes_too_large += 1;
    return {Receipt::Outcome::too_large};
  }
  if (!may_publish()) {
    statistics.program_announces += 1;
    statistics.publishes_congested += 1;
    return {Receipt::Outcome::congested};
  }
  const Announce told{ttl, type, data};
  const Receipt receipt = announce(LocalPrograms::publisher, told, now);
  rebalance(now);
  return receipt;
}

SubscriptionId Node::subscribe(DataType type, Validator validator, TimePoint now) {
  const ConnectionId program = state_.programs.add(std::move(validator));
  try {
    api_.add_program(program);
    api_.on_notify(program, {type}, now);
    rebalance(now);
  } catch (...) {
    // Nobody could end a subscription whose id nobody has.
    state_.programs.remove(program);
    api_.remove_program(program);
    throw;
  }
  return SubscriptionId{value_of(program)};
}

bool Node::unsubscribe(SubscriptionId subscription, TimePoint now) {
  const ConnectionId program{static_cast<std::uint64_t>(subscription)};
  if (!state_.programs.remove(program)) return false;
  api_.remove_program(program);
  rebalance(now);
  return true;
}

bool Node::decide(const Ticket& ticket, Verdict verdict, TimePoint now) {
  const ConnectionId program{ticket.session};
  if (verdict == Verdict::later || !state_.programs.contains(program)) return false;
  const auto message = state_.cache.get(ticket.message);
  if (!message || message->sequence != ticket.sequence) {
    state_.statistics.verdicts_ignored += 1;
    state_.tell(event::VerdictIgnored{ticket.message, program, verdict == Verdict::accept});
    return false;
  }
  const bool decided = validate(program, {ticket.message, verdict == Verdict::accept}, now);
  rebalance(now);
  return decided;
}

Stock Node::stock() const {
  Stock stock{0, 0, p2p_.waiting()};
  state_.cache.visit(
      [&](const CachedMessage& message) { (message.valid ? stock.valid : stock.pending) += 1; });
  return stock;
}

/// What comes by the million comes first.
void Node::from_client(ConnectionId client, const Message& message, TimePoint now) {
  if (const auto* const told = std::get_if<Announce>(&message)) {
    announce(client, *told, now);
  } else if (const auto* const validation = std::get_if<Validation>(&message)) {
    validate(client, *validation, now);
  } else if (const auto* const notify = std::get_if<Notify>(&message)) {
    api_.on_notify(client, *notify, now);
  } else {
    on_skipped(client, static_cast<std::uint16_t>(code_of(message)), now);
  }
}

void Node::from_peer(ConnectionId peer, const Message& message, TimePoint now) {
  p2p_.on_frame(peer, code_of(message), now);
  if (const auto* const told = std::get_if<Announce>(&message)) {
    announce_from_peer(peer, *told, now);
  } else if (const auto* const data = std::get_if<Data>(&message)) {
    announce_from_peer(peer, *data, now);
  } else if (const auto* const update = std::get_if<PeerUpdate>(&message)) {
    p2p_.on_peer_update(peer, *update, now);
  } else if (const auto* const request = std::get_if<PeerRequest>(&message)) {
    p2p_.on_peer_request(peer, *request, now);
  } else if (const auto* const response = std::get_if<PeerResponse>(&message)) {
    p2p_.on_peer_response(peer, *response, now);
  } else if (const auto* const init = std::get_if<PeerInit>(&message)) {
    p2p_.on_peer_init(peer, *init, now);
  } else if (!p2p_.on_extended(peer, message, now)) {
    on_skipped(peer, static_cast<std::uint16_t>(code_of(message)), now);
  }
}

void Node::announce_from_peer(ConnectionId peer, const AnnounceView& announce, TimePoint now,
                              const Digest* digest) {
  const CachedMessage* const added = p2p_.on_announce(peer, announce, now, digest);
  if (added != nullptr) api_.spread_message_to_api(*added, now);
}

/// True when this verdict decided the message.
bool Node::validate(ConnectionId client, const Validation& validation, TimePoint now) {
  const std::uint64_t ignored = state_.statistics.verdicts_ignored;
  if (const auto* valid = api_.on_validation(client, validation, now))
    p2p_.spread_message_to_p2p(*valid, now);
  return state_.statistics.verdicts_ignored == ignored;
}

/// Each event ends with this.
void Node::settle(TimePoint now) {
  if (!is_at_ease()) rebalance(now);
  if (has_to_call()) call_programs(now);
}

/// Nobody waits and nobody has anything to wait for: rebalance() would do nothing.
bool Node::is_at_ease() const {
  return state_.ledger.all_protected().messages == 0 && state_.flow.is_open() && !p2p_.holds_anyone() &&
         !api_.has_waiting();
}

/// What verdicts, departures and time have made room for goes on, and what has filled up is paused.
void Node::rebalance(TimePoint now) {
  api_.continue_waiting(now);
  p2p_.pause_who_fills();
  if (p2p_.holds_anyone()) {
    while (const auto* admitted = p2p_.admit_waiting(now)) api_.spread_message_to_api(*admitted, now);
    p2p_.pause_who_fills();
    p2p_.resume_who_has_room();
  }
  state_.flow.review();
  if (!may_publish()) held_up_ = true;
}

bool Node::has_to_call() const {
  return state_.programs.has_calls() || (held_up_ && may_publish());
}

void Node::call_programs(TimePoint now) {
  if (calling_) return;
  calling_ = true;
  // What a program does may wait for another thread that looks at the cache.
  const bool in_batch = batch_.has_value();
  batch_.reset();
  const detail::Finally called([&] {
    calling_ = false;
    if (in_batch) batch_.emplace(state_.cache);
  });
  const auto too_many_wait = [this] {
    return state_.programs.waiting_bytes() > state_.config.queue_high_water_bytes;
  };
  for (int calls = 0; has_to_call() && (calls < calls_per_event || too_many_wait()); ++calls) {
    if (const auto call = state_.programs.take()) {
      decide(call->message.ticket, ask(*call), now);
    } else {
      held_up_ = false;
      if (ready_) ready_(now);
    }
  }
}

/// What a program throws must not leave the node in the middle of an event.
Verdict Node::ask(const LocalPrograms::Call& call) {
  const auto failed = [&](std::string_view why) {
    state_.statistics.validators_failed += 1;
    state_.observer.on_event(event::ValidatorFailed{call.message.data_type, why});
    return Verdict::later;
  };
  try {
    return (*call.validator)(call.message);
  } catch (const std::exception& error) {
    return failed(error.what());
  } catch (...) {
    return failed("an exception that is not a std::exception");
  }
}

}  // namespace gossip
