#pragma once
/// \file
/// What the unit tests share: short ways to write values, and a node between recorded ends whose every
/// reaction can be compared as one line of text.

#include <gossip/node.hpp>
#include <gossip/testing/recording_transport.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gossip::test {

using namespace std::chrono_literals;
using gossip::testing::RecordingTransport;

/// A moment, counted from an origin that is not zero.
constexpr TimePoint at(Duration since_start) {
  return TimePoint{} + 1h + since_start;
}

/// Clients are c1, c2, ...; accepted peers are p1, p2, ...; what a node dialled is d1, d2, ...
constexpr ConnectionId c(std::uint64_t number) {
  return ConnectionId{number};
}
constexpr ConnectionId p(std::uint64_t number) {
  return ConnectionId{1000 + number};
}
constexpr ConnectionId d(std::uint64_t number) {
  return ConnectionId{value_of(RecordingTransport::first_dialled) + number - 1};
}

inline std::string name_of(ConnectionId connection) {
  const std::uint64_t value = value_of(connection);
  if (connection >= d(1)) return "d" + std::to_string(value - value_of(d(1)) + 1);
  return value > 1000 ? "p" + std::to_string(value - 1000) : "c" + std::to_string(value);
}

/// The server address of the n-th node in a test; the node under test is the first.
constexpr Endpoint server(std::uint32_t number) {
  return {0x0a000000U + number, 6001};
}
constexpr Endpoint own_server = server(1);

inline Announce announce(std::string_view data, int type = 7, int ttl = 0) {
  return {Ttl(ttl), DataType(type), Payload(data)};
}

inline PeerUpdate found(Endpoint address, int ttl) {
  return {address, Ttl(ttl), PeerUpdate::Kind::found};
}
inline PeerUpdate lost(Endpoint address, int ttl) {
  return {address, Ttl(ttl), PeerUpdate::Kind::lost};
}

/// What describe() says of a message of the overlay extension, behind its name: " 7 hello ttl 4 tree 5 hops
/// 3" of a DATA. Of ids there are the first two bytes.
inline std::string describe_extension(const Message& message) {
  const auto number = [](auto value) { return std::to_string(value_of(value)); };
  const auto list = [&](const std::vector<Advert>& adverts) {
    std::string text;
    for (const Advert& advert : adverts)
      text.append(" ").append(number(advert.tree)).append(":").append(to_string(advert.id), 0, 4);
    return text;
  };
  std::string text;
  if (const auto* data = std::get_if<Data>(&message)) {
    text.append(" ").append(number(data->data_type)).append(" ").append(data->data.text());
    text.append(" ttl ").append(number(data->ttl)).append(" tree ").append(number(data->tree));
    text.append(" hops ").append(std::to_string(data->hops));
  } else if (const auto* hello = std::get_if<Hello>(&message)) {
    text.append(" ")
        .append(to_string(hello->node), 0, 4)
        .append(" ")
        .append(to_string(hello->server_address));
  } else if (const auto* have = std::get_if<IHave>(&message)) {
    text = list(have->adverts);
  } else if (const auto* graft = std::get_if<Graft>(&message)) {
    text = list(graft->wanted);
  } else if (const auto* ping = std::get_if<Ping>(&message)) {
    text = " " + std::to_string(ping->token);
  } else if (const auto* pong = std::get_if<Pong>(&message)) {
    text = " " + std::to_string(pong->token);
  } else if (const auto* digest = std::get_if<CacheDigest>(&message)) {
    text = " " + std::to_string(digest->buckets.size()) + (digest->wants_answer ? " ?" : "");
  } else if (const auto* join = std::get_if<Join>(&message)) {
    text.append(" ")
        .append(to_string(join->server_address))
        .append(" ttl ")
        .append(std::to_string(join->ttl));
  } else if (const auto* neighbor = std::get_if<Neighbor>(&message)) {
    constexpr std::array kinds{" low", " high"};
    text = kinds.at(static_cast<std::size_t>(neighbor->kind));
  } else if (const auto* disconnect = std::get_if<Disconnect>(&message)) {
    constexpr std::array reasons{" no room", " probe over", " leaving"};
    text = reasons.at(static_cast<std::size_t>(disconnect->reason));
  } else if (const auto* shuffle = std::get_if<Shuffle>(&message)) {
    text = shuffle->kind == Shuffle::Kind::asks ? " asks" : " answers";
    for (const Endpoint& address : shuffle->server_addresses) text.append(" ").append(to_string(address));
  } else if (const auto* declined = std::get_if<DontWant>(&message)) {
    text = " ttl " + std::to_string(value_of(declined->ttl));
  } else if (const auto* prune = std::get_if<Prune>(&message)) {
    for (unsigned tree = 0; tree < trees_max; ++tree) {
      if ((prune->trees >> tree & 1U) != 0) text.append(" ").append(std::to_string(tree));
    }
  }
  return text;
}

