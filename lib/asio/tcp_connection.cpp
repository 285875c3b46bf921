#include "tcp_connection.hpp"

#include "socket_options.hpp"

#include <algorithm>
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

/// What is read at once where memory is short.
constexpr std::size_t small_read_bytes = 4096;

/// Pieces that have been written before the list of all is moved up.
constexpr std::size_t pieces_compacted_at = 64;

/// What a connection gathers in one parcel of its own.
constexpr std::size_t own_parcel_bytes_max = 131072;

/// How long a finished connection waits for the other side to close, once that has got everything, and a
/// client once it has stopped sending.
constexpr auto goodbye_max = std::chrono::milliseconds(500);

/// How often a finished connection reads before others have their turn.
constexpr int drained_reads_max = 8;

bool not_now(const error_code& error) {
  return error == asio::error::would_block || error == asio::error::try_again ||
         error == asio::error::interrupted;
}

}  // namespace

TcpConnection::TcpConnection(TcpConnectionOwner& owner, const Config& config, MemoryAccount& account,
                             IoThread& thread, ConnectionId id, Layer layer, asio::ip::tcp::socket socket)
    : owner_(owner),
      config_(config),
      account_(account),
      thread_(thread),
      id_(id),
      layer_(layer),
      socket_(std::move(socket)) {}

void TcpConnection::start() {
  set_options(socket_);
  thread_.add(shared_from_this());
  wait_for_bytes();
}

void TcpConnection::continue_reading(const FrameProgress& progress) {
  if (finishing_ || reading_ended_ || !socket_.is_open()) return;
  const auto stopped = std::exchange(reading_stopped_, std::nullopt);
  if (!progress.inside_one) {
    frame_started_.reset();
  } else if (progress.completed_one || !frame_started_) {
    frame_started_ = steady_now();
  } else if (stopped) {
    // What the core kept waiting is not held against the other side.
    *frame_started_ += steady_now() - *stopped;
  }
  go_on_reading();
}

void TcpConnection::read_out() {
  reading_out_ = true;
  if (!reading_stopped_) go_on_reading();
}

