#include "wire.hpp"

#include <gossip/codec.hpp>

#include "../detail/link_framer.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace gossip::testing {
namespace {

/// What a connection holds beyond its sender's queue: a whole frame of any size, or many small ones.
constexpr std::size_t window_bytes = std::size_t{64} << 10U;

/// A client has no limits, and knows of no overlay.
Overlay overlay_of(const Party& party) {
  return party.limits == nullptr ? Overlay::base : party.limits->overlay;
}

Framer framer_of(Layer layer, const Party& party) {
  return detail::link_framer(layer, overlay_of(party));
}

}  // namespace

void Wire::listen(const Endpoint& endpoint, Layer layer, const Party& party) {
  listeners_[endpoint] = {layer, party};
}

ConnectionId Wire::connect(const Party& party, Layer layer, const HostPort& address) {
  const ConnectionId dialler{next_connection_++};
  const Endpoint local{party.address, next_port_++};
  if (next_port_ == 0) next_port_ = 40000;
  const auto remote = literal_endpoint(address);
  End& end = ends_[dialler];
  end.party = party;
  end.info = {layer, remote.value_or(Endpoint{}), local};
  end.framer = framer_of(layer, party);
  agenda_.put(agenda_.now() + delay_of(end.info),
              [this, dialler, address] { reach_listener(dialler, address); });
  return dialler;
}

void Wire::reach_listener(ConnectionId dialler, const HostPort& address) {
  End* near = find(dialler);
  if (near == nullptr) return;
  const ConnectionInfo info = near->info;
  if (!literal_endpoint(address)) return fail(dialler, "there are no names here, only addresses");
  if (cuts_.contains(hosts_of(info))) return fail(dialler, "the network is cut");
  const auto found = listeners_.find(info.remote);
  if (found == listeners_.end()) return fail(dialler, "nobody listens there");

  const Listener listener = found->second;
  const ConnectionId acceptor{next_connection_++};
  End& far = ends_[acceptor];
  far.party = listener.party;
  far.info = {listener.layer, info.local, info.remote};
  far.framer = framer_of(listener.layer, listener.party);
  far.other = dialler;
  far.connected = true;
  near->other = acceptor;
  // On the agenda before anything that the acceptor may send.
  far.last_arrival = agenda_.now() + delay_of(info);
  agenda_.put(far.last_arrival, [this, dialler] { become_connected(dialler); });
  const ConnectionInfo accepted = far.info;
  listener.party.events->on_accepted(acceptor, accepted, agenda_.now());
}

void Wire::become_connected(ConnectionId dialler) {
  End* end = find(dialler);
  if (end == nullptr) return;
  end->connected = true;
  const ConnectionInfo info = end->info;
  const Party party = end->party;
  const bool closing = end->closing;
  pump(dialler);
  if (!closing) party.events->on_connected(dialler, info, agenda_.now());
}

void Wire::fail(ConnectionId dialler, const std::string& why) {
  const auto end = ends_.extract(dialler);
  if (!end.mapped().closing) end.mapped().party.events->on_connect_failed(dialler, why, agenda_.now());
}

SendResult Wire::send(ConnectionId connection, const Frame& frame) {
  End* end = find(connection);
  if (end == nullptr || end->closing) return SendResult::queued;
  if (end->queue.empty()) end->last_taken = agenda_.now();
  end->queue.push_back(frame);
  end->queued_bytes += frame.size();
  pump(connection);
  const Config* limits = end->party.limits;
  if (limits == nullptr || end->queue.empty()) return SendResult::queued;

  if (!std::exchange(end->watched, true)) {
    agenda_.put(end->last_taken + end_of(end->stall, *limits), [this, connection] { watch(connection); });
  }
  if (end->queued_bytes > bound_of(end->stall, *limits))
    agenda_.put([this, connection] { check_bound(connection); });
  if (end->queued_bytes <= limits->queue_high_water_bytes) return SendResult::queued;
  end->congested = true;
  return holds_up(end->stall, end->queued_bytes, *limits) ? SendResult::congested : SendResult::stalled;
}

void Wire::close(ConnectionId connection) {
  End* end = find(connection);
  if (end == nullptr) return;
  end->closing = true;
  // What arrived and was not handed over never will be: the other end may go on.
  for (const Arrival& arrival : std::exchange(end->inbox, {})) release(end->other, arrival.bytes);
  pump(connection);
}

