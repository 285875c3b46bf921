#pragma once
/// \file
/// The buckets of a FlatIndex.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace gossip::detail {
/// \cond
/// A slot's number is below this: the bits above it tell more of the hash, so that hardly ever a slot is
/// looked at in vain.
inline constexpr std::uint32_t slots_max = std::uint32_t{1} << 26U;

/// No slot. What is returned out of line is no std::optional: that would go through memory, and be read in
/// one piece after having been written in two, which processors wait for.
inline constexpr std::uint32_t no_slot = 0xffffffffU;

/// Entries of a bucket.
inline constexpr std::size_t bucket_entries = 12;

/// Of bits that no bucket's number is made of; odd, so never 0.
[[nodiscard]] inline std::uint8_t tag_of(std::uint64_t hash) {
  return static_cast<std::uint8_t>(hash >> 32U | 1U);
}
/// Further bits, which stand above the slot's number.
[[nodiscard]] inline std::uint32_t mark_of(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash >> 32U) / slots_max * slots_max;
}

/// One cache line.
struct alignas(64) Bucket {
  std::array<std::uint8_t, bucket_entries> tags;  ///< 0: the entry is free
  std::uint32_t passed;                           ///< entries that belong here or before, and are behind
  std::array<std::uint32_t, bucket_entries> slots;

  /// A bit for each entry with this tag.
  [[nodiscard]] std::uint32_t matches(std::uint8_t tag) const {
#ifdef __SSE2__
    const __m128i all = _mm_load_si128(reinterpret_cast<const __m128i*>(tags.data()));
    const __m128i same = _mm_cmpeq_epi8(all, _mm_set1_epi8(static_cast<char>(tag)));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(same)) & ((1U << bucket_entries) - 1);
#else
    std::uint32_t found = 0;
    for (std::size_t i = 0; i < bucket_entries; ++i) found |= (tags[i] == tag ? 1U : 0U) << i;
    return found;
#endif
  }
};

/// What a table without memory looks into.
inline constexpr Bucket no_entries{};

/// The buckets, all zero at first. A table into which nothing was inserted has no memory.
class FlatTable {
 public:
  FlatTable() = default;
  explicit FlatTable(std::size_t buckets)
      : first_(zeroed(buckets)), buckets_(static_cast<std::uint32_t>(buckets)) {}
  FlatTable(FlatTable&& other) noexcept
      : first_(std::exchange(other.first_, nothing())), buckets_(std::exchange(other.buckets_, 0)) {}
  FlatTable& operator=(FlatTable&& other) noexcept {
    std::swap(first_, other.first_);
    std::swap(buckets_, other.buckets_);
    return *this;
  }
  ~FlatTable() { std::free(is_large(buckets_) ? memory_before(first_) : empty() ? nullptr : first_); }

  [[nodiscard]] bool empty() const { return buckets_ == 0; }
  [[nodiscard]] std::size_t buckets() const { return buckets_; }
  [[gnu::always_inline]] void prefetch(std::uint64_t hash) const {
    __builtin_prefetch(first_ + home_of(hash));
  }
  template <typename Touch>
  [[gnu::always_inline]] void for_likely(std::uint64_t hash, const Touch& touch) const {
    const Bucket& bucket = first_[home_of(hash)];
    for (std::uint32_t same = bucket.matches(tag_of(hash)); same != 0; same &= same - 1) {
      const std::uint32_t slot = bucket.slots[static_cast<std::size_t>(std::countr_zero(same))];
      if ((slot ^ mark_of(hash)) < slots_max) touch(slot ^ mark_of(hash));
    }
  }

