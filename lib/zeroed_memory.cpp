#include <gossip/zeroed_memory.hpp>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace gossip {
namespace {

/// Large is what the few bytes that tell where it begins do not matter to, huge what huge pages are worth it
/// for: where memory is touched in no order, a processor knows too few small pages by heart.
constexpr std::size_t large_bytes = std::size_t{1} << 16U;
constexpr std::size_t huge_page_bytes = std::size_t{1} << 21U;

/// A hint, and refused where the system has none or was told to give none.
void ask_for_huge_pages(void* begin, std::size_t bytes) {
#ifdef MADV_HUGEPAGE
  (void)::madvise(begin, bytes, MADV_HUGEPAGE);
#else
  (void)begin;
  (void)bytes;
#endif
}

}  // namespace

void* allocate_zeroed(std::size_t bytes) {
  if (bytes <= large_bytes) {
    void* const memory = std::aligned_alloc(cache_line_bytes, bytes);
    if (memory == nullptr) throw std::bad_alloc();
    return std::memset(memory, 0, bytes);
  }
  // Zeroed pages are given out untouched by calloc() only, which knows no alignment: where its memory begins
  // is noted before the first byte.
  const bool is_huge = bytes >= huge_page_bytes;
  const std::size_t alignment = is_huge ? huge_page_bytes : cache_line_bytes;
  if (bytes > SIZE_MAX / 2) throw std::bad_alloc();  // so that what is added does not begin anew
  const std::size_t whole = (bytes + alignment - 1) / alignment * alignment;
  void* const memory = std::calloc(1, whole + alignment + sizeof(memory));
  if (memory == nullptr) throw std::bad_alloc();
  const std::size_t past = (reinterpret_cast<std::uintptr_t>(memory) + sizeof(memory)) % alignment;
  auto* const first = static_cast<std::byte*>(memory) + sizeof(memory) + (past == 0 ? 0 : alignment - past);
  std::memcpy(first - sizeof(memory), &memory, sizeof(memory));
  if (is_huge) ask_for_huge_pages(first, whole);
  return first;
}

void free_zeroed(void* memory, std::size_t bytes) noexcept {
  void* begin = memory;
  if (bytes > large_bytes) {
    std::memcpy(&begin, static_cast<const std::byte*>(memory) - sizeof(begin), sizeof(begin));
  }
  std::free(begin);
}

}  // namespace gossip
