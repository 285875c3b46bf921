/// \file
/// A node under thousands of random events, and what must hold after each of them whatever they were.

#include <gossip/convert.hpp>

#include "fixture.hpp"

namespace gossip::test {
namespace {

/// What the world around a node knows, kept apart from what the node believes.
class World {
 public:
  World(std::uint64_t seed, bool honours_pause)
      : random_(seed),
        honours_pause_(honours_pause),
        config_(random_config()),
        node_(config_, transport_, observer_, seed) {
    node_.start(own_server, std::nullopt, now_);
    look();
  }

  void step() {
    event();
    look();
  }

  /// Every queue drains, every verdict's time runs out, and nothing may be left waiting.
  void heal() {
    for (const auto& connections : {clients(), peers()}) {
      for (const ConnectionId connection : connections) {
        if (!alive(connection)) continue;
        relieve(connection);
        look();
      }
    }
    for (int i = 0; i < 20; ++i) {
      pass(1s);
      look();
    }
    check_healed();
  }

 private:
  struct Client {
    std::set<DataType> types;
    std::set<std::uint64_t> notified;  ///< instances of messages
  };
  /// One stay of a message in the cache.
  struct Instance {
    std::uint64_t number = 0;
    ConnectionId origin{};
    Layer layer{};
    std::string content;  ///< empty where it went before anybody saw it
    DataType type{};
    bool decided = false;
  };

  Config random_config() {
    Config config = config_with(1 + below(12), static_cast<int>(below(3) * 4), 1 + below(6));
    config.degree = below(config.max_connections + 1);
    config.seen_ttl = std::chrono::seconds(below(3) * 20);
    if (below(2) == 0) config.bootstrappers = {to_host_port(server(2))};
    return config;
  }

  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
  std::vector<ConnectionId> clients() const {
    std::vector<ConnectionId> ids;
    for (const auto& [id, client] : clients_) ids.push_back(id);
    return ids;
  }
  std::vector<ConnectionId> peers() const {
    std::vector<ConnectionId> ids;
    for (const auto& [id, announced] : peers_) ids.push_back(id);
    return ids;
  }
  ConnectionId any(const std::vector<ConnectionId>& ids) {
    return ids.empty() ? c(999) : ids[below(ids.size())];
  }
  ConnectionId any_client() { return any(clients()); }
  ConnectionId any_peer() { return any(peers()); }
  bool alive(ConnectionId id) const { return clients_.contains(id) || peers_.contains(id); }

  /// The ttl with which everybody announces a content.
  static Ttl ttl_of(const std::string& content) { return Ttl(content.size() * 7 % 5); }
  std::string any_content() { return std::string(below(4) + 1, static_cast<char>('a' + below(20))); }
  DataType any_type() { return DataType{static_cast<std::uint16_t>(below(3))}; }
  Endpoint any_address() {
    const std::uint64_t number = below(12);
    if (number == 0) return {0, 6001};
    return server(static_cast<std::uint32_t>(number));
  }

  void deliver(ConnectionId id, Message message) {
    if (honours_pause_ && transport_.paused.contains(id)) return;
    node_.on_message(id, std::move(message), now_);
  }

  void event() {
    switch (below(20)) {
      case 0:
        return open_client();
      case 1:
        return open_peer();
      case 2:
        return close_any();
      case 3:
        return end_dial();
      case 4:
        return introduce();
      case 5:
        return talk_of_others();
      case 6:
        return congest();
      case 7:
        return relieve(below(2) == 0 ? any_client() : any_peer());
      case 8:
        return pass(std::chrono::milliseconds(below(900)));
      case 9:
        return register_client();
      case 10:
      case 11:
      case 12:
        return announce_from(any_client());
      case 13:
      case 14:
      case 15:
      case 16:
        return announce_from(any_peer());
      default:
        return vote();
    }
  }

