#pragma once
/// \file
/// What a message is called between nodes. Anybody can work it out and nobody can make two contents with the
/// same one; that takes longer than the keyed Digest, which serves inside one node.

#include <gossip/export.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <span>

namespace gossip {

/// The first 16 bytes of SHA-256 over the data type, as two bytes, the higher first, and the data
/// (docs/protocol.md, 'The overlay extension'): equal for what is the same message, and for nothing else.
///
/// Any thread may call it at any time. With its first call a thread takes some hundred bytes of OpenSSL's,
/// which it keeps until it ends. That call throws std::bad_alloc where there is no memory for them, and
/// std::runtime_error where OpenSSL offers no SHA-256, which its configuration decides; the next call tries
/// again. Later calls throw std::runtime_error where OpenSSL fails all the same.
[[nodiscard]] GOSSIP_EXPORT ContentId content_id(DataType type, std::span<const std::byte> data);

}  // namespace gossip
