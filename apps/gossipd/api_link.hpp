#pragma once
/// \file
/// A client's connection to the API port of a daemon, as the subcommands use it: blocking, with Errors that
/// are sentences for the user and name the daemon. Boost.Asio stays behind this header.

#include <gossip/error.hpp>
#include <gossip/message.hpp>
#include <gossip/payload.hpp>
#include <gossip/types.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace gossipd {

/// Used by one thread, except for interrupt(). After an Error it is of no more use.
class ApiLink {
 public:
  /// Connects; gives up after 5 s, not counting the time that a resolver takes.
  [[nodiscard]] static gossip::Result<ApiLink> connect(const gossip::HostPort& address);

  ApiLink(ApiLink&&) noexcept;
  ApiLink& operator=(ApiLink&&) noexcept;
  ~ApiLink();

  /// Returns once the system has taken all of them; the daemon may not have yet. SIGPIPE is to be ignored.
  [[nodiscard]] std::optional<gossip::Error> send(std::span<const gossip::Frame> frames);

  /// Waits for messages and returns all that came in one go, at least one; none only after interrupt().
  /// Messages that precede a broken frame are returned before its Error is. A daemon that ends the connection
  /// is an Error.
  [[nodiscard]] gossip::Result<std::vector<gossip::Message>> receive();

  /// Does not wait. An Error where the daemon has ended the connection or broken the protocol; messages are
  /// dropped.
  [[nodiscard]] std::optional<gossip::Error> check();

  /// Ends this side's half and waits until the daemon, having taken everything, has ended its own; messages
  /// are dropped. An Error where it ended the connection in any other way. Gives up waiting, which is no
  /// Error, when `time_max` is over, and without that after interrupt().
  [[nodiscard]] std::optional<gossip::Error> finish(
      std::optional<std::chrono::milliseconds> time_max = std::nullopt);

  /// Makes receive(), and finish() without a limit, return: now and from now on. From any thread.
  void interrupt();

  /// For poll(): readable when there is something for check() to see.
  [[nodiscard]] int descriptor() const;

 private:
  class Connection;
  explicit ApiLink(std::unique_ptr<Connection> connection);

  std::unique_ptr<Connection> connection_;
};

}  // namespace gossipd
