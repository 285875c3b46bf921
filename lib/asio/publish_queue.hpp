#pragma once
/// \file
/// Published messages on their way to the daemon: each stays here until the system has taken all of it, so
/// that one which a broken connection cut is sent again.

#include <gossip/asio/client_config.hpp>
#include <gossip/payload.hpp>

#include "completion.hpp"
#include "out_queue.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace gossip::detail {

/// Not thread-safe, but for reserve(). Bounded by what reserve() grants.
class PublishQueue {
 public:
  explicit PublishQueue(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// Makes room for a message of so many bytes of data, or says that there is none. Thread-safe: the bound
  /// holds for messages too that are still on their way to push().
  [[nodiscard]] bool reserve(std::size_t data_bytes);
  /// Gives back what was reserved for a message that is not pushed.
  void release(const Frame& frame);
  /// Precondition: room was reserved. `operation` names it for cancel().
  void push(std::uint64_t operation, const Frame& frame, Completion<>&& done);

  /// Appends what comes next to `out`, whose front is byte number `written` of the stream, up to a good load
  /// for one write.
  void stage(OutQueue& out, std::uint64_t written);
  /// The system has taken the stream up to byte number `written`: completes what is in there as a whole.
  void on_written(std::uint64_t written);
  /// The stream has ended: what it did not take as a whole comes again in the next.
  void rewind();

  /// Completes that one as aborted, where it is here. One that is part of a write already goes out all the
  /// same, and is aborted only `if_begun`.
  void cancel(std::uint64_t operation, bool if_begun);
  /// Completes all with the error and forgets them.
  void fail(const boost::system::error_code& error);

  [[nodiscard]] bool empty() const { return waiting_.empty(); }

 private:
  struct Waiting {
    std::uint64_t operation = 0;
    Frame frame;
    std::optional<Completion<>> done;  ///< nothing once it is aborted
    std::uint64_t end = 0;             ///< where in the stream it ends, once it is staged
  };

  const std::size_t bytes_max_;
  std::atomic<std::size_t> bytes_ = 0;
  std::deque<Waiting> waiting_;
  std::size_t staged_ = 0;  ///< so many at the front are part of a write
};

}  // namespace gossip::detail