void Wire::pause(ConnectionId connection) {
  if (End* end = find(connection)) end->paused = true;
}

void Wire::resume(ConnectionId connection) {
  End* end = find(connection);
  if (end == nullptr || !std::exchange(end->paused, false) || end->inbox.empty()) return;
  agenda_.put([this, connection] { deliver(connection); });
}

std::size_t Wire::queued_bytes(ConnectionId connection) const {
  const auto found = ends_.find(connection);
  return found == ends_.end() ? 0 : found->second.queued_bytes;
}

void Wire::cut(const HostPair& hosts) {
  cuts_.insert(hosts);
  for (auto& [connection, end] : ends_) {
    if (hosts_of(end.info) != hosts || end.other == ConnectionId{}) continue;
    end.other = {};  // what is under way finds nobody
    end_input(end, {CloseReason::remote_closed, "the network was cut"});
    agenda_.put([this, connection = connection] {
      deliver(connection);
      pump(connection);
    });
  }
}

void Wire::crash(const TransportEvents* events) {
  std::erase_if(listeners_, [&](const auto& listener) { return listener.second.party.events == events; });
  std::vector<ConnectionId> gone;
  for (const auto& [connection, end] : ends_) {
    if (end.party.events == events) gone.push_back(connection);
  }
  for (const ConnectionId connection : gone) remove(connection, "the other side crashed");
}

/// Puts on its way what the connection has room for.
void Wire::pump(ConnectionId from) {
  End* found = find(from);
  if (found == nullptr) return;
  End& end = *found;
  if (end.connected) {
    const bool has_taker = find(end.other) != nullptr;
    while (!end.queue.empty() && (!has_taker || end.under_way_bytes < window_bytes)) {
      const Frame frame = std::move(end.queue.front());
      end.queue.pop_front();
      end.queued_bytes -= frame.size();
      end.last_taken = agenda_.now();
      end.stall = detail::Stall::none;
      if (!has_taker) continue;  // the end of the connection is on its way here
      end.under_way_bytes += frame.size();
      end.last_arrival = std::max(end.last_arrival, agenda_.now() + delay_of(end.info));
      agenda_.put(end.last_arrival, [this, to = end.other, frame] { arrive(to, frame); });
    }
    if (end.congested && end.queued_bytes < end.party.limits->queue_low_water_bytes) {
      agenda_.put([this, from] { relieve(from); });
    }
  }
  if (end.closing && end.queue.empty()) remove(from, "");
}

void Wire::arrive(ConnectionId to, const Frame& frame) {
  End* end = find(to);
  if (end == nullptr) return;
  if (end->closing || end->ended) {
    release(end->other, frame.size());
    return;
  }
  if (take(*end, frame.header())) take(*end, frame.body().bytes());
  deliver(to);
}

/// Cuts and decodes; false once the bytes have broken the protocol.
bool Wire::take(End& end, std::span<const std::byte> bytes) {
  const auto broken = [&](const Error& error) {
    end_input(end, {CloseReason::malformed, error.message});
    return false;
  };
  end.framer.feed(bytes);
  while (true) {
    const auto frame = end.framer.next();
    if (!frame) return broken(frame.error());
    if (!frame.value()) return true;
    const std::size_t size = frame_header_bytes + frame.value()->body.size();
    auto message = decode(end.info.layer, *frame.value(), overlay_of(end.party));
    if (!message) return broken(message.error());
    if (message.value()) {
      end.inbox.push_back({*std::move(message.value()), size});
    } else {
      end.inbox.push_back({Skipped{frame.value()->code}, size});
    }
  }
}

/// Nothing follows on this.
void Wire::end_input(End& end, Ended&& ended) {
  if (std::exchange(end.ended, true)) return;
  if (ended.detail.empty() && end.framer.inside_frame()) ended.detail = "in the middle of a frame";
  end.inbox.push_back({std::move(ended)});
}

