#include "io_thread.hpp"

#include "tcp_connection.hpp"

namespace gossip::detail {
namespace {

/// Large reads make large batches, and the larger the batch the cheaper a message.
constexpr std::size_t read_buffer_bytes = 262144;

}  // namespace

IoThread::IoThread(Duration check_interval)
    : own_context_(std::make_unique<boost::asio::io_context>(1)),
      context_(*own_context_),
      check_timer_(context_),
      check_interval_(check_interval),
      read_buffer_(read_buffer_bytes) {}

IoThread::IoThread(boost::asio::io_context& context, Duration check_interval)
    : context_(context),
      check_timer_(context_),
      check_interval_(check_interval),
      read_buffer_(read_buffer_bytes) {}

void IoThread::start() {
  if (!own_context_) return;
  work_.emplace(context_.get_executor());
  thread_ = std::thread([this] { context_.run(); });
}

void IoThread::join() {
  if (!thread_.joinable()) return;
  context_.stop();
  thread_.join();
}

void IoThread::add(std::shared_ptr<TcpConnection> connection) {
  connections_.insert(std::move(connection));
  schedule_check();
}

void IoThread::remove(const std::shared_ptr<TcpConnection>& connection) {
  connections_.erase(connection);
  if (connections_.empty()) check_timer_.cancel();
}

void IoThread::abort_all() {
  const std::vector<std::shared_ptr<TcpConnection>> connections(connections_.begin(), connections_.end());
  for (const auto& connection : connections) connection->abort();
}

void IoThread::schedule_check() {
  if (check_scheduled_ || connections_.empty()) return;
  check_scheduled_ = true;
  check_timer_.expires_after(check_interval_);
  check_timer_.async_wait([this](const boost::system::error_code&) {
    check_scheduled_ = false;
    const TimePoint now = steady_now();
    const std::vector<std::shared_ptr<TcpConnection>> connections(connections_.begin(), connections_.end());
    for (const auto& connection : connections) connection->check(now);
    schedule_check();
  });
}

}  // namespace gossip::detail
