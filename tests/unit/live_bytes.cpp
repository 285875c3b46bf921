#include "live_bytes.hpp"

#include <atomic>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace gossip::test {
namespace {

std::atomic<std::size_t> live{0};
std::atomic<std::size_t> made{0};

AllocationFault::Which fault;
std::atomic<bool> armed{false};
std::atomic<std::size_t> passed{0};  ///< of the allocations that the fault is about
std::atomic<bool> failed{false};

bool fails(std::size_t size) {
  if (!armed.load(std::memory_order_acquire)) return false;
  if (size < fault.bytes_min || size > fault.bytes_max) return false;
  if (fault.only_while != nullptr && !*fault.only_while) return false;
  const std::size_t number = passed.fetch_add(1) + 1;
  if (number < fault.nth || number - fault.nth >= fault.count) return false;
  failed = true;
  return true;
}

void* counted(std::size_t size) {
  if (fails(size)) throw std::bad_alloc();
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  live.fetch_add(malloc_usable_size(memory), std::memory_order_relaxed);
  made.fetch_add(1, std::memory_order_relaxed);
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

std::size_t allocations() {
  return made.load(std::memory_order_relaxed);
}

AllocationFault::AllocationFault(const Which& which) {
  fault = which;
  passed = 0;
  failed = false;
  armed.store(true, std::memory_order_release);
}

AllocationFault::~AllocationFault() {
  armed = false;
}

bool AllocationFault::happened() {
  return failed;
}

}  // namespace gossip::test

void* operator new(std::size_t size) {
  return gossip::test::counted(size);
}
void* operator new[](std::size_t size) {
  return gossip::test::counted(size);
}
void* operator new(std::size_t size, const std::nothrow_t& /*tag*/) noexcept {
  try {
    return gossip::test::counted(size);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void* operator new[](std::size_t size, const std::nothrow_t& tag) noexcept {
  return operator new(size, tag);
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
