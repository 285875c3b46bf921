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
  const std::size_t body = frame.body().size();
  const bool shared = body >= shared_bytes_min;
  // First all that memory may be lacking for: then nothing of the frame is in it.
  if (segments_.capacity() - segments_.size() < 2)
    segments_.reserve(std::max<std::size_t>(4, segments_.size() * 2));
  std::byte* const to = room_for(shared ? header : header + body);
  std::memcpy(to, frame.header().data(), header);
  if (shared) {
    segments_.push_back({0, 0, body, frame.body()});
    shared_bytes_ += body;
    size_ += body;
  } else if (body > 0) {
    std::memcpy(to + header, frame.body().bytes().data(), body);
  }
}

void Parcel::append(const Parcel& other, std::size_t offset) {
  if (offset == other.size()) return;
  std::byte* to = room_for(other.size() - offset);
  for (const Segment& segment : other.segments_) {
    const std::size_t skipped = std::min(offset, segment.size);
    offset -= skipped;
    std::memcpy(to, other.data_of(segment) + skipped, segment.size - skipped);
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
    if (skipped < segment.size) buffers.emplace_back(data_of(segment) + skipped, segment.size - skipped);
  }
}

/// Room at the end, in one piece with what is there where that can be.
std::byte* Parcel::room_for(std::size_t bytes) {
  if (blocks_.empty() || blocks_.back().capacity - blocks_.back().used < bytes) {
    const std::size_t last = blocks_.empty() ? 0 : blocks_.back().capacity;
    std::size_t capacity = std::clamp(last * 4, block_bytes_min, block_bytes_max);
    while (capacity < bytes) capacity *= 2;
    blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(capacity), capacity, 0});
  }
  Block& block = blocks_.back();
  const std::size_t index = blocks_.size() - 1;
  const bool continues = !segments_.empty() && segments_.back().shared.empty() &&
                         segments_.back().block == index &&
                         segments_.back().begin + segments_.back().size == block.used;
  if (continues) {
    segments_.back().size += bytes;
  } else {
    segments_.push_back({index, block.used, bytes, {}});
  }
  std::byte* const room = block.bytes.get() + block.used;
  block.used += bytes;
  size_ += bytes;
  return room;
}

const std::byte* Parcel::data_of(const Segment& segment) const {
  return segment.shared.empty() ? blocks_[segment.block].bytes.get() + segment.begin
                                : segment.shared.bytes().data();
}

}  // namespace gossip::detail
