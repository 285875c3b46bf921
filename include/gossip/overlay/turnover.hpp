#pragma once
/// \file
/// Whether messages stay in the cache for long enough to be asked for.

#include <gossip/export.hpp>
#include <gossip/types.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace gossip {

/// Watches how fast messages take each other's place in the cache. What a peer is told of it asks for after a
/// second; where it is gone by then, telling and reconciling is in vain, and nobody may rely on it. Holds a
/// few words. Not thread-safe.
class GOSSIP_EXPORT Turnover {
 public:
  /// For how long messages are counted before the answer changes.
  static constexpr Duration window = std::chrono::seconds(1);
  /// What stays for less is gone too soon: twice Missing::patience.
  static constexpr Duration stay_min = std::chrono::seconds(2);

  /// Of a cache of so many messages.
  explicit Turnover(std::size_t capacity) : capacity_(capacity) {}

  /// The cache has got the message with this sequence, or a verdict on it, which may be an older one.
  [[gnu::always_inline]] void note(std::uint64_t sequence, TimePoint now) {
    if (now >= ends_) begin(sequence, now);
  }
  /// As it was in the last two full windows: who catches up gets much at once, and is done soon. False where
  /// nothing came for a window.
  [[nodiscard]] bool is_too_fast(TimePoint now) const { return is_too_fast_ && now - ends_ < window; }

 private:
  void begin(std::uint64_t sequence, TimePoint now);

  const std::size_t capacity_;
  bool is_too_fast_ = false;
  bool fills_too_fast_ = false;  ///< in the window before this one
  std::uint64_t first_ = 0;      ///< of this window
  TimePoint began_;
  TimePoint ends_ = TimePoint::min();
};

}  // namespace gossip
