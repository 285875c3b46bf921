#include "block_pool.hpp"

#include <new>
#include <utility>

namespace gossip::detail {
namespace {

/// A plain pointer can be looked at even when the thread's objects have been destroyed.
thread_local BlockPool* current = nullptr;
thread_local bool ended = false;

}  // namespace

void* BlockPool::take(std::size_t bytes) {
  if (!keeps || bytes > block_bytes_max) return ::operator new(bytes);
  const std::size_t size_class = class_of(bytes);
  if (BlockPool* const pool = of_this_thread(); pool != nullptr && pool->free_[size_class] != nullptr) {
    Free* const block = pool->free_[size_class];
    pool->free_[size_class] = block->next;
    pool->kept_bytes_ -= bytes_of(size_class);
    return block;
  }
  return ::operator new(bytes_of(size_class));
}

void BlockPool::give_back(void* block, std::size_t bytes) noexcept {
  if (keeps && bytes <= block_bytes_max) {
    const std::size_t size_class = class_of(bytes);
    BlockPool* const pool = of_this_thread();
    if (pool != nullptr && pool->kept_bytes_ + bytes_of(size_class) <= kept_bytes_max) {
      pool->free_[size_class] = ::new (block) Free{pool->free_[size_class]};
      pool->kept_bytes_ += bytes_of(size_class);
      return;
    }
  }
  ::operator delete(block);
}

BlockPool::~BlockPool() {
  current = nullptr;
  ended = true;
  for (Free* list : free_) {
    while (list != nullptr) ::operator delete(std::exchange(list, list->next));
  }
}

BlockPool* BlockPool::of_this_thread() noexcept {
  if (current == nullptr && !ended) {
    thread_local BlockPool pool;
    current = &pool;
  }
  return current;
}

}  // namespace gossip::detail
