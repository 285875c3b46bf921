#include "server_usage.hpp"

#include <cerrno>
#include <csignal>
#include <fstream>
#include <string>

namespace gossipd::load {

/// Linux gives no larger numbers.
constexpr pid_t process_max = 1 << 22;

gossip::Result<ServerUsage> ServerUsage::watch(pid_t process) {
  clockid_t clock{};
  // The clock of a process that cannot be is not refused: its number is cut to fit.
  const bool exists = process <= process_max && (::kill(process, 0) == 0 || errno != ESRCH);
  if (!exists || ::clock_getcpuclockid(process, &clock) != 0) {
    return gossip::Error{gossip::Condition::invalid_argument,
                         "there is no process " + std::to_string(process)};
  }
  return ServerUsage(process, clock);
}

std::uint64_t ServerUsage::cpu_ns() {
  timespec time{};
  if (::clock_gettime(clock_, &time) == 0) {
    cpu_ns_ =
        static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(time.tv_nsec);
  }
  return cpu_ns_;
}

std::uint64_t ServerUsage::rss_bytes() const {
  return status_bytes("VmRSS:");
}

std::uint64_t ServerUsage::rss_peak_bytes() const {
  return status_bytes("VmHWM:");
}

std::uint64_t ServerUsage::status_bytes(const char* key) const {
  constexpr std::uint64_t bytes_per_kib = 1024;
  std::ifstream status("/proc/" + std::to_string(process_) + "/status");
  for (std::string word; status >> word;) {
    std::uint64_t kib = 0;
    if (word == key && status >> kib) return kib * bytes_per_kib;
  }
  return 0;
}

}  // namespace gossipd::load
