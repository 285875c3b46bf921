#include <gossip/codec.hpp>
#include <gossip/testing/memory_client.hpp>

#include "wire.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

namespace gossip::testing {
namespace {

constexpr std::size_t queue_bytes_max = std::size_t{16} << 20U;

}  // namespace

MemoryClient::MemoryClient(Wire& wire, const Endpoint& api)
    : wire_(wire), connection_(wire.connect({this, api.address, nullptr}, Layer::api, to_host_port(api))) {}

void MemoryClient::notify(DataType data_type) {
  send(Notify{data_type});
}

void MemoryClient::announce(DataType data_type, std::string_view data, Ttl ttl) {
  send(Announce{ttl, data_type, Payload(data)});
}

void MemoryClient::send(const Message& message) {
  const auto* announce = std::get_if<Announce>(&message);
  const auto* notification = std::get_if<Notification>(&message);
  const auto* response = std::get_if<PeerResponse>(&message);
  const std::size_t data_bytes = announce != nullptr       ? announce->data.size()
                                 : notification != nullptr ? notification->data.size()
                                                           : 0;
  if (data_bytes > data_bytes_max) {
    throw std::logic_error("A message of " + std::to_string(data_bytes) +
                           " bytes of data does not fit into a " + "frame: it may have " +
                           std::to_string(data_bytes_max));
  }
  if (response != nullptr && response->server_addresses.size() > response_addresses_max) {
    throw std::logic_error("A PEER RESPONSE of " + std::to_string(response->server_addresses.size()) +
                           " addresses does not fit into a frame: it may have " +
                           std::to_string(response_addresses_max));
  }
  put(encode(message));
}

void MemoryClient::send_bytes(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  const auto header = bytes.first(std::min(bytes.size(), Frame::header_bytes_max));
  put(Frame(header, Payload(bytes.subspan(header.size()))));
}

std::vector<Notification> MemoryClient::take() {
  return std::exchange(received_, {});
}

void MemoryClient::pause() {
  wire_.pause(connection_);
}

void MemoryClient::resume() {
  wire_.resume(connection_);
}

void MemoryClient::close() {
  left_ = true;
  wire_.close(connection_);
}

void MemoryClient::on_message(ConnectionId /*connection*/, Message&& message, TimePoint /*now*/) {
  auto* notification = std::get_if<Notification>(&message);
  if (notification == nullptr) return;  // a node sends its clients nothing else
  received_.push_back(std::move(*notification));
  if (!decision_) return;
  const Notification decided_on = received_.back();
  const Verdict verdict = decision_(decided_on);
  if (verdict != Verdict::later && is_open()) {
    send(Validation{decided_on.message_id, verdict == Verdict::accept});
  }
}

void MemoryClient::on_connect_failed(ConnectionId /*connection*/, std::string_view /*why*/,
                                     TimePoint /*now*/) {
  closed_because_ = CloseReason::remote_closed;
}

void MemoryClient::on_closed(ConnectionId /*connection*/, CloseReason reason, std::string_view /*detail*/,
                             TimePoint /*now*/) {
  closed_because_ = reason;
}

void MemoryClient::put(const Frame& frame) {
  if (!is_open()) throw std::logic_error("This client's connection is closed: it can send nothing more");
  if (wire_.queued_bytes(connection_) + frame.size() > queue_bytes_max) {
    throw std::logic_error(
        "16 MiB wait for a node that does not read them: run the network before sending more");
  }
  wire_.send(connection_, frame);
}

}  // namespace gossip::testing
