#pragma once
/// \file
/// How far a transport has come with stopping, and the time limits of that. What is done at each step, and
/// whether a step can be taken early, is the core's business.

#include <gossip/types.hpp>

#include <boost/asio.hpp>

#include <functional>

namespace gossip::detail {

/// Three steps, which are never taken back: what clients had sent before is still handled (reading out); then
/// nothing is handled any more, and what is queued is written (finishing); then what is left is given up.
/// Core thread only.
class Stopping {
 public:
  /// The context must outlive it.
  explicit Stopping(boost::asio::io_context& context) : read_out_timer_(context), late_timer_(context) {}

  [[nodiscard]] bool has_begun() const { return step_ != Step::none; }
  [[nodiscard]] bool is_reading_out() const { return step_ == Step::reading_out; }
  [[nodiscard]] bool is_finishing() const { return step_ == Step::finishing; }

  /// Reading out begins. Calls `on_read_out_over` after half a second, unless finish() was called before, and
  /// `on_late` after `time_limit`. Precondition: it has not begun.
  void begin(Duration time_limit, std::function<void()> on_read_out_over, std::function<void()> on_late);
  /// False where that was called before.
  [[nodiscard]] bool finish();

 private:
  enum class Step { none, reading_out, finishing };

  Step step_ = Step::none;
  boost::asio::steady_timer read_out_timer_;
  boost::asio::steady_timer late_timer_;
};

}  // namespace gossip::detail
