#include "bench.hpp"

#include "bench/gossip_dialect.hpp"
#include "bench/load.hpp"
#include "bench/report_text.hpp"
#include "output.hpp"
#include "process.hpp"

#include <atomic>
#include <iostream>
#include <string>
#include <unistd.h>

namespace gossipd {
namespace {

/// Shows how far it is on standard error: on a terminal one line that is written over, otherwise a line each
/// time.
class ProgressLine {
 public:
  explicit ProgressLine(bool wanted) : terminal_(::isatty(STDERR_FILENO) == 1), shown_(wanted || terminal_) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { std::cerr << (written_ && terminal_ ? "\r\x1b[K" : "") << std::flush; }

  void show(const load::Progress& progress) {
    if (!shown_) return;
    const std::string text = load::to_text(progress, before_);
    std::cerr << (terminal_ ? "\r\x1b[K" + text : text + '\n') << std::flush;
    before_ = progress;
    written_ = true;
  }

 private:
  const bool terminal_;
  const bool shown_;
  bool written_ = false;
  load::Progress before_;
};

gossip::Result<load::Report> measure(const BenchOptions& options, const load::Dialect& dialect) {
  std::atomic<bool> stop = false;
  const StopSignals signals([&](int) { stop = true; });
  ProgressLine line(options.progress);
  return load::run(options.load, dialect, stop, [&](const load::Progress& progress) { line.show(progress); });
}

}  // namespace

int bench(const BenchOptions& options, const load::Dialect& dialect) {
  raise_descriptor_limit();
  block_stop_signals();
  const auto report = measure(options, dialect);
  if (!report) {
    std::cerr << "gossipd: " << report.error().message << '\n';
    return 1;
  }
  const bool printed = print(options.json ? load::to_json(*report) + '\n' : load::to_text(*report));
  for (const std::string& fault : report->faults) std::cerr << "gossipd: " << fault << '\n';
  return report->is_clean() && printed ? 0 : 1;
}

int bench(const BenchOptions& options) {
  return bench(options, load::GossipDialect(options.data_type));
}

}  // namespace gossipd
