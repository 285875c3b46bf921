#pragma once
/// \file
/// One run of the load generator, from connecting to the report.

#include <gossip/error.hpp>

#include "dialect.hpp"
#include "histogram.hpp"
#include "load_options.hpp"
#include "subscribers.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace gossipd::load {

/// What one server process took.
struct ServerReport {
  pid_t process = 0;
  std::uint64_t cpu_ns = 0;  ///< in the measured window
  std::uint64_t rss_start_bytes = 0;
  std::uint64_t rss_peak_bytes = 0;  ///< from its start to the end of the run where that rose in the run
  std::uint64_t rss_end_bytes = 0;
};

/// What a run has shown.
struct Report {
  LoadOptions options;
  std::string dialect;
  std::uint64_t published = 0;            ///< warm-up included
  std::uint64_t published_in_window = 0;  ///< messages
  double window_seconds = 0;              ///< of publishing
  double delivery_seconds = 0;            ///< in which `received.in_window` came
  std::uint64_t publisher_cpu_ns = 0;     ///< the client's own, in the window
  Received received;
  Histogram latencies;  ///< nanoseconds; corrected for coordinated omission where there is a rate
  std::vector<ServerReport> servers;
  std::vector<std::string> faults;  ///< why it could not be done, or not to the end

  /// Different messages that were not delivered, summed over subscribers.
  [[nodiscard]] std::uint64_t lost() const;
  /// Nothing lost, nothing twice, nothing changed, and no connection broken.
  [[nodiscard]] bool is_clean() const;
  /// \{
  /// Per second of the measured window.
  [[nodiscard]] double publish_rate() const;
  [[nodiscard]] double delivery_rate() const;  ///< summed over subscribers
  /// \}
  /// Processor time of all servers for each message that was published in the window, in microseconds.
  [[nodiscard]] double cpu_us_per_message() const;
  /// The same for each delivery.
  [[nodiscard]] double cpu_us_per_delivery() const;
};

/// So far, for who looks on.
struct Progress {
  double seconds = 0;           ///< since the run began
  bool subscribed = false;      ///< whether publishing has begun
  std::uint64_t published = 0;  ///< messages
  std::uint64_t delivered = 0;  ///< different messages, summed over subscribers
};

/// Does what `options` ask for, with threads of its own, and blocks until it is done. `on_progress` is called
/// about once a second in the caller's thread. Setting `stop`, which any thread may do, ends it early with a
/// report. An Error where nothing could be measured: a server cannot be reached, or there is no such process.
[[nodiscard]] gossip::Result<Report> run(const LoadOptions& options, const Dialect& dialect,
                                         const std::atomic<bool>& stop,
                                         const std::function<void(const Progress&)>& on_progress);

}  // namespace gossipd::load
