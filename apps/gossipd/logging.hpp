#pragma once
/// \file
/// Where log records go: to standard error, by way of Boost.Log, without ever holding up the thread that
/// writes them.

#include <gossip/observer.hpp>

#include "log_record.hpp"

#include <memory>

namespace gossipd {

/// Standard error as a log. At most one at a time in a process. Records wait in a bounded queue for a thread
/// that writes them; where standard error takes nothing and the queue is full, records are dropped, and a
/// line in the log says how many as soon as it moves again. Thread-safe.
class Log {
 public:
  /// Starts the thread that writes. Records below `threshold` are not wanted.
  Log(Level threshold, LogFormat format);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  /// Writes what is queued, and gives up where standard error takes nothing for a second.
  ~Log();

  [[nodiscard]] bool wants(Level level) const { return level >= threshold_; }

  /// Does nothing where the record's level is not wanted.
  void write(const LogRecord& record);

 private:
  class Sink;

  const Level threshold_;
  const LogFormat format_;
  std::unique_ptr<Sink> sink_;
};

/// Puts a node's events into a log. What the log does not want costs a comparison.
class LogObserver final : public gossip::Observer {
 public:
  /// `log` must outlive it.
  explicit LogObserver(Log& log) : log_(log) {}

  void on_event(const gossip::Event& event) override;
  [[nodiscard]] bool wants_messages() const override { return log_.wants(Level::debug); }

 private:
  Log& log_;
};

}  // namespace gossipd
