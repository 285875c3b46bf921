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
    : Dial(context.get_executor(), std::move(address), time_limit),
      lookups_(lookups),
      on_done_(std::move(on_done)),
      is_own_(std::move(is_own)) {}

void TcpDial::look_up(const HostPort& name) {
  lookups_.start(name, [self = shared_from_this(), this](const auto& found) { take_found(found); });
}

void TcpDial::take_found(const Result<std::vector<Endpoint>>& found) {
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

void TcpDial::done(tcp::socket socket, const error_code& error) {
  std::string why = !error ? "" : error.message();
  if (error == asio::error::timed_out) {
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(time_limit());
    why = "no answer within " + std::to_string(limit.count()) + " ms";
  }
  if (!lookup_failed_.empty()) why = lookup_failed_;
  std::exchange(on_done_, nullptr)(std::move(socket), why);
}

}  // namespace gossip::detail
