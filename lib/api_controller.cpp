#include <gossip/api_controller.hpp>
#include <gossip/codec.hpp>
#include <gossip/convert.hpp>

#include <iterator>
#include <new>
#include <utility>

namespace gossip {
namespace {

/// Messages copied out of the cache at a time while a client catches up. Going on behind them costs nothing,
/// while what a congested client has to be shown again was copied in vain.
constexpr std::size_t catch_up_chunk = 64;

}  // namespace

void ApiController::on_accepted(ConnectionId client, const ConnectionInfo& info) {
  clients_[client].info = info;
  state_.open.at(state_.open.insert(client)) = Layer::api;
  state_.observer.on_event(event::ConnectionOpened{client, info, false});
}

void ApiController::add_program(ConnectionId program) {
  clients_[program];
  state_.open.at(state_.open.insert(program)) = Layer::api;
}

void ApiController::remove_program(ConnectionId program) {
  if (clients_.erase(program) > 0) forget(program);
}

AddOutcome ApiController::on_announce(ConnectionId client, const AnnounceView& announce, TimePoint now,
                                      const Digest* digest) {
  IncomingMessage message = from_client_announce(announce, client, state_.config.max_ttl);
  message.digest = digest;
  const AddOutcome outcome = state_.add(message, Layer::api, now);
  // Counted once something has become of it.
  (is_in_process(client) ? state_.statistics.program_announces : state_.statistics.client_announces) += 1;
  return outcome;
}

void ApiController::on_notify(ConnectionId id, const Notify& notify, TimePoint now) {
  const auto client = clients_.find(id);
  if (client == clients_.end()) return;
  if (!state_.registrations.register_client(id, notify.data_type)) return;
  if (state_.registrations.size() > state_.config.registrations_max() && !is_in_process(id)) {
    state_.statistics.connections_out_of_memory += 1;
    state_.transport.close(id, CloseReason::out_of_memory);
    on_closed(id, CloseReason::out_of_memory, "there are as many registrations as memory_limit allows");
    return;
  }
  state_.ledger.add_client(id);
  state_.observer.on_event(event::ClientRegistered{id, notify.data_type});
  client->second.catch_ups.push({notify.data_type, 0, state_.cache.next_sequence(), {}});
  catch_up(id, client->second, now);
}

const CachedMessage* ApiController::on_validation(ConnectionId client, const Validation& validation,
                                                  TimePoint now) {
  state_.ledger.on_vote(client, now);
  const MessageId id = validation.message_id;
  if (!state_.ledger.owes(client, id)) {
    state_.statistics.verdicts_ignored += 1;
    state_.tell(event::VerdictIgnored{id, client, validation.valid});
    return nullptr;
  }

  const CachedMessage* const message = state_.cache.look_at(id);
  const DataType type = message->data_type;
  // First what memory may be lacking for: then nothing has been decided.
  validation.valid ? state_.cache.set_validity(id, true) : state_.cache.reject(id);
  state_.ledger.settle(id);
  (validation.valid ? state_.statistics.messages_validated : state_.statistics.messages_rejected) += 1;
  state_.tell(event::MessageDecided{id, type, validation.valid, client});
  return validation.valid ? message : nullptr;
}

void ApiController::on_relieved(ConnectionId id, TimePoint now) {
  const auto client = clients_.find(id);
  if (client == clients_.end()) return;
  client->second.congested = false;
  catch_up(id, client->second, now);
}

void ApiController::on_closed(ConnectionId id, CloseReason reason, std::string_view detail) {
  const auto client = clients_.find(id);
  if (client == clients_.end()) return;
  state_.observer.on_event(
      event::ConnectionClosed{id, client->second.info, std::nullopt, reason, detail, false});
  clients_.erase(client);
  forget(id);
}

std::size_t ApiController::spread_message_to_api(const CachedMessage& message, TimePoint now) {
  const Audience& audience = audience_of(message.data_type, message.origin);
  const std::size_t notified = audience.clients.size() + audience.programs.size();
  // Counted first: it has gone out, or its turn is over, whatever memory is lacking for.
  (notified > 0 ? state_.statistics.messages_delivered : state_.statistics.messages_unclaimed) += 1;
  if (notified == 0) return 0;
  if (!message.valid) {
    for (const ConnectionId client : audience.clients) state_.ledger.owe(message, client, now);
  }
  state_.statistics.notifications_sent += audience.clients.size();
  if (!audience.clients.empty()) {
    const Frame frame = encode_notification(message.id, message.data_type, message.data);
    for (const auto& [client, result] : state_.transport.broadcast(audience.clients, frame)) {
      state_.hold_source(message.origin, client, result);
    }
  }
  for (const ConnectionId program : audience.programs) notify_program(program, message, now);
  return notified;
}

/// Whoever is registered, but for the one that announced it. The same for message after message, so it is
/// kept.
const ApiController::Audience& ApiController::audience_of(DataType type, ConnectionId origin) {
  const std::uint64_t version = state_.registrations.version();
  if (audience_.version == version && audience_.type == type && audience_.serves(origin)) return audience_;
  audience_.version = 0;  // until it is complete
  audience_.clients.clear();
  audience_.programs.clear();
  const std::span<const ConnectionId> registered = state_.audience(type);
  for (const ConnectionId client : registered) {
    if (client == origin || (is_in_process(client) && is_in_process(origin))) continue;
    (is_in_process(client) ? audience_.programs : audience_.clients).push_back(client);
  }
  audience_.is_all = audience_.clients.size() + audience_.programs.size() == registered.size();
  audience_.version = version;
  audience_.type = type;
  audience_.origin = origin;
  return audience_;
}

void ApiController::continue_waiting(TimePoint now) {
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    auto& [origin, clients] = *at;
    // Ends: who has to wait for this origin again has found no room.
    while (!clients.empty() && state_.has_ample_room_for(origin)) {
      auto client = clients.extract(clients.begin());
      try {
        catch_up(client.value(), clients_.at(client.value()), now);
      } catch (const std::bad_alloc&) {
        clients.insert(std::move(client));  // the event is not about this one, which goes on later
        throw;
      }
    }
    at = clients.empty() ? waiting_.erase(at) : std::next(at);
  }
}

