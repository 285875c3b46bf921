#include "name_lookups.hpp"

#include "endpoints.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

namespace gossip::detail {

namespace asio = boost::asio;
using asio::ip::tcp;

Result<std::vector<Endpoint>> look_up(const HostPort& address, Families families) {
  asio::io_context context;
  tcp::resolver resolver(context);
  boost::system::error_code error;
  const std::string port = std::to_string(address.port);
  // Of both, what there is: what this host has no way to is found out, at once, when it is connected to.
  const auto found = families == Families::ipv4
                         ? resolver.resolve(tcp::v4(), address.host, port, error)
                         : resolver.resolve(address.host, port, tcp::resolver::flags(), error);
  if (error) return Error{Condition::system, error.message()};
  std::vector<Endpoint> endpoints;
  for (const auto& entry : found) {
    const Endpoint endpoint = from_asio(entry.endpoint());
    if (std::ranges::find(endpoints, endpoint) == endpoints.end()) endpoints.push_back(endpoint);
  }
  if (endpoints.empty()) return Error{Condition::system, "it has no address"};
  return endpoints;
}

namespace {

/// What a function throws must not end the process.
Result<std::vector<Endpoint>> guarded(const NameLookups::LookUp& look_up, const HostPort& address) {
  try {
    return look_up(address);
  } catch (const std::exception& error) {
    return Error{Condition::system, error.what()};
  }
}

}  // namespace

/// What the threads hold on to, however long they take.
struct NameLookups::Shared {
  Shared(asio::io_context& context_of_owner, NameLookups& owner)
      : context(context_of_owner), lookups(&owner) {}

  bool begin() {
    const std::lock_guard lock(mutex);
    if (under_way == under_way_max) return false;
    under_way += 1;
    return true;
  }
  void end(std::uint64_t id, Result<std::vector<Endpoint>> found) {
    const std::lock_guard lock(mutex);
    under_way -= 1;
    if (lookups != nullptr) deliver(id, std::move(found));
  }
  /// Precondition: the lookups are still there.
  void deliver(std::uint64_t id, Result<std::vector<Endpoint>> found) {
    asio::post(context, [owner = lookups, id, found = std::move(found)] { owner->finish(id, found); });
  }
  void abandon() {
    const std::lock_guard lock(mutex);
    lookups = nullptr;
  }

  std::mutex mutex;
  asio::io_context& context;
  NameLookups* lookups;  ///< null once they are gone, and the context perhaps with them
  std::size_t under_way = 0;
};

NameLookups::NameLookups(asio::io_context& context, LookUp function)
    : look_up_(std::move(function)), shared_(std::make_shared<Shared>(context, *this)) {}

NameLookups::~NameLookups() {
  shared_->abandon();
}

void NameLookups::start(const HostPort& address, OnDone on_done) {
  const std::uint64_t id = next_id_++;
  waiting_[id] = std::move(on_done);
  if (!shared_->begin()) {
    shared_->deliver(id, Error{Condition::system, "too many names are being looked up"});
    return;
  }
  try {
    std::thread([shared = shared_, function = look_up_, address, id] {
      shared->end(id, guarded(function, address));
    }).detach();
  } catch (const std::system_error& error) {
    shared_->end(id, Error{Condition::system, error.what()});
  }
}

void NameLookups::finish(std::uint64_t id, const Result<std::vector<Endpoint>>& found) {
  const auto waiting = waiting_.extract(id);
  waiting.mapped()(found);
}

}  // namespace gossip::detail
