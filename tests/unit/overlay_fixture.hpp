#pragma once
/// \file
/// What the unit tests of the overlay extension share: ids and trees, written shortly.

#include <gossip/content_id.hpp>
#include <gossip/overlay/id_memory.hpp>

#include "../../lib/detail/siphash.hpp"
#include "fixture.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gossip::test {

/// The content id that is this number, as the wire has it.
constexpr ContentId numbered_id(std::uint64_t number) {
  ContentId id;
  for (std::size_t at = id.bytes.size(); number != 0; number >>= 8U) {
    id.bytes[--at] = static_cast<std::byte>(number & 0xffU);
  }
  return id;
}

/// What peers call a message.
inline ContentId content(std::string_view data, int type = 7) {
  return content_id(DataType(type), std::as_bytes(std::span(data.data(), data.size())));
}

/// A fingerprint that no key has made.
constexpr IdFingerprint fingerprint(std::uint64_t number) {
  return IdFingerprint{number};
}

constexpr std::uint64_t bit(int tree) {
  return std::uint64_t{1} << static_cast<unsigned>(tree);
}

inline Data data(std::string_view text, int tree, int ttl = 0, int hops = 0) {
  return {Tree(tree), static_cast<std::uint8_t>(hops), Ttl(ttl), DataType{7}, Payload(text)};
}

/// The DIGEST of somebody who holds these. It shares no code with the library but SipHash, so what the
/// library makes of the same is another's opinion.
inline CacheDigest digest_of(const std::vector<std::string>& texts, std::size_t buckets = 1,
                             bool wants_answer = false, std::uint64_t salt = 0x0123456789abcdef) {
  CacheDigest digest{salt, wants_answer, std::vector<std::uint64_t>(buckets)};
  for (const std::string& text : texts) {
    const ContentId id = content(text);
    const unsigned first = std::to_integer<unsigned>(id.bytes[0]);
    std::size_t bucket = 0;
    for (std::size_t bit = 0x80, count = 1; count < buckets; bit >>= 1U, count *= 2) {
      bucket = bucket * 2 + ((first & bit) != 0 ? 1 : 0);
    }
    detail::SipHash128<2, 4> hash(salt, 0);
    digest.buckets.at(bucket) += hash.finish(id.bytes)[0];
  }
  return digest;
}

/// What a Trace says, without the ids in HELLO, IHAVE and GRAFT: "p1 IHAVE 9 9" for "p1 IHAVE 9:12ab 9:34cd".
inline std::string without_ids(std::string_view trace) {
  std::string text;
  bool adverts = false;
  for (std::size_t at = 0; at < trace.size(); ++at) {
    constexpr std::size_t id = 5;  // four digits, and what separates them
    if (trace.substr(at).starts_with("; ")) adverts = false;
    if (trace.substr(at).starts_with("IHAVE") || trace.substr(at).starts_with("GRAFT")) adverts = true;
    if (trace.substr(at).starts_with("HELLO ")) {
      text += "HELLO ";
      at += id + id;
    } else if (adverts && trace[at] == ':') {
      at += id - 1;
    } else {
      text += trace[at];
    }
  }
  return text;
}

/// A node id whose bytes are all the same.
constexpr NodeId node_of(int byte) {
  NodeId id;
  id.bytes.fill(static_cast<std::byte>(byte));
  return id;
}

}  // namespace gossip::test
