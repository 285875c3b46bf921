#pragma once
/// \file
/// The clocks that the load generator measures with, as numbers that fit into messages.

#include <cstdint>
#include <ctime>

namespace gossipd::load {

inline constexpr double nanoseconds_per_second = 1e9;
inline constexpr double nanoseconds_per_microsecond = 1e3;

/// What a clock of the system says, in nanoseconds.
[[nodiscard]] inline std::uint64_t nanoseconds_on(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(time.tv_nsec);
}

/// Since some moment that all processes of this host share.
[[nodiscard]] inline std::uint64_t now_ns() {
  return nanoseconds_on(CLOCK_MONOTONIC);
}

/// What the calling thread has taken of the processor.
[[nodiscard]] inline std::uint64_t thread_cpu_ns() {
  return nanoseconds_on(CLOCK_THREAD_CPUTIME_ID);
}

}  // namespace gossipd::load
