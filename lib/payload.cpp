#include <gossip/payload.hpp>

#include <algorithm>

namespace gossip {

Payload::Payload(std::span<const std::byte> bytes) : size_(bytes.size()) {
  if (bytes.empty()) return;
  auto copy = std::make_shared_for_overwrite<std::byte[]>(bytes.size());
  std::copy(bytes.begin(), bytes.end(), copy.get());
  data_ = std::move(copy);
}

}  // namespace gossip
