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

void Payload::assign(std::span<const std::byte> bytes) {
  const bool fits =
      block_ != nullptr && !bytes.empty() &&
      detail::BlockPool::are_alike(sizeof(Block) + block_->size, sizeof(Block) + bytes.size()) &&
      block_->owners.load(std::memory_order_acquire) == 1;
  if (!fits) {
    *this = Payload(bytes);
    return;
  }
  block_->size = static_cast<std::uint32_t>(bytes.size());
  std::memcpy(static_cast<void*>(block_ + 1), bytes.data(), bytes.size());
}

void Payload::free(Block* block) noexcept {
  const std::size_t bytes = sizeof(Block) + block->size;
  block->~Block();
  detail::BlockPool::give_back(block, bytes);
}

}  // namespace gossip
