#include <gossip/local_programs.hpp>

#include <cassert>
#include <utility>

namespace gossip {

ConnectionId LocalPrograms::add(Validator validator) {
  const ConnectionId subscription{++last_};
  validators_[subscription] = std::make_shared<const Validator>(std::move(validator));
  return subscription;
}

bool LocalPrograms::remove(ConnectionId subscription) {
  if (validators_.erase(subscription) == 0) return false;
  calls_.erase_if([&](const Call& call) {
    const bool gone = call.message.ticket.session == value_of(subscription);
    if (gone) waiting_bytes_ -= bytes_of(call);
    return gone;
  });
  return true;
}

void LocalPrograms::notify(ConnectionId subscription, const CachedMessage& message) {
  const auto found = validators_.find(subscription);
  assert(found != validators_.end());
  Call& call = calls_.append();
  call.validator = found->second;
  call.message.data_type = message.data_type;
  call.message.data = message.data;
  call.message.ticket = {value_of(subscription), message.sequence, message.id};
  waiting_bytes_ += bytes_of(call);
}

std::optional<LocalPrograms::Call> LocalPrograms::take() {
  if (calls_.empty()) return std::nullopt;
  std::optional<Call> next = calls_.pop();
  waiting_bytes_ -= bytes_of(*next);
  return next;
}

}  // namespace gossip
