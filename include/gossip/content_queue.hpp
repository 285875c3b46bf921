#pragma once
/// \file
/// Contents of which only the digests are left, in the order in which they are forgotten.

#include <gossip/digest.hpp>
#include <gossip/prefetch.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

namespace gossip {

/// Records behind one another, each with a number that is its own until it is popped. Numbers follow one
/// another, and begin anew after 2^26 of them: until so many more were pushed, a number alone tells whether
/// its record is still there. They stand in chunks, which are used again and never given back, so a steady
/// state allocates nothing and none is ever copied. Not thread-safe.
class ContentQueue {
 public:
  /// A digest, and 32 bits about it: together without the gaps that a Digest would leave.
  struct Record {
    std::array<std::uint32_t, 4> bytes{};  ///< of the digest
    std::uint32_t note = 0;                ///< whatever its owner has to know

    /// The digest itself.
    [[nodiscard]] Digest digest() const { return std::bit_cast<Digest>(bytes); }
  };
  static_assert(sizeof(Record) == 20);

  /// Numbers are below this. Half as many records may be there at once, so that of most numbers that were
  /// popped it can be told that they are not.
  static constexpr std::uint32_t numbers = std::uint32_t{1} << 26U;
  /// The number of the first record: soon after it they begin anew, so that no test and no node goes without
  /// that.
  static constexpr std::uint32_t first = numbers - 320;

  /// `number` and so many more.
  [[nodiscard]] static std::uint32_t after(std::uint32_t number, std::uint32_t more) {
    return (number + more) % numbers;
  }

  /// Records that are there.
  [[nodiscard]] std::uint32_t size() const { return size_; }
  /// The number of the oldest. Precondition: there is one.
  [[nodiscard]] std::uint32_t front() const { return front_; }
  /// The number that the next one gets.
  [[nodiscard]] std::uint32_t end() const { return after(front_, size_); }
  /// How many numbers this one is behind the oldest: where that is less than size() its record is there.
  [[nodiscard]] std::uint32_t distance(std::uint32_t number) const { return (number - front_) % numbers; }

  /// \{
  /// Precondition: the record is there.
  [[nodiscard]] Record& operator[](std::uint32_t number) {
    return chunks_[chunk_of(number) & chunks_mask_]->records[number % chunk_records];
  }
  [[nodiscard]] const Record& operator[](std::uint32_t number) const {
    return chunks_[chunk_of(number) & chunks_mask_]->records[number % chunk_records];
  }
  /// \}

  /// False: there is no memory for it, and nothing has changed. Precondition: fewer than half of `numbers`.
  [[nodiscard]] bool push(const Record& record) noexcept {
    const std::uint32_t number = end();
    if (number % chunk_records == 0 && !begin_chunk(chunk_of(number))) return false;
    size_ += 1;
    (*this)[number] = record;
    return true;
  }

  /// Precondition: there is one.
  void pop() noexcept {
    front_ = after(front_, 1);
    size_ -= 1;
    if (front_ % chunk_records == 0) leave_chunk(chunk_of(front_ + numbers - 1));
  }

  /// \{
  /// Asks for the memory that the next push() and pop() will touch: of where it stands, and once that is
  /// there, of itself.
  [[gnu::always_inline]] void prefetch_places() const {
    if (size_ == 0) return;
    __builtin_prefetch(&chunks_[chunk_of(end()) & chunks_mask_]);
    __builtin_prefetch(&chunks_[chunk_of(front_) & chunks_mask_]);
  }
  [[gnu::always_inline]] void prefetch() const {
    if (size_ == 0) return;
    __builtin_prefetch(&(*this)[front_]);
    const Chunk* const last = chunks_[chunk_of(end()) & chunks_mask_].get();
    if (last != nullptr) __builtin_prefetch(&last->records[end() % chunk_records]);
  }
  /// \}

 private:
  static constexpr std::uint32_t chunk_records = 32;
  struct Chunk {
    std::array<Record, chunk_records> records;
  };
  using Chunks = std::unique_ptr<std::unique_ptr<Chunk>[]>;

  [[nodiscard]] static std::uint32_t chunk_of(std::uint32_t number) {
    return number % numbers / chunk_records;
  }
  /// Chunks that hold a record, or will before another one does.
  [[nodiscard]] std::uint32_t used() const {
    return (front_ % chunk_records + size_ + chunk_records - 1) / chunk_records;
  }

  /// Those that were left stand behind the last that is used, in the order in which they are used again.
  [[gnu::noinline]] bool begin_chunk(std::uint32_t chunk) noexcept {
    if (left_ > 0) {
      left_ -= 1;
      return true;
    }
    try {
      if (chunks_ == nullptr || used() > chunks_mask_) make_room();
      chunks_[chunk & chunks_mask_] = std::make_unique<Chunk>();
    } catch (const std::bad_alloc&) {
      return false;
    }
    return true;
  }

  /// The front has gone on to the next.
  [[gnu::noinline]] void leave_chunk(std::uint32_t chunk) noexcept {
    const std::uint32_t behind = chunk + 1 + used() + left_;
    left_ += 1;
    if (((behind ^ chunk) & chunks_mask_) != 0)
      chunks_[behind & chunks_mask_] = std::move(chunks_[chunk & chunks_mask_]);
    // The chunk behind the one that begins now was written long ago: by when it begins it is there.
    if (used() > 1) {
      const Chunk* const next = chunks_[(chunk + 2) & chunks_mask_].get();
      prefetch_between(next, next + 1);
    }
  }

  /// Precondition: none was left, so all that there are are used, one behind the other.
  void make_room() {
    const std::uint32_t places = chunks_ == nullptr ? 1 : 2 * (chunks_mask_ + 1);
    Chunks more = std::make_unique<std::unique_ptr<Chunk>[]>(places);
    const std::uint32_t oldest = chunk_of(front_);
    for (std::uint32_t i = 0; i < used(); ++i)
      more[(oldest + i) & (places - 1)] = std::move(chunks_[(oldest + i) & chunks_mask_]);
    chunks_ = std::move(more);
    chunks_mask_ = places - 1;
  }

  Chunks chunks_;  ///< a power of two of places; where a chunk stands is told by its number's lower bits
  std::uint32_t chunks_mask_ = 0;
  std::uint32_t front_ = first;
  std::uint32_t size_ = 0;
  std::uint32_t left_ = 0;  ///< chunks
};

}  // namespace gossip
