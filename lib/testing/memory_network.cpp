#include <gossip/testing/memory_network.hpp>

#include "agenda.hpp"
#include "wire.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace gossip::testing {
namespace {

constexpr std::uint32_t first_address = 0x0a000001;  // 10.0.0.1
constexpr std::size_t nodes_max = 65535;
constexpr std::uint16_t p2p_port = 6001;
constexpr std::uint16_t api_port = 7001;

}  // namespace

/// A node and its way out.
class MemoryNetwork::Host final : public Transport {
 public:
  Host(Wire& wire, std::uint32_t address, Config config, Observer& observer, std::uint64_t seed)
      : wire_(wire),
        config_(std::move(config)),
        node_(config_, *this, observer, seed),
        party_{&node_, address, &config_} {
    wire_.listen(p2p(), Layer::p2p, party_);
    wire_.listen(api(), Layer::api, party_);
  }

  ConnectionId connect(const HostPort& address) override {
    return wire_.connect(party_, Layer::p2p, address);
  }
  SendResult send(ConnectionId connection, const Frame& frame) override {
    return wire_.send(connection, frame);
  }
  void close(ConnectionId connection, CloseReason /*reason*/) override { wire_.close(connection); }
  void pause(ConnectionId connection) override { wire_.pause(connection); }
  void resume(ConnectionId connection) override { wire_.resume(connection); }

  [[nodiscard]] Endpoint p2p() const { return {address(), p2p_port}; }
  [[nodiscard]] Endpoint api() const { return {address(), api_port}; }
  [[nodiscard]] IpAddress address() const { return party_.address; }

  [[nodiscard]] Node& node() { return node_; }
  [[nodiscard]] std::optional<TimePoint> next_timer() const {
    return crashed_ ? std::nullopt : node_.next_timer();
  }

  void crash() {
    crashed_ = true;
    wire_.crash(&node_);
  }
  [[nodiscard]] bool crashed() const { return crashed_; }

 private:
  Wire& wire_;
  const Config config_;
  Node node_;
  const Party party_;
  bool crashed_ = false;
};

namespace {

Wire::HostPair pair_of(const IpAddress& left, const IpAddress& right) {
  if (left == right) throw std::logic_error("Two nodes are wanted here, and these are one and the same");
  return std::minmax(left, right);
}

}  // namespace

MemoryNetwork::MemoryNetwork(std::uint64_t seed)
    : random_(seed), agenda_(std::make_unique<Agenda>()), wire_(std::make_unique<Wire>(*agenda_)) {}

MemoryNetwork::~MemoryNetwork() = default;

Node& MemoryNetwork::add_node(const Config& config) {
  return add_node(config, nobody_);
}

Node& MemoryNetwork::add_node(const Config& config, Observer& observer) {
  if (hosts_.size() == nodes_max) throw std::logic_error("A memory network has at most 65535 nodes");
  config.validate();
  const auto address = static_cast<std::uint32_t>(first_address + hosts_.size());
  hosts_.push_back(std::make_unique<Host>(*wire_, address, config, observer, random_.next()));
  Host& host = *hosts_.back();
  host.node().start(host.p2p(), std::nullopt, now());
  return host.node();
}

MemoryClient& MemoryNetwork::add_client(const Node& node) {
  const Host& host = running_host_of(node);
  clients_.push_back(std::make_unique<MemoryClient>(*wire_, host.api()));
  return *clients_.back();
}

Receipt MemoryNetwork::publish(Node& node, DataType type, std::string_view data, Ttl ttl) {
  if (host_of(node).crashed()) return {Receipt::Outcome::stopped};
  return node.publish(type, Payload(data), ttl, now());
}

SubscriptionId MemoryNetwork::subscribe(Node& node, DataType type, Validator validator) {
  return running_host_of(node).node().subscribe(type, std::move(validator), now());
}

