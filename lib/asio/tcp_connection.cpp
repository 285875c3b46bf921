#include "tcp_connection.hpp"

#include <gossip/codec.hpp>

#include "socket_options.hpp"

#include <linux/sockios.h>
#include <new>
#include <sys/ioctl.h>
#include <utility>

namespace gossip::detail {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// Buffers in one gathering write.
constexpr std::size_t gather_max = 64;

/// How long a finished connection waits for the other side to close, once that has got everything.
constexpr auto goodbye_max = std::chrono::milliseconds(500);

bool not_now(const error_code& error) {
  return error == asio::error::would_block || error == asio::error::try_again ||
         error == asio::error::interrupted;
}

}  // namespace

TcpConnection::TcpConnection(TcpConnectionOwner& owner, const Config& config, IoThread& thread,
                             ConnectionId id, Layer layer, asio::ip::tcp::socket socket)
    : owner_(owner), config_(config), thread_(thread), id_(id), layer_(layer), socket_(std::move(socket)) {}

void TcpConnection::start() {
  set_options(socket_);
  thread_.add(shared_from_this());
  wait_for_bytes();
}

void TcpConnection::continue_reading() {
  if (finishing_ || reading_ended_ || !socket_.is_open()) return;
  // What the core kept waiting is not held against the other side.
  if (frame_started_ && reading_stopped_) *frame_started_ += steady_now() - *reading_stopped_;
  reading_stopped_.reset();
  go_on_reading();
}

void TcpConnection::read_out() {
  reading_out_ = true;
  if (!reading_stopped_) go_on_reading();
}

void TcpConnection::go_on_reading() {
  if (!rest_.empty() || more_to_read_ || reading_out_) {
    asio::post(thread_.context(), [self = shared_from_this()] { self->read(); });
  } else {
    wait_for_bytes();
  }
}

void TcpConnection::wait_for_bytes() {
  socket_.async_wait(asio::ip::tcp::socket::wait_read, [self = shared_from_this()](const error_code& error) {
    if (error != asio::error::operation_aborted) self->read();
  });
}

void TcpConnection::read() {
  // A batch that the core has not taken is not followed by another, though two waits may have ended.
  if (finishing_ || reading_ended_ || reading_stopped_ || !socket_.is_open()) return;
  if (!rest_.empty()) {
    take(rest_);
    return;
  }
  auto& buffer = thread_.read_buffer();
  error_code error;
  const std::size_t count = socket_.read_some(asio::buffer(buffer), error);
  more_to_read_ = !error && count == buffer.size();
  if (!error) {
    take(std::span(buffer).first(count));
  } else if (not_now(error)) {
    reading_out_ ? owner_.on_read_out(id_) : wait_for_bytes();
  } else if (error == asio::error::eof) {
    end_reading(CloseReason::remote_closed, framer_.inside_frame() ? "in the middle of a frame" : "");
  } else {
    end_reading(CloseReason::remote_closed, error.message());
  }
}

void TcpConnection::take(std::span<const std::byte> bytes) {
  bool completed_a_frame = false;
  Batch batch = cut(bytes, completed_a_frame);
  if (!framer_.inside_frame()) {
    frame_started_.reset();
  } else if (completed_a_frame || !frame_started_) {
    frame_started_ = steady_now();
  }
  if (batch.end) reading_ended_ = input_spoilt_ = true;
  if (batch.items.empty() && !batch.end) {
    go_on_reading();
    return;
  }
  reading_stopped_ = steady_now();
  owner_.on_batch(id_, std::move(batch));
}

/// Where there is no memory for what a connection sends, that connection ends and no other.
Batch TcpConnection::cut(std::span<const std::byte> bytes, bool& completed_a_frame) {
  Batch batch;
  try {
    framer_.feed(bytes);
    batch.end = cut_into(batch, completed_a_frame);
    const auto rest = framer_.take_rest();
    rest_ = std::vector(rest.begin(), rest.end());  // the buffer serves others next
  } catch (const std::bad_alloc&) {
    batch.end = ConnectionEnd{CloseReason::out_of_memory, ""};
  }
  return batch;
}

