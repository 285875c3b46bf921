#pragma once
/// \file
/// Which client wants to be notified of which data type.

#include <gossip/export.hpp>
#include <gossip/types.hpp>

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace gossip {

/// The clients of each data type. A client may register for every one, so the number of clients bounds the
/// table. Thread-safe: every function locks, and a list that was handed out does not change any more.
class GOSSIP_EXPORT RegistrationHandler {
 public:
  /// A list that never changes: a later registration makes another.
  using Clients = std::shared_ptr<const std::vector<ConnectionId>>;

  /// Nobody is registered.
  RegistrationHandler();

  /// True when the client was not registered for the type before.
  bool register_client(ConnectionId client, DataType type);

  /// Takes the client out of all types.
  void unregister(ConnectionId client);

  /// The clients of a type, in the order they registered. Never null.
  [[nodiscard]] Clients registrations(DataType type) const;

 private:
  const Clients nobody_;
  mutable std::mutex mutex_;
  std::unordered_map<DataType, Clients> by_type_;
};

}  // namespace gossip
