#pragma once
/// \file
/// A Bench whose node offers the overlay extension.

#include "overlay_fixture.hpp"

#include <optional>
#include <string>

namespace gossip::test {

inline Config offering(Config config = {}) {
  config.overlay = Overlay::extended;
  return config;
}

inline Hello hello(int node, Endpoint address = server(2)) {
  Hello message;
  message.node = node_of(node);
  message.server_address = address;
  return message;
}

/// Peers that Bench::peer() makes are base peers here, too: their first frame is no HELLO.
struct OverlayBench : Bench {
  explicit OverlayBench(const Config& config = {}, std::optional<Endpoint> advertise = {})
      : Bench(offering(config), 1, own_server, advertise) {}

  /// As Bench::take(), without ids, and without SHUFFLEs, which come when chance will have it.
  std::string take() {
    std::erase_if(transport.sent,
                  [](const auto& sent) { return std::holds_alternative<Shuffle>(sent.message); });
    return without_ids(Bench::take());
  }

  /// A node with this number connects, says HELLO and introduces itself; where it is is up to the test. What
  /// that sends is gone, but for what is closed.
  ConnectionId extended(int number) {
    return extended(number, server(static_cast<std::uint32_t>(number) + 1));
  }
  ConnectionId extended(int number, Endpoint address) {
    const ConnectionId link = stranger();
    from(link, hello(number, address));
    from(link, PeerInit{address});
    transport.sent.clear();
    return link;
  }

  [[nodiscard]] bool is_extended(ConnectionId link) const {
    const Trees* const trees = node.p2p().trees();
    return trees != nullptr && trees->has(link);
  }
};

}  // namespace gossip::test
