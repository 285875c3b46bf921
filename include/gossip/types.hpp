#pragma once
/// \file
/// The vocabulary of the library: strong types for identifiers, units and addresses, so that a ttl cannot be
/// passed where a data type is wanted. Values only; no behaviour beyond comparison and formatting.

#include <gossip/export.hpp>
#include <gossip/ip_address.hpp>

#include <array>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

/// The library. What is in gossip::detail is private.
namespace gossip {

/// The 16-bit data type by which programs register for messages (docs/protocol.md, 'Bodies').
enum class DataType : std::uint16_t {};

/// A message's 16-bit name inside one node, never seen by peers. Every value from 0 to 65535 is a valid id.
enum class MessageId : std::uint16_t {};

/// The largest message id; there are MAX_MSG_ID + 1 of them.
inline constexpr std::uint16_t MAX_MSG_ID = 65535;

/// Names one connection for the whole life of a node: a transport never gives out the same value twice.
/// Transports use the lower half of the values; the upper half is the node's own, for programs in its
/// process.
enum class ConnectionId : std::uint64_t {};

/// The lowest of the node's own ids.
inline constexpr ConnectionId first_in_process{std::uint64_t{1} << 63U};

/// Hops that a message is still allowed to travel; 0 is unlimited (docs/protocol.md, 'TTL').
enum class Ttl : std::uint8_t {};

/// No limit on hops: what travels so ends where it is known already.
inline constexpr Ttl unlimited_ttl{0};

/// One of the broadcast trees of the overlay extension: below trees_max, or no_tree.
enum class Tree : std::uint8_t {};

/// How many trees there are: one bit each in a mask of 64.
inline constexpr unsigned trees_max = 64;

/// What does not travel by a tree.
inline constexpr Tree no_tree{255};

/// \{
/// The number in a strong type, as it stands on the wire, in a log or in a hash.
[[nodiscard]] constexpr std::uint16_t value_of(DataType type) {
  return static_cast<std::uint16_t>(type);
}
[[nodiscard]] constexpr std::uint16_t value_of(MessageId id) {
  return static_cast<std::uint16_t>(id);
}
[[nodiscard]] constexpr std::uint64_t value_of(ConnectionId id) {
  return static_cast<std::uint64_t>(id);
}
/// \}
/// True for what stands for a program in the node's own process.
[[nodiscard]] constexpr bool is_in_process(ConnectionId id) {
  return id >= first_in_process;
}
/// The hops; 0 is unlimited.
[[nodiscard]] constexpr std::uint8_t value_of(Ttl ttl) {
  return static_cast<std::uint8_t>(ttl);
}
/// Its number: the place of its bit in a mask, where it is below trees_max.
[[nodiscard]] constexpr std::uint8_t value_of(Tree tree) {
  return static_cast<std::uint8_t>(tree);
}

/// What a node calls itself for its whole life, drawn at random (docs/protocol.md, 'The overlay extension').
struct NodeId {
  std::array<std::byte, 16> bytes{};  ///< in the order of the wire

  /// As unsigned bytes, the first one first.
  friend constexpr auto operator<=>(const NodeId&, const NodeId&) = default;
};

/// What all nodes call a message: the first 16 bytes of SHA-256 over its data type and its data.
struct ContentId {
  std::array<std::byte, 16> bytes{};  ///< in the order of the wire

