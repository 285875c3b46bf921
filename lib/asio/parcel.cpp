#include "parcel.hpp"

#include <algorithm>
#include <cstring>

namespace gossip::detail {
namespace {

/// Bytes of a parcel's first block, and of its largest ones: few frames do not take much memory, and many are
/// in few pieces.
constexpr std::size_t block_bytes_min = 256;
constexpr std::size_t block_bytes_max = 131072;

}  // namespace

void Parcel::append(const Frame& frame) {
  const std::size_t header = frame.header().size();
  const auto body = frame.body().bytes();
  if (body.size() < shared_bytes_min) {
    // A header is copied with what stands behind it in its array: that is of a size that the compiler knows.
    std::byte* const to = room_for(header + body.size(), Frame::header_bytes_max);
    std::memcpy(to, frame.header().data(), Frame::header_bytes_max);
    if (!body.empty()) std::memcpy(to + header, body.data(), body.size());
    return;
  }
  // First all that memory may be lacking for: then nothing of the frame is in it.
  segments_.reserve(segments_.size() + 2 <= segments_.capacity() ? 0 : segments_.size() * 2 + 4);
  std::memcpy(room_for(header, 0), frame.header().data(), header);
  segments_.push_back({body.data(), nullptr, body.size(), frame.body()});
  shared_bytes_ += body.size();
  size_ += body.size();
}

void Parcel::append(const Parcel& other, std::size_t offset) {
  if (offset == other.size()) return;
  std::byte* to = room_for(other.size() - offset, 0);
  for (const Segment& segment : other.segments_) {
    const std::size_t skipped = std::min(offset, segment.size);
    offset -= skipped;
    std::memcpy(to, segment.begin + skipped, segment.size - skipped);
    to += segment.size - skipped;
  }
}

void Parcel::seal() {
  charge_.set(footprint());
}

void Parcel::clear() {
  charge_.set(0);
  segments_.clear();
  size_ = shared_bytes_ = 0;
  if (blocks_.size() > 1) blocks_.erase(blocks_.begin(), std::prev(blocks_.end()));
  for (Block& block : blocks_) block.used = 0;
}

std::size_t Parcel::footprint() const {
  std::size_t bytes = sizeof(Parcel) + segments_.capacity() * sizeof(Segment) + shared_bytes_;
  for (const Block& block : blocks_) bytes += sizeof(Block) + block.capacity;
  return bytes;
}

void Parcel::gather(std::size_t offset, std::vector<boost::asio::const_buffer>& buffers,
                    std::size_t count) const {
  for (const Segment& segment : segments_) {
    if (buffers.size() == count) return;
    const std::size_t skipped = std::min(offset, segment.size);
    offset -= skipped;
    if (skipped < segment.size) buffers.emplace_back(segment.begin + skipped, segment.size - skipped);
  }
}

/// Room at the end, in one piece with what is there where that can be; `slack` bytes behind it may be written
/// to.
std::byte* Parcel::room_for(std::size_t bytes, std::size_t slack) {
  if (blocks_.empty() || blocks_.back().capacity - blocks_.back().used < bytes + slack)
    add_block(bytes + slack);
  Block& block = blocks_.back();
  std::byte* const room = block.bytes.get() + block.used;
  if (!segments_.empty() && segments_.back().end == room) {
    segments_.back().size += bytes;
    segments_.back().end += bytes;
  } else {
    segments_.push_back({room, room + bytes, bytes, {}});
  }
  block.used += bytes;
  size_ += bytes;
  return room;
}

void Parcel::add_block(std::size_t bytes) {
  const std::size_t last = blocks_.empty() ? 0 : blocks_.back().capacity;
  std::size_t capacity = std::clamp(last * 4, block_bytes_min, block_bytes_max);
  while (capacity < bytes) capacity *= 2;
  blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(capacity), capacity, 0});
}

}  // namespace gossip::detail
