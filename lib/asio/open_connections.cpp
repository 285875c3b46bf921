#include "open_connections.hpp"

namespace gossip::detail {

void OpenConnections::add(Layer layer) {
  all_ += 1;
  if (layer == Layer::api) clients_ += 1;
}

void OpenConnections::remove(Layer layer) {
  all_ -= 1;
  if (layer == Layer::api) clients_ -= 1;
}

std::string OpenConnections::why_no_more(Layer layer) const {
  constexpr auto most = ", the most within memory_limit";
  if (all_ >= connections_max_) return std::to_string(all_) + " connections are open" + most;
  if (layer == Layer::api && clients_ >= connections_max_ - connections_max_ / 4) {
    return std::to_string(clients_) + " clients are connected" + most;
  }
  return {};
}

}  // namespace gossip::detail
