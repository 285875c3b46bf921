#include "gossip_dialect.hpp"

#include <gossip/message.hpp>

#include <string>

namespace gossipd::load {
namespace {

using gossip::Code;

constexpr std::size_t header_bytes = 4;
/// Of a NOTIFICATION or an ANNOUNCE: up to the data.
constexpr std::size_t data_offset = 8;
constexpr std::size_t validation_bytes = 8;

std::uint16_t read_u16(const std::byte* from) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(from[0]) << 8U |
                                    std::to_integer<unsigned>(from[1]));
}

gossip::Error broken(const std::string& how) {
  return {gossip::Condition::malformed, "the server broke the protocol: " + how};
}

void write_u16(std::byte* to, std::size_t value) {
  to[0] = static_cast<std::byte>(value >> 8U);
  to[1] = static_cast<std::byte>(value);
}

}  // namespace

Bytes GossipDialect::subscriber_greeting() const {
  Bytes notify(8);
  write_u16(notify.data(), notify.size());
  write_u16(notify.data() + 2, static_cast<std::size_t>(Code::notify));
  write_u16(notify.data() + 6, value_of(data_type_));
  return notify;
}

Bytes GossipDialect::before_body(std::size_t body_bytes) const {
  Bytes announce(data_offset);
  write_u16(announce.data(), data_offset + body_bytes);
  write_u16(announce.data() + 2, static_cast<std::size_t>(Code::announce));
  write_u16(announce.data() + 6, value_of(data_type_));
  return announce;
}

gossip::Result<std::size_t> GossipDialect::read(std::span<const std::byte> bytes, std::size_t,
                                                std::vector<Delivery>& deliveries, Bytes&) const {
  constexpr auto notification = static_cast<std::uint16_t>(Code::notification);
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  while (left >= header_bytes) {
    const std::size_t size = read_u16(at);
    if (size < header_bytes) return broken("a frame says that it has " + std::to_string(size) + " bytes");
    const std::uint16_t code = read_u16(at + 2);
    // Before the end of the frame has come: that of what is none never does.
    if (code < gossip::code_min || code > gossip::code_max)
      return broken("code " + std::to_string(code) + " is outside " + std::to_string(gossip::code_min) +
                    ".." + std::to_string(gossip::code_max));
    if (size > left) break;
    if (code == notification && size >= data_offset) {
      deliveries.push_back(
          {at + data_offset, static_cast<std::uint32_t>(size - data_offset), read_u16(at + header_bytes)});
    }
    at += size;
    left -= size;
  }
  return bytes.size() - left;
}

void GossipDialect::accept(std::span<const Delivery> deliveries, Bytes& out) const {
  std::size_t at = out.size();
  out.resize(at + deliveries.size() * validation_bytes);
  for (const Delivery& delivery : deliveries) {
    std::byte* const frame = out.data() + at;
    write_u16(frame, validation_bytes);
    write_u16(frame + 2, static_cast<std::size_t>(Code::validation));
    write_u16(frame + 4, delivery.id);
    write_u16(frame + 6, 1);
    at += validation_bytes;
  }
}

}  // namespace gossipd::load
