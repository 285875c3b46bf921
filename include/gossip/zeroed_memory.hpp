#pragma once
/// \file
/// Memory for large tables whose slots are touched in no order.

#include <gossip/export.hpp>
#include <gossip/prefetch.hpp>

#include <cstddef>

namespace gossip {

/// So many bytes, all zero, aligned to cache_line_bytes; a multiple of that, and not none. A little takes no
/// more than it needs. Of much, what is not touched takes nothing: of 2 MiB and more, where the system has
/// huge pages, no huge page in which nothing was touched. Throws std::bad_alloc. Thread-safe.
[[nodiscard]] GOSSIP_EXPORT void* allocate_zeroed(std::size_t bytes);

/// Gives back what allocate_zeroed() gave for so many bytes. Thread-safe.
GOSSIP_EXPORT void free_zeroed(void* memory, std::size_t bytes) noexcept;

}  // namespace gossip
