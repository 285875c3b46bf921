#pragma once
/// \file
/// What a message is called between nodes. Anybody can work it out and nobody can make two contents with the
/// same one; that takes longer than the keyed Digest, which serves inside one node.

#include <gossip/export.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <span>

namespace gossip {

/// The first 16 bytes of SHA-256 over the data type, as two bytes, the higher first, and the data: equal type
/// and equal data, and only these, make the same message (docs/protocol.md, 'Identity of a message').
///
/// Any thread may call it at any time. Each thread keeps some hundred bytes of OpenSSL's until it ends, from
/// its first call on. That call throws std::bad_alloc where there is no memory for them and
/// std::runtime_error where OpenSSL offers no SHA-256, as its configuration may have it; so does the next one
/// then. Any call throws std::runtime_error where OpenSSL fails otherwise.
[[nodiscard]] GOSSIP_EXPORT ContentId content_id(DataType type, std::span<const std::byte> data);

}  // namespace gossip
