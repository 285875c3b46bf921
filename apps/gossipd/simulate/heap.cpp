#include "heap.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>

#if defined(__GLIBC__) && defined(__linux__)
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace gossipd::simulation {

#if defined(__GLIBC__) && defined(__linux__)
namespace {

/// What a run is given ahead, at most, and what the heap grows by at least when that is used up. Where there
/// is less left than it is to grow by, memory runs out so much sooner.
constexpr int ahead_bytes_max = 1 << 30;
constexpr int step_bytes = 1 << 24;
/// What is larger has a mapping of its own. It is the most that glibc takes.
constexpr int own_mapping_bytes = 1 << 25;

char* end_of_heap() {
  return static_cast<char*>(::sbrk(0));
}

char* next_page(char* address) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t past = reinterpret_cast<std::uintptr_t>(address) % page;
  return past == 0 ? address : address + (page - past);
}

}  // namespace

Heap::Heap() : begin_(next_page(end_of_heap())) {
  ::mallopt(M_TOP_PAD, step_bytes);
  ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  ::mallopt(M_MMAP_THRESHOLD, own_mapping_bytes);
}

void Heap::renew() {
  ::malloc_trim(0);
  for (int ahead = ahead_bytes_max; ahead > step_bytes; ahead /= 2) {
    ::mallopt(M_TOP_PAD, ahead);
    // More than is free anywhere, so that the heap has to grow.
    void* volatile block = std::malloc(own_mapping_bytes / 2);
    std::free(block);
    if (block != nullptr) break;
  }
  ::mallopt(M_TOP_PAD, step_bytes);
  ask_for_huge_pages();
}

void Heap::ask_for_huge_pages() {
  char* const end = end_of_heap();
  if (end > begin_) ::madvise(begin_, static_cast<std::size_t>(end - begin_), MADV_HUGEPAGE);
}

#else

Heap::Heap() : begin_(nullptr) {}
void Heap::renew() {}
void Heap::ask_for_huge_pages() {}

#endif

}  // namespace gossipd::simulation
