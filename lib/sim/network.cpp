#include <gossip/sim/network.hpp>

#include "network_core.hpp"

#include <stdexcept>
#include <utility>

namespace gossip::sim {

Network::Network(std::uint64_t seed, const NetworkOptions& options)
    : core_(std::make_unique<Core>(seed, options)) {}

Network::~Network() = default;

NodeNumber Network::add_node(const Config& config) {
  return add_joining_node(std::make_shared<const Config>(config));
}

NodeNumber Network::add_joining_node(std::shared_ptr<const Config> config) {
  return core_->add_node(std::move(config), false);
}

NodeNumber Network::add_linked_node(std::shared_ptr<const Config> config) {
  return core_->add_node(std::move(config), true);
}

NodeNumber Network::add_hostile(std::unique_ptr<Hostile> hostile) {
  if (!hostile) throw std::logic_error("a hostile node is somebody: null is not");
  return core_->add_hostile(std::move(hostile));
}

NodeNumber Network::size() const {
  return static_cast<NodeNumber>(core_->hosts().size());
}

Endpoint Network::endpoint_of(NodeNumber node) {
  return Wire::endpoint_of(node);
}

Config Network::joining(NodeNumber node, Config config) const {
  config.bootstrappers = {to_host_port(endpoint_of(node))};
  return config;
}

const Node* Network::node(NodeNumber node) const {
  const auto& found = core_->host(node).node;
  return found ? &*found : nullptr;
}

bool Network::is_live(NodeNumber node) const {
  return core_->host(node).live;
}

void Network::link(NodeNumber from, NodeNumber to) {
  core_->link(from, to);
}

void Network::subscribe(NodeNumber node, DataType type, Duration validation, Judge judge) {
  if (validation < Duration::zero()) throw std::logic_error("a validation takes no negative time");
  core_->subscribe(node, {type, validation, std::move(judge)});
}

bool Network::decide(NodeNumber node, const Ticket& ticket, Verdict verdict) {
  return core_->decide(node, ticket, verdict);
}

Receipt Network::publish(NodeNumber node, DataType type, const Payload& data, Ttl ttl, bool valid) {
  return core_->publish(node, type, data, ttl, valid);
}

void Network::run_for(Duration time) {
  core_->require_soon(time);
  run_until(now() + time);
}

void Network::run_until(TimePoint end) {
  core_->require_soon(end - now());
  core_->advance(end, {});
}

bool Network::run_until(const std::function<bool()>& done, Duration limit) {
  core_->require_soon(limit);
  return core_->advance(now() + limit, done);
}

TimePoint Network::now() const {
  return core_->now();
}

void Network::crash(NodeNumber node, Ending ending) {
  core_->crash(node, ending);
}

void Network::suspend(NodeNumber node, Duration time) {
  core_->suspend(node, time);
}

void Network::restart(NodeNumber node) {
  core_->restart(node);
}

void Network::stall(NodeNumber node, Duration time) {
  core_->stall(node, time);
}

void Network::partition(std::span<const std::uint8_t> group_of, bool one_way) {
  core_->require_rest();
  core_->wire().partition(group_of, one_way);
}

void Network::heal() {
  core_->require_rest();
  core_->wire().heal();
}

bool Network::break_link() {
  core_->require_rest();
  return core_->wire().break_link(core_->random());
}

bool Network::half_open_link() {
  core_->require_rest();
  return core_->wire().half_open_link(core_->random());
}

std::vector<Edge> Network::edges() const {
  return core_->wire().edges();
}

std::size_t Network::components() const {
  return core_->components();
}

const std::vector<MessageRecord>& Network::records() const {
  return core_->book().records();
}

bool Network::has_delivered(NodeNumber node, std::size_t message) const {
  if (message >= records().size()) throw std::logic_error("there is no such message");
  return core_->book().mark_of(static_cast<std::uint32_t>(message), node).has(Mark::delivered);
}

Result Network::result() const {
  return core_->result();
}

void Network::mark_zero() {
  core_->mark_zero();
}

TimePoint Network::zero() const {
  return core_->zero();
}

std::uint64_t Network::events() const {
  return core_->events();
}

std::uint64_t Network::trace_hash() const {
  return core_->trace_hash();
}

void Network::audit() {
  core_->audit();
}

void Network::report(Violation::Kind kind, NodeNumber node, std::string what) {
  core_->report(kind, node, std::move(what));
}

std::uint64_t Network::violations() const {
  return core_->violations();
}

void Network::set_tampering(Tampering& tampering) {
  if (size() > 0) throw std::logic_error("who tampers is there before the first node");
  core_->set_tampering(tampering);
}

std::size_t Network::own_bytes() const {
  return core_->own_bytes();
}

}  // namespace gossip::sim
