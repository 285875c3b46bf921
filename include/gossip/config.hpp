#pragma once
/// \file
/// Every limit and timer of a node, with its unit, default and bounds. Where the values come from (a file,
/// options, a test) is not known here.

#include <gossip/export.hpp>
#include <gossip/types.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gossip {

/// What a node speaks to its peers.
enum class Overlay : std::uint8_t {
  base,      ///< the base protocol only
  extended,  ///< offers peers the overlay extension (docs/protocol.md, 'The overlay extension') as well
};

/// What can be set on a node. A plain value; copy it freely. Times are measured on the core's clock.
struct GOSSIP_EXPORT Config {
  /// Messages that the cache holds: 1 to 65535.
  std::size_t cache_size = 30;

  /// Peers that a node has at most, whoever opened the connection: 1 to 10000.
  std::size_t max_connections = 30;

  /// Peers that a node seeks of its own accord: 1 to max_connections; 0 means max_connections, or with the
  /// overlay extension 8 where that is less. With the extension it opens half of so many itself, rounded up,
  /// and takes no more than so many that come to it.
  std::size_t degree = 0;

  /// base: speaks the base protocol only; extended: offers peers the overlay extension (docs/protocol.md,
  /// 'The overlay extension').
  Overlay overlay = Overlay::base;

  /// Hops allowed to what enters from clients: 1 to 255; 0 is unlimited (docs/protocol.md, 'TTL').
  Ttl max_ttl = unlimited_ttl;

  /// Known nodes through which to join. Empty: the node waits for others. One that is the node itself is
  /// skipped. An IPv6 address needs the overlay extension; so it does in listen_address and
  /// advertise_address, while without it names stand for their IPv4 addresses only.
  std::vector<HostPort> bootstrappers{};

  /// Nodes that were known in an earlier run, best first (Node::remember_peers()): with the overlay extension
  /// the node turns to them, too, at the start and whenever it has lost all of its peers. Without it they are
  /// ignored, as are those beyond KnownPeers::capacity and such as no node can be reached at.
  std::vector<Endpoint> known_peers{};

  /// A directory in which a TcpNode keeps the addresses of such nodes, so that it finds its way back when no
  /// bootstrapper can be reached; see TcpNode::start(). Empty: they are kept nowhere. It has no effect
  /// without the overlay extension, nor on a Node, which has no files.
  std::string state_dir{};

  /// Where peers connect. Port 0 picks a free one; :: is every address of both families.
  HostPort listen_address{"127.0.0.1", 6001};

  /// Where clients connect. Port 0 picks a free one.
  HostPort api_address{"127.0.0.1", 7001};

  /// The P2P server address that peers are told; nothing means the listen address, or where that is 0.0.0.0
  /// or :: each connection's local address. Port 0 means the port that is listened on.
  std::optional<HostPort> advertise_address{};

  /// How long the content of an evicted message is still known, and up to 3 ms more: up to 24 h; 0 switches
  /// it off.
  std::chrono::seconds seen_ttl{120};

  /// Evicted contents that are known at once; the oldest is forgotten first. With rejected_digests_max, at
  /// digest_bytes each, at most an eighth of memory_limit, and at most 2^25 - 2^16 = 33,488,896. Unset:
  /// seen_digests_usual, or what that leaves room for. A copy that comes after so many other messages, the
  /// long way round, is a new message to the node: at a million a second half a second late.
  std::optional<std::size_t> seen_digests_max{};

  /// Contents found invalid that are remembered; the oldest is forgotten first.
  std::size_t rejected_digests_max = 65536;

  /// A client that owes verdicts and has cast none for this long is a listener until it votes again
  /// (docs/protocol.md, 'Nothing is lost to haste').
  std::chrono::milliseconds verdict_timeout{2000};

  /// A PEER UPDATE that repeats one seen within this time is dropped.
  std::chrono::seconds update_memory{60};

  /// PEER UPDATEs that are remembered at once; the oldest is forgotten first.
  std::size_t updates_max = 4096;

  /// First pause between two attempts to reach a bootstrapper. It doubles from one to the next, and each is
  /// shortened by up to a half, at random.
  std::chrono::milliseconds retry_pause_min{500};
  /// Longest pause between two of them: at least retry_pause_min.
  std::chrono::milliseconds retry_pause_max{30000};

