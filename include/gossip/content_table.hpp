#pragma once
/// \file
/// Which contents are known: those of messages at hand, those of messages that were evicted, and those found
/// invalid. One table for all, so that what a message costs in it is to be entered once and forgotten once.

#include <gossip/digest.hpp>
#include <gossip/export.hpp>
#include <gossip/flat_index.hpp>
#include <gossip/types.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace gossip {

/// Contents by their digests, each in one of three states. A cached one belongs to a slot of whoever owns the
/// table, who tells whether the bytes are equal; of the others only the digest is left, which decides.
/// Evicted and rejected contents are forgotten in the order in which they came to be so: when there are too
/// many of them, and the evicted also when they get too old. Memory grows with what is held, up to 48 bytes
/// for each, and no single call pays for more than a few entries. Not thread-safe.
class GOSSIP_EXPORT ContentTable {
 public:
  /// Names a content for as long as it is cached.
  using Record = std::uint32_t;
  /// No record.
  static constexpr Record none = FlatIndex::slots_max - 1;

  /// What is known of a content.
  enum class State : std::uint8_t {
    unknown,   ///< nothing
    cached,    ///< its message is at hand
    seen,      ///< its message was evicted
    rejected,  ///< it was found invalid
  };

  /// The bounds of what is known only by its digest.
  struct Limits {
    Duration seen_ttl{};           ///< how long an evicted content is known; 0: not at all
    std::size_t seen_max = 0;      ///< evicted contents known at once, at most 2^25 - 2^16
    std::size_t rejected_max = 0;  ///< rejected contents known at once, at most 2^25 - 2^16
  };

  /// Room for `cached` contents of messages without growing. Throws std::bad_alloc.
  ContentTable(const Limits& limits, std::size_t cached);

  /// What find() found.
  struct Found {
    State state = State::unknown;  ///< how it is known
    std::uint32_t slot = 0;        ///< of a cached content
  };
  /// How a content is known. `equal(slot)` tells whether the message in that slot is the one. What was
  /// evicted seen_ttl ago is unknown, and forgotten.
  template <typename Equal>
  [[nodiscard]] Found find(const Digest& digest, TimePoint now, const Equal& equal) {
    const auto found = look_up(digest, equal);
    if (found == none) return {};
    Content& content = at(found);
    if (content.state == State::seen && has_expired(content, now)) {
      index_.erase(digest.low, found);
      content.state = State::unknown;
      return {};
    }
    return {content.state, static_cast<std::uint32_t>(content.link)};
  }

  /// The slot of a cached content; nothing where there is no such one.
  template <typename Equal>
  [[nodiscard]] std::optional<std::uint32_t> slot_of(const Digest& digest, const Equal& equal) const {
    const auto found = look_up(digest, equal);
    if (found == none || at(found).state != State::cached) return std::nullopt;
    return at(found).link;
  }

  /// Whether an evicted content's time is up. Times are kept in steps of 2^20 ns: one is known for seen_ttl
  /// and up to two steps more, about two milliseconds.
  [[nodiscard]] static bool is_over(Duration seen_ttl, TimePoint evicted, TimePoint now) {
    return ((ticks(now) - ticks(evicted)) & ticks_mask) >= lifetime(seen_ttl);
  }

  /// A content that find() does not know is cached in this slot from now on. Throws std::bad_alloc, and is
  /// unchanged then.
  Record add(const Digest& digest, std::uint32_t slot);

  /// \{
  /// A cached content is so no longer: it was evicted, found invalid, or is to be forgotten.
  void evict(Record record, TimePoint now) noexcept;
  void reject(Record record) noexcept;
  void forget(Record record) noexcept;
  /// \}

  /// Asks for the memory that a find() is about to touch, or a forget().
  [[gnu::always_inline]] void prefetch(const Digest& digest) const { index_.prefetch(digest.low); }
  /// Asks for what an evict() soon to come will touch in forgetting the oldest of its kind: not that of the
  /// next one, which was asked for before, but of the one behind it.
  [[gnu::always_inline]] void prefetch_oldest() const {
    if (seen_.size < 2) return;
    const Content& second = at(at(seen_.oldest).link);
    index_.prefetch(second.digest.low);
    // Those behind it mostly stand behind it in memory, too.
    __builtin_prefetch(&second + 8);
  }

  /// \{
  /// Contents held in these states. Of the evicted ones whose time is up each evict() drops a few, so some
  /// may be among them.
  [[nodiscard]] std::size_t seen() const { return seen_.size; }
  [[nodiscard]] std::size_t rejected() const { return rejected_.size; }
  /// \}

 private:
  static constexpr unsigned tick_bits = 36;
  static constexpr unsigned link_bits = 26;
  static_assert(none == (1U << link_bits) - 1 && none < FlatIndex::slots_max);

  /// There may be 600 of them in each of 100,000 nodes.
  struct Content {
    Digest digest;
    std::uint64_t since : tick_bits = 0;    ///< when it was evicted; begins anew after 834 days
    std::uint64_t link : link_bits = none;  ///< of a cached one its slot; else the next in its queue, or free
    State state : 2 = State::unknown;
  };
  static_assert(sizeof(Content) == 24);
  /// Those of one state, in the order in which they are forgotten.
  struct Queue {
    std::uint32_t oldest = none;
    std::uint32_t newest = none;
    std::size_t size = 0;
  };

  template <typename Equal>
  [[nodiscard]] Record look_up(const Digest& digest, const Equal& equal) const {
    return index_
        .find(digest.low,
              [&](std::uint32_t record) {
                const Content& content = at(record);
                return content.digest == digest && (content.state != State::cached || equal(content.link));
              })
        .value_or(none);
  }

  static constexpr std::uint64_t ticks_mask = (std::uint64_t{1} << tick_bits) - 1;

  [[nodiscard]] static std::uint64_t ticks(TimePoint time) {
    return static_cast<std::uint64_t>(time.time_since_epoch().count()) >> 20U & ticks_mask;
  }
  /// In ticks, the one in which it was evicted among them.
  [[nodiscard]] static std::uint64_t lifetime(Duration seen_ttl) {
    if (seen_ttl == Duration::zero()) return 0;
    return ((static_cast<std::uint64_t>(seen_ttl.count()) + (1U << 20U) - 1) >> 20U) + 1;
  }
  [[nodiscard]] bool has_expired(const Content& content, TimePoint now) const {
    return ((ticks(now) - content.since) & ticks_mask) >= lifetime_;
  }
  /// Contents that get memory together: they stay where they are.
  static constexpr std::uint32_t chunk_records = 32;

  [[nodiscard]] Content& at(Record record) { return chunks_[record / chunk_records][record % chunk_records]; }
  [[nodiscard]] const Content& at(Record record) const {
    return chunks_[record / chunk_records][record % chunk_records];
  }
  void add_chunk();
  void give_back(Record record, Content& content) noexcept;
  void push(Queue& queue, Record record, Content& content) noexcept;
  void pop(Queue& queue) noexcept;

  Limits limits_;
  std::uint64_t lifetime_;  ///< seen_ttl in ticks
  std::vector<std::unique_ptr<Content[]>> chunks_;
  Record free_ = none;  ///< linked through the contents; the one that was given back last comes first
  FlatIndex index_;
  Queue seen_;
  Queue rejected_;
};

}  // namespace gossip
