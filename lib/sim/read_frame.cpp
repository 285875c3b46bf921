#include "read_frame.hpp"

#include <cstddef>
#include <span>

namespace gossip::sim {
namespace {

unsigned byte_at(std::span<const std::byte> bytes, std::size_t at) {
  return std::to_integer<unsigned>(bytes[at]);
}

std::uint16_t number_at(std::span<const std::byte> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(bytes, at) << 8U | byte_at(bytes, at + 1));
}

}  // namespace

std::uint16_t code_of(const FlyingFrame& flying) {
  return flying.raw ? number_at(flying.frame.body().bytes(), 0) : number_at(flying.frame.header(), 2);
}

Decoded read_frame(Message& message, const FlyingFrame& flying, Overlay overlay) {
  const std::uint16_t code = code_of(flying);
  const std::span<const std::byte> header = flying.frame.header();
  const Payload& body = flying.frame.body();
  const auto octet = [&](std::size_t at) { return static_cast<std::uint8_t>(byte_at(header, at)); };
  if (flying.raw) return decode_into(message, Layer::p2p, {code, body.bytes().subspan(2)}, overlay);
  if (Code{code} == Code::announce) {
    message.emplace<Announce>(Announce{Ttl{octet(4)}, DataType{number_at(header, 6)}, body});
    return Decoded::message;
  }
  if (Code{code} == Code::data) {
    message.emplace<Data>(
        Data{Tree{octet(4)}, octet(5), Ttl{octet(6)}, DataType{number_at(header, 8)}, body});
    return Decoded::message;
  }
  const bool whole_header = body.empty();
  return decode_into(message, Layer::p2p,
                     {code, whole_header ? header.subspan(frame_header_bytes) : body.bytes()}, overlay);
}

}  // namespace gossip::sim
