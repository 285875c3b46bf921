#include "socket.hpp"

#include <gossip/asio/resolve.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace gossipd::load {
namespace {

using gossip::Condition;
using gossip::Error;

constexpr int connect_milliseconds_max = 5000;

Transfer transfer(ssize_t count) {
  if (count > 0) return {Transfer::Outcome::some, static_cast<std::size_t>(count), 0};
  if (count == 0) return {Transfer::Outcome::ended, 0, 0};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
    return {Transfer::Outcome::would_block, 0, 0};
  return {Transfer::Outcome::failed, 0, errno};
}

/// As the sockets API has it: one type for all families.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
};

SocketAddress to_system(const gossip::Endpoint& endpoint) {
  SocketAddress address;
  if (endpoint.address.is_ipv4()) {
    sockaddr_in ipv4{};
    ipv4.sin_family = AF_INET;
    ipv4.sin_port = htons(endpoint.port);
    ipv4.sin_addr.s_addr = htonl(endpoint.address.ipv4());
    address.bytes = sizeof ipv4;
    std::memcpy(&address.storage, &ipv4, sizeof ipv4);
  } else {
    sockaddr_in6 ipv6{};
    ipv6.sin6_family = AF_INET6;
    ipv6.sin6_port = htons(endpoint.port);
    std::memcpy(&ipv6.sin6_addr, endpoint.address.bytes().data(), sizeof ipv6.sin6_addr);
    address.bytes = sizeof ipv6;
    std::memcpy(&address.storage, &ipv6, sizeof ipv6);
  }
  return address;
}

/// errno of connecting; 0 where it has succeeded.
int connect_within_limit(int socket, const SocketAddress& address, int milliseconds) {
  const auto* const any = reinterpret_cast<const sockaddr*>(&address.storage);  // NOLINT: it is its API
  if (::connect(socket, any, address.bytes) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd waiting{socket, POLLOUT, 0};
  if (::poll(&waiting, 1, milliseconds) != 1) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

/// A connected socket; or one that is not open, and the errno in `error`.
Descriptor connected(const gossip::Endpoint& endpoint, std::optional<int> receive_bytes, int milliseconds,
                     int& error) {
  const SocketAddress address = to_system(endpoint);
  Descriptor descriptor(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  error = descriptor.is_open() ? 0 : errno;
  if (error != 0) return descriptor;
  // Before connecting, since the window that is offered follows from it.
  if (receive_bytes)
    ::setsockopt(descriptor.number(), SOL_SOCKET, SO_RCVBUF, &*receive_bytes, sizeof *receive_bytes);
  error = connect_within_limit(descriptor.number(), address, milliseconds);
  if (error != 0) descriptor.close();
  return descriptor;
}

}  // namespace

void Descriptor::close() {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

gossip::Result<Socket> Socket::connect(const gossip::HostPort& address, std::optional<int> receive_bytes) {
  const auto refuse = [&](const std::string& reason) {
    return Error{Condition::system, "cannot reach a server at " + to_string(address) + ": " + reason};
  };
  const auto endpoints = gossip::resolve_all(address);
  if (!endpoints) return refuse(endpoints.error().message);
  int error = 0;
  for (const gossip::Endpoint& endpoint : endpoints.value()) {
    const int share = connect_milliseconds_max / static_cast<int>(endpoints.value().size());
    Descriptor descriptor = connected(endpoint, receive_bytes, share, error);
    if (!descriptor.is_open()) continue;
    const int on = 1;
    ::setsockopt(descriptor.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return Socket(std::move(descriptor));
  }
  return refuse(std::generic_category().message(error));
}

Transfer Socket::read(std::span<std::byte> to) const {
  return transfer(::recv(number(), to.data(), to.size(), 0));
}

Transfer Socket::write(std::span<const std::byte> from) const {
  return transfer(::send(number(), from.data(), from.size(), MSG_NOSIGNAL));
}

bool Socket::is_closed_by_peer() const {
  pollfd state{number(), POLLRDHUP, 0};
  return ::poll(&state, 1, 0) == 1 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

Poller::Poller() : descriptor_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!descriptor_.is_open()) throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

void Poller::add(const Socket& socket, std::uint32_t events, std::size_t index) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = index;
  if (::epoll_ctl(descriptor_.number(), EPOLL_CTL_ADD, socket.number(), &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

void Poller::change(const Socket& socket, std::uint32_t events, std::size_t index) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = index;
  if (::epoll_ctl(descriptor_.number(), EPOLL_CTL_MOD, socket.number(), &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

std::span<const epoll_event> Poller::wait(std::chrono::nanoseconds time_max) {
  const auto nanoseconds = std::max<std::int64_t>(time_max.count(), 0);
  const timespec limit{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
  const int count =
      ::epoll_pwait2(descriptor_.number(), events_.data(), static_cast<int>(events_.size()), &limit, nullptr);
  return std::span(events_).first(static_cast<std::size_t>(std::max(count, 0)));
}

}  // namespace gossipd::load
