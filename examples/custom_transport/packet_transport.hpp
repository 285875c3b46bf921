#pragma once
/// \file
/// A transport of one's own: nodes over Unix sockets, in one thread. README.md beside it has the thoughts.

#include <gossip/codec.hpp>
#include <gossip/node.hpp>

#include <cstring>
#include <deque>
#include <map>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

using namespace gossip;

/// Node n listens at FOLDER/n and is 127.0.0.1:n to the others.
class PacketTransport final : public Transport {
 public:
  PacketTransport(const std::string& folder, const Endpoint& self, const Config& config)
      : folder_(folder), self_(self), config_(config) {
    if (at(self.port, ::bind, listener_.fd) != 0 || ::listen(listener_.fd, 64) != 0)
      throw std::system_error(errno, std::generic_category(), "listening in " + folder);
  }
  ConnectionId connect(const HostPort& address) override {
    Link& link = links_.try_emplace(ConnectionId{++last_id_}, new_socket(), address.port).first->second;
    link.dialled = at(address.port, ::connect, link.fd) == 0 ? 0 : errno;
    return ConnectionId{last_id_};
  }
  SendResult send(ConnectionId id, const Frame& frame) override {
    Link& link = find(id);
    if (link.closing || link.fd < 0) return SendResult::queued;
    if (link.queue.empty()) link.last_taken = now();
    link.queue.push_back(frame);
    link.queued += frame.size();
    const bool high = link.queued > config_.queue_high_water_bytes;
    return high ? link.congested = true, SendResult::congested : SendResult::queued;
  }
  void close(ConnectionId id, CloseReason /*reason*/) override { find(id).closing = true; }
  void pause(ConnectionId id) override { find(id).paused = true; }
  void resume(ConnectionId id) override { find(id).paused = false; }
  static TimePoint now() { return TimePoint{} + std::chrono::steady_clock::now().time_since_epoch(); }

