#pragma once
/// \file
/// Bytes that wait to be written to one connection, kept so that one gathering write takes many frames.

#include <gossip/payload.hpp>

#include <cstddef>
#include <deque>
#include <span>
#include <vector>

namespace gossip::detail {

/// Small bodies are copied next to their headers, large ones shared: below about 4 KiB a copy is cheaper than
/// one more buffer in a gathering write. Not thread-safe, but may be handed from thread to thread.
class OutQueue {
 public:
  static constexpr std::size_t shared_bytes_min = 4096;

  void append(const Frame& frame);
  /// Puts all of `other` behind what is there and leaves it empty.
  void append(OutQueue&& other);

  /// At most `count` spans from the front, in order; valid until the next change.
  [[nodiscard]] std::vector<std::span<const std::byte>> front(std::size_t count) const;
  /// Takes `bytes` off the front. Precondition: at least as many are there.
  void consume(std::size_t bytes);
  void clear();

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  /// Either a block of copied bytes or a shared payload.
  struct Segment {
    std::vector<std::byte> block;
    Payload shared;
    [[nodiscard]] std::span<const std::byte> bytes() const { return shared.empty() ? block : shared.bytes(); }
  };

  void append_copy(std::span<const std::byte> bytes);

  std::deque<Segment> segments_;
  std::size_t consumed_ = 0;  ///< bytes of the first segment that are gone already
  std::size_t size_ = 0;
};

}  // namespace gossip::detail