  /// Mostly what is looked for is new, and nothing is where it belongs that could be it: that is seen at
  /// once.
  template <typename Equal>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, const Equal& equal) const {
    const Bucket& bucket = first_[home_of(hash)];
    if (bucket.matches(tag_of(hash)) == 0 && bucket.passed == 0) return no_slot;
    return find_among(hash, equal);
  }

  template <typename Equal>
  [[nodiscard, gnu::noinline]] std::uint32_t find_among(std::uint64_t hash, const Equal& equal) const {
    const std::uint32_t home = home_of(hash);
    const std::uint32_t mark = mark_of(hash);
    std::uint32_t at = home;
    do {
      const Bucket& bucket = first_[at];
      for (std::uint32_t same = bucket.matches(tag_of(hash)); same != 0; same &= same - 1) {
        const std::uint32_t slot = bucket.slots[static_cast<std::size_t>(std::countr_zero(same))] ^ mark;
        if (slot < slots_max && equal(slot)) return slot;
      }
      if (bucket.passed == 0) break;
      at = next(at);
    } while (at != home);  // in a small table something may have gone past each bucket
    return no_slot;
  }

  void place(std::uint64_t hash, std::uint32_t slot) {
    for (std::uint32_t at = home_of(hash);; at = next(at)) {
      Bucket& bucket = first_[at];
      if (const std::uint32_t free = bucket.matches(0)) {
        const auto entry = static_cast<std::size_t>(std::countr_zero(free));
        bucket.tags[entry] = tag_of(hash);
        bucket.slots[entry] = slot ^ mark_of(hash);
        return;
      }
      bucket.passed += 1;
    }
  }

  /// False: it is not here.
  bool erase(std::uint64_t hash, std::uint32_t slot) {
    const auto [at, entry] = place_of(hash, slot);
    if (entry == bucket_entries) return false;
    const std::uint32_t home = home_of(hash);
    first_[at].tags[entry] = 0;
    for (std::uint32_t past = home; past != at; past = next(past)) first_[past].passed -= 1;
    return true;
  }

  /// False: it is not here.
  bool replace(std::uint64_t hash, std::uint32_t slot, std::uint32_t with) {
    const auto [at, entry] = place_of(hash, slot);
    if (entry == bucket_entries) return false;
    first_[at].slots[entry] = with ^ mark_of(hash);
    return true;
  }

  /// Empties a bucket into another table. What counts as having gone past others goes on counting so.
  template <typename HashOf>
  void move_bucket(std::size_t bucket, FlatTable& to, const HashOf& hash_of) {
    Bucket& from = first_[bucket];
    // Hashes first: what they are made of lies apart, and so do the places that they lead to. So none of it
    // is waited for by itself.
    std::array<std::uint64_t, bucket_entries> hashes{};
    for (std::size_t entry = 0; entry < bucket_entries; ++entry) {
      if (from.tags[entry] == 0) continue;
      hashes[entry] = hash_of(from.slots[entry] % slots_max);
      to.prefetch(hashes[entry]);
    }
    for (std::size_t entry = 0; entry < bucket_entries; ++entry) {
      if (from.tags[entry] != 0) to.place(hashes[entry], from.slots[entry] % slots_max);
    }
    from.tags = {};
  }

 private:
  /// A table that never had an entry is not written to.
  [[nodiscard]] static Bucket* nothing() { return const_cast<Bucket*>(&no_entries); }
  [[nodiscard]] static bool is_large(std::size_t buckets) { return buckets * sizeof(Bucket) > 65536; }

  /// A small table takes no more than it needs; of a large one, what is not touched takes nothing. Where
  /// the memory of that begins stands before its first bucket.
  [[nodiscard]] static Bucket* zeroed(std::size_t buckets) {
    const std::size_t bytes = buckets * sizeof(Bucket);
    void* const memory = is_large(buckets) ? std::calloc(buckets + 1, sizeof(Bucket))
                                           : std::aligned_alloc(alignof(Bucket), bytes);
    if (memory == nullptr) throw std::bad_alloc();
    if (!is_large(buckets)) return static_cast<Bucket*>(std::memset(memory, 0, bytes));
    // Behind what malloc() returns there is at least as much as a pointer takes before the next line.
    const std::size_t past_line = reinterpret_cast<std::uintptr_t>(memory) % alignof(Bucket);
    auto* const first =
        reinterpret_cast<Bucket*>(static_cast<std::byte*>(memory) + (alignof(Bucket) - past_line));
    std::memcpy(reinterpret_cast<std::byte*>(first) - sizeof(memory), &memory, sizeof(memory));
    return first;
  }
  [[nodiscard]] static void* memory_before(const Bucket* first) {
    void* memory = nullptr;
    std::memcpy(&memory, reinterpret_cast<const std::byte*>(first) - sizeof(memory), sizeof(memory));
    return memory;
  }
  /// The bucket in which an entry belongs: the upper bits of the lower half of the hash, scaled.
  [[nodiscard]] std::uint32_t home_of(std::uint64_t hash) const {
    return static_cast<std::uint32_t>((hash & 0xffffffffU) * buckets_ >> 32U);
  }
  [[nodiscard]] std::uint32_t next(std::uint32_t bucket) const {
    return bucket + 1 == buckets_ ? 0 : bucket + 1;
  }
  /// Bucket and entry of a slot; the entry is bucket_entries where it is not here.
  [[nodiscard]] std::pair<std::uint32_t, std::size_t> place_of(std::uint64_t hash, std::uint32_t slot) const {
    const std::uint32_t home = home_of(hash);
    const std::uint32_t marked = slot ^ mark_of(hash);
    std::uint32_t at = home;
    do {
      const Bucket& bucket = first_[at];
      for (std::uint32_t same = bucket.matches(tag_of(hash)); same != 0; same &= same - 1) {
        const auto entry = static_cast<std::size_t>(std::countr_zero(same));
        if (bucket.slots[entry] == marked) return {at, entry};
      }
      if (bucket.passed == 0) break;
      at = next(at);
    } while (at != home);
    return {at, bucket_entries};
  }

  Bucket* first_ = nothing();
  std::uint32_t buckets_ = 0;
};
/// \endcond
}  // namespace gossip::detail
