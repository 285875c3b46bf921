#pragma once
/// \file
/// The buckets of a FlatIndex.

#include <gossip/zeroed_memory.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace gossip::detail {
/// \cond
/// A slot's number is below this: the bits above it tell more of the hash, so that hardly ever a slot is
/// looked at in vain.
inline constexpr std::uint32_t slots_max = std::uint32_t{1} << 27U;

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
struct alignas(cache_line_bytes) Bucket {
  std::array<std::uint8_t, bucket_entries> tags;  ///< 0: the entry is free
  std::uint16_t passed;                           ///< entries that belong here or before, and are behind
  std::uint16_t passed_tags;                      ///< a bit for each of their tags, and of some before them
  std::array<std::uint32_t, bucket_entries> slots;

  /// Whether one with this tag may have gone past: the next bucket is far away.
  [[nodiscard]] bool may_have_passed(std::uint8_t tag) const { return (passed_tags & bit_of(tag)) != 0; }
  void pass(std::uint8_t tag) {
    if (passed != countless) passed += 1;
    passed_tags |= bit_of(tag);
  }
  /// One that went past is gone.
  void pass_back() {
    if (passed != countless) passed -= 1;
    if (passed == 0) passed_tags = 0;
  }

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

 private:
  /// So many have gone past that they are not counted any more.
  static constexpr std::uint16_t countless = 0xffffU;

  [[nodiscard]] static std::uint16_t bit_of(std::uint8_t tag) {
    return static_cast<std::uint16_t>(1U << (tag / 2U % 16U));
  }
};

/// What a table without memory looks into.
inline constexpr Bucket no_entries{};

/// What a table asks about its slots where each that leaves is erased.
template <typename HashOf>
struct ErasedSlots {
  static constexpr bool leaves = false;  ///< liveness() would tell which are there
  const HashOf& hash;                    ///< asked for the hash of a slot

  [[nodiscard]] std::uint64_t hash_of(std::uint32_t slot) const { return hash(slot); }
  static constexpr void on_strayed(std::uint32_t /*slot*/) {}
};

