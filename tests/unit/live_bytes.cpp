#include "live_bytes.hpp"

#include <atomic>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace gossip::test {
namespace {

std::atomic<std::size_t> live{0};

void* counted(std::size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  live.fetch_add(malloc_usable_size(memory), std::memory_order_relaxed);
  return memory;
}

void uncounted(void* memory) {
  if (memory == nullptr) return;
  live.fetch_sub(malloc_usable_size(memory), std::memory_order_relaxed);
  std::free(memory);
}

}  // namespace

std::size_t live_bytes() {
  return live.load(std::memory_order_relaxed);
}

}  // namespace gossip::test

void* operator new(std::size_t size) {
  return gossip::test::counted(size);
}
void* operator new[](std::size_t size) {
  return gossip::test::counted(size);
}
void operator delete(void* memory) noexcept {
  gossip::test::uncounted(memory);
}
void operator delete[](void* memory) noexcept {
  gossip::test::uncounted(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
  gossip::test::uncounted(memory);
}
void operator delete[](void* memory, std::size_t /*size*/) noexcept {
  gossip::test::uncounted(memory);
}
