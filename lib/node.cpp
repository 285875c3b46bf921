#include <gossip/node.hpp>

#include <algorithm>

namespace gossip {
namespace {

/// A set of functions as one visitor.
template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <typename... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

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
    default:
      break;
  }
}

}  // namespace

Node::Node(const Config& config, Transport& transport, Observer& observer, std::uint64_t seed)
    : state_(config, transport, observer, seed), api_(state_), p2p_(state_) {}

void Node::start(const Endpoint& listen, std::optional<Endpoint> advertise, TimePoint now) {
  p2p_.start(listen, advertise, now);
}

void Node::on_accepted(ConnectionId connection, const ConnectionInfo& info, TimePoint /*now*/) {
  if (info.layer == Layer::api) {
    api_.on_accepted(connection, info);
  } else {
    p2p_.on_accepted(connection, info);
  }
}

void Node::on_connected(ConnectionId connection, const ConnectionInfo& info, TimePoint now) {
  p2p_.on_connected(connection, info, now);
}

void Node::on_connect_failed(ConnectionId connection, std::string_view why, TimePoint now) {
  p2p_.on_connect_failed(connection, why, now);
}

void Node::on_message(ConnectionId connection, Message&& message, TimePoint now) {
  if (api_.is_client(connection)) {
    from_client(connection, message, now);
  } else if (p2p_.is_peer(connection)) {
    from_peer(connection, message, now);
  }
  settle(now);
}

void Node::on_skipped(ConnectionId connection, std::uint16_t code, TimePoint /*now*/) {
  if (!state_.open.contains(connection)) return;
  state_.statistics.frames_skipped += 1;
  state_.observer.on_event(event::FrameSkipped{connection, code});
}

void Node::on_relieved(ConnectionId connection, TimePoint now) {
  state_.flow.relieve(connection);
  api_.on_relieved(connection, now);
  p2p_.on_relieved(connection);
  settle(now);
}

void Node::on_stalled(ConnectionId connection, TimePoint /*now*/) {
  state_.flow.relieve(connection);
}

void Node::on_closed(ConnectionId connection, CloseReason reason, std::string_view detail, TimePoint now) {
  if (state_.open.contains(connection)) count_close(state_.statistics, reason);
  api_.on_closed(connection, reason, detail);
  p2p_.on_closed(connection, reason, detail, now);
  settle(now);
}

void Node::on_time(TimePoint now) {
  for (const ConnectionId client : state_.ledger.on_time(now)) {
    state_.observer.on_event(event::ClientFellSilent{client, state_.ledger.owed_by(client)});
  }
  p2p_.on_time(now);
  settle(now);
}

std::optional<TimePoint> Node::next_timer() const {
  const auto verdicts = state_.ledger.next_timer();
  const auto membership = p2p_.next_timer();
  if (!verdicts || !membership) return verdicts ? verdicts : membership;
  return std::min(*verdicts, *membership);
}

void Node::from_client(ConnectionId client, const Message& message, TimePoint now) {
  std::visit(Overloaded{
                 [&](const Announce& announce) {
                   if (const auto added = api_.on_announce(client, announce, now))
                     p2p_.spread_message_to_p2p(*added);
                 },
                 [&](const Notify& notify) { api_.on_notify(client, notify, now); },
                 [&](const Validation& validation) {
                   if (const auto valid = api_.on_validation(client, validation, now)) {
                     p2p_.spread_message_to_p2p(*valid);
                   }
                 },
                 [&](const auto&) { on_skipped(client, static_cast<std::uint16_t>(code_of(message)), now); },
             },
             message);
}

void Node::from_peer(ConnectionId peer, const Message& message, TimePoint now) {
  std::visit(Overloaded{
                 [&](const Announce& announce) {
                   if (const auto added = p2p_.on_announce(peer, announce, now)) {
                     api_.spread_message_to_api(*added, now);
                   }
                 },
                 [&](const PeerRequest& request) { p2p_.on_peer_request(peer, request, now); },
                 [&](const PeerResponse& response) { p2p_.on_peer_response(peer, response); },
                 [&](const PeerUpdate& update) { p2p_.on_peer_update(peer, update, now); },
                 [&](const PeerInit& init) { p2p_.on_peer_init(peer, init, now); },
                 [&](const auto&) { on_skipped(peer, static_cast<std::uint16_t>(code_of(message)), now); },
             },
             message);
}

/// What verdicts, departures and time have made room for goes on, and what has filled up is paused.
void Node::settle(TimePoint now) {
  api_.continue_waiting(now);
  p2p_.pause_who_fills();
  if (p2p_.holds_anyone()) {
    while (const auto admitted = p2p_.admit_waiting(now)) api_.spread_message_to_api(*admitted, now);
    p2p_.pause_who_fills();
    p2p_.resume_who_has_room();
  }
  state_.flow.review();
}

}  // namespace gossip