bool MemoryNetwork::unsubscribe(Node& node, SubscriptionId subscription) {
  return running_host_of(node).node().unsubscribe(subscription, now());
}

bool MemoryNetwork::decide(Node& node, const Ticket& ticket, Verdict verdict) {
  return running_host_of(node).node().decide(ticket, verdict, now());
}

HostPort MemoryNetwork::address_of(const Node& node) const {
  return to_host_port(host_of(node).p2p());
}

Config MemoryNetwork::joining(const Node& node, Config config) const {
  config.bootstrappers = {address_of(node)};
  return config;
}

void MemoryNetwork::run() {
  advance(now(), {});
}

void MemoryNetwork::run_for(Duration time) {
  if (time < Duration::zero())
    throw std::logic_error("Time does not go back: run_for() takes no negative time");
  advance(now() + time, {});
}

bool MemoryNetwork::run_until(const std::function<bool()>& done, Duration limit) {
  if (limit < Duration::zero())
    throw std::logic_error("Time does not go back: run_until() takes no negative limit");
  return advance(now() + limit, done);
}

TimePoint MemoryNetwork::now() const {
  return agenda_->now();
}

void MemoryNetwork::set_delay(const Node& left, const Node& right, Duration delay) {
  if (delay < Duration::zero())
    throw std::logic_error("Nothing arrives before it is sent: a delay is not negative");
  wire_->set_delay(pair_of(host_of(left).address(), host_of(right).address()), delay);
}

void MemoryNetwork::cut(const Node& left, const Node& right) {
  wire_->cut(pair_of(host_of(left).address(), host_of(right).address()));
}

void MemoryNetwork::restore(const Node& left, const Node& right) {
  wire_->restore(pair_of(host_of(left).address(), host_of(right).address()));
}

void MemoryNetwork::crash(const Node& node) {
  host_of(node).crash();
}

MemoryNetwork::Host& MemoryNetwork::host_of(const Node& node) const {
  const auto host =
      std::ranges::find_if(hosts_, [&](const auto& candidate) { return &candidate->node() == &node; });
  if (host == hosts_.end())
    throw std::logic_error("This node is not one of this network's: add_node() makes them");
  return **host;
}

MemoryNetwork::Host& MemoryNetwork::running_host_of(const Node& node) const {
  Host& host = host_of(node);
  if (host.crashed()) throw std::logic_error("The node at " + to_string(host.p2p()) + " has crashed");
  return host;
}

/// True as soon as `done` says so; false when the clock is at `end` and nothing is due any more.
bool MemoryNetwork::advance(TimePoint end, const std::function<bool()>& done) {
  if (running_) throw std::logic_error("The network runs already: what it calls must not run it");
  struct Running {
    explicit Running(bool& flag) : flag_(flag) { flag_ = true; }
    ~Running() { flag_ = false; }
    bool& flag_;
  } const running(running_);

  std::size_t events = 0;
  while (!(done && done())) {
    if (step()) {
      if (++events > events_max_) {
        throw std::runtime_error(std::to_string(events_max_) +
                                 " events at one moment: the network does not come to rest");
      }
      continue;
    }
    const auto next = next_moment();
    const bool over = !next || *next > end;
    if (over && now() == end) return false;
    agenda_->move_to(over ? end : *next);
    events = 0;
  }
  return true;
}

/// Lets one thing that is due happen; false when nothing is.
bool MemoryNetwork::step() {
  if (agenda_->do_one()) return true;
  for (const auto& host : hosts_) {
    const auto timer = host->next_timer();
    if (!timer || *timer > now()) continue;
    host->node().on_time(now());
    return true;
  }
  return false;
}

std::optional<TimePoint> MemoryNetwork::next_moment() const {
  auto earliest = agenda_->next();
  for (const auto& host : hosts_) {
    const auto timer = host->next_timer();
    if (timer && (!earliest || *timer < *earliest)) earliest = timer;
  }
  return earliest;
}

}  // namespace gossip::testing
