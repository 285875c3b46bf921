#pragma once
/// \file
/// What a process settles with the operating system: standard descriptors, limits and signals.

#include <atomic>
#include <functional>
#include <thread>

namespace gossipd {

/// Opens what is closed of standard input, output and error on /dev/null, so that no socket gets their
/// numbers, and ignores SIGPIPE and SIGXFSZ: writing where nobody reads, or where a file may not grow, is an
/// error like any other.
void prepare_process();

/// Raises the number of descriptors that the process may have as far as it may do so itself.
void raise_descriptor_limit();

/// Blocks SIGINT, SIGTERM and, unless it is ignored, SIGHUP in this thread and in those that it starts from
/// now on; they wait for a StopSignals. To be called before any thread is started.
void block_stop_signals();

/// Takes what block_stop_signals() has blocked in a thread of its own. The second signal, of any kind but
/// SIGHUP, ends the process at once with exit code 128 + signal. Precondition: block_stop_signals() was
/// called.
class StopSignals {
 public:
  /// `on_first` gets the first signal, in that other thread.
  explicit StopSignals(std::function<void(int signal)> on_first);
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  /// Afterwards `on_first` is not called any more, and the signals end the process as they do by default.
  ~StopSignals();

 private:
  void wait_for_signals();

  std::function<void(int)> on_first_;
  std::atomic<bool> finished_ = false;
  std::thread thread_;
};

}  // namespace gossipd
