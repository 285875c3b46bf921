/// \file
/// byte-relay PUBLISH_PORT SUBSCRIBE_PORT: the floor that servers are compared with. What a publisher sends
/// goes to every subscriber as it is, without framing, copying or any other thought; a subscriber that does
/// not read holds everybody up. Listens on 127.0.0.1, runs in one thread, and ends with a signal. Once both
/// ports are open, standard output gets the line `ready`.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <span>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr std::size_t read_bytes_max = 256 * 1024;
constexpr int backlog = 1024;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

int listen_on(std::uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // The sockets API has one type of address for all families.
  const auto* const any = reinterpret_cast<const sockaddr*>(&address);  // NOLINT
  if (::bind(listener, any, sizeof address) != 0) fail("byte-relay: bind");
  if (::listen(listener, backlog) != 0) fail("byte-relay: listen");
  return listener;
}

class Relay {
 public:
  Relay(std::uint16_t publish_port, std::uint16_t subscribe_port)
      : poller_(::epoll_create1(EPOLL_CLOEXEC)),
        publish_(listen_on(publish_port)),
        subscribe_(listen_on(subscribe_port)),
        buffer_(read_bytes_max) {
    watch(publish_);
    watch(subscribe_);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 16> events{};
    while (true) {
      const int count = ::epoll_wait(poller_, events.data(), static_cast<int>(events.size()), -1);
      for (int index = 0; index < count; ++index) handle(events[static_cast<std::size_t>(index)].data.fd);
    }
  }

 private:
  void watch(int descriptor) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    if (::epoll_ctl(poller_, EPOLL_CTL_ADD, descriptor, &event) != 0) fail("byte-relay: epoll_ctl");
  }

  void handle(int descriptor) {
    if (descriptor == publish_) {
      watch(::accept4(publish_, nullptr, nullptr, SOCK_CLOEXEC));
    } else if (descriptor == subscribe_) {
      const int subscriber = ::accept4(subscribe_, nullptr, nullptr, SOCK_CLOEXEC);
      const int on = 1;
      ::setsockopt(subscriber, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      subscribers_.push_back(subscriber);
    } else {
      relay(descriptor);
    }
  }

  void relay(int publisher) {
    const ssize_t count = ::read(publisher, buffer_.data(), buffer_.size());
    if (count <= 0) {
      ::close(publisher);
      return;
    }
    const auto bytes = std::span<const std::byte>(buffer_).first(static_cast<std::size_t>(count));
    std::erase_if(subscribers_, [bytes](int subscriber) { return !send_all(subscriber, bytes); });
  }

  static bool send_all(int subscriber, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(subscriber, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) {
        ::close(subscriber);
        return false;
      }
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return true;
  }

  int poller_;
  int publish_;
  int subscribe_;
  std::vector<int> subscribers_;
  std::vector<std::byte> buffer_;
};

std::uint16_t port_of(const char* text) {
  return static_cast<std::uint16_t>(std::strtoul(text, nullptr, 10));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("Usage: byte-relay PUBLISH_PORT SUBSCRIBE_PORT\n", stderr);
    return 2;
  }
  Relay relay(port_of(argv[1]), port_of(argv[2]));
  std::puts("ready");
  std::fflush(stdout);
  relay.run();
}