/// "ANNOUNCE 7 hello ttl 4" and its kin; message ids are left out, for they are random.
inline std::string describe(const Message& message) {
  const auto list = [](const std::vector<Endpoint>& addresses) {
    std::string text;
    for (const Endpoint& address : addresses) text += " " + to_string(address);
    return text;
  };
  const auto number = [](auto value) { return std::to_string(value_of(value)); };
  std::string text(to_string(code_of(message)));
  if (const auto* m = std::get_if<Announce>(&message)) {
    text.append(" ").append(number(m->data_type)).append(" ").append(m->data.text());
    text.append(" ttl ").append(number(m->ttl));
  } else if (const auto* n = std::get_if<Notification>(&message)) {
    text.append(" ").append(number(n->data_type)).append(" ").append(n->data.text());
  } else if (const auto* request = std::get_if<PeerRequest>(&message)) {
    text += list({request->server_address});
  } else if (const auto* init = std::get_if<PeerInit>(&message)) {
    text += list({init->server_address});
  } else if (const auto* response = std::get_if<PeerResponse>(&message)) {
    text += list(response->server_addresses);
  } else if (const auto* update = std::get_if<PeerUpdate>(&message)) {
    text += update->kind == PeerUpdate::Kind::found ? " found" : " lost";
    text += list({update->server_address}) + " ttl " + number(update->ttl);
  } else {
    text += describe_extension(message);
  }
  return text;
}

/// All that a transport recorded since the last call, in the order: sent, dialled, closed, paused, resumed.
class Trace {
 public:
  std::string take(RecordingTransport& transport) {
    std::string text;
    const auto add = [&](const std::string& line) { text += (text.empty() ? "" : "; ") + line; };
    for (const auto& sent : transport.sent) add(name_of(sent.to) + " " + describe(sent.message));
    for (const auto& dialled : transport.dialled) add("dial " + to_string(dialled.address));
    for (const auto& closed : transport.closed) {
      add("close " + name_of(closed.connection) + ": " + std::string(to_string(closed.reason)));
    }
    for (const ConnectionId connection : transport.paused) {
      if (!paused_.contains(connection)) add("pause " + name_of(connection));
    }
    for (const ConnectionId connection : paused_) {
      if (!transport.paused.contains(connection)) add("resume " + name_of(connection));
    }
    paused_ = transport.paused;
    transport.clear();
    return text;
  }

 private:
  std::set<ConnectionId> paused_;
};

/// Remembers every event. String views in them are literals wherever a test looks at them.
class RecordingObserver final : public Observer {
 public:
  void on_event(const Event& event) override { events.push_back(event); }

  template <typename E>
  [[nodiscard]] std::vector<E> all() const {
    std::vector<E> found;
    for (const Event& event : events) {
      if (const auto* wanted = std::get_if<E>(&event)) found.push_back(*wanted);
    }
    return found;
  }

  std::vector<Event> events;
};

inline Config config_with(std::size_t cache_size, int max_ttl = 0, std::size_t max_connections = 30) {
  Config config;
  config.cache_size = cache_size;
  config.max_ttl = Ttl(max_ttl);
  config.max_connections = max_connections;
  return config;
}

