#pragma once
/// \file
/// Which client wants to be notified of which data type.

#include <gossip/export.hpp>
#include <gossip/flat_index.hpp>
#include <gossip/flat_map.hpp>
#include <gossip/slot_pool.hpp>
#include <gossip/types.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace gossip {

/// The clients of each data type. A client may register for every one, so the number of clients bounds the
/// table. Registering is O(1), and a client that goes costs what it registered for. Thread-safe: every
/// function locks but for version(), and a list that was handed out does not change any more.
class GOSSIP_EXPORT RegistrationHandler {
 public:
  /// A list that never changes: a later registration makes another.
  using Clients = std::shared_ptr<const std::vector<ConnectionId>>;

  /// Nobody is registered.
  RegistrationHandler();

  /// True when the client was not registered for the type before. Throws std::bad_alloc; then nothing has
  /// changed.
  bool register_client(ConnectionId client, DataType type);

  /// Takes the client out of all types.
  void unregister(ConnectionId client);

  /// The clients of a type, in the order they registered. Never null. The first call after that has changed
  /// makes the list, which is O(clients of the type); the others share it.
  [[nodiscard]] Clients registrations(DataType type) const;

  /// Registrations of all clients.
  [[nodiscard]] std::size_t size() const;

  /// Different whenever a registration has come or gone, and never 0: who keeps a list has to ask for another
  /// only then. Takes no lock.
  [[nodiscard]] std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  /// Asks for the memory that version() touches.
  [[gnu::always_inline]] void prefetch_version() const { __builtin_prefetch(&version_); }

 private:
  static constexpr std::uint32_t none = SlotPool<int>::none;

  struct Neighbours {
    std::uint32_t before = none;
    std::uint32_t after = none;
  };
  /// One client's for one type; in the list of each.
  struct Registration {
    ConnectionId client{};
    DataType type{};
    Neighbours of_type;
    Neighbours of_client;
  };
  /// A doubly linked list of registrations.
  struct List {
    std::uint32_t first = none;
    std::uint32_t last = none;
    std::size_t size = 0;
    mutable Clients handed_out;  ///< null when the list has changed since; of types only
  };
  using Links = Neighbours Registration::*;

  void append(List& list, Links links, std::uint32_t registration);
  void unlink(List& list, Links links, std::uint32_t registration);
  [[nodiscard]] std::optional<std::uint32_t> find(ConnectionId client, DataType type) const;

  const Clients nobody_;
  mutable std::mutex mutex_;
  SlotPool<Registration> pool_;
  FlatIndex index_;  ///< registrations by client and type
  FlatMap<DataType, List> by_type_;
  FlatMap<ConnectionId, List> by_client_;
  std::atomic<std::uint64_t> version_{1};
};

}  // namespace gossip
