#include "publishers.hpp"

#include "clocks.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <sys/prctl.h>
#include <system_error>
#include <utility>

namespace gossipd::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds probe_pause{20};
/// How long a wait lasts at most, so that a request to stop is seen.
constexpr milliseconds wait_max{50};
/// The system wakes a thread some 30 us late, which would be counted as the server's: the last part of a
/// wait, though never more than a quarter of it, is spent looking at the clock.
constexpr nanoseconds busy_wait_max{50'000};

std::size_t messages_in_batch(const LoadOptions& options, std::size_t stride) {
  const std::size_t bytes =
      std::min(Publishers::batch_bytes_max, Publishers::buffer_bytes_max / options.publishers);
  return std::max<std::size_t>(bytes / stride, 1);
}

nanoseconds busy_wait_at(const LoadOptions& options) {
  constexpr std::uint64_t quarter_second_ns = 250'000'000;
  if (!options.rate) return nanoseconds(0);
  return std::min(busy_wait_max, nanoseconds(static_cast<std::int64_t>(quarter_second_ns / *options.rate)));
}

std::uint64_t nanoseconds_of(nanoseconds duration) {
  return static_cast<std::uint64_t>(duration.count());
}

}  // namespace

Publishers::Publishers(const LoadOptions& options, const Dialect& dialect, Course& course)
    : options_(options),
      dialect_(dialect),
      course_(course),
      body_offset_(dialect.before_body(options.body_bytes).size()),
      stride_(body_offset_ + options.body_bytes + dialect.after_body(options.body_bytes).size()),
      batch_messages_(messages_in_batch(options, stride_)),
      busy_wait_(busy_wait_at(options)),
      publishers_(options.publishers) {
  for (Publisher& publisher : publishers_) lay_out(publisher);
}

void Publishers::lay_out(Publisher& publisher) const {
  const Bytes before = dialect_.before_body(options_.body_bytes);
  const Bytes after = dialect_.after_body(options_.body_bytes);
  publisher.batch.resize(batch_messages_ * stride_);
  for (std::size_t at = 0; at < publisher.batch.size(); at += stride_) {
    const auto message = publisher.batch.begin() + static_cast<std::ptrdiff_t>(at);
    std::copy(before.begin(), before.end(), message);
    std::copy(after.begin(), after.end(), message + static_cast<std::ptrdiff_t>(stride_ - after.size()));
  }
}

std::optional<gossip::Error> Publishers::connect() {
  for (std::size_t index = 0; index < publishers_.size(); ++index) {
    auto socket = Socket::connect(options_.publish_at);
    if (!socket) return socket.error();
    Publisher& publisher = publishers_[index];
    publisher.socket = *std::move(socket);
    publisher.reply = dialect_.publisher_greeting();
    poller_.add(publisher.socket, EPOLLIN | EPOLLOUT | EPOLLET, index);
  }
  return std::nullopt;
}

void Publishers::run() {
  // Sleeping until a message is due would otherwise last 50 us longer than asked for.
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  if (await_subscribers()) {
    begin();
    options_.rate ? publish_at_rate() : publish_flat_out();
    if (cpu_begin_ns_ != 0) cpu_ns_ = thread_cpu_ns() - cpu_begin_ns_;
    finish();
  }
  course_.published_by.clear();
  for (const Publisher& publisher : publishers_) course_.published_by.push_back(publisher.next);
  course_.published = total_;
  course_.published_all = true;
}

// -- before
// ---------------------------------------------------------------------------------------------------------

std::string Publishers::nothing_came() const {
  std::string subscribed_at;
  for (const gossip::HostPort& node : options_.subscribe_at)
    subscribed_at.append(subscribed_at.empty() ? "" : ", ").append(to_string(node));
  return "not every subscriber at " + subscribed_at + " got a message that was published at " +
         to_string(options_.publish_at) + " within " + std::to_string(options_.start_max.count()) +
         " s of subscribing";
}

bool Publishers::await_subscribers() {
  const std::uint64_t give_up = now_ns() + nanoseconds_of(options_.start_max);
  BodyHeader probe{course_.run, probe_publisher, 0, 0, 0};
  Publisher& first = publishers_.front();
  while (!course_.all_subscribed && !course_.subscriber_lost && !course_.stop && faults_.empty()) {
    const std::uint64_t now = now_ns();
    if (now > give_up) {
      faults_.push_back(nothing_came());
      break;
    }
    if (first.idle()) {
      probe.sent = now;
      write_body(first.batch.data() + body_offset_, options_.body_bytes, probe);
      ++probe.sequence;
      first.begin = 0;
      first.end = stride_;
    }
    for (std::size_t index = 0; index < publishers_.size(); ++index) flush(index);
    const std::uint64_t next = now + nanoseconds_of(probe_pause);
    for (std::uint64_t at = now; at < next && !course_.all_subscribed; at = now_ns())
      handle(nanoseconds(next - at), at);
  }
  return course_.all_subscribed && faults_.empty() && !course_.stop;
}

