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

bool is_content(const FlyingFrame& flying, std::uint16_t code) {
  return !flying.raw && (Code{code} == Code::announce || Code{code} == Code::data);
}

AnnounceView read_content(const FlyingFrame& flying, std::uint16_t code, const Payload& body) {
  const std::span<const std::byte> header = flying.frame.header();
  const auto octet = [&](std::size_t at) { return static_cast<std::uint8_t>(byte_at(header, at)); };
  const bool is_data = Code{code} == Code::data;
  AnnounceView view;
  if (is_data) {
    view.tree = Tree{octet(4)};
    view.hops = octet(5);
  }
  view.ttl = Ttl{octet(is_data ? 6 : 4)};
  view.data_type = DataType{number_at(header, is_data ? 8 : 6)};
  view.data = body.bytes();
  view.payload = &body;
  return view;
}

Decoded read_frame(Message& message, const FlyingFrame& flying, std::uint16_t code, Overlay overlay) {
  const Payload& body = flying.frame.body();
  if (flying.raw) return decode_into(message, Layer::p2p, {code, body.bytes().subspan(2)}, overlay);
  const bool whole_header = body.empty();
  return decode_into(message, Layer::p2p,
                     {code, whole_header ? flying.frame.header().subspan(frame_header_bytes) : body.bytes()},
                     overlay);
}

}  // namespace gossip::sim
