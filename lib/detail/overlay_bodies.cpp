#include "overlay_bodies.hpp"

#include "big_endian.hpp"
#include "membership_bodies.hpp"
#include "overlay_body.hpp"
#include "wire_address.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdint>
#include <string_view>
#include <utility>

namespace gossip::detail {
namespace {

using Bytes = std::span<const std::byte>;

/// What every HELLO has, whatever its version: its fields, and an IPv4 address.
constexpr std::size_t hello_bytes_min = 32;
constexpr std::size_t prune_bytes = 8;
constexpr std::size_t ping_bytes = 4;

// Where what is in the body of a HELLO stands.
constexpr std::size_t hello_family = 1;
constexpr std::size_t hello_port = 2;
constexpr std::size_t hello_features = 4;
constexpr std::size_t hello_frame_bytes_max = 8;
constexpr std::size_t hello_node = 12;
constexpr std::size_t hello_address = 28;

// Where what is in the body of a DIGEST stands, behind the salt.
constexpr std::size_t digest_flags = 8;
constexpr std::size_t digest_count = 10;
constexpr std::byte digest_wants_answer{1};

/// `family` is one that there is.
std::string hello_size_fault(Bytes body, unsigned version, std::uint8_t family) {
  const std::size_t bytes = hello_address + address_bytes(family);
  if (version == 1 ? body.size() == bytes : body.size() >= bytes) return {};
  return wrong_size(Code::hello, body,
                    std::string(version == 1 ? "" : "at least ") + std::to_string(bytes) + " bytes" +
                        (version == 1 ? " in version 1" : "") + (family == ipv6 ? " with IPv6" : ""));
}

std::string hello_fault(Bytes body) {
  if (body.size() < hello_bytes_min) return wrong_size(Code::hello, body, "at least 32 bytes");
  const unsigned version = read_u8(body[0]);
  if (version == 0) return "HELLO of version 0: it is at least 1";
  const std::uint8_t family = read_u8(body[hello_family]);
  if (auto fault = family_fault("HELLO", family); !fault.empty()) return fault;
  if (auto fault = hello_size_fault(body, version, family); !fault.empty()) return fault;
  const unsigned accepted = read_u16(body.subspan(hello_frame_bytes_max));
  if (accepted < accepted_frame_bytes_min) {
    return "HELLO that accepts frames of up to " + std::to_string(accepted) +
           " bytes: it is at least 1024 bytes";
  }
  return address_fault("HELLO", family, body.subspan(hello_address));
}

std::string data_fault(Bytes body) {
  if (body.size() < data_fixed_bytes) return wrong_size(Code::data, body, "at least 6 bytes");
  const unsigned tree = read_u8(body[0]);
  return tree < trees_max ? std::string() : wrong_value("DATA of tree", tree, "0 to 63");
}

std::string adverts_fault(Code code, Bytes body) {
  if (body.empty() || body.size() % advert_bytes != 0) {
    return wrong_size(code, body, "a multiple of 17 bytes, and not 0");
  }
  for (std::size_t at = 0; at < body.size(); at += advert_bytes) {
    const Tree tree{read_u8(body[at])};
    if (value_of(tree) < trees_max || tree == no_tree) continue;
    return std::string(to_string(code)) + " entry " + std::to_string(at / advert_bytes) + " of tree " +
           std::to_string(value_of(tree)) + ": it is 0 to 63, or 255 for none";
  }
  return {};
}

std::string prune_fault(Bytes body) {
  if (body.size() != prune_bytes) return wrong_size(Code::prune, body, "8 bytes");
  const bool empty = std::ranges::all_of(body, [](std::byte byte) { return byte == std::byte{0}; });
  return empty ? "PRUNE of mask 0: it names at least one tree" : "";
}

std::string digest_fault(Bytes body) {
  if (body.size() < digest_fixed_bytes) return wrong_size(Code::cache_digest, body, "at least 20 bytes");
  const std::size_t count = read_u16(body.subspan(digest_count));
  if (count > digest_buckets_max || !std::has_single_bit(count)) {
    return "DIGEST of " + std::to_string(count) + " buckets: they are a power of two, at most 256";
  }
  if (body.size() == digest_fixed_bytes + 8 * count) return {};
  return wrong_size(
      Code::cache_digest, body,
      std::to_string(digest_fixed_bytes + 8 * count) + " bytes with " + std::to_string(count) + " buckets");
}

Hello hello_in(Bytes body) {
  Hello hello;
  hello.version = read_u8(body[0]);
  hello.features = read_u32(body.subspan(hello_features));
  hello.frame_bytes_max = read_u16(body.subspan(hello_frame_bytes_max));
  std::ranges::copy(body.subspan(hello_node, hello.node.bytes.size()), hello.node.bytes.begin());
  hello.server_address = {read_address(read_u8(body[hello_family]), body.subspan(hello_address)),
                          read_u16(body.subspan(hello_port))};
  return hello;
}

Data data_in(Bytes body) {
  return {Tree{read_u8(body[0])}, read_u8(body[1]), Ttl{read_u8(body[2])},
          DataType{read_u16(body.subspan(4))}, Payload(body.subspan(data_fixed_bytes))};
}

std::vector<Advert> adverts_in(Bytes body) {
  std::vector<Advert> adverts(body.size() / advert_bytes);
  for (Advert& advert : adverts) {
    advert.tree = Tree{read_u8(body[0])};
    std::ranges::copy(body.subspan(1, advert.id.bytes.size()), advert.id.bytes.begin());
    body = body.subspan(advert_bytes);
  }
  return adverts;
}

CacheDigest digest_in(Bytes body) {
  CacheDigest digest{read_u64(body), (body[digest_flags] & digest_wants_answer) != std::byte{0}, {}};
  digest.buckets.reserve((body.size() - digest_fixed_bytes) / 8);
  for (body = body.subspan(digest_fixed_bytes); !body.empty(); body = body.subspan(8)) {
    digest.buckets.push_back(read_u64(body));
  }
  return digest;
}

std::string dont_want_fault(Bytes body) {
  if (body.size() != dont_want_bytes) return wrong_size(Code::dont_want, body, "17 bytes");
  return body[0] == std::byte{0} ? "IDONTWANT of ttl 0: it is at least 1" : "";
}

DontWant dont_want_in(Bytes body) {
  DontWant message{Ttl{read_u8(body[0])}, {}};
  std::ranges::copy(body.subspan(1), message.id.bytes.begin());
  return message;
}

std::string token_fault(Code code, Bytes body) {
  return body.size() == ping_bytes ? std::string() : wrong_size(code, body, "4 bytes");
}

/// What there is to know of a code: what is wrong with a body, and the message in one that is right.
struct Layout {
  Code code{};
  std::string (*fault)(Bytes body) = nullptr;
  Message (*message)(Bytes body) = nullptr;
};

/// All codes of the extension.
constexpr std::array layouts{
    Layout{Code::hello, hello_fault, [](Bytes body) -> Message { return hello_in(body); }},
    Layout{Code::data, data_fault, [](Bytes body) -> Message { return data_in(body); }},
    Layout{Code::i_have, [](Bytes body) { return adverts_fault(Code::i_have, body); },
           [](Bytes body) -> Message { return IHave{adverts_in(body)}; }},
    Layout{Code::graft, [](Bytes body) { return adverts_fault(Code::graft, body); },
           [](Bytes body) -> Message { return Graft{adverts_in(body)}; }},
    Layout{Code::prune, prune_fault, [](Bytes body) -> Message { return Prune{read_u64(body)}; }},
    Layout{Code::ping, [](Bytes body) { return token_fault(Code::ping, body); },
           [](Bytes body) -> Message { return Ping{read_u32(body)}; }},
    Layout{Code::pong, [](Bytes body) { return token_fault(Code::pong, body); },
           [](Bytes body) -> Message { return Pong{read_u32(body)}; }},
    Layout{Code::cache_digest, digest_fault, [](Bytes body) -> Message { return digest_in(body); }},
    Layout{Code::join, join_fault, [](Bytes body) -> Message { return join_in(body); }},
    Layout{Code::neighbor, neighbor_fault, [](Bytes body) -> Message { return neighbor_in(body); }},
    Layout{Code::disconnect, disconnect_fault, [](Bytes body) -> Message { return disconnect_in(body); }},
    Layout{Code::shuffle, shuffle_fault, [](Bytes body) -> Message { return shuffle_in(body); }},
    Layout{Code::dont_want, dont_want_fault, [](Bytes body) -> Message { return dont_want_in(body); }},
};

/// Null for a code that is not the extension's.
const Layout* layout_of(Code code) {
  const auto* const found = std::ranges::find(layouts, code, &Layout::code);
  return found == layouts.end() ? nullptr : found;
}

}  // namespace

std::string overlay_fault(Code code, Bytes body) {
  const Layout* const layout = layout_of(code);
  return layout == nullptr ? std::string() : layout->fault(body);
}

Decoded decode_overlay(Message& message, Code code, Bytes body) {
  const Layout* const layout = layout_of(code);
  if (layout == nullptr) return Decoded::skipped;
  if (!layout->fault(body).empty()) return Decoded::malformed;
  message = layout->message(body);
  return Decoded::message;
}

std::vector<std::byte> body_of(const Hello& hello) {
  assert(hello.version > 0 && hello.frame_bytes_max >= accepted_frame_bytes_min);
  const std::uint8_t family = family_of(hello.server_address);
  std::vector<std::byte> bytes(hello_address + address_bytes(family));
  const std::span<std::byte> body(bytes);
  body[0] = std::byte{hello.version};
  body[hello_family] = std::byte{family};
  write_u16(body.subspan(hello_port), hello.server_address.port);
  write_u32(body.subspan(hello_features), hello.features);
  write_u16(body.subspan(hello_frame_bytes_max), hello.frame_bytes_max);
  std::ranges::copy(hello.node.bytes, body.subspan(hello_node).begin());
  write_address(body.subspan(hello_address), hello.server_address.address);
  return bytes;
}

std::vector<std::byte> body_of(std::span<const Advert> adverts) {
  assert(!adverts.empty() && adverts.size() <= adverts_max);
  std::vector<std::byte> list;
  list.reserve(adverts.size() * advert_bytes);
  for (const Advert& advert : adverts) {
    assert(value_of(advert.tree) < trees_max || advert.tree == no_tree);
    list.push_back(std::byte{value_of(advert.tree)});
    list.insert(list.end(), advert.id.bytes.begin(), advert.id.bytes.end());
  }
  return list;
}

std::vector<std::byte> body_of(const CacheDigest& digest) {
  assert(std::has_single_bit(digest.buckets.size()) && digest.buckets.size() <= digest_buckets_max);
  std::vector<std::byte> bytes(digest_fixed_bytes + 8 * digest.buckets.size());
  std::span<std::byte> body(bytes);
  write_u64(body, digest.salt);
  if (digest.wants_answer) body[digest_flags] = digest_wants_answer;
  write_u16(body.subspan(digest_count), static_cast<std::uint16_t>(digest.buckets.size()));
  body = body.subspan(digest_fixed_bytes);
  for (const std::uint64_t hash : digest.buckets) {
    write_u64(body, hash);
    body = body.subspan(8);
  }
  return bytes;
}

std::array<std::byte, dont_want_bytes> body_of(const DontWant& message) {
  assert(message.ttl != unlimited_ttl);
  std::array<std::byte, dont_want_bytes> body{};
  body[0] = std::byte{value_of(message.ttl)};
  std::ranges::copy(message.id.bytes, body.begin() + 1);
  return body;
}

}  // namespace gossip::detail