void Publishers::begin() {
  start_ = now_ns();
  window_begin_ = start_ + nanoseconds_of(options_.warm_up);
  window_end_ = window_begin_ + nanoseconds_of(options_.duration);
  course_.window_end = window_end_;
  course_.window_begin = window_begin_;
}

// -- while
// ----------------------------------------------------------------------------------------------------------

bool Publishers::all_published(std::uint64_t now) {
  if (cpu_begin_ns_ == 0 && now >= window_begin_) cpu_begin_ns_ = thread_cpu_ns();
  if (course_.stop || !faults_.empty()) return true;
  if (options_.count && in_window_ >= *options_.count) return true;
  return now >= window_end_;
}

void Publishers::publish_flat_out() {
  for (std::uint64_t now = now_ns(); !all_published(now); now = now_ns()) {
    bool some_writable = false;
    for (std::size_t index = 0; index < publishers_.size(); ++index) {
      if (publishers_[index].writable) serve(index, now);
      some_writable |= publishers_[index].writable;
    }
    handle(some_writable ? nanoseconds(0) : nanoseconds(wait_max), now);
    course_.published.store(total_, std::memory_order_relaxed);
  }
}

void Publishers::publish_at_rate() {
  std::uint64_t next = 0;  // of all messages of the schedule
  std::uint64_t now = now_ns();
  while (!all_published(now)) {
    const std::uint64_t due_at = due_time(next);
    if (due_at > now) {
      const nanoseconds left(static_cast<std::int64_t>(due_at - now));
      if (left > busy_wait_) handle(std::min<nanoseconds>(left - busy_wait_, wait_max), now);
    } else {
      const auto passed = static_cast<double>(now - start_) / nanoseconds_per_second;
      const std::uint64_t behind =
          std::max(next, static_cast<std::uint64_t>(passed * static_cast<double>(*options_.rate))) + 1;
      const std::uint64_t turns = std::min<std::uint64_t>(behind - next, publishers_.size());
      for (std::uint64_t turn = 0; turn < turns; ++turn) serve((next + turn) % publishers_.size(), now);
      next = behind;
      handle(nanoseconds(0), now);
      course_.published.store(total_, std::memory_order_relaxed);
    }
    now = now_ns();
  }
}

std::uint64_t Publishers::due_time(std::uint64_t message) const {
  const double offset =
      static_cast<double>(message) * nanoseconds_per_second / static_cast<double>(*options_.rate);
  return start_ + static_cast<std::uint64_t>(offset);
}

std::size_t Publishers::due(std::size_t index, std::uint64_t now) const {
  if (given_up_ || course_.stop || (options_.count && in_window_ >= *options_.count)) return 0;
  if (!options_.rate) return ended_ ? 0 : batch_messages_;
  // Publisher i has the messages i, i + P, i + 2P... of the schedule.
  const std::uint64_t until = std::min(now, window_end_ - 1);
  std::size_t messages = 0;
  std::uint64_t message = publishers_[index].next * publishers_.size() + index;
  for (; messages < batch_messages_ && due_time(message) <= until; message += publishers_.size()) ++messages;
  return messages;
}

/// What is due goes out, as far as the socket takes it; flat out that is one batch, so that all publishers
/// get their turn.
void Publishers::serve(std::size_t index, std::uint64_t now) {
  Publisher& publisher = publishers_[index];
  if (!publisher.socket.is_open()) return;
  do {
    if (publisher.idle()) fill(index, now);
  } while (flush(index) && options_.rate && due(index, now) > 0);
}

void Publishers::fill(std::size_t index, std::uint64_t now) {
  Publisher& publisher = publishers_[index];
  std::size_t messages = due(index, now);
  if (options_.count && now >= window_begin_) {
    const std::uint64_t left = *options_.count - std::min(in_window_, *options_.count);
    messages = static_cast<std::size_t>(std::min<std::uint64_t>(messages, left));
  }
  BodyHeader header{course_.run, static_cast<std::uint16_t>(index), 0, publisher.next, now};
  std::byte* body = publisher.batch.data() + body_offset_;
  std::uint64_t in_window = 0;
  for (std::size_t message = 0; message < messages; ++message, body += stride_, ++header.sequence) {
    if (options_.rate) header.sent = due_time(header.sequence * publishers_.size() + index);
    in_window += header.sent >= window_begin_ ? 1 : 0;
    write_body(body, options_.body_bytes, header);
  }
  publisher.next += messages;
  publisher.begin = 0;
  publisher.end = messages * stride_;
  total_ += messages;
  in_window_ += in_window;
}