  void open_client() {
    if (clients_.size() > 4) return;
    const ConnectionId id = c(++opened_);
    clients_[id];
    node_.on_accepted(id, {Layer::api, {0x7f000001, 1}, {0x7f000001, 7001}}, now_);
  }
  void open_peer() {
    const ConnectionId id = p(++opened_);
    peers_[id];
    node_.on_accepted(id, {Layer::p2p, {server(99).address, static_cast<std::uint16_t>(opened_)}, own_server},
                      now_);
  }
  void close_any() {
    const ConnectionId id = below(2) == 0 ? any_client() : any_peer();
    if (!alive(id)) return;
    forget(id);
    node_.on_closed(id, CloseReason::remote_closed, "gone", now_);
  }
  void end_dial() {
    if (dials_.empty()) return;
    const auto [id, address] = *std::next(dials_.begin(), static_cast<std::ptrdiff_t>(below(dials_.size())));
    dials_.erase(id);
    if (below(3) == 0) return node_.on_connect_failed(id, "refused", now_);
    peers_[id];
    node_.on_connected(id, {Layer::p2p, address, {own_server.address, 45000}}, now_);
  }
  void introduce() {
    const Endpoint address = any_address();
    below(2) == 0 ? deliver(any_peer(), PeerRequest{address}) : deliver(any_peer(), PeerInit{address});
  }
  void talk_of_others() {
    PeerResponse response;
    for (std::uint64_t i = below(6); i > 0; --i) response.server_addresses.push_back(any_address());
    const int ttl = static_cast<int>(below(5));
    switch (below(3)) {
      case 0:
        return deliver(any_peer(), response);
      case 1:
        return deliver(any_peer(), found(any_address(), ttl));
      default:
        return deliver(any_peer(), lost(any_address(), ttl));
    }
  }
  void congest() {
    const ConnectionId id = below(2) == 0 ? any_client() : any_peer();
    if (alive(id)) transport_.congested.insert(id);
    if (!alive(id) || below(5) != 0) return;
    transport_.congested.erase(id);
    transport_.stalled.insert(id);
    node_.on_stalled(id, now_);
  }
  void relieve(ConnectionId id) {
    transport_.congested.erase(id);
    transport_.stalled.erase(id);
    node_.on_relieved(id, now_);
  }
  void pass(Duration time) {
    now_ += time;
    if (node_.next_timer() && *node_.next_timer() <= now_) node_.on_time(now_);
  }
  void register_client() {
    const ConnectionId id = any_client();
    if (!clients_.contains(id) || (honours_pause_ && transport_.paused.contains(id))) return;
    const DataType type = any_type();
    clients_[id].types.insert(type);
    node_.on_message(id, Notify{type}, now_);
  }
  void announce_from(ConnectionId id) {
    last_announced_ = {any_type(), any_content()};
    const auto& [type, content] = last_announced_;
    deliver(id, Announce{ttl_of(content), type, Payload(content)});
  }
  void vote() {
    const ConnectionId client = any_client();
    const auto ids = node_.cache().ids();
    const MessageId id = ids.empty() || below(10) == 0 ? MessageId(below(65536)) : ids[below(ids.size())];
    if (honours_pause_ && transport_.paused.contains(client)) return;
    const auto cached = node_.cache().get(id);
    const bool counts = cached && !cached->valid && was_notified(client, id);
    const auto decided = observer_.all<event::MessageDecided>().size();
    node_.on_message(client, Validation{id, below(3) > 0}, now_);
    REQUIRE(observer_.all<event::MessageDecided>().size() == decided + (counts ? 1 : 0));
  }

  bool was_notified(ConnectionId client, MessageId id) const {
    const auto found = clients_.find(client);
    const auto instance = instances_.find(id);
    return found != clients_.end() && instance != instances_.end() &&
           found->second.notified.contains(instance->second.number);
  }

  void forget(ConnectionId id) {
    clients_.erase(id);
    peers_.erase(id);
    transport_.paused.erase(id);
    transport_.congested.erase(id);
    transport_.stalled.erase(id);
  }

  /// Takes in what the node has done and checks everything.
  void look() {
    note_added();
    for (const auto& sent : transport_.sent) check_sent(sent.to, sent.message);
    note_decided();
    for (const auto& sent : transport_.sent) check_announced(sent.to, sent.message);
    for (const auto& closed : transport_.closed) {
      REQUIRE(alive(closed.connection));
      forget(closed.connection);
    }
    for (const auto& dialled : transport_.dialled) {
      const Endpoint address = literal_endpoint(dialled.address).value();
      REQUIRE(address != own_server);
      REQUIRE(address.usable());
      for (const auto& [id, other] : dials_) REQUIRE(other != address);
      dials_[dialled.connection] = address;
    }
    transport_.clear();
    observer_.events.clear();
    check_bounds();
    check_paused();
  }

  void note_added() {
    for (const auto& added : observer_.all<event::MessageAdded>()) {
      instances_[added.id] = {++instance_count_, added.origin, added.layer, "", added.data_type, false};
      if (const auto cached = node_.cache().get(added.id)) instances_[added.id].content = cached->data.text();
      if (added.layer == Layer::api) approved_.insert(last_announced_);
    }
  }

  void note_decided() {
    for (const auto& decided : observer_.all<event::MessageDecided>()) {
      Instance& instance = instances_.at(decided.id);
      REQUIRE_FALSE(instance.decided);
      REQUIRE(instance.layer == Layer::p2p);
      instance.decided = true;
      const auto key = std::pair(instance.type, instance.content);
      (decided.valid ? approved_ : rejected_).insert(key);
    }
  }

