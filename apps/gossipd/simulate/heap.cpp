#include "simulate/heap.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace gossipd::simulation {

#ifdef __GLIBC__
namespace {

constexpr int step_bytes = 1 << 30;
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
  ::mallopt(M_TRIM_THRESHOLD, step_bytes);
  ::mallopt(M_MMAP_THRESHOLD, own_mapping_bytes);
}

void Heap::renew() {
  ::malloc_trim(0);
  // It grows at once, so that what comes first has huge pages, too.
  void* volatile room = std::malloc(own_mapping_bytes / 2);
  std::free(room);
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