std::vector<ConnectionId> ApiController::fetch_identifiers() const {
  std::vector<ConnectionId> identifiers;
  for (const auto& [id, client] : clients_) identifiers.push_back(id);
  return identifiers;
}

void ApiController::forget(ConnectionId client) {
  for (auto& [origin, clients] : waiting_) clients.erase(client);
  state_.open.erase(client);
  state_.registrations.unregister(client);
  state_.ledger.forget_client(client);
  state_.flow.forget(client);
}

SendResult ApiController::notify(ConnectionId client, const CachedMessage& message, TimePoint now) {
  if (is_in_process(client)) return notify_program(client, message, now);
  if (!message.valid) state_.ledger.owe(message, client, now);
  state_.statistics.notifications_sent += 1;
  return state_.transport.send(client, encode_notification(message.id, message.data_type, message.data));
}

SendResult ApiController::notify_program(ConnectionId program, const CachedMessage& message, TimePoint now) {
  if (!message.valid) state_.ledger.owe(message, program, now);
  state_.statistics.notifications_sent += 1;
  state_.programs.notify(program, message);
  return SendResult::queued;
}

void ApiController::catch_up(ConnectionId id, Client& client, TimePoint now) {
  while (!client.congested && !client.catch_ups.empty() &&
         catch_up_one(id, client, client.catch_ups.front(), now)) {
    client.catch_ups.pop();
  }
}

/// True when the client has been sent all of this part.
bool ApiController::catch_up_one(ConnectionId id, Client& client, CatchUp& part, TimePoint now) {
  while (true) {
    const auto messages =
        state_.cache.messages_from(part.next, catch_up_chunk, part.data_type, part.previous);
    for (const CachedMessage& message : messages) {
      if (message.sequence >= part.end) return true;
      const bool protects =
          !message.valid && state_.ledger.is_voting(id) && !state_.ledger.is_protected(message.id);
      if (protects && !state_.has_room_for(message.origin)) {
        waiting_[message.origin].insert(id);
        return false;
      }
      part.next = message.sequence + 1;
      part.previous = message.id;
      client.congested = notify(id, message, now) != SendResult::queued;
      if (client.congested) return false;
    }
    if (messages.size() < catch_up_chunk) return true;
  }
}

}  // namespace gossip
