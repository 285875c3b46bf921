#pragma once
/// \file
/// All subscribers of a run, on one thread.

#include <gossip/error.hpp>

#include "course.hpp"
#include "dialect.hpp"
#include "histogram.hpp"
#include "inbox.hpp"
#include "load_options.hpp"
#include "sequence_log.hpp"
#include "socket.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gossipd::load {

/// What one subscriber did not get, or got too often, of one publisher.
struct Discrepancy {
  gossip::HostPort node;
  std::size_t subscriber = 0;  ///< counted over all nodes
  std::size_t publisher = 0;
  std::uint64_t lost = 0;
  std::uint64_t duplicates = 0;
};

/// What the subscribers have seen.
struct Received {
  std::uint64_t delivered = 0;   ///< different messages, summed over subscribers, warm-up included
  std::uint64_t expected = 0;    ///< published messages times subscribers
  std::uint64_t duplicates = 0;  ///< that a subscriber got once more
  std::uint64_t corrupt = 0;     ///< of this run by their header, with a changed size, number or filler
  std::uint64_t foreign = 0;     ///< of other runs and programs; ignored
  std::uint64_t in_window = 0;   ///< different messages that came within the measured window
  std::uint64_t last_at = 0;     ///< when the last of these came
  std::uint64_t cpu_ns = 0;  ///< what the thread took of the processor from the window's begin to `last_at`
  std::size_t stalled_closed = 0;  ///< of the subscribers that never read, those whose connection has ended
  std::vector<Discrepancy> discrepancies;
  std::vector<std::string> faults;  ///< connections that ended, streams that broke off
};

/// Reads, checks and counts. Memory is bounded: a buffer for the thread, an incomplete frame and up to
/// `verdict_bytes_max` for each connection, and what SequenceLog says for each pair of a subscriber and a
/// publisher.
class Subscribers {
 public:
  /// A connection whose server takes no verdicts is not read from beyond this.
  static constexpr std::size_t verdict_bytes_max = std::size_t{1024} * 1024;

  /// All arguments are to outlive it.
  Subscribers(const LoadOptions& options, const Dialect& dialect, Course& course);

  /// Connects and subscribes all of them; those that stall, too.
  [[nodiscard]] std::optional<gossip::Error> connect();

  /// Returns once everything that was published has come and some time has passed in which a duplicate could
  /// have, or once nothing has come for `silence_max`. To be called by the thread of its own.
  void run();

  /// \{
  /// To be called once run() has returned.
  [[nodiscard]] Received received() const;
  /// Nanoseconds, of the messages sent within the measured window.
  [[nodiscard]] const Histogram& latencies() const { return latencies_; }
  /// \}

 private:
  struct Subscriber {
    Socket socket;
    gossip::HostPort node;
    Bytes kept;
    Bytes out;
    std::size_t out_begin = 0;
    std::vector<SequenceLog> logs;  ///< by publisher
    std::uint64_t distinct = 0;
    bool probed = false;
    bool waits_to_write = false;
  };

  void handle(const epoll_event& event);
  void read(std::size_t index);
  void check(Subscriber& subscriber, std::uint64_t now);
  bool is_new(Subscriber& subscriber, const Delivery& delivery, std::uint64_t& sent);
  void record(std::uint64_t sent, std::uint64_t times, std::uint64_t now);
  void flush(std::size_t index);
  void fail(std::size_t index, const std::string& what);
  [[nodiscard]] bool is_finished(std::uint64_t now);

  const LoadOptions& options_;
  const Dialect& dialect_;
  Course& course_;
  std::vector<Subscriber> subscribers_;
  std::vector<Socket> stalled_;
  Poller poller_;
  Inbox inbox_;
  std::vector<Delivery> deliveries_;
  Histogram latencies_;
  Received received_;
  std::size_t probed_ = 0;
  std::uint64_t window_begin_ = not_yet;
  std::uint64_t window_end_ = not_yet;
  std::uint64_t heard_at_ = 0;  ///< when the last delivery came
  std::uint64_t cpu_begin_ = 0;
  std::uint64_t cpu_end_ = 0;
};

}  // namespace gossipd::load
