#include <gossip/codec.hpp>

#include "detail/big_endian.hpp"

#include <array>
#include <cassert>
#include <span>
#include <string>
#include <vector>

namespace gossip {
namespace {

using detail::read_u16;
using detail::read_u32;
using detail::write_u16;
using detail::write_u32;
using Bytes = std::span<const std::byte>;

constexpr std::size_t address_bytes = 6;

Endpoint read_endpoint(Bytes bytes) {
  return {read_u32(bytes), read_u16(bytes.subspan(4))};
}

void write_endpoint(std::span<std::byte> bytes, const Endpoint& endpoint) {
  write_u32(bytes, endpoint.address);
  write_u16(bytes.subspan(4), endpoint.port);
}

std::uint8_t read_u8(std::byte byte) {
  return std::to_integer<std::uint8_t>(byte);
}

Error wrong_body(Code code, Bytes body, const std::string& right) {
  return {Condition::malformed,
          std::string(to_string(code)) + " body of " + std::to_string(body.size()) + " bytes: " + right};
}

using Decoded = Result<std::optional<Message>>;

Decoded message(Message decoded) {
  return std::optional(std::move(decoded));
}

Decoded decode_announce(Bytes body) {
  if (body.size() < 4) return wrong_body(Code::announce, body, "it is at least 4 bytes");
  return message(
      Announce{Ttl{read_u8(body[0])}, DataType{read_u16(body.subspan(2))}, Payload(body.subspan(4))});
}

Decoded decode_notify(Bytes body) {
  if (body.size() != 4) return wrong_body(Code::notify, body, "it is 4 bytes");
  return message(Notify{DataType{read_u16(body.subspan(2))}});
}

Decoded decode_notification(Bytes body) {
  if (body.size() < 4) return wrong_body(Code::notification, body, "it is at least 4 bytes");
  return message(
      Notification{MessageId{read_u16(body)}, DataType{read_u16(body.subspan(2))}, Payload(body.subspan(4))});
}

Decoded decode_validation(Bytes body) {
  if (body.size() != 4) return wrong_body(Code::validation, body, "it is 4 bytes");
  return message(Validation{MessageId{read_u16(body)}, (read_u8(body[3]) & 1U) != 0});
}

Decoded decode_peer_request(Bytes body) {
  if (body.size() != 8) return wrong_body(Code::peer_request, body, "it is 8 bytes");
  return message(PeerRequest{read_endpoint(body)});
}

Decoded decode_peer_response(Bytes body) {
  if (body.size() % address_bytes != 0) {
    return wrong_body(Code::peer_response, body, "it is a multiple of 6 bytes");
  }
  PeerResponse response;
  response.server_addresses.reserve(body.size() / address_bytes);
  for (; !body.empty(); body = body.subspan(address_bytes))
    response.server_addresses.push_back(read_endpoint(body));
  return message(std::move(response));
}

Decoded decode_peer_update(Bytes body) {
  if (body.size() != 8) return wrong_body(Code::peer_update, body, "it is 8 bytes");
  const std::uint8_t kind = read_u8(body[7]);
  if (kind > 1) {
    return Error{Condition::malformed,
                 "PEER UPDATE of kind " + std::to_string(kind) + ": it is 0 for lost or 1 for found"};
  }
  return message(PeerUpdate{read_endpoint(body), Ttl{read_u8(body[6])}, PeerUpdate::Kind{kind}});
}

Decoded decode_peer_init(Bytes body) {
  if (body.size() != address_bytes) return wrong_body(Code::peer_init, body, "it is 6 bytes");
  return message(PeerInit{read_endpoint(body)});
}

bool on_api(Code code) {
  return code <= Code::validation;
}
bool on_p2p(Code code) {
  return code == Code::announce || code >= Code::peer_request;
}

/// A frame whose body is `fixed` bytes, filled by the caller through body(), and then `data`.
template <std::size_t fixed>
class FrameBuilder {
 public:
  FrameBuilder(Code code, Payload data) : data_(std::move(data)) {
    const std::size_t size = bytes_.size() + data_.size();
    assert(size <= frame_bytes_max);
    write_u16(bytes_, static_cast<std::uint16_t>(size));
    write_u16(std::span(bytes_).subspan(2), static_cast<std::uint16_t>(code));
  }
  std::span<std::byte> body(std::size_t offset) {
    return std::span(bytes_).subspan(frame_header_bytes + offset);
  }
  Frame frame() { return {bytes_, std::move(data_)}; }

 private:
  std::array<std::byte, frame_header_bytes + fixed> bytes_{};
  Payload data_;
};

}  // namespace

Result<std::optional<Message>> decode(Layer layer, const FrameView& frame) {
  const Code code{frame.code};
  if (!(layer == Layer::api ? on_api(code) : on_p2p(code))) return std::optional<Message>{};
  switch (code) {
    case Code::announce:
      return decode_announce(frame.body);
    case Code::notify:
      return decode_notify(frame.body);
    case Code::notification:
      return decode_notification(frame.body);
    case Code::validation:
      return decode_validation(frame.body);
    case Code::peer_request:
      return decode_peer_request(frame.body);
    case Code::peer_response:
      return decode_peer_response(frame.body);
    case Code::peer_update:
      return decode_peer_update(frame.body);
    case Code::peer_init:
      return decode_peer_init(frame.body);
  }
  return std::optional<Message>{};
}

Frame encode(const Announce& message) {
  FrameBuilder<4> builder(Code::announce, message.data);
  builder.body(0)[0] = std::byte{value_of(message.ttl)};
  write_u16(builder.body(2), value_of(message.data_type));
  return builder.frame();
}

Frame encode(const Notify& message) {
  FrameBuilder<4> builder(Code::notify, {});
  write_u16(builder.body(2), value_of(message.data_type));
  return builder.frame();
}

Frame encode(const Notification& message) {
  FrameBuilder<4> builder(Code::notification, message.data);
  write_u16(builder.body(0), value_of(message.message_id));
  write_u16(builder.body(2), value_of(message.data_type));
  return builder.frame();
}

Frame encode(const Validation& message) {
  FrameBuilder<4> builder(Code::validation, {});
  write_u16(builder.body(0), value_of(message.message_id));
  write_u16(builder.body(2), message.valid ? 1 : 0);
  return builder.frame();
}

Frame encode(const PeerRequest& message) {
  FrameBuilder<8> builder(Code::peer_request, {});
  write_endpoint(builder.body(0), message.server_address);
  return builder.frame();
}

Frame encode(const PeerResponse& message) {
  std::vector<std::byte> list(message.server_addresses.size() * address_bytes);
  std::span<std::byte> rest(list);
  for (const Endpoint& address : message.server_addresses) {
    write_endpoint(rest, address);
    rest = rest.subspan(address_bytes);
  }
  return FrameBuilder<0>(Code::peer_response, Payload(list)).frame();
}

Frame encode(const PeerUpdate& message) {
  FrameBuilder<8> builder(Code::peer_update, {});
  write_endpoint(builder.body(0), message.server_address);
  builder.body(6)[0] = std::byte{value_of(message.ttl)};
  builder.body(7)[0] = static_cast<std::byte>(message.kind);
  return builder.frame();
}

Frame encode(const PeerInit& message) {
  FrameBuilder<6> builder(Code::peer_init, {});
  write_endpoint(builder.body(0), message.server_address);
  return builder.frame();
}

Frame encode(const Message& message) {
  return std::visit([](const auto& any) { return encode(any); }, message);
}

}  // namespace gossip
