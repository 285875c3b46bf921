#include <gossip/asio/tcp_transport.hpp>

#include "core.hpp"

#include <new>
#include <utility>

namespace gossip {

TcpTransport::TcpTransport(const Config& config, Observer& observer)
    : core_(std::make_unique<Core>(config, observer)) {}

TcpTransport::~TcpTransport() = default;

Result<Endpoint> TcpTransport::listen(Layer layer, const HostPort& address) {
  return core_->listen(layer, address);
}

void TcpTransport::run(TransportEvents& events) {
  core_->run(events);
}

void TcpTransport::stop() {
  core_->stop();
}

void TcpTransport::post(std::function<void(TimePoint now)> work) {
  core_->post(std::move(work));
}

TimePoint TcpTransport::now() {
  return detail::steady_now();
}

TimePoint TcpTransport::event_time() const {
  return core_->event_time();
}

ConnectionId TcpTransport::connect(const HostPort& address) {
  return core_->connect(address);
}

SendResult TcpTransport::send(ConnectionId connection, const Frame& frame) {
  return core_->send(connection, frame);
}

std::span<const Transport::Congestion> TcpTransport::broadcast(std::span<const ConnectionId> connections,
                                                               const Frame& frame) {
  try {
    return core_->broadcast(connections, frame);
  } catch (const std::bad_alloc&) {
    // One by one, so that whoever there is no memory for is cut off and no other; first all that may fail.
    congestion_.reserve(connections.size());
    return Transport::broadcast(connections, frame);
  }
}

void TcpTransport::close(ConnectionId connection, CloseReason /*reason*/) {
  core_->close(connection);
}

void TcpTransport::pause(ConnectionId connection) {
  core_->pause(connection);
}

void TcpTransport::resume(ConnectionId connection) {
  core_->resume(connection);
}

}  // namespace gossip
