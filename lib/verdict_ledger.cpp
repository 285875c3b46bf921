#include <gossip/verdict_ledger.hpp>

#include <algorithm>
#include <new>
#include <utility>

namespace gossip {

VerdictLedger::VerdictLedger(MessageCache& cache, Duration verdict_timeout)
    : cache_(cache), verdict_timeout_(verdict_timeout) {}

void VerdictLedger::owe(const CachedMessage& message, ConnectionId client_id, TimePoint now) {
  Debt& debt = debts_[message.id];
  if (std::ranges::find(debt.clients, client_id) != debt.clients.end()) return;
  // First all that memory may be lacking for: then nobody owes anything yet.
  Client& client = clients_[client_id];
  if (!client.listener) protected_from_.try_emplace(message.origin);
  debt.clients.push_back(client_id);

  debt.origin = message.origin;
  debt.sequence = message.sequence;
  if (client.owed++ == 0) client.silent_since = now;
  if (client.listener) return;
  add_voter(message.id, debt);
  if (!next_check_) next_check_ = client.silent_since + verdict_timeout_;
}

void VerdictLedger::on_vote(ConnectionId client_id, TimePoint now) {
  const auto found = clients_.find(client_id);
  if (found == clients_.end()) return;
  if (found->second.listener) {
    set_voting(client_id, messages_owed_by(client_id), true);
    if (found->second.owed > 0 && !next_check_) next_check_ = now + verdict_timeout_;
  }
  found->second.silent_since = now;
}

void VerdictLedger::settle(MessageId message) {
  const auto found = debts_.find(message);
  if (found == debts_.end()) return;
  Debt& debt = found->second;
  for (const ConnectionId client : debt.clients) {
    clients_.at(client).owed -= 1;
  }
  if (debt.voting > 0) {
    debt.voting = 1;
    drop_voter(message, debt);
  }
  debts_.erase(found);
}

void VerdictLedger::forget_client(ConnectionId client_id) {
  const auto found = clients_.find(client_id);
  if (found == clients_.end()) return;
  const auto forgive = [&](Debts::iterator debt) {
    if (std::erase(debt->second.clients, client_id) > 0 && !found->second.listener) {
      drop_voter(debt->first, debt->second);
    }
    return debt->second.clients.empty() ? debts_.erase(debt) : std::next(debt);
  };
  try {
    for (const MessageId message : messages_owed_by(client_id)) forgive(debts_.find(message));
  } catch (const std::bad_alloc&) {
    // A departure has to succeed: without memory for the order, in any order.
    for (auto debt = debts_.begin(); debt != debts_.end();) debt = forgive(debt);
  }
  clients_.erase(found);
}

bool VerdictLedger::owes(ConnectionId client, MessageId message) const {
  const auto found = debts_.find(message);
  return found != debts_.end() &&
         std::ranges::find(found->second.clients, client) != found->second.clients.end();
}

std::size_t VerdictLedger::owed_by(ConnectionId client) const {
  const auto found = clients_.find(client);
  return found == clients_.end() ? 0 : found->second.owed;
}

bool VerdictLedger::is_voting(ConnectionId client) const {
  const auto found = clients_.find(client);
  return found == clients_.end() || !found->second.listener;
}

bool VerdictLedger::is_protected(MessageId message) const {
  const auto found = debts_.find(message);
  return found != debts_.end() && found->second.voting > 0;
}

std::size_t VerdictLedger::protected_from(ConnectionId origin) const {
  const auto found = protected_from_.find(origin);
  return found == protected_from_.end() ? 0 : found->second;
}

std::vector<ConnectionId> VerdictLedger::on_time(TimePoint now) {
  std::vector<ConnectionId> silent;
  if (!next_check_ || now < *next_check_) return silent;
  std::optional<TimePoint> next_check;
  for (const auto& [id, client] : clients_) {
    if (client.owed == 0 || client.listener) continue;
    const TimePoint due = client.silent_since + verdict_timeout_;
    if (due <= now) {
      silent.push_back(id);
    } else if (!next_check || due < *next_check) {
      next_check = due;
    }
  }
  // Nothing changes before there is memory for all of it.
  std::vector<std::vector<MessageId>> owed;
  owed.reserve(silent.size());
  for (const ConnectionId client : silent) owed.push_back(messages_owed_by(client));
  if (next_check) next_check = std::max(*next_check, now + verdict_timeout_ / 8);
  next_check_ = next_check;
  for (std::size_t i = 0; i < silent.size(); ++i) set_voting(silent[i], owed[i], false);
  return silent;
}

void VerdictLedger::set_voting(ConnectionId client_id, const std::vector<MessageId>& owed, bool voting) {
  if (voting) {  // all that memory may be lacking for comes first
    for (const MessageId message : owed) protected_from_.try_emplace(debts_.at(message).origin);
  }
  clients_.at(client_id).listener = !voting;
  for (const MessageId message : owed) {
    Debt& debt = debts_.at(message);
    voting ? add_voter(message, debt) : drop_voter(message, debt);
  }
}

/// Oldest first: the order in which they become evictable again must not depend on a hash.
std::vector<MessageId> VerdictLedger::messages_owed_by(ConnectionId client_id) const {
  std::vector<std::pair<std::uint64_t, MessageId>> owed;
  if (owed_by(client_id) > 0) {
    for (const auto& [message, debt] : debts_) {
      if (std::ranges::find(debt.clients, client_id) != debt.clients.end())
        owed.emplace_back(debt.sequence, message);
    }
  }
  std::ranges::sort(owed);
  std::vector<MessageId> messages;
  messages.reserve(owed.size());
  for (const auto& [sequence, message] : owed) messages.push_back(message);
  return messages;
}

void VerdictLedger::add_voter(MessageId message, Debt& debt) {
  if (debt.voting++ > 0) return;
  cache_.pin(message);
  protected_from_.at(debt.origin) += 1;
  protected_total_ += 1;
}

void VerdictLedger::drop_voter(MessageId message, Debt& debt) {
  if (--debt.voting > 0) return;
  cache_.unpin(message);
  const auto origin = protected_from_.find(debt.origin);
  if (--origin->second == 0) protected_from_.erase(origin);
  protected_total_ -= 1;
}

}  // namespace gossip
