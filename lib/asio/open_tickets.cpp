#include "open_tickets.hpp"

namespace gossip::detail {

std::uint64_t OpenTickets::begin_session() {
  const std::lock_guard lock(mutex_);
  open_.clear();
  return ++session_;
}

void OpenTickets::end_session() {
  const std::lock_guard lock(mutex_);
  open_.clear();
}

Ticket OpenTickets::open(MessageId message) {
  const std::lock_guard lock(mutex_);
  sequence_ += 1;
  open_[message] = sequence_;
  return {session_, sequence_, message};
}

bool OpenTickets::close(const Ticket& ticket) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(ticket.message);
  if (ticket.session != session_ || found == open_.end() || found->second != ticket.sequence) return false;
  open_.erase(found);
  return true;
}

}  // namespace gossip::detail
