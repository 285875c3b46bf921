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

std::byte* Parcel::copy_bytes(std::span<const std::byte> from, std::byte* to) {
  if (!from.empty()) std::memcpy(to, from.data(), from.size());
  return to + from.size();
}

void Parcel::append_shared(const Frame& frame) {
  const auto header = frame.header();
  const auto body = frame.body().bytes();
  // First all that memory may be lacking for: then nothing of the frame is in it.
  if (segments_.capacity() < segments_.size() + 4) segments_.reserve(segments_.size() * 2 + 4);
  std::byte* const to = room_for(header.size());
  std::memcpy(to, header.data(), header.size());
  next_ = to + header.size();
  close_segment();
  segments_.push_back({body.data(), body.size(), frame.body()});
  shared_bytes_ += body.size();
  closed_bytes_ += body.size();
}

void Parcel::append(const Parcel& other, std::size_t offset) {
  if (offset == other.size()) return;
  std::byte* to = room_for(other.size() - offset);
  other.for_each_from(offset, [&to](const std::byte* begin, std::size_t size) {
    std::memcpy(to, begin, size);
    to += size;
    return true;
  });
  next_ = to;
}

void Parcel::seal() {
  charge_.set(footprint());
}

void Parcel::clear() {
  charge_.set(0);
  segments_.clear();
  closed_bytes_ = shared_bytes_ = 0;
  if (blocks_.size() > 1) blocks_.erase(blocks_.begin(), std::prev(blocks_.end()));
  begin_ = next_ = blocks_.empty() ? nullptr : blocks_.back().bytes.get();
}

std::size_t Parcel::footprint() const {
  std::size_t bytes = sizeof(Parcel) + segments_.capacity() * sizeof(Segment) + shared_bytes_;
  for (const Block& block : blocks_) bytes += sizeof(Block) + block.capacity;
  return bytes;
}

void Parcel::gather(std::size_t offset, std::vector<boost::asio::const_buffer>& buffers,
                    std::size_t count) const {
  for_each_from(offset, [&](const std::byte* begin, std::size_t size) {
    if (buffers.size() == count) return false;
    buffers.emplace_back(begin, size);
    return true;
  });
}

/// Calls `use` for each piece of what stands behind `offset`, until it returns false.
template <typename Use>
void Parcel::for_each_from(std::size_t offset, const Use& use) const {
  const auto piece = [&offset, &use](const std::byte* begin, std::size_t size) {
    const std::size_t skipped = std::min(offset, size);
    offset -= skipped;
    return skipped == size || use(begin + skipped, size - skipped);
  };
  for (const Segment& segment : segments_) {
    if (!piece(segment.begin, segment.size)) return;
  }
  piece(begin_, open_bytes());
}

void Parcel::start_block(std::size_t bytes) {
  const std::size_t last = blocks_.empty() ? 0 : blocks_.back().capacity;
  std::size_t capacity = std::clamp(last * 4, block_bytes_min, block_bytes_max);
  while (capacity < bytes) capacity *= 2;
  if (segments_.capacity() < segments_.size() + 2) segments_.reserve(segments_.size() * 2 + 2);
  blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(capacity), capacity});
  close_segment();
  begin_ = next_ = blocks_.back().bytes.get();
  limit_ = begin_ + capacity;
}

void Parcel::close_segment() noexcept {
  const std::size_t size = open_bytes();
  if (size == 0) return;
  segments_.push_back({begin_, size, {}});
  closed_bytes_ += size;
  begin_ = next_;
}

}  // namespace gossip::detail
