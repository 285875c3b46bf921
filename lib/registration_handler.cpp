#include <gossip/registration_handler.hpp>

namespace gossip {
namespace {

std::uint64_t hash_of(ConnectionId client, DataType type) {
  return scatter(scatter(value_of(client)) + value_of(type));
}

}  // namespace

RegistrationHandler::RegistrationHandler() : nobody_(std::make_shared<const std::vector<ConnectionId>>()) {}

bool RegistrationHandler::register_client(ConnectionId client, DataType type) {
  const std::lock_guard lock(mutex_);
  if (find(client, type)) return false;
  // An empty list that memory ran out behind does no harm: the next registration finds it.
  List& clients = by_type_.at(by_type_.insert(type));
  List& types = by_client_.at(by_client_.insert(client));
  const std::uint32_t added = pool_.take();
  try {
    index_.insert(hash_of(client, type), added,
                  [this](std::uint32_t other) { return hash_of(pool_[other].client, pool_[other].type); });
  } catch (...) {
    pool_.give_back(added);
    throw;
  }
  pool_[added] = {client, type, {}, {}};
  append(clients, &Registration::of_type, added);
  append(types, &Registration::of_client, added);
  version_.fetch_add(1, std::memory_order_release);
  return true;
}

void RegistrationHandler::unregister(ConnectionId client) {
  const std::lock_guard lock(mutex_);
  const std::uint32_t types = by_client_.slot_of(client);
  if (types == none) return;
  for (std::uint32_t at = by_client_.at(types).first; at != none; at = by_client_.at(types).first) {
    const std::uint32_t clients = by_type_.slot_of(pool_[at].type);
    unlink(by_type_.at(clients), &Registration::of_type, at);
    if (by_type_.at(clients).size == 0) by_type_.erase_at(clients);
    unlink(by_client_.at(types), &Registration::of_client, at);
    index_.erase(hash_of(client, pool_[at].type), at);
    pool_.give_back(at);
  }
  by_client_.erase_at(types);
  version_.fetch_add(1, std::memory_order_release);
}

RegistrationHandler::Clients RegistrationHandler::registrations(DataType type) const {
  const std::lock_guard lock(mutex_);
  const List* list = by_type_.find(type);
  if (list == nullptr || list->size == 0) return nobody_;
  if (!list->handed_out) {
    auto clients = std::make_shared<std::vector<ConnectionId>>();
    clients->reserve(list->size);
    for (std::uint32_t at = list->first; at != none; at = pool_[at].of_type.after) {
      clients->push_back(pool_[at].client);
    }
    list->handed_out = std::move(clients);
  }
  return list->handed_out;
}

std::size_t RegistrationHandler::size() const {
  const std::lock_guard lock(mutex_);
  return index_.size();
}

void RegistrationHandler::append(List& list, Links links, std::uint32_t registration) {
  pool_[registration].*links = {list.last, none};
  (list.last == none ? list.first : (pool_[list.last].*links).after) = registration;
  list.last = registration;
  list.size += 1;
  list.handed_out.reset();
}

void RegistrationHandler::unlink(List& list, Links links, std::uint32_t registration) {
  const Neighbours beside = pool_[registration].*links;
  (beside.before == none ? list.first : (pool_[beside.before].*links).after) = beside.after;
  (beside.after == none ? list.last : (pool_[beside.after].*links).before) = beside.before;
  list.size -= 1;
  list.handed_out.reset();
}

std::optional<std::uint32_t> RegistrationHandler::find(ConnectionId client, DataType type) const {
  return index_.find(hash_of(client, type), [&](std::uint32_t slot) {
    return pool_[slot].client == client && pool_[slot].type == type;
  });
}

}  // namespace gossip