/// The buckets, all zero at first. A table into which nothing was inserted has no memory.
class FlatTable {
 public:
  FlatTable() = default;
  explicit FlatTable(std::size_t buckets)
      : first_(static_cast<Bucket*>(allocate_zeroed(buckets * sizeof(Bucket)))),
        buckets_(static_cast<std::uint32_t>(buckets)) {}
  FlatTable(FlatTable&& other) noexcept
      : first_(std::exchange(other.first_, nothing())), buckets_(std::exchange(other.buckets_, 0)) {}
  FlatTable& operator=(FlatTable&& other) noexcept {
    std::swap(first_, other.first_);
    std::swap(buckets_, other.buckets_);
    return *this;
  }
  ~FlatTable() {
    if (!empty()) free_zeroed(first_, buckets_ * sizeof(Bucket));
  }

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
    if (bucket.matches(tag_of(hash)) == 0 && !bucket.may_have_passed(tag_of(hash))) return no_slot;
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
      if (!bucket.may_have_passed(tag_of(hash))) break;
      at = next(at);
    } while (at != home);  // in a small table something may have gone past each bucket
    return no_slot;
  }

  /// `slots` is asked for those whose entries were left behind only where a bucket is full.
  template <typename Slots>
  void place(std::uint64_t hash, std::uint32_t slot, const Slots& slots) {
    Bucket& bucket = first_[home_of(hash)];
    const std::uint32_t free = bucket.matches(0);
    if (free == 0) return place_among(hash, slot, slots);
    put(bucket, free, hash, slot);
  }

  template <typename Slots>
  [[gnu::noinline]] void place_among(std::uint64_t hash, std::uint32_t slot, const Slots& slots) {
    const std::uint32_t home = home_of(hash);
    for (std::uint32_t at = home;; at = next(at)) {
      Bucket& bucket = first_[at];
      drop_dead(bucket, slots);
      if (const std::uint32_t free = bucket.matches(0)) {
        put(bucket, free, hash, slot);
        if (at != home) slots.on_strayed(slot);
        return;
      }
      bucket.pass(tag_of(hash));
    }
  }

  /// False: it is not here.
  bool erase(std::uint64_t hash, std::uint32_t slot) {
    const auto [at, entry] = place_of(hash, slot);
    if (entry == bucket_entries) return false;
    const std::uint32_t home = home_of(hash);
    first_[at].tags[entry] = 0;
    for (std::uint32_t past = home; past != at; past = next(past)) first_[past].pass_back();
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
  template <typename Slots>
  void move_bucket(std::size_t bucket, FlatTable& to, const Slots& slots) {
    Bucket& from = first_[bucket];
    drop_dead(from, slots);
    // Hashes first: what they are made of lies apart, and so do the places that they lead to. So none of it
    // is waited for by itself.
    std::array<std::uint64_t, bucket_entries> hashes{};
    for (std::size_t entry = 0; entry < bucket_entries; ++entry) {
      if (from.tags[entry] == 0) continue;
      hashes[entry] = slots.hash_of(from.slots[entry] % slots_max);
      to.prefetch(hashes[entry]);
    }
    for (std::size_t entry = 0; entry < bucket_entries; ++entry) {
      // One that was left behind may look as if it were its slot's next owner's: that has one of its own.
      const bool is_its_own = from.tags[entry] == tag_of(hashes[entry]) &&
                              (from.slots[entry] ^ mark_of(hashes[entry])) < slots_max;
      if (from.tags[entry] != 0 && is_its_own) to.place(hashes[entry], from.slots[entry] % slots_max, slots);
    }
    from.tags = {};
  }

 private:
  /// A table that never had an entry is not written to.
  [[nodiscard]] static Bucket* nothing() { return const_cast<Bucket*>(&no_entries); }
  static void put(Bucket& bucket, std::uint32_t free, std::uint64_t hash, std::uint32_t slot) {
    const auto entry = static_cast<std::size_t>(std::countr_zero(free));
    bucket.tags[entry] = tag_of(hash);
    bucket.slots[entry] = slot ^ mark_of(hash);
  }
  template <typename Slots>
  static void drop_dead([[maybe_unused]] Bucket& bucket, [[maybe_unused]] const Slots& slots) {
    if constexpr (Slots::leaves) {
      const auto liveness =
          slots.liveness();  // a copy: what is written may be any part of what it is made of
#ifdef __SSE2__
      // Four at a time, without a branch: which are there is anybody's guess.
      using Four = std::uint32_t __attribute__((vector_size(16)));
      const auto kept = [&](std::size_t first) {
        Four four{};
        std::memcpy(&four, &bucket.slots[first], sizeof four);
        return std::bit_cast<__m128i>(liveness(four & (slots_max - 1)));
      };
      const __m128i front = _mm_packs_epi32(kept(0), kept(4));
      const __m128i back = _mm_packs_epi32(kept(8), _mm_set1_epi8(-1));  // what is behind the tags stays
      auto* const tags = reinterpret_cast<__m128i*>(bucket.tags.data());
      _mm_store_si128(tags, _mm_and_si128(_mm_load_si128(tags), _mm_packs_epi16(front, back)));
#else
      for (std::size_t entry = 0; entry < bucket_entries; ++entry)
        bucket.tags[entry] &= static_cast<std::uint8_t>(liveness(bucket.slots[entry] % slots_max));
#endif
    }
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
      if (!bucket.may_have_passed(tag_of(hash))) break;
      at = next(at);
    } while (at != home);
    return {at, bucket_entries};
  }

  Bucket* first_ = nothing();
  std::uint32_t buckets_ = 0;
};
/// \endcond
}  // namespace gossip::detail