  /// A connect that takes longer has failed.
  std::chrono::milliseconds connect_timeout{5000};

  /// A connection that started a frame and has not completed it for this long is closed.
  std::chrono::milliseconds frame_timeout{30000};

  /// A connection that has bytes waiting and takes none for this long is closed. After a tenth of it a client
  /// holds up nobody any more; a peer does so only with more than half of queue_bytes_max queued, until three
  /// fifths of it.
  std::chrono::milliseconds slow_consumer_timeout{5000};

  /// Bytes queued for one connection above which its feeders are paused.
  std::size_t queue_high_water_bytes = std::size_t{1} << 20U;
  /// Bytes queued below which they may go on: at most queue_high_water_bytes.
  std::size_t queue_low_water_bytes = std::size_t{256} << 10U;

  /// Bytes queued for one connection beyond which it is closed: at least queue_high_water_bytes.
  std::size_t queue_bytes_max = std::size_t{16} << 20U;

  /// Bytes of memory that the node stays below: at least 64 MiB, at most 1 TiB. A quarter is for the messages
  /// that it keeps, a quarter for what waits to be written and for input that is not handled yet, and a
  /// quarter for connections; the rest is for tables, the program and what the allocator keeps.
  /// docs/performance.md has the arithmetic.
  std::size_t memory_limit = std::size_t{512} << 20U;

  /// Threads that read, frame and write sockets: 0 to 64. With 0 the core thread does it, which is the
  /// cheapest on few cores.
  std::size_t worker_threads = 0;

  /// How long a stopping node may take to write what is queued, and to hear clients out that go on voting.
  std::chrono::milliseconds shutdown_timeout{10000};

  /// The file with the node's key. Part of existing configuration files; the base protocol has no use for it.
  std::string hostkey{};

  /// `degree`, with 0 resolved.
  [[nodiscard]] std::size_t peers_sought() const {
    constexpr std::size_t extended_degree = 8;
    if (degree != 0) return degree;
    return overlay == Overlay::extended ? std::min(extended_degree, max_connections) : max_connections;
  }

  /// Bytes that the message cache may hold: MessageCacheLimits::bytes_max.
  [[nodiscard]] std::size_t cache_bytes_max() const { return memory_limit / 4; }
  /// Bytes that all connections together may hold in queues and in input that is not handled yet: where there
  /// are more, the connection that holds most is closed.
  [[nodiscard]] std::size_t queues_bytes_max() const { return memory_limit / 4; }
  /// Connections that may be open at once; clients may have three quarters of them. Where there are as many,
  /// others wait to be accepted.
  [[nodiscard]] std::size_t connections_max() const { return memory_limit / 4 / connection_bytes; }

  /// Verdicts that clients may owe at once: VerdictLedger's debts_max.
  [[nodiscard]] std::size_t debts_max() const { return memory_limit / 32 / debt_bytes; }
  /// Registrations of all clients together: a client that wants more is closed.
  [[nodiscard]] std::size_t registrations_max() const { return memory_limit / 32 / registration_bytes; }

  /// What a verdict that is owed needs.
  static constexpr std::size_t debt_bytes = 48;
  /// What a registration needs, its part of what a client is still to be sent included.
  static constexpr std::size_t registration_bytes = 192;
  /// What a connection is taken to need, its queue and its unread input apart.
  static constexpr std::size_t connection_bytes = 8192;
  /// What an evicted or rejected content that is remembered needs.
  static constexpr std::size_t digest_bytes = 64;
  /// As many evicted contents are known at once where nothing else is said, and memory_limit allows.
  static constexpr std::size_t seen_digests_usual = 524288;
  /// Evicted contents that are known at once: seen_digests_max, or what stands for it where that is unset.
  [[nodiscard]] std::size_t seen_digests() const {
    const std::uint64_t room = memory_limit / 8 / digest_bytes;
    const std::uint64_t left = room - std::min<std::uint64_t>(room, rejected_digests_max);
    return seen_digests_max.value_or(std::min<std::uint64_t>(seen_digests_usual, left));
  }

  /// Throws std::invalid_argument, which names the first field that is out of bounds, its value and its
  /// bounds, or an IPv6 address that the base protocol has no room for.
  void validate() const;
};

}  // namespace gossip
