#include <gossip/codec.hpp>

#include "detail/big_endian.hpp"
#include "detail/membership_bodies.hpp"
#include "detail/overlay_bodies.hpp"

#include <array>
#include <cassert>
#include <span>
#include <string>
#include <string_view>
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

/// There is no room for an IPv6 address in the base protocol: 0.0.0.0 stands for it.
void write_endpoint(std::span<std::byte> bytes, const Endpoint& endpoint) {
  write_u32(bytes, endpoint.address.is_ipv4() ? endpoint.address.ipv4() : 0);
  write_u16(bytes.subspan(4), endpoint.port);
}

std::uint8_t read_u8(std::byte byte) {
  return std::to_integer<std::uint8_t>(byte);
}

/// Why the body does not have the layout of its code.
Error malformed(Code code, Bytes body) {
  const auto wrong_size = [&](std::string_view right) {
    return Error{Condition::malformed, std::string(to_string(code)) + " body of " +
                                           std::to_string(body.size()) + " bytes: it is " +
                                           std::string(right)};
  };
  switch (code) {
    case Code::announce:
    case Code::notification:
      return wrong_size("at least 4 bytes");
    case Code::notify:
    case Code::validation:
      return wrong_size("4 bytes");
    case Code::peer_response:
      return wrong_size("a multiple of 6 bytes");
    case Code::peer_init:
      return wrong_size("6 bytes");
    case Code::peer_request:
    case Code::peer_update:
      break;
    default:
      return {Condition::malformed, detail::overlay_fault(code, body)};
  }
  if (body.size() != 8) return wrong_size("8 bytes");
  return {Condition::malformed,
          "PEER UPDATE of kind " + std::to_string(read_u8(body[7])) + ": it is 0 for lost or 1 for found"};
}

Decoded decode_announce(Message& message, Bytes body) {
  if (body.size() < 4) return Decoded::malformed;
  message.emplace<Announce>(
      Announce{Ttl{read_u8(body[0])}, DataType{read_u16(body.subspan(2))}, Payload(body.subspan(4))});
  return Decoded::message;
}

Decoded decode_notify(Message& message, Bytes body) {
  if (body.size() != 4) return Decoded::malformed;
  message.emplace<Notify>(Notify{DataType{read_u16(body.subspan(2))}});
  return Decoded::message;
}

Decoded decode_notification(Message& message, Bytes body) {
  if (body.size() < 4) return Decoded::malformed;
  message.emplace<Notification>(
      Notification{MessageId{read_u16(body)}, DataType{read_u16(body.subspan(2))}, Payload(body.subspan(4))});
  return Decoded::message;
}

Decoded decode_validation(Message& message, Bytes body) {
  if (body.size() != 4) return Decoded::malformed;
  message.emplace<Validation>(Validation{MessageId{read_u16(body)}, (read_u8(body[3]) & 1U) != 0});
  return Decoded::message;
}

Decoded decode_peer_request(Message& message, Bytes body) {
  if (body.size() != 8) return Decoded::malformed;
  message.emplace<PeerRequest>(PeerRequest{read_endpoint(body)});
  return Decoded::message;
}

Decoded decode_peer_response(Message& message, Bytes body) {
  if (body.size() % address_bytes != 0) return Decoded::malformed;
  PeerResponse response;
  response.server_addresses.reserve(body.size() / address_bytes);
  for (; !body.empty(); body = body.subspan(address_bytes))
    response.server_addresses.push_back(read_endpoint(body));
  message = std::move(response);
  return Decoded::message;
}

Decoded decode_peer_update(Message& message, Bytes body) {
  if (body.size() != 8 || read_u8(body[7]) > 1) return Decoded::malformed;
  message.emplace<PeerUpdate>(
      PeerUpdate{read_endpoint(body), Ttl{read_u8(body[6])}, PeerUpdate::Kind{read_u8(body[7])}});
  return Decoded::message;
}

Decoded decode_peer_init(Message& message, Bytes body) {
  if (body.size() != address_bytes) return Decoded::malformed;
  message.emplace<PeerInit>(PeerInit{read_endpoint(body)});
  return Decoded::message;
}

bool on_api(Code code) {
  return code <= Code::validation;
}
bool on_p2p(Code code, Overlay overlay) {
  return code == Code::announce ||
         (code >= Code::peer_request && (code < Code::hello || overlay == Overlay::extended));
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

/// What precedes the data of an ANNOUNCE or a NOTIFICATION; they differ in the 16 bits before the type. Put
/// together as one number, since it is read in one piece right after.
std::array<std::byte, frame_header_bytes + 4> data_header(Code code, std::uint16_t first, DataType type,
                                                          const Payload& data) {
  std::array<std::byte, frame_header_bytes + 4> header;
  assert(data.size() <= data_bytes_max);
  detail::write_u64(header, std::uint64_t{header.size() + data.size()} << 48U |
                                std::uint64_t{static_cast<std::uint16_t>(code)} << 32U |
                                std::uint64_t{first} << 16U | value_of(type));
  return header;
}

/// The same for a DATA.
std::array<std::byte, frame_header_bytes + data_fixed_bytes> tree_data_header(Tree tree, std::uint8_t hops,
                                                                              Ttl ttl, DataType type,
                                                                              const Payload& data) {
  std::array<std::byte, frame_header_bytes + data_fixed_bytes> header;
  assert(value_of(tree) < trees_max && data.size() <= tree_data_bytes_max);
  detail::write_u64(header, std::uint64_t{header.size() + data.size()} << 48U |
                                std::uint64_t{static_cast<std::uint16_t>(Code::data)} << 32U |
                                std::uint64_t{value_of(tree)} << 24U | std::uint64_t{hops} << 16U |
                                std::uint64_t{value_of(ttl)} << 8U);
  write_u16(std::span(header).subspan(8), value_of(type));
  return header;
}

}  // namespace

