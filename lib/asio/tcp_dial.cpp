#include "tcp_dial.hpp"

#include "endpoints.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace gossip::detail {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

}  // namespace

TcpDial::TcpDial(asio::io_context& context, NameLookups& lookups, HostPort address, Duration time_limit,
                 OnDone on_done, IsOwn is_own)
    : Dial(context.get_executor(), std::move(address), time_limit,
           [this, tell = std::move(on_done)](tcp::socket socket, const error_code& error) {
             tell(std::move(socket), error ? reason(error) : "");
           }),
      lookups_(lookups),
      is_own_(std::move(is_own)) {}

void TcpDial::look_up(const HostPort& name) {
  lookups_.start(name, [self = shared_from_this(), this](const auto& found) { take_found(found); });
}

void TcpDial::take_found(const Result<std::vector<Endpoint>>& found) {
  if (is_over()) return;
  if (!found) {
    lookup_failed_ = "the name cannot be resolved: " + found.error().message;
    give_up(asio::error::host_not_found);
    return;
  }
  std::vector<Endpoint> endpoints = *found;
  if (is_own_ && !std::ranges::all_of(endpoints, is_own_)) std::erase_if(endpoints, is_own_);
  std::vector<tcp::endpoint> candidates;
  std::ranges::transform(endpoints, std::back_inserter(candidates), to_asio);
  try_all(std::move(candidates));
}

/// Why there is no connection.
std::string TcpDial::reason(const error_code& error) const {
  if (!lookup_failed_.empty()) return lookup_failed_;
  if (!is_time_over()) return error.message();
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(time_limit());
  return "no answer within " + std::to_string(limit.count()) + " ms";
}

}  // namespace gossip::detail
