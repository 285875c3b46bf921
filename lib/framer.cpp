#include <gossip/framer.hpp>

#include "detail/big_endian.hpp"

#include <algorithm>
#include <cassert>
#include <string>
#include <utility>

namespace gossip {
namespace {

struct Header {
  std::size_t size = 0;
  std::uint16_t code = 0;
};

Header read_header(std::span<const std::byte> bytes) {
  return {detail::read_u16(bytes), detail::read_u16(bytes.subspan(2))};
}

std::optional<Error> broken(const Header& header, std::uint16_t highest_code) {
  if (header.size < frame_header_bytes) {
    return Error{Condition::malformed,
                 "a frame of size " + std::to_string(header.size) + " is smaller than its 4-byte header"};
  }
  if (header.code < code_min || header.code > highest_code) {
    return Error{Condition::malformed, "code " + std::to_string(header.code) + " is outside " +
                                           std::to_string(code_min) + ".." + std::to_string(highest_code)};
  }
  return std::nullopt;
}

}  // namespace

void Framer::feed(std::span<const std::byte> chunk) {
  assert(chunk_.empty());
  chunk_ = chunk;
}

Result<std::optional<FrameView>> Framer::next() {
  drop_handed_out();
  const bool continued = !partial_.empty();
  if (continued && !fill_partial_to(frame_header_bytes)) return std::optional<FrameView>{};
  if (!continued && chunk_.size() < frame_header_bytes) {
    fill_partial_to(frame_header_bytes);
    return std::optional<FrameView>{};
  }

  const Header header = read_header(continued ? partial_ : chunk_);
  if (auto error = broken(header, code_max_)) return *std::move(error);
  if (!continued && chunk_.size() >= header.size) {
    const FrameView frame{header.code, chunk_.subspan(frame_header_bytes, header.size - frame_header_bytes)};
    chunk_ = chunk_.subspan(header.size);
    return std::optional(frame);
  }
  if (!fill_partial_to(header.size)) return std::optional<FrameView>{};
  partial_handed_out_ = true;
  return std::optional(FrameView{header.code, std::span(partial_).subspan(frame_header_bytes)});
}

std::span<const std::byte> Framer::take_rest() {
  drop_handed_out();
  return std::exchange(chunk_, {});
}

void Framer::drop_handed_out() {
  if (!std::exchange(partial_handed_out_, false)) return;
  partial_ = std::vector<std::byte>();  // gives the memory back, as clear() would not
}

/// Moves bytes from the chunk to the partial frame; true when that has reached `size`.
bool Framer::fill_partial_to(std::size_t size) {
  const std::size_t wanted = size - std::min(size, partial_.size());
  const auto taken = chunk_.first(std::min(wanted, chunk_.size()));
  partial_.insert(partial_.end(), taken.begin(), taken.end());
  chunk_ = chunk_.subspan(taken.size());
  return partial_.size() >= size;
}

}  // namespace gossip