/// Hands over what has arrived, until that is all or the party pauses or closes the connection.
void Wire::deliver(ConnectionId to) {
  for (End* end = find(to); end != nullptr && !end->closing && !end->paused && !end->inbox.empty();
       end = find(to)) {
    Arrival arrival = std::move(end->inbox.front());
    end->inbox.pop_front();
    if (const auto* ended = std::get_if<Ended>(&arrival.what)) {
      hand_over_end(to, *ended);
      return;
    }
    TransportEvents* events = end->party.events;
    release(end->other, arrival.bytes);
    if (auto* message = std::get_if<Message>(&arrival.what)) {
      events->on_message(to, std::move(*message), agenda_.now());
    } else {
      events->on_skipped(to, std::get<Skipped>(arrival.what).code, agenda_.now());
    }
  }
}

void Wire::hand_over_end(ConnectionId to, const Ended& ended) {
  const Party party = find(to)->party;
  const bool connected = find(to)->connected;
  remove(to, "");
  if (connected) {
    party.events->on_closed(to, ended.reason, ended.detail, agenda_.now());
  } else {
    party.events->on_connect_failed(to, ended.detail, agenda_.now());
  }
}

/// The other end was handed so much.
void Wire::release(ConnectionId sender, std::size_t bytes) {
  if (End* end = find(sender)) end->under_way_bytes -= bytes;
  pump(sender);
}

void Wire::relieve(ConnectionId connection) {
  End* end = find(connection);
  if (end == nullptr || end->closing || !end->congested) return;
  if (end->queued_bytes >= end->party.limits->queue_low_water_bytes) return;
  end->congested = false;
  end->party.events->on_relieved(connection, agenda_.now());
}

/// Looks whether the other end has taken nothing for too long.
void Wire::watch(ConnectionId connection) {
  End* end = find(connection);
  if (end == nullptr) return;
  end->watched = false;
  if (end->queue.empty()) return;
  const Config& limits = *end->party.limits;
  const Duration silent = agenda_.now() - end->last_taken;
  if (silent >= limits.slow_consumer_timeout) return cut_off(connection, CloseReason::slow_consumer);
  const detail::Stall before =
      std::exchange(end->stall, detail::stall_after(silent, end->info.layer, limits));
  end->watched = true;
  agenda_.put(end->last_taken + end_of(end->stall, limits), [this, connection] { watch(connection); });
  if (end->stall == before || holds_up(end->stall, end->queued_bytes, limits)) return;
  if (end->congested && !end->closing) end->party.events->on_stalled(connection, agenda_.now());
}

void Wire::check_bound(ConnectionId connection) {
  const End* end = find(connection);
  if (end != nullptr && end->queued_bytes > bound_of(end->stall, *end->party.limits))
    cut_off(connection, CloseReason::queue_full);
}

void Wire::cut_off(ConnectionId connection, CloseReason reason) {
  const End& end = *find(connection);
  const auto silent = std::chrono::duration_cast<std::chrono::milliseconds>(agenda_.now() - end.last_taken);
  const std::string detail = std::to_string(end.queued_bytes) + " bytes queued, the last one taken " +
                             std::to_string(silent.count()) + " ms ago";
  const Party party = end.party;
  const bool closing = end.closing;
  remove(connection, "");
  if (!closing) party.events->on_closed(connection, reason, detail, agenda_.now());
}

/// The end is gone, with what it had queued. The other learns of it after what is under way.
void Wire::remove(ConnectionId connection, const std::string& detail) {
  const auto node = ends_.extract(connection);
  const End& end = node.mapped();
  if (find(end.other) == nullptr) return;
  const TimePoint when = std::max(end.last_arrival, agenda_.now() + delay_of(end.info));
  agenda_.put(when, [this, other = end.other, detail] {
    if (End* far = find(other)) end_input(*far, {CloseReason::remote_closed, detail});
    deliver(other);
    pump(other);  // nobody takes what it has queued
  });
}

Wire::End* Wire::find(ConnectionId connection) {
  const auto found = ends_.find(connection);
  return found == ends_.end() ? nullptr : &found->second;
}

Duration Wire::delay_of(const ConnectionInfo& info) const {
  const auto found = delays_.find(hosts_of(info));
  return found == delays_.end() ? Duration::zero() : found->second;
}

Wire::HostPair Wire::hosts_of(const ConnectionInfo& info) {
  return std::minmax(info.local.address, info.remote.address);
}

}  // namespace gossip::testing
