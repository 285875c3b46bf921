#pragma once
/// \file
/// One thread of input and output, or the core thread in that role: an io_context, a read buffer that all its
/// connections share, and a timer that looks after them.

#include <gossip/types.hpp>

#include <boost/asio.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <vector>

namespace gossip::detail {

class TcpConnection;

/// The core's clock, made of the system's steady one.
[[nodiscard]] inline TimePoint steady_now() {
  return TimePoint(std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

/// Everything but the constructor, start() and join() belongs to the thread that runs the context.
class IoThread {
 public:
  /// On a thread of its own once start() is called.
  explicit IoThread(Duration check_interval);
  /// On the thread that runs `context`.
  IoThread(boost::asio::io_context& context, Duration check_interval);
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;
  ~IoThread() { join(); }

  void start();
  /// Stops the thread, if it has one, and waits for its end.
  void join();

  [[nodiscard]] boost::asio::io_context& context() { return context_; }
  /// For one read at a time; nothing in it outlives the handler that reads.
  [[nodiscard]] std::vector<std::byte>& read_buffer() { return read_buffer_; }

  /// The same for writing.
  [[nodiscard]] std::vector<boost::asio::const_buffer>& write_buffers() { return write_buffers_; }

  /// The connection's check() is called at every interval until it is removed.
  void add(std::shared_ptr<TcpConnection> connection);
  void remove(const std::shared_ptr<TcpConnection>& connection);
  void abort_all();

 private:
  void schedule_check();

  std::unique_ptr<boost::asio::io_context> own_context_;
  boost::asio::io_context& context_;
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
  std::thread thread_;
  boost::asio::steady_timer check_timer_;
  Duration check_interval_;
  bool check_scheduled_ = false;
  std::set<std::shared_ptr<TcpConnection>> connections_;
  std::vector<std::byte> read_buffer_;
  std::vector<boost::asio::const_buffer> write_buffers_;
};

}  // namespace gossip::detail
