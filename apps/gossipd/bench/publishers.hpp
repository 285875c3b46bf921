#pragma once
/// \file
/// All publishers of a run, on one thread.

#include <gossip/error.hpp>

#include "body.hpp"
#include "course.hpp"
#include "dialect.hpp"
#include "inbox.hpp"
#include "load_options.hpp"
#include "socket.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gossipd::load {

/// Each publisher has a buffer of messages that are laid out once: for each batch only the bodies are written
/// anew, and then the batch is written at once. Memory is bounded by `buffer_bytes_max` for all of them
/// together, but for one message each.
class Publishers {
 public:
  static constexpr std::size_t batch_bytes_max = std::size_t{128} * 1024;
  static constexpr std::size_t buffer_bytes_max = std::size_t{16} * 1024 * 1024;

  /// All arguments are to outlive it.
  Publishers(const LoadOptions& options, const Dialect& dialect, Course& course);

  /// Connects all of them.
  [[nodiscard]] std::optional<gossip::Error> connect();

  /// Probes until all subscribers are there, publishes, and returns once the system has taken everything, or
  /// with an entry in faults(). To be called by the thread of its own.
  void run();

  /// \{
  /// To be called once run() has returned.
  [[nodiscard]] const std::vector<std::string>& faults() const { return faults_; }
  /// Messages of the measured window.
  [[nodiscard]] std::uint64_t published_in_window() const { return in_window_; }
  /// What the thread took of the processor in the measured window.
  [[nodiscard]] std::uint64_t cpu_ns() const { return cpu_ns_; }
  /// \}

 private:
  struct Publisher {
    Socket socket;
    Bytes batch;             ///< `batch_messages_` messages, one behind the other
    std::size_t begin = 0;   ///< of what is still to be written
    std::size_t end = 0;     ///< and its end
    Bytes reply;             ///< to be written before the next batch
    Bytes kept;              ///< of an answer that is not complete yet
    std::uint64_t next = 0;  ///< sequence number
    bool writable = true;

    [[nodiscard]] bool idle() const { return begin == end && reply.empty(); }
  };

  void lay_out(Publisher& publisher) const;
  [[nodiscard]] std::string nothing_came() const;
  bool await_subscribers();
  void begin();
  void publish_flat_out();
  void publish_at_rate();
  void finish();
  void tell_whether_given_up();

  void serve(std::size_t index, std::uint64_t now);
  void fill(std::size_t index, std::uint64_t now);
  [[nodiscard]] std::size_t due(std::size_t index, std::uint64_t now) const;
  [[nodiscard]] std::uint64_t due_time(std::uint64_t message) const;
  [[nodiscard]] bool all_published(std::uint64_t now);
  bool flush(std::size_t index);
  void handle(std::chrono::nanoseconds time_max, std::uint64_t now);
  void read(std::size_t index);
  void fail(std::size_t index, const std::string& what);

  const LoadOptions& options_;
  const Dialect& dialect_;
  Course& course_;
  const std::size_t body_offset_;
  const std::size_t stride_;  ///< bytes of a message with what is around its body
  const std::size_t batch_messages_;
  const std::chrono::nanoseconds busy_wait_;
  std::vector<Publisher> publishers_;
  Poller poller_;
  Inbox inbox_;
  std::vector<Delivery> ignored_;
  std::vector<std::string> faults_;
  std::uint64_t start_ = 0;  ///< when message 0 is due
  std::uint64_t window_begin_ = not_yet;
  std::uint64_t window_end_ = not_yet;
  std::uint64_t total_ = 0;
  std::uint64_t in_window_ = 0;
  std::uint64_t cpu_begin_ns_ = 0;
  std::uint64_t cpu_ns_ = 0;
  bool given_up_ = false;  ///< not even that: it is too much for the server
  bool ended_ = false;     ///< only what the schedule still owes is published
};

}  // namespace gossipd::load
