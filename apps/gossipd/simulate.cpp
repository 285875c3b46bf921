#include "simulate.hpp"

#include <gossip/sim/random_scenario.hpp>
#include <gossip/sim/scenario.hpp>

#include "bench/server_usage.hpp"
#include "output.hpp"
#include "simulate/heap.hpp"
#include "simulate/latency_values.hpp"
#include "simulate/page.hpp"
#include "simulate/progress_bar.hpp"
#include "simulate/quantities.hpp"
#include "simulate/report_text.hpp"
#include "simulate/summary.hpp"
#include "simulate/to_scenario.hpp"
#include "simulate/yardstick.hpp"
#include "text.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace gossipd {
namespace {

using namespace simulation;
using gossip::sim::Protocol;
using gossip::sim::Scenario;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// One line on standard error: on a terminal it is written over, otherwise there is one each second.
class ProgressLine {
 public:
  explicit ProgressLine(bool wanted) : terminal_(::isatty(STDERR_FILENO) == 1), shown_(wanted || terminal_) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() {
    if (terminal_) std::cerr << "\r\x1b[K" << std::flush;
  }

  void show(const RunProgress& progress) {
    if (!shown_) return;
    const std::string text = to_text(progress);
    std::cerr << (terminal_ ? "\r\x1b[K" + text : text + '\n') << std::flush;
  }

  [[nodiscard]] std::chrono::milliseconds pause() const {
    return std::chrono::milliseconds(terminal_ ? 100 : 1000);
  }

 private:
  const bool terminal_;
  const bool shown_;
};

/// What a run takes of this process, while it runs.
class RunWatch {
 public:
  RunWatch(ProgressLine& line, const RunProgress& progress, std::uint64_t resident_bytes)
      : line_(line), progress_(progress), bytes_before_(resident_bytes) {}

  void on_progress(const gossip::sim::Progress& progress, std::uint64_t resident_bytes) {
    bytes_most_ = std::max(bytes_most_, resident_bytes);
    if (progress.joining != progress_.joining) phase_start_ = Clock::now();
    progress_.joining = progress.joining;
    progress_.now = progress.now;
    progress_.end = progress.end;
    progress_.events = progress.events;
    if (Clock::now() - shown_ < line_.pause()) return;
    shown_ = Clock::now();
    progress_.run_seconds = seconds_since(start_);
    progress_.phase_seconds = seconds_since(phase_start_);
    line_.show(progress_);
  }

  [[nodiscard]] double wall_seconds() const { return seconds_since(start_); }
  /// More than before the run.
  [[nodiscard]] double bytes() const {
    return bytes_most_ > bytes_before_ ? static_cast<double>(bytes_most_ - bytes_before_) : 0;
  }

 private:
  ProgressLine& line_;
  RunProgress progress_;
  const std::uint64_t bytes_before_;
  std::uint64_t bytes_most_ = 0;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point phase_start_ = start_;
  Clock::time_point shown_;  ///< long ago: the first is shown at once
};

/// A scenario and the seed to run it with.
struct Job {
  Scenario scenario;
  Protocol protocol{};
  std::uint64_t seed = 0;
};

/// By size, of a size by protocol, and of that by seed; random scenarios by their size, too, so that equal
/// ones stand together.
std::vector<Job> jobs_of(const SimulateOptions& options) {
  std::vector<Job> jobs;
  for (const std::size_t nodes : options.nodes) {
    for (const Protocol protocol : options.protocols) {
      for (std::size_t index = 0; index < options.seeds; ++index) {
        const std::uint64_t seed = options.seed + index;
        jobs.push_back({options.random ? gossip::sim::random_scenario(seed, protocol)
                                       : to_scenario(options, nodes, protocol),
                        protocol, seed});
      }
    }
  }
  std::stable_sort(jobs.begin(), jobs.end(), [](const Job& left, const Job& right) {
    return left.scenario.node_count() < right.scenario.node_count();
  });
  return jobs;
}

std::vector<RunReport> run_all(const SimulateOptions& options) {
  const std::vector<Job> jobs = jobs_of(options);
  auto usage = load::ServerUsage::watch(::getpid());
  const auto resident = [&] { return usage ? usage->rss_bytes() : 0; };
  const auto cpu_seconds = [&] { return usage ? static_cast<double>(usage->cpu_ns()) / 1e9 : 0; };
  std::vector<RunReport> reports;
  ProgressLine line(options.progress);
  Heap heap;
  for (const auto& [scenario, protocol, seed] : jobs) {
    RunProgress progress;
    progress.run = reports.size() + 1;
    progress.runs = jobs.size();
    progress.nodes = scenario.node_count();
    heap.renew();
    RunWatch watch(line, progress, resident());
    Scenario watched = scenario;
    watched.on_progress([&](const auto& now) {
      heap.ask_for_huge_pages();
      watch.on_progress(now, resident());
    });
    const double cpu_before = cpu_seconds();
    const auto result = watched.run(seed);
    const double wall_seconds = watch.wall_seconds();
    const double cpu_after = cpu_seconds();
    RunReport report = summarise(result, scenario.faults(), options.settle);
    if (options.targets) report.yardstick = measure_by(*options.targets, result, options.settle);
    report.protocol = to_string(protocol);
    report.wall_seconds = wall_seconds;
    report.cpu_seconds = cpu_after - cpu_before;
    report.bytes_per_node = watch.bytes() / static_cast<double>(std::max<std::size_t>(report.nodes, 1));
    // Only the first of a size and protocol is drawn.
    const bool drawn = options.report && (reports.empty() || reports.back().nodes != report.nodes ||
                                          reports.back().protocol != report.protocol);
    if (!drawn) report.graph = Graph();
    reports.push_back(std::move(report));
  }
  return reports;
}

std::string cannot_write(const std::string& path) {
  return "gossipd: " + to_one_line(path) + ": cannot be written: " + std::strerror(errno) + '\n';
}

/// Leaves what the file holds until there is something better, and no file where there is none: a run that is
/// interrupted has nothing to put into it.
bool can_write(const std::string& path) {
  std::error_code ignored;
  const bool is_there = std::filesystem::exists(path, ignored);
  errno = 0;
  const bool is_open = std::ofstream(path, std::ios::app).is_open();
  // Not by a name that is a link: that was there before.
  if (is_open && !is_there) std::filesystem::remove(std::filesystem::canonical(path, ignored), ignored);
  return is_open;
}

bool write_page(const std::string& path, const SimulationReport& report) {
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << to_page(report);
  file.close();
  return !file.fail();
}

}  // namespace

int simulate(const SimulateOptions& asked) {
  SimulateOptions options = asked;
  if (options.regions_file) {
    auto latency = read_regions(*options.regions_file);
    if (!latency) {
      std::cerr << "gossipd: --latency: " << latency.error().message << '\n';
      return 1;
    }
    options.latency = *std::move(latency);
  }
  if (options.report && !can_write(*options.report)) {
    std::cerr << cannot_write(*options.report);
    return 1;
  }
  const SimulationReport report{options.command, run_all(options)};
  if (options.report && !write_page(*options.report, report)) {
    std::cerr << cannot_write(*options.report);
    return 1;
  }
  const bool printed = print(options.json ? to_json(report) + '\n' : to_text(report));
  const bool ok = std::all_of(report.runs.begin(), report.runs.end(),
                              [](const RunReport& run) { return run.violations_in_all == 0; });
  return ok && printed ? 0 : 1;
}

}  // namespace gossipd