  /// Waits half a second at most for something to do, and does it: of each link one packet is read.
  void turn(TransportEvents& node) {
    std::vector<pollfd> polled{{accepting_ ? listener_.fd : -1, POLLIN, 0}};
    for (const auto& [id, link] : links_) {
      const bool done = link.queue.empty() && !link.dialled && !link.closing;
      const int wanted = (link.paused || link.closing ? 0 : POLLIN) | (done ? 0 : POLLOUT);
      polled.push_back({wanted == 0 ? -1 : link.fd, static_cast<short>(wanted), 0});
    }
    const Duration longest = std::chrono::milliseconds(500);
    const Duration wait = std::clamp(node.next_timer().value_or(TimePoint::max()) - now(), {}, longest);
    ::poll(polled.data(), polled.size(), static_cast<int>(wait / std::chrono::milliseconds(1)) + 1);
    auto ready = polled.begin();
    for (auto next = links_.begin(); ++ready != polled.end();) {
      const auto link = next++;  // only here are links removed; what the node dials comes after the last
      if (!serve(link->first, link->second, ready->revents, node)) links_.erase(link);
    }
    const int fd = ::accept4(listener_.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    accepting_ = fd >= 0 || errno == EAGAIN;  // else, out of descriptors perhaps, the next turn is without it
    if (fd >= 0) links_.try_emplace(ConnectionId{++last_id_}, fd);
    if (fd >= 0) node.on_accepted(ConnectionId{last_id_}, {Layer::p2p, {self_.address, 0}, self_}, now());
    if (node.next_timer() && *node.next_timer() <= now()) node.on_time(now());
  }

 private:
  struct Link {
    explicit Link(int of, std::uint16_t port = 0) : fd(of), remote{0x7f000001, port} {}
    ~Link() { ::close(fd); }
    const int fd;
    const Endpoint remote;
    std::optional<int> dialled;  // what came of it, as an errno, until the node knows
    bool closing = false, paused = false, congested = false;
    std::deque<Frame> queue;
    std::size_t queued = 0;
    TimePoint last_taken;
  };
  using End = std::pair<CloseReason, std::string>;  // thrown where a link ends
  static int new_socket() { return ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }
  int at(int port, int (*bind_or_connect)(int, const sockaddr*, socklen_t), int fd) const {
    sockaddr_un name{AF_UNIX, {}};
    const std::string path = folder_ + "/" + std::to_string(port);
    if (path.copy(name.sun_path, sizeof name.sun_path - 1) < path.size()) return errno = ENAMETOOLONG, -1;
    return bind_or_connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name);
  }
  Link& find(ConnectionId id) {
    const auto found = links_.find(id);
    return found == links_.end() ? gone_ : found->second;
  }
  /// False when there is nothing left to do for the link.
  bool serve(ConnectionId id, Link& link, int ready, TransportEvents& node) try {
    const int failure = std::exchange(link.dialled, {}).value_or(-1);
    if (failure > 0 && !link.closing) node.on_connect_failed(id, std::strerror(failure), now());
    if (failure > 0) return false;
    if (failure == 0 && !link.closing) node.on_connected(id, {Layer::p2p, link.remote, self_}, now());
    if (ready != 0 && !link.paused && !link.closing) read(id, link.fd, node);
    write(id, link, node);
    return !link.closing || !link.queue.empty();
  } catch (const End& end) {
    if (!link.closing) node.on_closed(id, end.first, end.second, now());
    return false;
  }
  void read(ConnectionId id, int fd, TransportEvents& node) {
    const ssize_t size = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (size < 0 && (errno == EAGAIN || errno == ECONNRESET)) return;  // after a reset there is still more
    if (size <= 0) throw End{CloseReason::remote_closed, size < 0 ? std::strerror(errno) : ""};
    Framer framer(config_.overlay == Overlay::extended ? code_max_extended : code_max);
    framer.feed(std::span(buffer_).first(static_cast<std::size_t>(size)));
    const auto frame = framer.next();
    if (!frame) throw End{CloseReason::malformed, frame.error().message};
    const bool whole = frame.value() && !framer.inside_frame();
    if (!whole) throw End{CloseReason::malformed, "not one frame"};
    auto message = decode(Layer::p2p, *frame.value(), config_.overlay);
    if (!message) throw End{CloseReason::malformed, message.error().message};
    if (!message.value()) return node.on_skipped(id, frame.value()->code, now());
    node.on_message(id, *std::move(message.value()), now());
  }
  void write(ConnectionId id, Link& link, TransportEvents& node) {
    for (; !link.queue.empty(); link.queue.pop_front(), link.last_taken = now()) {
      const Frame& frame = link.queue.front();
      std::ranges::copy(frame.body().bytes(), std::ranges::copy(frame.header(), buffer_.begin()).out);
      if (::send(link.fd, buffer_.data(), frame.size(), MSG_NOSIGNAL) < 0) break;
      link.queued -= frame.size();
    }
    if (!link.queue.empty() && errno != EAGAIN) {  // it takes no more: the end comes after what it has sent
      link.queue.clear();
      link.queued = 0;
      ::shutdown(link.fd, SHUT_RDWR);
    }
    if (link.queued > config_.queue_bytes_max) throw End{CloseReason::queue_full, ""};
    const TimePoint limit = link.last_taken + Duration(config_.slow_consumer_timeout);
    if (!link.queue.empty() && now() >= limit) throw End{CloseReason::slow_consumer, ""};
    if (!link.congested || link.closing || link.queued >= config_.queue_low_water_bytes) return;
    link.congested = false;
    node.on_relieved(id, now());
  }

  bool accepting_ = true;
  const std::string folder_;
  const Endpoint self_;
  const Config config_;
  Link listener_{new_socket()}, gone_{-1};  // gone_ stands for all links that are no more
  std::map<ConnectionId, Link> links_;
  std::uint64_t last_id_ = 0;
  std::array<std::byte, frame_bytes_max + 1> buffer_{};
};
