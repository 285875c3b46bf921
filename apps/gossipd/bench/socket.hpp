#pragma once
/// \file
/// A TCP connection and an epoll set as the load generator uses them: Linux's own calls, since a layer above
/// them would be measured too.

#include <gossip/error.hpp>
#include <gossip/types.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <sys/epoll.h>
#include <utility>

namespace gossipd::load {

/// Owns a descriptor, or none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }

  void close();
  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }

 private:
  int number_ = -1;
};

/// What became of reading or writing once.
struct Transfer {
  enum class Outcome { some, would_block, ended, failed };
  Outcome outcome = Outcome::some;
  std::size_t bytes = 0;
  int error = 0;  ///< errno where it failed
};

/// A connected, non-blocking TCP socket that sends without delay.
class Socket {
 public:
  Socket() = default;

  /// Connects; gives up after 5 s. With `receive_bytes` the system keeps no more than about that for the
  /// reader. The Error names the address.
  [[nodiscard]] static gossip::Result<Socket> connect(const gossip::HostPort& address,
                                                      std::optional<int> receive_bytes = std::nullopt);

  [[nodiscard]] Transfer read(std::span<std::byte> to) const;
  [[nodiscard]] Transfer write(std::span<const std::byte> from) const;

  /// True once the other side has ended or broken the connection, as far as the system has heard; what has
  /// not been read yet does not hide it.
  [[nodiscard]] bool is_closed_by_peer() const;

  void close() { descriptor_.close(); }
  [[nodiscard]] bool is_open() const { return descriptor_.is_open(); }
  [[nodiscard]] int number() const { return descriptor_.number(); }

 private:
  explicit Socket(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

  Descriptor descriptor_;
};

/// Which of many sockets can be read or written.
class Poller {
 public:
  /// Throws std::system_error where the system has none left.
  Poller();

  /// `index` comes back in the events. Throws std::system_error.
  void add(const Socket& socket, std::uint32_t events, std::size_t index);
  void change(const Socket& socket, std::uint32_t events, std::size_t index);

  /// Waits for up to `time_max`, not at all where that is zero or less. What is returned is valid until the
  /// next call.
  [[nodiscard]] std::span<const epoll_event> wait(std::chrono::nanoseconds time_max);

 private:
  static constexpr std::size_t events_max = 256;

  Descriptor descriptor_;
  std::array<epoll_event, events_max> events_{};
};

}  // namespace gossipd::load
