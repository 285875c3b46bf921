#pragma once
/// \file
/// What is to happen when: a calendar of small plain events, in the order of their times and, among equals,
/// in the order in which they were put down.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gossip::sim {

/// What an event is about. What the fields mean is for whoever puts it down.
struct Subject {
  std::uint32_t target = 0;      ///< an end of a connection, or a node
  std::uint32_t generation = 0;  ///< of the target: another one means that it is gone
  std::uint32_t item = 0;
  std::uint32_t extra = 0;
};

/// One thing that is to happen.
struct Event : Subject {
  std::int64_t when = 0;    ///< nanoseconds
  std::uint64_t order = 0;  ///< the queue's own

  [[nodiscard]] std::uint8_t kind() const { return static_cast<std::uint8_t>(order); }
};

/// Most events are due within a second and come in no order. So the next second is a wheel of buckets, of
/// which only the one that is due is sorted, and those that follow at once, so that it is known what comes
/// next; what is further away waits in a heap. Putting down and taking out cost O(1), but for sorting some
/// ten events at a time. As large as what is put down. Not thread-safe.
class EventQueue {
 public:
  EventQueue();

  /// Of so many events ahead() may know, where they are due soon.
  static constexpr std::size_t ahead_max = 16;

  /// A time that has passed is as good as the present. Inlined, so that the event is written in its place:
  /// what is put together elsewhere and read in larger pieces right after makes the processor wait.
  [[gnu::always_inline]] void put(std::int64_t when, std::uint8_t kind, const Subject& subject) {
    const std::uint64_t order = sequence_++ << 8U | kind;
    const std::int64_t tick = tick_of(when);
    size_ += 1;
    if (tick > base_ && tick < base_ + static_cast<std::int64_t>(bucket_count)) {
      place_in_bucket(tick) = {subject, when, order};
    } else {
      put_aside({subject, when, order});
    }
  }

  /// The first event, if it is due at `end` or before.
  bool take(std::int64_t end, Event& event);

  /// The event that comes so many after the next, where that is known: to send for memory ahead.
  [[nodiscard]] const Event* ahead(std::size_t count) const {
    return at_ + count < current_.size() ? &current_[at_ + count] : nullptr;
  }

  /// A number for that event, which it keeps while others are taken out.
  [[nodiscard]] std::uint64_t place_ahead(std::size_t count) const { return passed_ + count; }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t bytes() const;

 private:
  static constexpr unsigned width_bits = 17;  // 131 us
  static constexpr std::size_t bucket_count = 8192;
  static constexpr std::int64_t ticks_ahead = 16;  // 2 ms: little that is put down later is due before that
  static constexpr std::size_t chunk_events = 15;
  static constexpr std::uint32_t none = 0xffffffffU;

  struct Chunk {
    std::uint32_t next = none;
    Event events[chunk_events];
  };
  /// All of its chunks but the first are full. How full that is stands here: the chunk itself may be in no
  /// cache, and is only written to.
  struct Bucket {
    std::uint32_t chunk = none;
    std::uint32_t used = 0;
  };

  static std::int64_t tick_of(std::int64_t when) { return when >> width_bits; }

  [[nodiscard]] Event& place_in_bucket(std::int64_t tick) {
    const std::size_t number = static_cast<std::size_t>(tick) % bucket_count;
    Bucket& bucket = buckets_[number];
    if (bucket.chunk == none || bucket.used == chunk_events) begin_chunk(bucket);
    used_[number / 64] |= std::uint64_t{1} << number % 64;
    in_wheel_ += 1;
    return chunks_[bucket.chunk].events[bucket.used++];
  }
  void begin_chunk(Bucket& bucket);
  void put_aside(const Event& event);
  void look_ahead();
  bool turn();
  void turn_to(std::int64_t tick);
  [[nodiscard]] bool is_used(std::int64_t tick) const;
  [[nodiscard]] std::int64_t next_used_tick() const;
  void gather(std::size_t number);

  std::vector<Event> current_;  ///< sorted; of one bucket or of several
  std::size_t at_ = 0;
  std::vector<Event> late_;  ///< a heap: put down when their bucket was in current_ already
  std::vector<Event> far_;   ///< a heap: beyond the wheel
  std::vector<Bucket> buckets_;
  std::vector<std::uint64_t> used_;  ///< a bit for each bucket that is not empty
  std::vector<Chunk> chunks_;
  std::uint32_t free_ = none;
  std::int64_t base_ = 0;     ///< the tick of the last bucket in current_
  std::int64_t present_ = 0;  ///< the tick of what was taken last
  std::uint64_t passed_ = 0;  ///< events taken out of current_
  std::uint64_t sequence_ = 0;
  std::size_t in_wheel_ = 0;
  std::size_t size_ = 0;
};

}  // namespace gossip::sim