// -- input and output
// -----------------------------------------------------------------------------------------------

/// True where the socket took everything. Replies go out between two batches, since a batch is cut anywhere.
bool Publishers::flush(std::size_t index) {
  Publisher& publisher = publishers_[index];
  while (publisher.socket.is_open() && publisher.writable && !publisher.idle()) {
    const bool is_reply =
        publisher.begin == publisher.end || (publisher.begin == 0 && !publisher.reply.empty());
    const auto batch = std::span<const std::byte>(publisher.batch);
    const auto from = is_reply ? std::span<const std::byte>(publisher.reply)
                               : batch.subspan(publisher.begin, publisher.end - publisher.begin);
    const Transfer transfer = publisher.socket.write(from);
    if (transfer.outcome == Transfer::Outcome::failed) {
      fail(index, "writing failed: " + std::generic_category().message(transfer.error));
      return false;
    }
    if (transfer.bytes < from.size()) publisher.writable = false;
    if (is_reply) {
      const auto taken = static_cast<std::ptrdiff_t>(transfer.bytes);
      publisher.reply.erase(publisher.reply.begin(), publisher.reply.begin() + taken);
    } else {
      publisher.begin += transfer.bytes;
    }
  }
  return publisher.idle();
}

void Publishers::handle(nanoseconds time_max, std::uint64_t now) {
  for (const epoll_event& event : poller_.wait(time_max)) {
    const auto index = static_cast<std::size_t>(event.data.u64);
    if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read(index);
    if ((event.events & EPOLLOUT) == 0) continue;
    publishers_[index].writable = true;
    if (start_ != 0 && options_.rate) serve(index, now);
  }
}

/// Servers answer publishers, too.
void Publishers::read(std::size_t index) {
  Publisher& publisher = publishers_[index];
  while (publisher.socket.is_open()) {
    const Transfer transfer = inbox_.receive(publisher.socket, publisher.kept);
    if (transfer.outcome == Transfer::Outcome::would_block) return;
    if (transfer.outcome == Transfer::Outcome::ended) return fail(index, "the server closed the connection");
    if (transfer.outcome == Transfer::Outcome::failed)
      return fail(index, "reading failed: " + std::generic_category().message(transfer.error));
    ignored_.clear();
    const auto used = dialect_.read(inbox_.bytes(), options_.body_bytes, ignored_, publisher.reply);
    if (!used) return fail(index, used.error().message);
    if (!inbox_.keep(*used, publisher.kept)) return fail(index, "the server sent no end of an answer");
  }
}

void Publishers::fail(std::size_t index, const std::string& what) {
  faults_.push_back("publisher " + std::to_string(index) + " at " + to_string(options_.publish_at) + ": " +
                    what);
  publishers_[index].socket.close();
}

// -- after
// ----------------------------------------------------------------------------------------------------------

/// What was due in the window still goes out, for as long again as the window may last, and batches that have
/// begun are completed.
void Publishers::finish() {
  std::uint64_t now = now_ns();
  if (now < window_end_) {
    window_end_ = now;
    course_.window_end = now;
  }
  ended_ = true;
  std::uint64_t progress_at = now;
  while (faults_.empty() && now - progress_at < nanoseconds_of(options_.silence_max)) {
    bool idle = true;
    for (std::size_t index = 0; index < publishers_.size(); ++index) {
      const std::size_t before = publishers_[index].begin;
      serve(index, now);
      idle &= publishers_[index].idle() && due(index, now) == 0;
      if (publishers_[index].begin != before) progress_at = now;
    }
    if (idle) return tell_whether_given_up();
    handle(wait_max, now);
    now = now_ns();
    given_up_ = given_up_ || now > window_end_ + nanoseconds_of(options_.duration);
  }
  if (faults_.empty()) faults_.emplace_back("the server took nothing more from the publishers");
}

void Publishers::tell_whether_given_up() {
  if (!given_up_ || !options_.rate) return;
  const auto seconds = static_cast<double>(window_end_ - start_) / nanoseconds_per_second;
  const auto scheduled = static_cast<std::uint64_t>(seconds * static_cast<double>(*options_.rate));
  faults_.push_back("the server did not keep up with the rate: it took " + std::to_string(total_) + " of " +
                    std::to_string(scheduled) + " messages");
}

}  // namespace gossipd::load
