#pragma once
/// \file
/// An OverlayBench whose links live on while time passes, and short ways to say who dialled whom.

#include <gossip/overlay/neighborhood.hpp>

#include "overlay_bench.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace gossip::test {

inline std::vector<Endpoint> servers(std::uint32_t first, std::uint32_t last) {
  std::vector<Endpoint> list;
  for (std::uint32_t number = first; number <= last; ++number) list.push_back(server(number));
  return list;
}

inline Config with_degree(std::size_t degree, std::size_t max_connections = 30) {
  Config config;
  config.degree = degree;
  config.max_connections = max_connections;
  return config;
}

struct NeighborBench : OverlayBench {
  using OverlayBench::OverlayBench;

  /// Where it has dialled since the last call, in order of the addresses.
  std::vector<Endpoint> dials() {
    std::vector<Endpoint> list;
    for (const auto& dialled : std::exchange(transport.dialled, {}))
      list.push_back(*literal_endpoint(dialled.address));
    std::ranges::sort(list);
    return list;
  }

  /// What it has dialled last.
  [[nodiscard]] ConnectionId last_dial() const { return transport.dialled.back().connection; }

  /// What it has dialled is established and extended; the number of the node is that of its address, less 1.
  void answer(ConnectionId link, Endpoint remote) {
    connected(link, remote);
    from(link, hello(static_cast<int>(remote.address.ipv4() - own_server.address.ipv4()), remote));
  }

  /// All that it has dialled since the last call is established and extended.
  std::vector<ConnectionId> answer_all() {
    std::vector<ConnectionId> links;
    for (const auto& dialled : std::exchange(transport.dialled, {})) {
      answer(dialled.connection, *literal_endpoint(dialled.address));
      links.push_back(dialled.connection);
    }
    return links;
  }

  /// An extended link that another node has opened and wants for such a neighbour.
  ConnectionId accepted(int number, Neighbor::Kind kind = Neighbor::Kind::low) {
    const ConnectionId link = extended(number);
    from(link, Neighbor{kind});
    return link;
  }

  /// An extended link that another node has opened as a probe.
  ConnectionId probed(int number) {
    const Endpoint address = server(static_cast<std::uint32_t>(number) + 1);
    const ConnectionId link = stranger();
    Hello probe = hello(number, address);
    probe.features = Hello::probes;
    from(link, probe);
    transport.sent.clear();
    return link;
  }

  /// Time passes, and no link falls silent.
  void live(Duration time) {
    const TimePoint end = now + time;
    while (now < end) {
      pass(std::min<Duration>(500ms, end - now));
      const auto peers = node.pool().peers();
      for (const Peer& peer : std::vector(peers.begin(), peers.end())) {
        if (is_extended(peer.connection)) from(peer.connection, Pong{});
      }
    }
  }

  /// The messages of type M that were sent, to anybody.
  template <typename M>
  [[nodiscard]] std::vector<std::pair<ConnectionId, M>> sent() const {
    std::vector<std::pair<ConnectionId, M>> found;
    for (const auto& entry : transport.sent) {
      if (const auto* const message = std::get_if<M>(&entry.message)) found.emplace_back(entry.to, *message);
    }
    return found;
  }

  [[nodiscard]] bool is_peer(ConnectionId link) const { return node.p2p().is_peer(link); }
  [[nodiscard]] const PassiveView& passive() const { return node.p2p().neighborhood()->passive(); }
  [[nodiscard]] const Statistics& counted() const { return node.statistics(); }
};

}  // namespace gossip::test
