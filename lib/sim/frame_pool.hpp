#pragma once
/// \file
/// Frames on their way: one for all the connections that it was sent on.

#include <gossip/payload.hpp>
#include <gossip/prefetch.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace gossip::sim {

/// A frame and what the simulator knows of it, which nodes do not. One cache line.
struct alignas(cache_line_bytes) FlyingFrame {
  Frame frame;
  std::uint32_t owners = 0;   ///< places on the way that it is in
  std::uint32_t message = 0;  ///< its number in the MessageBook; MessageBook::none: no ANNOUNCE, no DATA
  std::uint16_t hop = 0;      ///< hops that the message will have made with this one
  bool raw = false;           ///< bytes of a hostile node: its header is empty, and its body is what is sent

  static FlyingFrame of_bytes(std::span<const std::byte> bytes) {
    return {Frame(bytes.first(0), Payload(bytes)), 0, 0xffffffffU, 0, true};
  }
};

static_assert(sizeof(FlyingFrame) == cache_line_bytes);

/// Frames by number. A number is free again when the last place has given it back. Not thread-safe.
class FramePool {
 public:
  static constexpr std::uint32_t none = 0xffffffffU;

  /// Owned by whoever calls, once.
  std::uint32_t add(FlyingFrame&& flying) {
    flying.owners = 1;
    if (free_.empty()) {
      frames_.push_back(std::move(flying));
      return static_cast<std::uint32_t>(frames_.size() - 1);
    }
    const std::uint32_t number = free_.back();
    free_.pop_back();
    frames_[number] = std::move(flying);
    return number;
  }
  void share(std::uint32_t number) { frames_[number].owners += 1; }
  void give_back(std::uint32_t number) {
    if (number == none || --frames_[number].owners > 0) return;
    frames_[number].frame = Frame();
    free_.push_back(number);
  }

  /// Good until the next add().
  [[nodiscard]] const FlyingFrame& operator[](std::uint32_t number) const { return frames_[number]; }

  /// Asks for the memory of a frame.
  [[gnu::always_inline]] void prefetch(std::uint32_t number) const { __builtin_prefetch(&frames_[number]); }

  [[nodiscard]] std::size_t bytes() const {
    return frames_.capacity() * sizeof(FlyingFrame) + free_.capacity() * sizeof(std::uint32_t);
  }

 private:
  std::vector<FlyingFrame> frames_;
  std::vector<std::uint32_t> free_;
};

}  // namespace gossip::sim