void TcpConnection::go_on_reading() {
  if (more_to_read_ || reading_out_) {
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
  // What the core has not taken is not followed by more, though two waits may have ended.
  if (finishing_ || reading_ended_ || reading_stopped_ || !socket_.is_open()) return;
  // Where memory is short a little is read at a time: it may have to be kept.
  const bool is_short = account_.bytes() > config_.queues_bytes_max() / 2;
  const auto buffer =
      std::span(thread_.read_buffer()).first(is_short ? small_read_bytes : thread_.read_buffer().size());
  error_code error;
  const std::size_t count = socket_.read_some(asio::buffer(buffer.data(), buffer.size()), error);
  more_to_read_ = !error && count == buffer.size();
  if (!error) {
    reading_stopped_ = steady_now();
    owner_.on_bytes(*this, buffer.first(count));
  } else if (not_now(error)) {
    reading_out_ ? owner_.on_read_out(id_) : wait_for_bytes();
  } else {
    end_reading(CloseReason::remote_closed, error == asio::error::eof ? "" : error.message());
  }
}

void TcpConnection::end_reading(CloseReason reason, std::string detail) {
  reading_ended_ = true;
  owner_.on_end(id_, {reason, std::move(detail)});
}

void TcpConnection::write(std::span<const std::shared_ptr<const Parcel>> parcels) {
  std::size_t bytes = 0;
  for (const auto& parcel : parcels) bytes += parcel->size();
  if (writing_given_up_ || !socket_.is_open()) {
    owner_.on_written(id_, bytes);
    return;
  }
  if (!has_output()) {
    last_taken_ = steady_now();
    stall_told_ = Stall::none;
  } else {
    keep_in_own_parcel();  // who else has kept the last one is known by now
  }
  for (const auto& parcel : parcels) out_.push_back({parcel, 0});
  out_bytes_ += bytes;
  if (!waiting_to_write_) write_some();
  if (has_output()) keep_in_own_parcel();
}

void TcpConnection::write_some() {
  if (!socket_.is_open()) return;
  while (has_output()) {
    error_code error;
    const std::size_t count = write_once(error);
    if (error && !not_now(error)) {
      give_up_writing();
      return;
    }
    if (count > 0) {
      consume(count);
      last_taken_ = steady_now();
      stall_told_ = Stall::none;
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

std::size_t TcpConnection::write_once(error_code& error) {
  auto& buffers = thread_.write_buffers();
  buffers.clear();
  for (std::size_t i = out_first_; i < out_.size() && buffers.size() < gather_max; ++i) {
    out_[i].parcel->gather(out_[i].taken, buffers, gather_max);
  }
  return socket_.write_some(buffers, error);
}

void TcpConnection::consume(std::size_t bytes) {
  out_bytes_ -= bytes;
  while (bytes > 0) {
    Piece& first = out_[out_first_];
    const std::size_t taken = std::min(bytes, first.parcel->size() - first.taken);
    first.taken += taken;
    bytes -= taken;
    if (first.taken < first.parcel->size()) break;
    first.parcel.reset();
    out_first_ += 1;
  }
  if (!has_output()) own_.reset();
  if (!has_output() || out_first_ >= pieces_compacted_at) {
    out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(out_first_));
    out_first_ = 0;
    if (out_.empty() && out_.capacity() > pieces_compacted_at) out_ = {};  // after a rush
  }
}

/// A copy of what is left takes much less than the parcel. Where others have kept it, too, each has a part of
/// it only; but few of them count, since they may be gone soon, and none for what is so small that the place
/// in the list matters.
bool TcpConnection::is_better_copied(const Piece& piece) {
  constexpr std::size_t shared_left_min = 4096;
  constexpr long holders_max = 8;
  const std::size_t left = piece.parcel->size() - piece.taken;
  const long holders = left < shared_left_min ? 1 : std::clamp(piece.parcel.use_count(), 1L, holders_max);
  return left * 2 * static_cast<std::size_t>(holders) < piece.parcel->footprint();
}

std::shared_ptr<Parcel> TcpConnection::copy_of(const Piece& piece) const {
  auto copy = std::make_shared<Parcel>(account_);
  copy->append(*piece.parcel, piece.taken);
  copy->seal();
  return copy;
}

/// A little that is left of a parcel does not keep all of it: it moves behind what was left before. Where
/// there is no memory for that, the parcel stays.
void TcpConnection::keep_in_own_parcel() try {
  Piece& last = out_.back();
  if (last.parcel == own_ || !is_better_copied(last)) return;
  const std::size_t left = last.parcel->size() - last.taken;
  const bool extends = own_ != nullptr && out_.size() - out_first_ > 1 &&
                       out_[out_.size() - 2].parcel == own_ && own_->size() + left <= own_parcel_bytes_max;
  if (extends) {
    own_->append(*last.parcel, last.taken);
    own_->seal();
    out_.pop_back();
  } else {
    own_ = copy_of(last);
    last = {own_, 0};
  }
} catch (const std::bad_alloc&) {
  return;
}

/// Others that had kept the same may be gone.
void TcpConnection::let_go_of_parcels() try {
  for (std::size_t i = out_first_; i < out_.size(); ++i) {
    if (out_[i].parcel != own_ && is_better_copied(out_[i])) out_[i] = {copy_of(out_[i]), 0};
  }
} catch (const std::bad_alloc&) {
  return;
}

/// The other side takes no more. What it sent before is still to be read, and reading finds the end.
void TcpConnection::give_up_writing() {
  writing_given_up_ = true;
  owner_.on_written(id_, out_bytes_);
  drop_output();
  if (finishing_) abort();
}

void TcpConnection::drop_output() {
  out_.clear();
  out_first_ = out_bytes_ = 0;
  own_.reset();
}

void TcpConnection::finish(UnhandledInput rest, Duration time_limit, bool awaits_votes) {
  if (finishing_ || !socket_.is_open()) return;
  finishing_ = true;
  awaits_votes_ = awaits_votes && layer_ == Layer::api;
  finish_due_ = steady_now() + time_limit;
  unhandled_ = std::move(rest);
  if (writing_given_up_) {
    abort();
  } else if (!has_output()) {
    say_goodbye();
  }
}

void TcpConnection::return_unhandled(std::span<const std::byte> bytes) {
  unhandled_.add(bytes);
  if (goodbye_said_ && has_announced()) reset();
}

/// Closing with unread bytes would reset the connection and destroy what is under way to the other side; so
/// this side ends its half first, and reads and forgets until the other has ended its own.
void TcpConnection::say_goodbye() {
  error_code error;
  if (reads_an_announce(error)) {
    reset();
    return;
  }
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
  if (error) {
    abort();
    return;
  }
  goodbye_said_ = true;
  last_taken_ = last_heard_ = steady_now();
  wait_for_farewell();
  drain();
}

/// Closes for good when the other side has got everything and had time to answer, or takes no more of it. Its
/// system has got it before the program has: a client that still sends verdicts would have its next one
/// refused, and might not read on.
void TcpConnection::wait_for_farewell() {
  auto timer = std::make_shared<asio::steady_timer>(thread_.context(), goodbye_max);
  timer->async_wait([self = shared_from_this(), timer](const error_code&) {
    if (!self->socket_.is_open()) return;
    const TimePoint now = steady_now();
    self->notice_progress(now);
    // The end itself counts for one byte until it is acknowledged.
    const bool delivered = self->kernel_queue_ <= 1;
    const bool voting = self->awaits_votes_ && now - self->last_heard_ < goodbye_max;
    const bool stuck = now - self->last_taken_ >= self->config_.slow_consumer_timeout;
    const bool over = delivered ? !voting : stuck;
    over ? self->abort() : self->wait_for_farewell();
  });
}

void TcpConnection::drain() {
  socket_.async_wait(asio::ip::tcp::socket::wait_read,
                     [self = shared_from_this()](const error_code& failure) {
                       if (failure == asio::error::operation_aborted || !self->socket_.is_open()) return;
                       self->last_heard_ = steady_now();
                       error_code error;
                       if (self->reads_an_announce(error)) {
                         self->reset();
                       } else {
                         !error || not_now(error) ? self->drain() : self->abort();
                       }
                     });
}

/// Reads what has arrived at a finished connection, or so much of it that others have their turn, and tells
/// whether somebody wanted something published. `error` is why there was no more.
bool TcpConnection::reads_an_announce(error_code& error) {
  auto& buffer = thread_.read_buffer();
  for (int i = 0; i < drained_reads_max && !error && !has_announced(); ++i) {
    const std::size_t count = socket_.read_some(asio::buffer(buffer), error);
    if (!error && layer_ == Layer::api) unhandled_.add(std::span(buffer).first(count));
  }
  return has_announced();
}

/// A socket says that it can be written to only when much of its buffer is free; what the other side takes
/// before that shows in what the buffer still holds.
void TcpConnection::notice_progress(TimePoint now) {
  int bytes = 0;
  if (::ioctl(socket_.native_handle(), SIOCOUTQ, &bytes) != 0) return;
  const auto queue = static_cast<std::size_t>(bytes);
  if (std::exchange(kernel_queue_, queue) <= queue) return;
  last_taken_ = now;
  stall_told_ = Stall::none;
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
  const std::size_t lost = finishing_ ? out_bytes_ : 0;
  drop_output();
  thread_.remove(shared_from_this());
  owner_.on_gone(id_, layer_, lost);
}

void TcpConnection::check(TimePoint now) {
  if (!socket_.is_open()) return;
  if (finishing_ && now >= finish_due_) {
    abort();
    return;
  }
  if (goodbye_said_) return;
  if (has_output()) {
    notice_progress(now);
    let_go_of_parcels();
  }
  const Duration silent = now - last_taken_;
  if (has_output() && silent >= config_.slow_consumer_timeout) {
    const auto seconds = std::chrono::duration_cast<std::chrono::milliseconds>(silent).count() / 1000;
    std::string detail = std::to_string(out_bytes_) + " bytes queued, the last one taken " +
                         std::to_string(seconds) + " s ago";
    finishing_ ? abort() : owner_.on_cut_off(id_, {CloseReason::slow_consumer, std::move(detail)});
    return;
  }
  const Stall stall = has_output() ? stall_after(silent, layer_, config_) : Stall::none;
  if (stall > stall_told_) {
    stall_told_ = stall;
    owner_.on_stalled(id_, stall);
  }
  const bool reading = !finishing_ && !reading_ended_ && !reading_stopped_;
  if (reading && frame_started_ && now - *frame_started_ >= config_.frame_timeout) {
    end_reading(CloseReason::frame_timeout, "");
  }
}

}  // namespace gossip::detail
