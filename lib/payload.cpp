#include <gossip/payload.hpp>

#include "detail/block_pool.hpp"

#include <cassert>
#include <limits>
#include <new>

namespace gossip {

Payload::Block* Payload::copied(std::span<const std::byte> bytes) {
  assert(bytes.size() <= std::numeric_limits<std::uint32_t>::max());
  void* const memory = detail::BlockPool::take(sizeof(Block) + bytes.size());
  auto* const block = ::new (memory) Block{{1}, static_cast<std::uint32_t>(bytes.size())};
  std::memcpy(static_cast<void*>(block + 1), bytes.data(), bytes.size());
  return block;
}

void Payload::free(Block* block) noexcept {
  const std::size_t bytes = sizeof(Block) + block->size;
  block->~Block();
  detail::BlockPool::give_back(block, bytes);
}

}  // namespace gossip