inline Config with_bootstrappers(std::vector<HostPort> bootstrappers) {
  Config config;
  config.bootstrappers = std::move(bootstrappers);
  return config;
}
inline Config with_bootstrapper(Endpoint endpoint = server(2)) {
  return with_bootstrappers({to_host_port(endpoint)});
}

/// A node that listens on 10.0.0.1:6001 unless told otherwise, with nobody connected yet.
struct Bench {
  explicit Bench(const Config& config = {}, std::uint64_t seed = 1, Endpoint listen = own_server,
                 std::optional<Endpoint> advertise = {})
      : node(config, transport, observer, seed) {
    node.start(listen, advertise, now);
  }

  /// A client connects; with `types` it is registered for them.
  ConnectionId client(std::vector<int> types = {}) {
    const ConnectionId id = c(++clients_);
    node.on_accepted(id, {Layer::api, {0x7f000001, 50000}, {0x7f000001, 7001}}, now);
    for (const int type : types) notify(id, type);
    return id;
  }

  /// A peer connects and does not say who it is.
  ConnectionId stranger() {
    const ConnectionId id = p(++peers_);
    const auto port = static_cast<std::uint16_t>(40000 + peers_);
    node.on_accepted(id, {Layer::p2p, {server(100).address, port}, own_server}, now);
    return id;
  }

  /// The n-th peer connects and introduces itself as server(n + 1): p1 is 10.0.0.2:6001. What that sends is
  /// gone.
  ConnectionId peer() {
    const ConnectionId id = stranger();
    from(id, PeerInit{server(static_cast<std::uint32_t>(peers_) + 1)});
    (void)take();
    return id;
  }

  /// A connection that the node dialled is established.
  void connected(ConnectionId id, Endpoint remote) {
    node.on_connected(id, {Layer::p2p, remote, {own_server.address, 45000}}, now);
  }
  void closed(ConnectionId id) { node.on_closed(id, CloseReason::remote_closed, "gone", now); }

  void from(ConnectionId id, Message message) { node.on_message(id, std::move(message), now); }
  void notify(ConnectionId id, int type) { from(id, Notify{DataType(type)}); }
  void vote(ConnectionId id, MessageId message, bool valid) { from(id, Validation{message, valid}); }
  /// A verdict on a message that is cached.
  void vote(ConnectionId id, std::string_view data, bool valid, int type = 7) {
    vote(id, id_of(data, type), valid);
  }

  /// Time passes, and the node's timers with it.
  void pass(Duration time) {
    const TimePoint end = now + time;
    while (node.next_timer() && *node.next_timer() <= end) {
      now = std::max(now, *node.next_timer());
      node.on_time(now);
    }
    now = end;
  }

  void congest(ConnectionId id) { transport.congested.insert(id); }
  void relieve(ConnectionId id) {
    transport.congested.erase(id);
    transport.stalled.erase(id);
    node.on_relieved(id, now);
  }
  void stall(ConnectionId id) {
    transport.congested.erase(id);
    transport.stalled.insert(id);
    node.on_stalled(id, now);
  }

  [[nodiscard]] bool knows(std::string_view data, int type = 7) const {
    return node.cache().find(DataType(type), Payload(data)).has_value();
  }
  [[nodiscard]] MessageId id_of(std::string_view data, int type = 7) const {
    return node.cache().find(DataType(type), Payload(data)).value();
  }
  /// The ids of the NOTIFICATIONs that a client was sent, since the last take().
  [[nodiscard]] std::vector<MessageId> notified(ConnectionId id) const {
    std::vector<MessageId> ids;
    for (const auto& told : transport.sent_to<Notification>(id)) ids.push_back(told.message_id);
    return ids;
  }
  [[nodiscard]] bool paused(ConnectionId id) const { return transport.paused.contains(id); }

  /// What the node did since the last call, as one line.
  std::string take() { return trace_.take(transport); }

  RecordingTransport transport;
  RecordingObserver observer;
  Node node;
  TimePoint now = at(0s);

 private:
  Trace trace_;
  std::uint64_t clients_ = 0;
  std::uint64_t peers_ = 0;
};

}  // namespace gossip::test