  void check_sent(ConnectionId to, const Message& message) {
    REQUIRE(alive(to));
    const auto* notification = std::get_if<Notification>(&message);
    REQUIRE(clients_.contains(to) == (notification != nullptr));
    if (notification == nullptr) return;
    Client& client = clients_.at(to);
    Instance& instance = instances_.at(notification->message_id);
    instance.content = notification->data.text();
    REQUIRE(client.types.contains(notification->data_type));
    REQUIRE(client.notified.insert(instance.number).second);
    REQUIRE_FALSE(rejected_.contains({notification->data_type, instance.content}));
  }

  void check_announced(ConnectionId to, const Message& message) {
    if (const auto* response = std::get_if<PeerResponse>(&message)) {
      for (const Endpoint& address : response->server_addresses) REQUIRE(address != own_server);
    }
    const auto* announce = std::get_if<Announce>(&message);
    if (announce == nullptr) return;
    const std::string content(announce->data.text());
    REQUIRE(approved_.contains({announce->data_type, content}));
    peers_.at(to).insert({announce->data_type, content});
    const auto id = node_.cache().find(announce->data_type, announce->data);
    if (!id) return;  // evicted by what came after it in the same event
    const Instance& instance = instances_.at(*id);
    REQUIRE(instance.origin != to);
    const std::optional<Ttl> onward = instance.layer == Layer::api
                                          ? capped_ttl(ttl_of(content), config_.max_ttl)
                                          : stepped_ttl(ttl_of(content));
    REQUIRE(onward == announce->ttl);
  }

  void check_bounds() {
    REQUIRE(node_.cache().size() <= config_.cache_size);
    REQUIRE(node_.pool().size() <= config_.max_connections);
    REQUIRE(node_.pool().size() == peers_.size());
    REQUIRE(node_.pool().dials() == dials_.size());
    std::set<Endpoint> addresses;
    for (const Peer& peer : node_.pool().peers()) {
      REQUIRE(peers_.contains(peer.connection));
      if (peer.server_address) REQUIRE(addresses.insert(*peer.server_address).second);
    }
    REQUIRE_FALSE(addresses.contains(own_server));
    REQUIRE(node_.api().fetch_identifiers() == clients());
    REQUIRE(discrepancy(node_.statistics(), node_.stock()).value_or("") == "");
  }

  std::size_t owed_by(const Client& client) const {
    std::size_t owed = 0;
    for (const CachedMessage& cached : node_.cache().messages()) {
      owed += !cached.valid && client.notified.contains(instances_.at(cached.id).number) ? 1 : 0;
    }
    return owed;
  }

  void check_paused() {
    std::size_t owed = 0;
    for (const auto& [id, client] : clients_) {
      const std::size_t owes = owed_by(client);
      owed += owes;
      if (owes > 0) REQUIRE_FALSE(transport_.paused.contains(id));
    }
    for (const ConnectionId id : transport_.paused) REQUIRE(alive(id));
    if (owed == 0 && transport_.congested.empty()) REQUIRE(transport_.paused.empty());
  }

  void check_healed() {
    REQUIRE(transport_.paused.empty());
    for (const CachedMessage& cached : node_.cache().messages()) {
      const Instance& instance = instances_.at(cached.id);
      for (const auto& [id, client] : clients_) {
        if (id == cached.origin || !client.types.contains(cached.data_type)) continue;
        CHECK(client.notified.contains(instance.number));
      }
      for (const auto& [id, announced] : peers_) {
        if (!cached.valid || id == cached.origin || !cached.onward) continue;
        CHECK(announced.contains({cached.data_type, instance.content}));
      }
    }
  }

  using Content = std::pair<DataType, std::string>;

  Random random_;
  bool honours_pause_;
  Config config_;
  RecordingTransport transport_;
  RecordingObserver observer_;
  Node node_;
  TimePoint now_ = at(0s);

  std::map<ConnectionId, Client> clients_;
  std::map<ConnectionId, std::set<Content>> peers_;  ///< and what each was sent
  std::map<ConnectionId, Endpoint> dials_;
  std::map<MessageId, Instance> instances_;
  Content last_announced_;
  std::set<Content> approved_;
  std::set<Content> rejected_;
  std::uint64_t opened_ = 0;
  std::uint64_t instance_count_ = 0;
};

void run(std::uint64_t first_seed, bool honours_pause) {
  for (std::uint64_t seed = first_seed; seed < first_seed + 40; ++seed) {
    CAPTURE(seed);
    World world(seed, honours_pause);
    for (int round = 0; round < 4; ++round) {
      for (int step = 0; step < 300; ++step) {
        CAPTURE(round);
        CAPTURE(step);
        world.step();
      }
      CAPTURE(round);
      world.heal();
    }
  }
}

TEST_SUITE("random node") {
  TEST_CASE("Node: 48,000 random events on a transport that honours pause") {
    run(1000, true);
  }

  TEST_CASE("Node: 48,000 random events on a transport that does not honour pause") {
    run(2000, false);
  }
}

}  // namespace
}  // namespace gossip::test
