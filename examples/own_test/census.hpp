#pragma once
/// \file
/// What this example tests: a controller that counts the nodes that peers tell of, and a program that judges
/// temperatures.

#include <gossip/codec.hpp>
#include <gossip/subscription.hpp>
#include <gossip/transport.hpp>

#include <charconv>
#include <set>
#include <string_view>
#include <system_error>
#include <variant>

/// Asks each new peer for its peers, and closes it once it has answered. Not thread-safe.
class Census {
 public:
  /// `transport` must outlive it; `self` is what it gives as its own address.
  Census(gossip::Transport& transport, const gossip::Endpoint& self) : transport_(transport), self_(self) {}

  void on_connected(gossip::ConnectionId peer) {
    transport_.send(peer, gossip::encode(gossip::PeerRequest{self_}));
  }

  void on_message(gossip::ConnectionId peer, const gossip::Message& message) {
    const auto* response = std::get_if<gossip::PeerResponse>(&message);
    if (response == nullptr) return;
    nodes_.insert(response->server_addresses.begin(), response->server_addresses.end());
    transport_.close(peer, gossip::CloseReason::no_room);
  }

  [[nodiscard]] std::size_t nodes() const { return nodes_.size(); }

 private:
  gossip::Transport& transport_;
  gossip::Endpoint self_;
  std::set<gossip::Endpoint> nodes_;
};

/// Accepts whole degrees that the weather can bring.
inline gossip::Verdict judge_temperature(const gossip::Received& message) {
  const std::string_view text = message.data.text();
  int degrees = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), degrees);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && degrees >= -90 && degrees <= 60 ? gossip::Verdict::accept : gossip::Verdict::reject;
}