  /// As unsigned bytes, the first one first.
  friend constexpr auto operator<=>(const ContentId&, const ContentId&) = default;
};

/// \{
/// 32 hexadecimal digits, in lower case.
[[nodiscard]] GOSSIP_EXPORT std::string to_string(const NodeId& id);
[[nodiscard]] GOSSIP_EXPORT std::string to_string(const ContentId& id);
/// \}

/// The two kinds of connection: local programs (API) and other daemons (P2P).
enum class Layer : std::uint8_t { api, p2p };

/// "api" or "p2p".
[[nodiscard]] constexpr std::string_view to_string(Layer layer) {
  return layer == Layer::api ? "api" : "p2p";
}

/// The clock of the core has no now(): time is always handed in. It is monotonic, with an arbitrary origin.
struct VirtualClock {
  /// \{
  /// What std::chrono asks of a clock, but for now().
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<VirtualClock, duration>;
  static constexpr bool is_steady = true;
  /// \}
};

/// A span of time, in nanoseconds; every coarser duration of std::chrono converts to it.
using Duration = VirtualClock::duration;
/// A moment on the core's clock. It says nothing by itself: only differences do.
using TimePoint = VirtualClock::time_point;

/// The earlier of two timers; nothing where neither runs.
[[nodiscard]] constexpr std::optional<TimePoint> earlier(std::optional<TimePoint> one,
                                                         std::optional<TimePoint> other) {
  if (!one || !other) return one ? one : other;
  return *one < *other ? one : other;
}

/// An IPv4 or IPv6 address and a TCP port.
struct Endpoint {
  IpAddress address;       ///< Endpoint{0x7f000001, 80} is 127.0.0.1:80
  std::uint16_t port = 0;  ///< in host byte order

  /// By address, then by port, as 'A P2P connection is a peer' of docs/protocol.md orders nodes.
  friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) = default;

  /// True for one that a node can be reached at: not port 0, and an address that is usable.
  [[nodiscard]] constexpr bool usable() const { return port != 0 && address.usable(); }

  /// True for 0.0.0.0 and ::, which mean every local address where a node listens: :: that of both families.
  [[nodiscard]] constexpr bool unspecified() const { return address.unspecified(); }
};

/// "192.0.2.7:6001", or "[2001:db8::7]:6001".
[[nodiscard]] GOSSIP_EXPORT std::string to_string(const Endpoint& endpoint);

/// What to_string() writes, with any spelling of the address; "localhost:80" as well. Nothing for anything
/// else.
[[nodiscard]] GOSSIP_EXPORT std::optional<Endpoint> parse_endpoint(std::string_view text);

/// A host (name, IPv4 or IPv6 address) and a TCP port, not resolved yet.
struct HostPort {
  std::string host;  ///< as it was written, without brackets; a name is looked up when it is connected to
  std::uint16_t port = 0;  ///< of a listener, 0 stands for any that is free

  /// By host, as text, then by port: two spellings of one host differ.
  friend auto operator<=>(const HostPort&, const HostPort&) = default;
};

/// "node1.example.org:6001"; a host with a colon, which is an IPv6 address, is in brackets.
[[nodiscard]] GOSSIP_EXPORT std::string to_string(const HostPort& address);

/// The same with the address as text, so that literal_endpoint() leads back.
[[nodiscard]] GOSSIP_EXPORT HostPort to_host_port(const Endpoint& endpoint);

/// The endpoint behind a host that is an address, or "localhost", which is 127.0.0.1; nothing for any other
/// name, which only a resolver can answer.
[[nodiscard]] GOSSIP_EXPORT std::optional<Endpoint> literal_endpoint(const HostPort& address);

/// True for a host that is an IPv6 address; an IPv4-mapped one is none.
[[nodiscard]] GOSSIP_EXPORT bool is_ipv6(const HostPort& address);

}  // namespace gossip

/// For unordered containers. It has no key: a table of addresses that peers name needs a bound.
template <>
struct std::hash<gossip::Endpoint> {
  /// Of IPv4 injective where std::size_t has 64 bits.
  std::size_t operator()(const gossip::Endpoint& endpoint) const noexcept {
    const gossip::IpAddress& address = endpoint.address;
    if (address.is_ipv4())
      return std::hash<std::uint64_t>{}(std::uint64_t{address.ipv4()} << 16U | endpoint.port);
    // Odd, so that no bit is lost: what differs in one half only differs in the hash.
    constexpr std::uint64_t factor = 0x9e3779b97f4a7c15;
    return std::hash<std::uint64_t>{}((address.high() * factor ^ address.low()) * factor ^ endpoint.port);
  }
};
