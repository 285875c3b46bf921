#pragma once
/// \file
/// What the threads of a run tell each other.

#include <atomic>
#include <cstdint>
#include <vector>

namespace gossipd::load {

/// Nanoseconds of CLOCK_MONOTONIC that are not known yet.
inline constexpr std::uint64_t not_yet = UINT64_MAX;

/// From the first probe to the last delivery. Any thread may read and write the atomic members; the others
/// say who writes them and since when they may be read.
struct Course {
  std::uint32_t run = 0;  ///< of each body; set before any thread starts

  std::atomic<bool> all_subscribed = false;   ///< every subscriber has got a probe
  std::atomic<bool> subscriber_lost = false;  ///< one has lost its connection
  std::atomic<bool> stop = false;             ///< end early: no more is published, and what came is reported
  std::atomic<bool> published_all = false;    ///< the publishers are done, or have failed

  /// \{
  /// The measured window; the publishers set both when they begin, and set the end again when `count` or a
  /// failure ends it sooner.
  std::atomic<std::uint64_t> window_begin = not_yet;
  std::atomic<std::uint64_t> window_end = not_yet;
  /// \}

  /// \{
  /// So far, for the progress line.
  std::atomic<std::uint64_t> published = 0;
  std::atomic<std::uint64_t> delivered = 0;
  /// \}

  /// How many each publisher has published, warm-up included. Written by the publishers; to be read once
  /// `published_all` is set.
  std::vector<std::uint64_t> published_by;
};

}  // namespace gossipd::load
