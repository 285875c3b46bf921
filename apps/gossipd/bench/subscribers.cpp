#include "subscribers.hpp"

#include "body.hpp"
#include "clocks.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <system_error>
#include <utility>

namespace gossipd::load {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds wait_max{20};
/// After the last message that is missing has come, a duplicate gets this long to show.
constexpr std::uint64_t afterwards_ns = 100'000'000;
/// What the system keeps for a subscriber that stalls: little, so that it stalls from the start.
constexpr int stalled_receive_bytes = 4096;

}  // namespace

Subscribers::Subscribers(const LoadOptions& options, const Dialect& dialect, Course& course)
    : options_(options), dialect_(dialect), course_(course) {
  deliveries_.reserve(Inbox::read_bytes_max / options.body_bytes);
}

std::optional<gossip::Error> Subscribers::connect() {
  for (const gossip::HostPort& node : options_.subscribe_at) {
    for (std::size_t count = 0; count < options_.subscribers; ++count) {
      auto socket = Socket::connect(node);
      if (!socket) return socket.error();
      Subscriber& subscriber = subscribers_.emplace_back();
      subscriber.socket = *std::move(socket);
      subscriber.node = node;
      subscriber.out = dialect_.subscriber_greeting();
      subscriber.logs.resize(options_.publishers);
      poller_.add(subscriber.socket, EPOLLIN, subscribers_.size() - 1);
      flush(subscribers_.size() - 1);
    }
  }
  for (std::size_t count = 0; count < options_.stalled; ++count) {
    auto socket = Socket::connect(options_.subscribe_at.front(), stalled_receive_bytes);
    if (!socket) return socket.error();
    // A greeting is shorter than what any socket takes at first.
    const Transfer transfer = socket->write(dialect_.subscriber_greeting());
    if (transfer.outcome != Transfer::Outcome::some)
      return gossip::Error{gossip::Condition::system, "a subscriber that stalls could not subscribe"};
    stalled_.push_back(*std::move(socket));
  }
  return std::nullopt;
}

void Subscribers::run() {
  if (subscribers_.empty()) course_.all_subscribed = true;
  heard_at_ = now_ns();
  do {
    for (const epoll_event& event : poller_.wait(wait_max)) handle(event);
    course_.delivered.store(received_.delivered, std::memory_order_relaxed);
  } while (!is_finished(now_ns()));
  if (cpu_begin_ != 0 && cpu_end_ == 0) cpu_end_ = thread_cpu_ns();
  received_.cpu_ns = cpu_end_ - cpu_begin_;
}

bool Subscribers::is_finished(std::uint64_t now) {
  if (!course_.published_all) return false;
  const std::uint64_t published =
      std::accumulate(course_.published_by.begin(), course_.published_by.end(), std::uint64_t{0});
  const bool complete =
      std::all_of(subscribers_.begin(), subscribers_.end(), [published](const Subscriber& subscriber) {
        return !subscriber.socket.is_open() || subscriber.distinct >= published;
      });
  const auto silence_max = static_cast<std::uint64_t>(std::chrono::nanoseconds(options_.silence_max).count());
  return now - std::min(now, heard_at_) > (complete ? afterwards_ns : silence_max);
}

// -- reading
// --------------------------------------------------------------------------------------------------------

void Subscribers::handle(const epoll_event& event) {
  const auto index = static_cast<std::size_t>(event.data.u64);
  if ((event.events & EPOLLOUT) != 0) flush(index);
  if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read(index);
}

void Subscribers::read(std::size_t index) {
  Subscriber& subscriber = subscribers_[index];
  if (!subscriber.socket.is_open()) return;
  const Transfer transfer = inbox_.receive(subscriber.socket, subscriber.kept);
  const std::uint64_t now = now_ns();
  if (transfer.outcome == Transfer::Outcome::would_block) return;
  if (transfer.outcome == Transfer::Outcome::ended) return fail(index, "the server closed the connection");
  if (transfer.outcome == Transfer::Outcome::failed)
    return fail(index, "reading failed: " + std::generic_category().message(transfer.error));
  deliveries_.clear();
  const auto used = dialect_.read(inbox_.bytes(), options_.body_bytes, deliveries_, subscriber.out);
  check(subscriber, now);
  if (!used) return fail(index, used.error().message);
  if (options_.accept) dialect_.accept(deliveries_, subscriber.out);
  if (!inbox_.keep(*used, subscriber.kept)) return fail(index, "the server sent no end of a message");
  if (!subscriber.out.empty()) flush(index);
}

