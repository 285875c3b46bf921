#include <gossip/registration_handler.hpp>

#include <algorithm>

namespace gossip {

RegistrationHandler::RegistrationHandler() : nobody_(std::make_shared<const std::vector<ConnectionId>>()) {}

bool RegistrationHandler::register_client(ConnectionId client, DataType type) {
  const std::lock_guard lock(mutex_);
  Clients& clients = by_type_.try_emplace(type, nobody_).first->second;
  if (std::find(clients->begin(), clients->end(), client) != clients->end()) return false;
  auto extended = std::make_shared<std::vector<ConnectionId>>(*clients);
  extended->push_back(client);
  clients = std::move(extended);
  return true;
}

void RegistrationHandler::unregister(ConnectionId client) {
  const std::lock_guard lock(mutex_);
  for (auto at = by_type_.begin(); at != by_type_.end();) {
    Clients& clients = at->second;
    if (std::find(clients->begin(), clients->end(), client) != clients->end()) {
      auto reduced = std::make_shared<std::vector<ConnectionId>>(*clients);
      std::erase(*reduced, client);
      clients = std::move(reduced);
    }
    at = clients->empty() ? by_type_.erase(at) : std::next(at);
  }
}

RegistrationHandler::Clients RegistrationHandler::registrations(DataType type) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_type_.find(type);
  return found == by_type_.end() ? nobody_ : found->second;
}

}  // namespace gossip
