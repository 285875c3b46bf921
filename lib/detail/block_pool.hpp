#pragma once
/// \file
/// Small blocks of memory that are freed and soon wanted again: the bodies of messages. A thread keeps what
/// it frees, sorted by size, so that taking a block is a few instructions and no allocation.

#include <array>
#include <cstddef>

namespace gossip::detail {

/// Blocks of memory, each taken with a size and given back with the same, by whatever thread. A thread keeps
/// at most `kept_bytes_max` of them; the rest goes back to the system's allocator, as do blocks beyond
/// `block_bytes_max` and, at its end, everything. Under the address sanitizer nothing is kept, so that it
/// sees each use of what is gone.
class BlockPool {
 public:
  static constexpr std::size_t block_bytes_max = 4096;
  static constexpr std::size_t kept_bytes_max = std::size_t{256} << 10U;

  /// Aligned like operator new's. Throws std::bad_alloc.
  [[nodiscard]] static void* take(std::size_t bytes);
  static void give_back(void* block, std::size_t bytes) noexcept;

  /// True where a block that was taken for so many bytes may be used for so many others, and be given back as
  /// such.
  [[nodiscard]] static bool are_alike(std::size_t bytes, std::size_t others) {
    return keeps && bytes <= block_bytes_max && others <= block_bytes_max &&
           class_of(bytes) == class_of(others);
  }

  BlockPool() = default;
  BlockPool(const BlockPool&) = delete;
  BlockPool& operator=(const BlockPool&) = delete;
  ~BlockPool();

 private:
  struct Free {
    Free* next = nullptr;
  };

#if defined(__SANITIZE_ADDRESS__)
  static constexpr bool keeps = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
  static constexpr bool keeps = false;
#else
  static constexpr bool keeps = true;
#endif
#else
  static constexpr bool keeps = true;
#endif

  /// Sizes are rounded up to a multiple of this.
  static constexpr std::size_t step = 16;
  static constexpr std::size_t classes = block_bytes_max / step;

  static std::size_t class_of(std::size_t bytes) {
    return (bytes + step - 1) / step - 1;
  }
  static std::size_t bytes_of(std::size_t size_class) {
    return (size_class + 1) * step;
  }
  /// Null once the thread is past keeping anything: at its very end.
  static BlockPool* of_this_thread() noexcept;

  std::array<Free*, classes> free_{};
  std::size_t kept_bytes_ = 0;
};

}  // namespace gossip::detail
