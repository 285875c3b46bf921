#pragma once
/// \file
/// Frames on their way out, encoded once, for one connection or for many.

#include <gossip/payload.hpp>

#include "memory_account.hpp"

#include <boost/asio/buffer.hpp>

#include <cstddef>
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
  void append(const Frame& frame);
  /// What `other` has from `offset` on, copied. Throws like the other.
  void append(const Parcel& other, std::size_t offset);
  /// Puts what it takes on the account, as often as it has grown.
  void seal();
  /// Empties it for other frames, and keeps a block of its memory for them.
  void clear();

  /// Bytes to write.
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Bytes of memory that it keeps.
  [[nodiscard]] std::size_t footprint() const;

  /// Adds buffers for what stands from `offset` on, until there are `count` in all.
  void gather(std::size_t offset, std::vector<boost::asio::const_buffer>& buffers, std::size_t count) const;

 private:
  /// Part of a block, or a whole shared payload.
  struct Segment {
    const std::byte* begin = nullptr;
    const std::byte* end = nullptr;  ///< of a part of a block: where it goes on
    std::size_t size = 0;
    Payload shared;
  };
  struct Block {
    std::unique_ptr<std::byte[]> bytes;
    std::size_t capacity = 0;
    std::size_t used = 0;
  };

  std::byte* room_for(std::size_t bytes, std::size_t slack);
  void add_block(std::size_t bytes);

  MemoryCharge charge_;
  std::vector<Block> blocks_;
  std::vector<Segment> segments_;
  std::size_t size_ = 0;
  std::size_t shared_bytes_ = 0;
};

}  // namespace gossip::detail
