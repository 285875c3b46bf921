#pragma once
/// \file
/// Host names to addresses without waiting: the system's resolver blocks, for half a minute if its name
/// server does not answer, and cannot be interrupted.

#include <gossip/asio/resolve.hpp>
#include <gossip/config.hpp>
#include <gossip/error.hpp>
#include <gossip/types.hpp>

#include <boost/asio.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

namespace gossip::detail {

/// What a node asks of the names of other nodes: the base protocol has no IPv6.
[[nodiscard]] inline Families families_of_peers(const Config& config) {
  return config.overlay == Overlay::extended ? Families::both : Families::ipv4;
}

/// All addresses of the host, from the system's resolver, in its order, each once; blocks as long as that
/// does. The Error is the resolver's.
[[nodiscard]] Result<std::vector<Endpoint>> look_up(const HostPort& address, Families families);

/// Each lookup has a thread of its own, so that none waits for another, and is left to itself when these
/// lookups end: nobody waits for it, and what it finds is dropped. Not thread-safe: everything, on_done too,
/// happens on the thread that runs the context.
class NameLookups {
 public:
  /// Looks up, on any thread, and must be able to until the process ends.
  using LookUp = std::function<Result<std::vector<Endpoint>>(const HostPort&)>;
  using OnDone = std::function<void(const Result<std::vector<Endpoint>>&)>;

  /// Lookups that go on at once, those that nobody waits for any more among them; the next one fails.
  static constexpr std::size_t under_way_max = 64;

  /// The context must outlive it, and must not be run afterwards.
  NameLookups(boost::asio::io_context& context, LookUp function);
  ~NameLookups();
  NameLookups(const NameLookups&) = delete;
  NameLookups& operator=(const NameLookups&) = delete;

  /// on_done is called once, and not from inside this call.
  void start(const HostPort& address, OnDone on_done);

 private:
  struct Shared;

  void finish(std::uint64_t id, const Result<std::vector<Endpoint>>& found);

  LookUp look_up_;
  std::shared_ptr<Shared> shared_;
  std::uint64_t next_id_ = 0;
  std::unordered_map<std::uint64_t, OnDone> waiting_;
};

}  // namespace gossip::detail