/// Returns why the connection is to end, if it is.
std::optional<ConnectionEnd> TcpConnection::cut_into(Batch& batch, bool& completed_a_frame) {
  while (batch.items.size() < Batch::items_max) {
    const auto frame = framer_.next();
    if (!frame) return ConnectionEnd{CloseReason::malformed, frame.error().message};
    if (!frame.value()) return std::nullopt;
    completed_a_frame = true;
    auto message = decode(layer_, *frame.value());
    if (!message) return ConnectionEnd{CloseReason::malformed, message.error().message};
    if (message.value()) {
      batch.items.emplace_back(*std::move(message.value()));
    } else {
      batch.items.emplace_back(SkippedFrame{frame.value()->code});
    }
  }
  return std::nullopt;
}

void TcpConnection::end_reading(CloseReason reason, std::string detail) {
  reading_ended_ = true;
  Batch last;
  last.end = ConnectionEnd{reason, std::move(detail)};
  owner_.on_batch(id_, std::move(last));
}

void TcpConnection::write(OutQueue&& frames) {
  if (writing_given_up_) {
    owner_.on_written(id_, frames.size());
    return;
  }
  if (out_.empty()) {
    last_taken_ = steady_now();
    stall_told_ = false;
  }
  out_.append(std::move(frames));
  if (!waiting_to_write_) write_some();
}

void TcpConnection::write_some() {
  if (!socket_.is_open()) return;
  while (!out_.empty()) {
    std::vector<asio::const_buffer> buffers;
    for (const auto span : out_.front(gather_max)) buffers.emplace_back(span.data(), span.size());
    error_code error;
    const std::size_t count = socket_.write_some(buffers, error);
    if (error && !not_now(error)) {
      give_up_writing();
      return;
    }
    if (count > 0) {
      out_.consume(count);
      last_taken_ = steady_now();
      stall_told_ = false;
      owner_.on_written(id_, count);
    }
    if (error) {
      waiting_to_write_ = true;
      socket_.async_wait(asio::ip::tcp::socket::wait_write,
                         [self = shared_from_this()](const error_code& failure) {
                           self->waiting_to_write_ = false;
                           if (failure != asio::error::operation_aborted) self->write_some();
                         });
      return;
    }
  }
  if (finishing_) say_goodbye();
}

/// The other side takes no more. What it sent before is still to be read, and reading finds the end.
void TcpConnection::give_up_writing() {
  writing_given_up_ = true;
  owner_.on_written(id_, out_.size());
  out_.clear();
  if (finishing_) abort();
}

void TcpConnection::finish(bool messages_unhandled, Duration time_limit) {
  if (finishing_ || !socket_.is_open()) return;
  finishing_ = true;
  finish_due_ = steady_now() + time_limit;
  messages_unhandled_ = messages_unhandled;
  if (writing_given_up_) {
    abort();
  } else if (out_.empty()) {
    say_goodbye();
  }
}

/// Closing with unread bytes would reset the connection and destroy what is under way to the other side; so
/// this side ends its half first, and reads and forgets until the other has ended its own.
void TcpConnection::say_goodbye() {
  if (layer_ == Layer::api && (messages_unhandled_ || reads_an_announce())) {
    reset();
    return;
  }
  error_code error;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  if (error) {
    abort();
    return;
  }
  goodbye_said_ = true;
  last_taken_ = steady_now();
  wait_for_farewell();
  drain();
}

