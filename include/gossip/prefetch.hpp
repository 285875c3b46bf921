#pragma once
/// \file
/// Cache lines, and sending for them where it is known what will be touched next.

#include <bit>
#include <cstddef>
#include <cstdint>

namespace gossip {

/// What processors move between memory and their caches at a time. What belongs together is aligned to it.
inline constexpr std::size_t cache_line_bytes = 64;

/// Asks for the cache lines of so many bytes and waits for none of them: a hint, without any effect that
/// could be seen. Inlined, as are those that only call it: compilers leave out calls of what has no effect.
[[gnu::always_inline]] inline void prefetch(const void* begin, std::size_t bytes) {
  const auto* const at = static_cast<const char*>(begin);
#pragma GCC unroll 16
  for (std::size_t offset = 0; offset < bytes; offset += cache_line_bytes) __builtin_prefetch(at + offset);
  __builtin_prefetch(at + bytes - 1);
}

/// The same for the line that stands so many bytes behind an address, which may be behind the end of all.
[[gnu::always_inline]] inline void prefetch_behind(const void* begin, std::size_t bytes) {
  __builtin_prefetch(std::bit_cast<const void*>(std::bit_cast<std::uintptr_t>(begin) + bytes));
}

/// The same for what stands between two addresses.
[[gnu::always_inline]] inline void prefetch_between(const void* begin, const void* end) {
  prefetch(begin, static_cast<std::size_t>(static_cast<const char*>(end) - static_cast<const char*>(begin)));
}

}  // namespace gossip
