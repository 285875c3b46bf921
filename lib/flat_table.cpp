#include <gossip/flat_table.hpp>

#include <cstdlib>
#include <cstring>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace gossip::detail {
namespace {

/// Large is what the few bytes that tell where it begins do not matter to, huge what huge pages are worth it
/// for: where buckets are touched in no order, a processor knows too few small pages by heart.
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

Bucket* zeroed_buckets(std::size_t buckets) {
  const std::size_t bytes = buckets * sizeof(Bucket);
  if (bytes <= large_bytes) {
    void* const memory = std::aligned_alloc(alignof(Bucket), bytes);
    if (memory == nullptr) throw std::bad_alloc();
    return static_cast<Bucket*>(std::memset(memory, 0, bytes));
  }
  // Zeroed pages are given out untouched by calloc() only, which knows no alignment: where its memory begins
  // is noted before the first bucket.
  const bool is_huge = bytes >= huge_page_bytes;
  const std::size_t alignment = is_huge ? huge_page_bytes : alignof(Bucket);
  const std::size_t whole = (bytes + alignment - 1) / alignment * alignment;
  void* const memory = std::calloc(1, whole + alignment + sizeof(memory));
  if (memory == nullptr) throw std::bad_alloc();
  const std::size_t past = (reinterpret_cast<std::uintptr_t>(memory) + sizeof(memory)) % alignment;
  auto* const first = static_cast<std::byte*>(memory) + sizeof(memory) + (past == 0 ? 0 : alignment - past);
  std::memcpy(first - sizeof(memory), &memory, sizeof(memory));
  if (is_huge) ask_for_huge_pages(first, whole);
  return reinterpret_cast<Bucket*>(first);
}

void free_buckets(Bucket* first, std::size_t buckets) noexcept {
  void* memory = first;
  if (buckets * sizeof(Bucket) > large_bytes) {
    std::memcpy(&memory, reinterpret_cast<const std::byte*>(first) - sizeof(memory), sizeof(memory));
  }
  std::free(memory);
}

}  // namespace gossip::detail
