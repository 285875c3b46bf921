#include "client_dial.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gossip::detail {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

}  // namespace

ClientDial::ClientDial(const asio::any_io_executor& executor, HostPort address, Duration time_limit,
                       OnDone on_done)
    : Dial(executor, std::move(address), time_limit, std::move(on_done)), resolver_(executor) {}

void ClientDial::look_up(const HostPort& name) {
  const auto take_found = [self = shared_from_this(), this](const error_code& error,
                                                            const tcp::resolver::results_type& found) {
    if (error) {
      give_up(error);
      return;
    }
    std::vector<tcp::endpoint> candidates;
    for (const auto& entry : found) candidates.push_back(entry.endpoint());
    try_all(std::move(candidates));
  };
  resolver_.async_resolve(name.host, std::to_string(name.port), tcp::resolver::flags(), take_found);
}

}  // namespace gossip::detail