/// Closes for good when the other side has got everything and had time to answer, or takes no more of it.
void TcpConnection::wait_for_farewell() {
  auto timer = std::make_shared<asio::steady_timer>(thread_.context(), goodbye_max);
  timer->async_wait([self = shared_from_this(), timer](const error_code&) {
    if (!self->socket_.is_open()) return;
    const TimePoint now = steady_now();
    self->notice_progress(now);
    // The end itself counts for one byte until it is acknowledged.
    const bool delivered = self->kernel_queue_ <= 1;
    const bool stuck = now - self->last_taken_ >= self->config_.slow_consumer_timeout;
    delivered || stuck ? self->abort() : self->wait_for_farewell();
  });
}

void TcpConnection::drain() {
  socket_.async_wait(asio::ip::tcp::socket::wait_read,
                     [self = shared_from_this()](const error_code& failure) {
                       if (failure == asio::error::operation_aborted || !self->socket_.is_open()) return;
                       if (self->layer_ == Layer::api && self->reads_an_announce()) {
                         self->reset();
                         return;
                       }
                       error_code error;
                       self->socket_.read_some(asio::buffer(self->thread_.read_buffer()), error);
                       !error || not_now(error) ? self->drain() : self->abort();
                     });
}

/// Reads what has arrived at a finished connection, and tells whether somebody wanted it published.
bool TcpConnection::reads_an_announce() {
  if (holds_an_announce(std::exchange(rest_, {}))) return true;
  auto& buffer = thread_.read_buffer();
  while (!input_spoilt_) {
    error_code error;
    const std::size_t count = socket_.read_some(asio::buffer(buffer), error);
    if (error) return false;
    if (holds_an_announce(std::span(buffer).first(count))) return true;
  }
  return false;
}

bool TcpConnection::holds_an_announce(std::span<const std::byte> bytes) {
  if (input_spoilt_) return false;
  framer_.feed(bytes);
  while (true) {
    const auto frame = framer_.next();
    input_spoilt_ = !frame;
    if (!frame || !frame.value()) return false;
    if (frame.value()->code == static_cast<std::uint16_t>(Code::announce)) return true;
  }
}

/// A socket says that it can be written to only when much of its buffer is free; what the other side takes
/// before that shows in what the buffer still holds.
void TcpConnection::notice_progress(TimePoint now) {
  int bytes = 0;
  if (::ioctl(socket_.native_handle(), SIOCOUTQ, &bytes) != 0) return;
  const auto queue = static_cast<std::size_t>(bytes);
  if (std::exchange(kernel_queue_, queue) <= queue) return;
  last_taken_ = now;
  stall_told_ = false;
  owner_.on_written(id_, 0);
}

void TcpConnection::reset() {
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  abort();
}

void TcpConnection::abort() {
  if (!socket_.is_open()) return;
  error_code ignored;
  socket_.close(ignored);
  out_.clear();
  thread_.remove(shared_from_this());
  owner_.on_gone(id_);
}

void TcpConnection::check(TimePoint now) {
  if (!socket_.is_open()) return;
  if (finishing_ && now >= finish_due_) {
    abort();
    return;
  }
  if (goodbye_said_) return;
  if (!out_.empty()) notice_progress(now);
  const Duration silent = now - last_taken_;
  if (!out_.empty() && silent >= config_.slow_consumer_timeout) {
    const auto seconds = std::chrono::duration_cast<std::chrono::milliseconds>(silent).count() / 1000;
    std::string detail = std::to_string(out_.size()) + " bytes queued, the last one taken " +
                         std::to_string(seconds) + " s ago";
    finishing_ ? abort() : owner_.on_cut_off(id_, {CloseReason::slow_consumer, std::move(detail)});
    return;
  }
  if (!out_.empty() && !stall_told_ && silent >= config_.slow_consumer_timeout * 3 / 5) {
    stall_told_ = true;
    owner_.on_stalled(id_);
  }
  const bool reading = !finishing_ && !reading_ended_ && !reading_stopped_;
  if (reading && frame_started_ && now - *frame_started_ >= config_.frame_timeout) {
    end_reading(CloseReason::frame_timeout, "");
  }
}

}  // namespace gossip::detail
