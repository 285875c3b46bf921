#include "host.hpp"

#include "network_core.hpp"

#include <array>

namespace gossip::sim {

ConnectionId Host::connect(const HostPort& address) {
  const ConnectionId connection = core.wire().connect(number, address);
  if (core.is_muted()) phantom_dials.push_back(connection);
  return connection;
}

SendResult Host::send(ConnectionId connection, const Frame& frame) {
  if (core.is_muted()) return SendResult::queued;
  const std::uint32_t flying = core.launch(number, frame);
  const SendResult result = core.wire().send(connection, flying);
  core.frames().give_back(flying);
  return result;
}

std::span<const Transport::Congestion> Host::broadcast(std::span<const ConnectionId> connections,
                                                       const Frame& frame) {
  congestion_.clear();
  if (core.is_muted()) return {};
  core.wire().prefetch(connections);
  const std::uint32_t flying = core.launch(number, frame);
  for (const ConnectionId connection : connections) {
    const SendResult result = core.wire().send(connection, flying);
    if (result != SendResult::queued) congestion_.push_back({connection, result});
  }
  core.frames().give_back(flying);
  return congestion_;
}

void Host::close(ConnectionId connection, CloseReason /*reason*/) {
  core.wire().close(connection);
}

void Host::pause(ConnectionId connection) {
  core.wire().pause(connection);
}

void Host::resume(ConnectionId connection) {
  core.wire().resume(connection);
}

NodeNumber HostileHost::node_count() const {
  return static_cast<NodeNumber>(core.hosts().size());
}

Endpoint HostileHost::endpoint_of(NodeNumber other) const {
  return Wire::endpoint_of(other);
}

TimePoint HostileHost::now() const {
  return core.now();
}

ConnectionId HostileHost::connect(const Endpoint& endpoint) {
  return Host::connect(to_host_port(endpoint));
}

void HostileHost::send(ConnectionId connection, std::span<const std::byte> bytes) {
  if (bytes.empty() || core.wire().queued_bytes(connection) > queued_bytes_max) return;
  const std::uint32_t flying = core.frames().add(FlyingFrame::of_bytes(bytes));
  core.wire().send(connection, flying);
  core.frames().give_back(flying);
}

void HostileHost::close(ConnectionId connection) {
  core.wire().close(connection);
}

void HostileHost::wake_after(Duration time) {
  core.wake(number, time);
}

void HostileHost::on_accepted(ConnectionId connection, const ConnectionInfo& /*info*/, TimePoint /*now*/) {
  hostile_->on_accepted(*this, connection);
}

void HostileHost::on_connected(ConnectionId connection, const ConnectionInfo& /*info*/, TimePoint /*now*/) {
  hostile_->on_connected(*this, connection);
}

void HostileHost::on_connect_failed(ConnectionId connection, std::string_view /*why*/, TimePoint /*now*/) {
  hostile_->on_closed(*this, connection);
}

void HostileHost::on_message(ConnectionId connection, Message&& message, TimePoint /*now*/) {
  hostile_->on_message(*this, connection, message);
}

void HostileHost::on_closed(ConnectionId connection, CloseReason /*reason*/, std::string_view /*detail*/,
                            TimePoint /*now*/) {
  hostile_->on_closed(*this, connection);
}

}  // namespace gossip::sim
