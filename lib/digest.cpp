#include <gossip/digest.hpp>

#include "detail/siphash.hpp"

namespace gossip {

Digest digest_of(const DigestKey& key, DataType type, std::span<const std::byte> data) {
  detail::SipHash128<1, 3> hash(key);
  hash.word(value_of(type));
  return hash.finish(data);
}

}  // namespace gossip
