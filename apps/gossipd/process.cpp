#include "process.hpp"

#include <csignal>
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

namespace gossipd {
namespace {

/// SIGHUP is none of them where it is ignored, as nohup has it: the process is to outlive its terminal. A
/// blocked signal would come all the same.
sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  struct sigaction hangup {};
  ::sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) sigaddset(&signals, SIGHUP);
  return signals;
}

}  // namespace

void prepare_process() {
  // The lowest free number is taken; above the three there is nothing left to fill.
  int descriptor = 0;
  while (descriptor >= 0 && descriptor <= STDERR_FILENO) descriptor = ::open("/dev/null", O_RDWR);
  if (descriptor >= 0) ::close(descriptor);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  // Where this is refused, the node goes on with what it has and tells when it cannot accept.
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

void block_stop_signals() {
  const sigset_t signals = stop_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // A shell has background jobs ignore SIGINT; a daemon is stopped with it all the same.
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

StopSignals::StopSignals(std::function<void(int signal)> on_first)
    : on_first_(std::move(on_first)), thread_([this] { wait_for_signals(); }) {}

StopSignals::~StopSignals() {
  finished_ = true;
  // Wakes it, and reaches nobody else. It waits for the signal, so nothing is terminated.
  ::pthread_kill(thread_.native_handle(), SIGTERM);  // NOLINT(bugprone-bad-signal-to-kill-thread)
  thread_.join();
  const sigset_t signals = stop_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void StopSignals::wait_for_signals() {
  const sigset_t signals = stop_signals();
  bool is_first = true;
  while (true) {
    int signal = 0;
    if (::sigwait(&signals, &signal) != 0) continue;
    if (finished_) return;
    // Of a terminal that goes, the kernel and the shell both tell.
    if (signal == SIGHUP && !is_first) continue;
    if (!std::exchange(is_first, false)) ::_exit(128 + signal);
    on_first_(signal);
  }
}

}  // namespace gossipd