Decoded decode_into(Message& message, Layer layer, const FrameView& frame, Overlay overlay) {
  const Code code{frame.code};
  if (!(layer == Layer::api ? on_api(code) : on_p2p(code, overlay))) return Decoded::skipped;
  switch (code) {
    case Code::announce:
      return decode_announce(message, frame.body);
    case Code::notify:
      return decode_notify(message, frame.body);
    case Code::notification:
      return decode_notification(message, frame.body);
    case Code::validation:
      return decode_validation(message, frame.body);
    case Code::peer_request:
      return decode_peer_request(message, frame.body);
    case Code::peer_response:
      return decode_peer_response(message, frame.body);
    case Code::peer_update:
      return decode_peer_update(message, frame.body);
    case Code::peer_init:
      return decode_peer_init(message, frame.body);
    default:
      return detail::decode_overlay(message, code, frame.body);
  }
}

Result<std::optional<Message>> decode(Layer layer, const FrameView& frame, Overlay overlay) {
  Message message;
  switch (decode_into(message, layer, frame, overlay)) {
    case Decoded::message:
      return std::optional(std::move(message));
    case Decoded::skipped:
      return std::optional<Message>{};
    case Decoded::malformed:
      break;
  }
  return malformed(Code{frame.code}, frame.body);
}

Frame encode(const Announce& message) {
  const auto ttl = static_cast<std::uint16_t>(value_of(message.ttl) << 8U);
  return {data_header(Code::announce, ttl, message.data_type, message.data), message.data};
}

Frame encode(const Notify& message) {
  FrameBuilder<4> builder(Code::notify, {});
  write_u16(builder.body(2), value_of(message.data_type));
  return builder.frame();
}

Frame encode(const Notification& message) {
  const auto id = value_of(message.message_id);
  return {data_header(Code::notification, id, message.data_type, message.data), message.data};
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
    assert(address.address.is_ipv4());
    write_endpoint(rest, address);
    rest = rest.subspan(address_bytes);
  }
  return FrameBuilder<0>(Code::peer_response, Payload(list)).frame();
}

Frame encode(const PeerUpdate& message) {
  assert(message.server_address.address.is_ipv4());
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

Frame encode(const Hello& message) {
  return FrameBuilder<0>(Code::hello, Payload(detail::body_of(message))).frame();
}

Frame encode(const Data& message) {
  return {tree_data_header(message.tree, message.hops, message.ttl, message.data_type, message.data),
          message.data};
}

Frame encode(const IHave& message) {
  return FrameBuilder<0>(Code::i_have, Payload(detail::body_of(message.adverts))).frame();
}

Frame encode(const Graft& message) {
  return FrameBuilder<0>(Code::graft, Payload(detail::body_of(message.wanted))).frame();
}

Frame encode(const Prune& message) {
  assert(message.trees != 0);
  FrameBuilder<8> builder(Code::prune, {});
  detail::write_u64(builder.body(0), message.trees);
  return builder.frame();
}

Frame encode(const Message& message) {
  return std::visit([](const auto& any) { return encode(any); }, message);
}

Frame encode_announce(Ttl ttl, DataType type, const Payload& data) {
  const auto first = static_cast<std::uint16_t>(value_of(ttl) << 8U);
  return {data_header(Code::announce, first, type, data), &data};
}

Frame encode_notification(MessageId id, DataType type, const Payload& data) {
  return {data_header(Code::notification, value_of(id), type, data), &data};
}

Frame encode(const Ping& message) {
  FrameBuilder<4> builder(Code::ping, {});
  write_u32(builder.body(0), message.token);
  return builder.frame();
}

Frame encode(const Pong& message) {
  FrameBuilder<4> builder(Code::pong, {});
  write_u32(builder.body(0), message.token);
  return builder.frame();
}

Frame encode(const CacheDigest& message) {
  return FrameBuilder<0>(Code::cache_digest, Payload(detail::body_of(message))).frame();
}

Frame encode(const Join& message) {
  return FrameBuilder<0>(Code::join, Payload(detail::body_of(message))).frame();
}

Frame encode(const Neighbor& message) {
  FrameBuilder<detail::choice_bytes> builder(Code::neighbor, {});
  builder.body(0)[0] = static_cast<std::byte>(message.kind);
  return builder.frame();
}

Frame encode(const Disconnect& message) {
  FrameBuilder<detail::choice_bytes> builder(Code::disconnect, {});
  builder.body(0)[0] = static_cast<std::byte>(message.reason);
  return builder.frame();
}

Frame encode(const Shuffle& message) {
  return FrameBuilder<0>(Code::shuffle, Payload(detail::body_of(message))).frame();
}

Frame encode(const DontWant& message) {
  return FrameBuilder<0>(Code::dont_want, Payload(detail::body_of(message))).frame();
}

Frame encode_data(Tree tree, std::uint8_t hops, Ttl ttl, DataType type, const Payload& data) {
  return {tree_data_header(tree, hops, ttl, type, data), &data};
}

}  // namespace gossip