void Subscribers::check(Subscriber& subscriber, std::uint64_t now) {
  if (window_begin_ == not_yet) window_begin_ = course_.window_begin;
  window_end_ = course_.window_end;
  if (cpu_begin_ == 0 && now >= window_begin_) cpu_begin_ = thread_cpu_ns();
  std::uint64_t last_sent = 0;
  std::uint64_t run = 0;  // messages in a row with the same time
  std::uint64_t fresh = 0;
  for (const Delivery& delivery : deliveries_) {
    std::uint64_t sent = 0;
    if (!is_new(subscriber, delivery, sent)) continue;
    ++fresh;
    if (sent != last_sent) {
      record(last_sent, run, now);
      last_sent = sent;
      run = 0;
    }
    ++run;
  }
  record(last_sent, run, now);
  subscriber.distinct += fresh;
  received_.delivered += fresh;
  if (!deliveries_.empty()) heard_at_ = now;
  // What `count` ends sooner ends with its last delivery.
  if (fresh != 0 && now >= window_begin_ && (now <= window_end_ || options_.count)) {
    received_.in_window += fresh;
    received_.last_at = now;
  } else if (cpu_begin_ != 0 && cpu_end_ == 0 && now > window_end_) {
    cpu_end_ = thread_cpu_ns();
  }
}

bool Subscribers::is_new(Subscriber& subscriber, const Delivery& delivery, std::uint64_t& sent) {
  if (delivery.bytes < body_bytes_min) {
    ++received_.foreign;
    return false;
  }
  const BodyHeader header = read_header(delivery.body);
  if (header.run != course_.run) {
    ++received_.foreign;
    return false;
  }
  if (delivery.bytes != options_.body_bytes || !is_intact(delivery.body, delivery.bytes, header)) {
    ++received_.corrupt;
    return false;
  }
  if (header.publisher >= subscriber.logs.size()) {
    if (header.publisher == probe_publisher && !std::exchange(subscriber.probed, true) &&
        ++probed_ == subscribers_.size())
      course_.all_subscribed = true;
    return false;
  }
  sent = header.sent;
  return subscriber.logs[header.publisher].add(header.sequence);
}

void Subscribers::record(std::uint64_t sent, std::uint64_t times, std::uint64_t now) {
  if (sent < window_begin_ || sent >= window_end_) return;
  latencies_.record(now - std::min(now, sent), times);
}

// -- writing
// --------------------------------------------------------------------------------------------------------

void Subscribers::flush(std::size_t index) {
  Subscriber& subscriber = subscribers_[index];
  bool blocked = false;
  while (subscriber.socket.is_open() && subscriber.out_begin < subscriber.out.size() && !blocked) {
    const auto rest = std::span<const std::byte>(subscriber.out).subspan(subscriber.out_begin);
    const Transfer transfer = subscriber.socket.write(rest);
    if (transfer.outcome == Transfer::Outcome::failed)
      return fail(index, "writing failed: " + std::generic_category().message(transfer.error));
    subscriber.out_begin += transfer.bytes;
    blocked = transfer.bytes < rest.size();
  }
  if (!blocked) {
    subscriber.out.clear();
    subscriber.out_begin = 0;
  }
  if (!subscriber.socket.is_open() || (!blocked && !subscriber.waits_to_write)) return;
  const bool reads = subscriber.out.size() - subscriber.out_begin < verdict_bytes_max;
  poller_.change(subscriber.socket, (reads ? EPOLLIN : 0U) | (blocked ? EPOLLOUT : 0U), index);
  subscriber.waits_to_write = blocked;
}

void Subscribers::fail(std::size_t index, const std::string& what) {
  Subscriber& subscriber = subscribers_[index];
  received_.faults.push_back("subscriber " + std::to_string(index) + " at " + to_string(subscriber.node) +
                             ": " + what);
  subscriber.socket.close();
  course_.subscriber_lost = true;
}

// -- afterwards
// -----------------------------------------------------------------------------------------------------

Received Subscribers::received() const {
  Received received = received_;
  for (std::size_t index = 0; index < subscribers_.size(); ++index) {
    const Subscriber& subscriber = subscribers_[index];
    for (std::size_t publisher = 0; publisher < course_.published_by.size(); ++publisher) {
      const SequenceLog& log = subscriber.logs[publisher];
      const std::uint64_t lost = log.missing(course_.published_by[publisher]);
      received.expected += course_.published_by[publisher];
      received.duplicates += log.duplicates();
      if (lost != 0 || log.duplicates() != 0)
        received.discrepancies.push_back({subscriber.node, index, publisher, lost, log.duplicates()});
    }
  }
  received.stalled_closed = static_cast<std::size_t>(std::count_if(
      stalled_.begin(), stalled_.end(), [](const Socket& socket) { return socket.is_closed_by_peer(); }));
  return received;
}

}  // namespace gossipd::load
