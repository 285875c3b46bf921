#include "load.hpp"

#include "clocks.hpp"
#include "course.hpp"
#include "publishers.hpp"
#include "server_usage.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <optional>
#include <random>
#include <thread>

namespace gossipd::load {
namespace {

constexpr std::chrono::milliseconds look_pause{20};
constexpr std::uint64_t progress_pause_ns = 1'000'000'000;

double ratio(double dividend, double divisor) {
  return divisor == 0 ? 0 : dividend / divisor;
}

/// The servers, looked at again and again while a run goes on.
class Watch {
 public:
  explicit Watch(const LoadOptions& options)
      : from_the_start_(options.warm_up.count() == 0), to_the_end_(options.count.has_value()) {}

  std::optional<gossip::Error> begin(const std::vector<pid_t>& processes) {
    for (const pid_t process : processes) {
      auto usage = ServerUsage::watch(process);
      if (!usage) return usage.error();
      const std::uint64_t rss = usage->rss_bytes();
      const std::uint64_t cpu_ns = usage->cpu_ns();
      servers_.push_back({*usage, {process, 0, rss, rss, 0}, usage->rss_peak_bytes(), cpu_ns});
    }
    return std::nullopt;
  }

  void look(std::uint64_t now, const Course& course) {
    const bool begins = !in_window_ && now >= course.window_begin;
    const bool ends = in_window_ && !behind_window_ && !to_the_end_ && now >= course.window_end;
    for (Server& server : servers_) {
      server.report.rss_peak_bytes = std::max(server.report.rss_peak_bytes, server.usage.rss_bytes());
      if (begins && !from_the_start_) server.cpu_begin_ns = server.usage.cpu_ns();
      if (ends) server.report.cpu_ns = server.usage.cpu_ns() - server.cpu_begin_ns;
    }
    in_window_ |= begins;
    behind_window_ |= ends;
  }

  std::vector<ServerReport> end() {
    std::vector<ServerReport> reports;
    for (Server& server : servers_) {
      if (!behind_window_) server.report.cpu_ns = server.usage.cpu_ns() - server.cpu_begin_ns;
      server.report.rss_end_bytes = server.usage.rss_bytes();
      // The kernel misses no peak, but knows only the one since the process began.
      const std::uint64_t peak = server.usage.rss_peak_bytes();
      if (peak > server.peak_before_bytes)
        server.report.rss_peak_bytes = std::max(server.report.rss_peak_bytes, peak);
      reports.push_back(server.report);
    }
    return reports;
  }

 private:
  struct Server {
    ServerUsage usage;
    ServerReport report;
    std::uint64_t peak_before_bytes = 0;
    std::uint64_t cpu_begin_ns = 0;
  };

  /// Without a warm-up the window begins so soon that a look would come too late.
  const bool from_the_start_;
  /// What `count` ends sooner is over with the last delivery, and not when the last message is published.
  const bool to_the_end_;
  std::vector<Server> servers_;
  bool in_window_ = false;
  bool behind_window_ = false;
};

void look_on(Course& course, const std::atomic<bool>& finished, const std::atomic<bool>& stop, Watch& watch,
             const std::function<void(const Progress&)>& on_progress) {
  const std::uint64_t begin = now_ns();
  std::uint64_t told = begin;
  while (!finished) {
    std::this_thread::sleep_for(look_pause);
    const std::uint64_t now = now_ns();
    if (stop) course.stop = true;
    watch.look(now, course);
    if (now - told < progress_pause_ns) continue;
    told = now;
    on_progress({static_cast<double>(now - begin) / nanoseconds_per_second, course.all_subscribed,
                 course.published, course.delivered});
  }
}

Report report_of(const LoadOptions& options, const Dialect& dialect, const Course& course,
                 const Publishers& publishers, const Subscribers& subscribers) {
  Report report;
  report.options = options;
  report.dialect = dialect.name();
  report.published =
      std::accumulate(course.published_by.begin(), course.published_by.end(), std::uint64_t{0});
  report.published_in_window = publishers.published_in_window();
  report.publisher_cpu_ns = publishers.cpu_ns();
  report.received = subscribers.received();
  report.latencies = subscribers.latencies();
  report.faults = publishers.faults();
  report.faults.insert(report.faults.end(), report.received.faults.begin(), report.received.faults.end());
  if (report.published_in_window == 0 && report.faults.empty())
    report.faults.emplace_back("nothing was measured: no message was published in the measured window");
  const std::uint64_t begin = course.window_begin;
  if (begin == not_yet) return report;
  const auto seconds_until = [begin](std::uint64_t end) {
    return static_cast<double>(end - std::min(begin, end)) / nanoseconds_per_second;
  };
  report.window_seconds = seconds_until(course.window_end);
  const bool counted = options.count && report.received.last_at != 0;
  report.delivery_seconds = counted ? seconds_until(report.received.last_at) : report.window_seconds;
  return report;
}

}  // namespace

std::uint64_t Report::lost() const {
  return received.expected - std::min(received.expected, received.delivered);
}

bool Report::is_clean() const {
  return faults.empty() && lost() == 0 && received.duplicates == 0 && received.corrupt == 0;
}

double Report::publish_rate() const {
  return ratio(static_cast<double>(published_in_window), window_seconds);
}

double Report::delivery_rate() const {
  return ratio(static_cast<double>(received.in_window), delivery_seconds);
}

double Report::cpu_us_per_message() const {
  const std::size_t receivers = options.subscribers * options.subscribe_at.size();
  const double messages = receivers == 0
                              ? static_cast<double>(published_in_window)
                              : static_cast<double>(received.in_window) / static_cast<double>(receivers);
  std::uint64_t cpu_ns = 0;
  for (const ServerReport& server : servers) cpu_ns += server.cpu_ns;
  return ratio(static_cast<double>(cpu_ns) / nanoseconds_per_microsecond, messages);
}

double Report::cpu_us_per_delivery() const {
  const std::size_t receivers = options.subscribers * options.subscribe_at.size();
  return ratio(cpu_us_per_message(), static_cast<double>(receivers));
}

gossip::Result<Report> run(const LoadOptions& options, const Dialect& dialect, const std::atomic<bool>& stop,
                           const std::function<void(const Progress&)>& on_progress) {
  Course course;
  course.run = std::random_device{}();
  Watch watch(options);
  if (auto error = watch.begin(options.servers)) return *std::move(error);
  Subscribers subscribers(options, dialect, course);
  if (auto error = subscribers.connect()) return *std::move(error);
  Publishers publishers(options, dialect, course);
  if (auto error = publishers.connect()) return *std::move(error);

  std::atomic<bool> finished = false;
  std::thread subscribing([&] {
    subscribers.run();
    finished = true;
  });
  std::thread publishing([&] { publishers.run(); });
  look_on(course, finished, stop, watch, on_progress);
  publishing.join();
  subscribing.join();
  Report report = report_of(options, dialect, course, publishers, subscribers);
  report.servers = watch.end();
  return report;
}

}  // namespace gossipd::load
