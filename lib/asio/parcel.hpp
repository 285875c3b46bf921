#pragma once
/// \file
/// Frames on their way out, encoded once, for one connection or for many.

#include <gossip/payload.hpp>

#include "memory_account.hpp"

#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

namespace gossip::detail {

/// Small bodies are copied next to their headers, large ones shared: below about 4 KiB a copy is cheaper than
/// one more buffer in a gathering write. Filled by one thread; once it is sealed it does not change, and any
/// number of connections, on whatever threads, may write it. What a sealed one takes stands on the account.
class Parcel {
 public:
  static constexpr std::size_t shared_bytes_min = 4096;

  /// `account` must outlive it.
  explicit Parcel(MemoryAccount& account) : charge_(account) {}
  Parcel(const Parcel&) = delete;
  Parcel& operator=(const Parcel&) = delete;
  ~Parcel() = default;

  /// Throws std::bad_alloc; then nothing of the frame is in it.
  void append(const Frame& frame) {
    const auto body = frame.body().bytes();
    if (body.size() >= shared_bytes_min) return append_shared(frame);
    // A header is copied with what stands behind it in its array: that is of a size that the compiler knows.
    std::byte* const to = room_for(Frame::header_bytes_max + body.size());
    std::memcpy(to, frame.header().data(), Frame::header_bytes_max);
    next_ = copy_bytes(body, to + frame.header().size());
  }
  /// What `other` has from `offset` on, copied. Throws like the other.
  void append(const Parcel& other, std::size_t offset);
  /// Puts what it takes on the account, as often as it has grown.
  void seal();
  /// Empties it for other frames, and keeps a block of its memory for them.
  void clear();

  /// Bytes to write.
  [[nodiscard]] std::size_t size() const { return closed_bytes_ + open_bytes(); }
  /// Bytes of memory that it keeps.
  [[nodiscard]] std::size_t footprint() const;

  /// Adds buffers for what stands from `offset` on, until there are `count` in all.
  void gather(std::size_t offset, std::vector<boost::asio::const_buffer>& buffers, std::size_t count) const;

 private:
  /// Part of a block, or a whole shared payload.
  struct Segment {
    const std::byte* begin = nullptr;
    std::size_t size = 0;
    Payload shared;
  };
  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t capacity = 0;
  };

  void append_shared(const Frame& frame);
  /// Behind the last one. Out of line: where compilers know a bound of the size they may put in a loop that
  /// starts slowly.
  [[gnu::noinline]] static std::byte* copy_bytes(std::span<const std::byte> from, std::byte* to);
  /// Room at the end, in one piece with what is there where that can be.
  std::byte* room_for(std::size_t bytes) {
    if (static_cast<std::size_t>(limit_ - next_) < bytes) start_block(bytes);
    return next_;
  }
  void start_block(std::size_t bytes);
  void close_segment() noexcept;
  [[nodiscard]] std::size_t open_bytes() const { return static_cast<std::size_t>(next_ - begin_); }
  template <typename Use>
  void for_each_from(std::size_t offset, const Use& use) const;

  MemoryCharge charge_;
  std::vector<Block> blocks_;
  std::vector<Segment> segments_;  ///< closed; there is always room for one more
  // The open segment is from begin_ to next_, in the last block, which goes on to limit_.
  std::byte* begin_ = nullptr;
  std::byte* next_ = nullptr;
  std::byte* limit_ = nullptr;
  std::size_t closed_bytes_ = 0;
  std::size_t shared_bytes_ = 0;
};

}  // namespace gossip::detail
