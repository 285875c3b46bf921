#pragma once
/// \file
/// Cuts a byte stream into frames (docs/protocol.md, 'Frame'). It knows sizes and codes; what is in a body is
/// for the codec.

#include <gossip/error.hpp>
#include <gossip/export.hpp>
#include <gossip/message.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace gossip {

/// Takes chunks of a stream, which may be split at any byte, and gives frames. Complete frames are views into
/// the chunk that they came in; only a frame that a chunk boundary cuts is copied, so an idle Framer holds no
/// memory. At most frame_bytes_max bytes are ever kept. Not thread-safe.
class GOSSIP_EXPORT Framer {
 public:
  /// For a stream whose codes end with `highest_code`: code_max, or code_max_extended on a P2P connection of
  /// a node that offers the overlay extension.
  explicit Framer(std::uint16_t highest_code = code_max) : code_max_(highest_code) {}

  /// Hands in the next bytes of the stream, which must stay in place until next() has returned nothing.
  /// Precondition: the previous chunk is used up and no error was returned.
  void feed(std::span<const std::byte> chunk);

  /// The next complete frame, or nothing when more bytes are needed. The view is valid until the next call.
  /// A header that breaks the protocol is an error as soon as its four bytes are there; the Framer is then
  /// spent.
  Result<std::optional<FrameView>> next();

  /// The next frame where it lies in the chunk as a whole: what next() would return, for less. False where
  /// next() has to be asked.
  [[nodiscard]] bool next_whole(FrameView& frame) {
    if (!partial_.empty() || chunk_.size() < frame_header_bytes) return false;
    const auto at = [this](std::size_t index) { return std::to_integer<std::size_t>(chunk_[index]); };
    const std::size_t size = at(0) << 8U | at(1);
    const std::size_t code = at(2) << 8U | at(3);
    if (size < frame_header_bytes || size > chunk_.size() || code < code_min || code > code_max_)
      return false;
    frame.code = static_cast<std::uint16_t>(code);
    frame.body = chunk_.subspan(frame_header_bytes, size - frame_header_bytes);
    chunk_ = chunk_.subspan(size);
    return true;
  }

  /// Takes back what next() has not come to: nothing, once it has returned nothing. It is to be fed again
  /// before any other bytes.
  [[nodiscard]] std::span<const std::byte> take_rest();

  /// Bytes of an incomplete frame that it keeps.
  [[nodiscard]] std::size_t kept_bytes() const { return partial_.capacity(); }

  /// True while a frame has been started and not completed.
  [[nodiscard]] bool inside_frame() const { return !partial_.empty() || !chunk_.empty(); }

 private:
  bool fill_partial_to(std::size_t size);
  void drop_handed_out();

  std::span<const std::byte> chunk_;
  std::vector<std::byte> partial_;
  bool partial_handed_out_ = false;
  std::uint16_t code_max_;
};

}  // namespace gossip
