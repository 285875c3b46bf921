#pragma once
/// \file
/// What a server process takes of the machine, from the kernel.

#include <gossip/error.hpp>

#include <cstdint>
#include <ctime>
#include <sys/types.h>

namespace gossipd::load {

/// Watches one process of this host; it need not be a child. Not synchronised.
class ServerUsage {
 public:
  /// The Error says that there is no such process.
  [[nodiscard]] static gossip::Result<ServerUsage> watch(pid_t process);

  [[nodiscard]] pid_t process() const { return process_; }

  /// Processor time of all its threads so far, those that have ended included, in nanoseconds; what it was
  /// last where the process has ended.
  [[nodiscard]] std::uint64_t cpu_ns();

  /// Resident memory now, in bytes; 0 where the process has ended.
  [[nodiscard]] std::uint64_t rss_bytes() const;

  /// The most resident memory that it has ever had, in bytes; 0 where the process has ended.
  [[nodiscard]] std::uint64_t rss_peak_bytes() const;

 private:
  ServerUsage(pid_t process, clockid_t clock) : process_(process), clock_(clock) {}
  [[nodiscard]] std::uint64_t status_bytes(const char* key) const;

  pid_t process_;
  clockid_t clock_;
  std::uint64_t cpu_ns_ = 0;
};

}  // namespace gossipd::load
