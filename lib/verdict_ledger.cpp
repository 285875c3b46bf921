#include <gossip/verdict_ledger.hpp>

#include <algorithm>
#include <new>

namespace gossip {
namespace {

std::uint64_t hash_of(std::uint32_t message, std::uint32_t client) {
  return scatter(std::uint64_t{message} << 32U | client);
}

}  // namespace

VerdictLedger::VerdictLedger(MessageCache& cache, Duration verdict_timeout, std::size_t debts_max)
    : cache_(cache), verdict_timeout_(verdict_timeout), debts_max_(debts_max) {}

auto VerdictLedger::hash_of_debt() const {
  return [this](std::uint32_t debt) { return hash_of(debts_[debt].message, debts_[debt].client); };
}

void VerdictLedger::add_client(ConnectionId client) {
  insert_client(client);
}

void VerdictLedger::reserve(std::size_t clients) {
  messages_.reserve(1);
  protected_from_.reserve(1);
  debts_.reserve(clients);
  debt_index_.reserve(clients, hash_of_debt());
}

void VerdictLedger::owe(const CachedMessage& message, ConnectionId client_id, TimePoint now) {
  // First all that memory may be lacking for: then nobody owes anything yet. A message or an origin that is
  // left behind so counts as one on which nobody owes.
  const std::uint32_t message_slot = messages_.insert(message.id);
  const std::uint32_t client_slot = insert_client(client_id);
  if (find_debt(message_slot, client_slot) != none) return;
  Client& client = clients_.at(client_slot);
  if (debt_index_.size() >= (client.listener ? debts_max_ / 2 : debts_max_)) return;
  if (!client.listener) protected_from_.insert(message.origin);
  const std::uint32_t debt = debts_.take();
  try {
    debt_index_.insert(hash_of(message_slot, client_slot), debt, hash_of_debt());
  } catch (...) {
    debts_.give_back(debt);
    throw;
  }

  Message& owed = messages_.at(message_slot);
  owed.origin = message.origin;
  owed.sequence = message.sequence;
  owed.bytes = MessageCache::bytes_of(message.data);
  debts_[debt] = {message_slot, client_slot, {}, {}};
  append(owed.debts, &Debt::of_message, debt);
  append(client.debts, &Debt::of_client, debt);
  if (client.owed++ == 0) client.silent_since = now;
  if (client.listener) return;
  add_voter(message_slot);
  if (!next_check_) next_check_ = client.silent_since + verdict_timeout_;
}

void VerdictLedger::on_vote(ConnectionId client_id, TimePoint now) {
  const std::uint32_t slot = clients_.slot_of(client_id);
  if (slot == none) return;
  Client& client = clients_.at(slot);
  if (client.listener) {
    set_voting(slot, debts_of(slot), true);
    if (client.owed > 0 && !next_check_) next_check_ = now + verdict_timeout_;
  }
  client.silent_since = now;
}

void VerdictLedger::settle(MessageId message_id) {
  const std::uint32_t slot = messages_.slot_of(message_id);
  if (slot == none) return;
  Message& message = messages_.at(slot);
  while (message.debts.first != none) erase_debt(message.debts.first);
  if (message.voting > 0) {
    message.voting = 1;
    drop_voter(slot);
  }
  messages_.erase_at(slot);
}

void VerdictLedger::forget_client(ConnectionId client_id) {
  const std::uint32_t slot = clients_.slot_of(client_id);
  if (slot == none) return;
  Client& client = clients_.at(slot);
  try {
    for (const std::uint32_t debt : debts_of(slot)) forgive(debt);
  } catch (const std::bad_alloc&) {
    // A departure has to succeed: without memory to sort them, in the order in which they came.
    while (client.debts.first != none) forgive(client.debts.first);
  }
  const auto [before, after] = client.beside;
  (before == none ? first_client_ : clients_.at(before).beside.after) = after;
  if (after != none) clients_.at(after).beside.before = before;
  clients_.erase_at(slot);
}

bool VerdictLedger::owes(ConnectionId client, MessageId message) const {
  const std::uint32_t message_slot = messages_.slot_of(message);
  if (message_slot == none) return false;
  const std::uint32_t client_slot = clients_.slot_of(client);
  return client_slot != none && find_debt(message_slot, client_slot) != none;
}

std::size_t VerdictLedger::owed_by(ConnectionId client) const {
  const Client* found = clients_.find(client);
  return found == nullptr ? 0 : found->owed;
}

bool VerdictLedger::is_voting(ConnectionId client) const {
  const Client* found = clients_.find(client);
  return found == nullptr || !found->listener;
}

bool VerdictLedger::is_protected(MessageId message) const {
  const Message* found = messages_.find(message);
  return found != nullptr && found->voting > 0;
}

Protected VerdictLedger::all_protected_from(ConnectionId origin) const {
  const Protected* found = protected_from_.find(origin);
  return found == nullptr ? Protected{} : *found;
}

std::vector<ConnectionId> VerdictLedger::on_time(TimePoint now) {
  if (!next_check_ || now < *next_check_) return {};
  std::vector<std::uint32_t> silent;
  std::optional<TimePoint> next_check;
  for (std::uint32_t at = first_client_; at != none; at = clients_.at(at).beside.after) {
    const Client& client = clients_.at(at);
    if (client.owed == 0 || client.listener) continue;
    const TimePoint due = client.silent_since + verdict_timeout_;
    if (due <= now) {
      silent.push_back(at);
    } else if (!next_check || due < *next_check) {
      next_check = due;
    }
  }
  std::ranges::sort(silent, {}, [this](std::uint32_t slot) { return clients_.key_at(slot); });
  // Nothing changes before there is memory for all of it.
  std::vector<ConnectionId> ids;
  std::vector<std::vector<std::uint32_t>> debts;
  for (const std::uint32_t client : silent) {
    ids.push_back(clients_.key_at(client));
    debts.push_back(debts_of(client));
  }
  if (next_check) next_check = std::max(*next_check, now + verdict_timeout_ / 8);
  next_check_ = next_check;
  for (std::size_t i = 0; i < silent.size(); ++i) set_voting(silent[i], debts[i], false);
  return ids;
}

std::uint32_t VerdictLedger::insert_client(ConnectionId client) {
  const std::size_t known = clients_.size();
  const std::uint32_t slot = clients_.insert(client);
  if (clients_.size() == known) return slot;
  clients_.at(slot).beside.after = first_client_;
  if (first_client_ != none) clients_.at(first_client_).beside.before = slot;
  first_client_ = slot;
  return slot;
}

void VerdictLedger::append(List& list, Links links, std::uint32_t debt) {
  debts_[debt].*links = {list.last, none};
  (list.last == none ? list.first : (debts_[list.last].*links).after) = debt;
  list.last = debt;
}

void VerdictLedger::unlink(List& list, Links links, std::uint32_t debt) {
  const Neighbours beside = debts_[debt].*links;
  (beside.before == none ? list.first : (debts_[beside.before].*links).after) = beside.after;
  (beside.after == none ? list.last : (debts_[beside.after].*links).before) = beside.before;
}

std::uint32_t VerdictLedger::find_debt(std::uint32_t message, std::uint32_t client) const {
  return debt_index_
      .find(hash_of(message, client),
            [&](std::uint32_t debt) {
              return debts_[debt].message == message && debts_[debt].client == client;
            })
      .value_or(none);
}

/// The client owes one less; what that means for the message is up to who calls.
void VerdictLedger::erase_debt(std::uint32_t debt) {
  const auto [message, client, of_message, of_client] = debts_[debt];
  clients_.at(client).owed -= 1;
  unlink(messages_.at(message).debts, &Debt::of_message, debt);
  unlink(clients_.at(client).debts, &Debt::of_client, debt);
  debt_index_.erase(hash_of(message, client), debt);
  debts_.give_back(debt);
}

void VerdictLedger::forgive(std::uint32_t debt) {
  const auto [message, client, of_message, of_client] = debts_[debt];
  erase_debt(debt);
  if (!clients_.at(client).listener) drop_voter(message);
  if (messages_.at(message).debts.first == none) messages_.erase_at(message);
}

void VerdictLedger::set_voting(std::uint32_t client, const std::vector<std::uint32_t>& debts, bool voting) {
  if (voting) {  // all that memory may be lacking for comes first
    for (const std::uint32_t debt : debts) protected_from_.insert(messages_.at(debts_[debt].message).origin);
  }
  clients_.at(client).listener = !voting;
  for (const std::uint32_t debt : debts) {
    voting ? add_voter(debts_[debt].message) : drop_voter(debts_[debt].message);
  }
}

/// By message, the oldest first: the order in which they become evictable again.
std::vector<std::uint32_t> VerdictLedger::debts_of(std::uint32_t client) const {
  std::vector<std::uint32_t> found;
  found.reserve(clients_.at(client).owed);
  for (std::uint32_t at = clients_.at(client).debts.first; at != none; at = debts_[at].of_client.after) {
    found.push_back(at);
  }
  std::ranges::sort(found, {},
                    [this](std::uint32_t debt) { return messages_.at(debts_[debt].message).sequence; });
  return found;
}

void VerdictLedger::add_voter(std::uint32_t message) {
  Message& owed = messages_.at(message);
  if (owed.voting++ > 0) return;
  cache_.pin(messages_.key_at(message));
  for (Protected* sum : {protected_from_.find(owed.origin), &all_protected_}) {
    sum->messages += 1;
    sum->bytes += owed.bytes;
  }
}

void VerdictLedger::drop_voter(std::uint32_t message) {
  Message& owed = messages_.at(message);
  if (--owed.voting > 0) return;
  cache_.unpin(messages_.key_at(message));
  const std::uint32_t origin = protected_from_.slot_of(owed.origin);
  for (Protected* sum : {&protected_from_.at(origin), &all_protected_}) {
    sum->messages -= 1;
    sum->bytes -= owed.bytes;
  }
  if (protected_from_.at(origin).messages == 0) protected_from_.erase_at(origin);
}

}  // namespace gossip
