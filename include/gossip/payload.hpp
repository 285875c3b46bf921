#pragma once
/// \file
/// Bytes that are written once and then shared: a message's data travels from the cache to every connection
/// without being copied. A Frame is what goes on the wire: a small header of its own and a shared body.

#include <gossip/export.hpp>

#include <array>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

namespace gossip {

/// Immutable, reference-counted bytes, the size of a pointer. Copies share; the last one frees. Equality
/// compares the bytes. Blocks of up to 4 KiB are kept for reuse, at most 256 KiB of them for each thread, so
/// that messages that come and go allocate nothing. Thread safety: distinct Payloads may be used from
/// different threads even where they share their bytes.
class GOSSIP_EXPORT Payload {
 public:
  /// No bytes.
  Payload() = default;

  /// Copies `bytes`, fewer than 4 GiB. Throws std::bad_alloc.
  explicit Payload(std::span<const std::byte> bytes) : block_(bytes.empty() ? nullptr : copied(bytes)) {}
  /// The same for the characters of `text`, without a terminating zero.
  explicit Payload(std::string_view text) : Payload(std::as_bytes(std::span(text.data(), text.size()))) {}

  /// Copies `bytes` in place of what is there, into the same memory where nobody shares that and it is of the
  /// right size: what takes the place of another in a table needs no allocation then. Throws std::bad_alloc,
  /// and is unchanged then.
  void assign(std::span<const std::byte> bytes);

  /// \{
  /// Shares, and moves the share; what was moved from has no bytes.
  Payload(const Payload& other) noexcept : block_(other.block_) {
    if (block_ != nullptr) block_->add_owner();
  }
  Payload(Payload&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Payload& operator=(const Payload& other) noexcept {
    Payload copy(other);
    std::swap(block_, copy.block_);
    return *this;
  }
  Payload& operator=(Payload&& other) noexcept {
    std::swap(block_, other.block_);
    other.release();
    return *this;
  }
  /// \}
  ~Payload() { release(); }

  /// Valid for as long as any Payload shares them.
  [[nodiscard]] std::span<const std::byte> bytes() const {
    if (block_ == nullptr) return {};
    return {reinterpret_cast<const std::byte*>(block_ + 1), block_->size};
  }
  /// In bytes.
  [[nodiscard]] std::size_t size() const { return block_ == nullptr ? 0 : block_->size; }
  /// True for no bytes, which is data like any other.
  [[nodiscard]] bool empty() const { return block_ == nullptr; }
  /// The bytes as characters, whatever they are; valid as long as bytes().
  [[nodiscard]] std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes().data()), size()};
  }

  /// Where they stand, looked at without touching it; null for no bytes.
  [[nodiscard]] const void* memory() const { return block_; }

  /// Compares the bytes, unless they are shared.
  friend bool operator==(const Payload& left, const Payload& right) {
    return left.block_ == right.block_ || left.text() == right.text();
  }

 private:
  /// What stands before the bytes.
  struct Block {
    std::atomic<std::uint32_t> owners;
    std::uint32_t size;

    void add_owner() {
      if (is_only_thread()) {
        owners.store(owners.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
      } else {
        owners.fetch_add(1, std::memory_order_relaxed);
      }
    }
    /// True where that was the last one.
    [[nodiscard]] bool drop_owner() {
      // The only owner needs no atomic change: nobody else can be about to share it.
      const std::uint32_t before = owners.load(std::memory_order_acquire);
      if (before == 1) return true;
      if (!is_only_thread()) return owners.fetch_sub(1, std::memory_order_acq_rel) == 1;
      owners.store(before - 1, std::memory_order_relaxed);
      return false;
    }
  };

  /// Where the C library tells that there has been no second thread, owners are counted without atomic
  /// operations, as std::shared_ptr does: each of them waits for all that was read before it.
  [[nodiscard]] static bool is_only_thread() {
#if __has_include(<sys/single_threaded.h>)
    return __libc_single_threaded != 0;
#else
    return false;
#endif
  }

  [[nodiscard]] static Block* copied(std::span<const std::byte> bytes);
  static void free(Block* block) noexcept;

  void release() noexcept {
    Block* const block = std::exchange(block_, nullptr);
    if (block == nullptr) return;
    if (block->drop_owner()) free(block);
  }

  Block* block_ = nullptr;
};

/// One encoded frame: up to `header_bytes_max` bytes held inline, then a shared body. Cheap to copy.
class Frame {
 public:
  /// Enough for every frame of fixed size as a whole, and for what precedes the data of the others.
  static constexpr std::size_t header_bytes_max = 12;

  /// An empty one, which is not to be sent.
  Frame() = default;
  /// Precondition: at most header_bytes_max bytes of header.
  Frame(std::span<const std::byte> header, Payload body) : body_(std::move(body)) { set_header(header); }

  /// One that does not share in the body but looks at it, which must stay as it is for as long. Copies of the
  /// frame share, and may outlive it. It spares the atomic counting where millions are sent.
  Frame(std::span<const std::byte> header, const Payload* body) : borrowed_(body) { set_header(header); }

  /// \{
  /// Share the body.
  Frame(const Frame& other) : header_(other.header_), header_size_(other.header_size_), body_(other.body()) {}
  Frame(Frame&& other) noexcept
      : header_(other.header_),
        header_size_(other.header_size_),
        body_(other.borrowed_ != nullptr ? Payload(*other.borrowed_) : std::move(other.body_)) {}
  Frame& operator=(Frame other) noexcept {
    header_ = other.header_;
    header_size_ = other.header_size_;
    body_ = std::move(other.body_);
    borrowed_ = nullptr;
    return *this;
  }
  /// \}
  ~Frame() = default;

  /// What goes on the wire first; a view into this Frame.
  [[nodiscard]] std::span<const std::byte> header() const { return {header_.data(), header_size_}; }
  /// What follows it; empty for many a frame.
  [[nodiscard]] const Payload& body() const { return borrowed_ != nullptr ? *borrowed_ : body_; }
  /// Bytes on the wire.
  [[nodiscard]] std::size_t size() const { return header_size_ + body().size(); }

 private:
  void set_header(std::span<const std::byte> header) {
    assert(header.size() <= header_bytes_max);
    std::memcpy(header_.data(), header.data(), header.size());
    header_size_ = static_cast<std::uint8_t>(header.size());
  }

  std::array<std::byte, header_bytes_max> header_{};
  std::uint8_t header_size_ = 0;
  Payload body_;
  const Payload* borrowed_ = nullptr;
};

}  // namespace gossip
