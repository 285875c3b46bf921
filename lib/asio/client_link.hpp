#pragma once
/// \file
/// One established connection of a client to its daemon: frames in, one notification at a time;
/// registrations, verdicts and published messages out. What a notification means to whom is for its owner.

#include <gossip/framer.hpp>
#include <gossip/message.hpp>
#include <gossip/types.hpp>

#include "out_queue.hpp"
#include "publish_queue.hpp"

#include <boost/asio.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace gossip::detail {

/// What a link tells. None of it comes from inside a call to the link, but for deliver().
class ClientLinkOwner {
 public:
  /// Whether one more notification can be handed over.
  [[nodiscard]] virtual bool wants_more() const = 0;
  /// It may throw: then deliver() is to be called again.
  virtual void on_notification(Notification&& notification) = 0;
  /// The system has taken more of what is to be written.
  virtual void on_written() = 0;
  /// The connection is of no more use and is to be closed. Without an error: finish() is done, and the daemon
  /// has taken everything.
  virtual void on_link_ended(const boost::system::error_code& error) = 0;

 protected:
  ~ClientLinkOwner() = default;
};

/// Lives on its socket's strand, and keeps itself alive while something is under way. The socket is not read
/// while the owner wants no more, or while so many verdicts wait to be written that reading on would pile
/// them up: nothing that arrives is dropped.
class ClientLink : public std::enable_shared_from_this<ClientLink> {
 public:
  /// `owner` and `publishes` must stay until close().
  ClientLink(boost::asio::ip::tcp::socket socket, PublishQueue& publishes, ClientLinkOwner& owner);

  /// Begins to read and write.
  void start();
  /// Puts a frame in front of the published messages that are not yet part of a write.
  void send(const Notify& notify);
  void send(const Validation& validation);
  /// Writes what has come to be written; nothing is written without it.
  void write_more();
  /// Hands over what has been read, while the owner wants more, and then reads on.
  void deliver();
  /// Writes everything, ends this side's half and waits for the daemon to end its own; what still arrives is
  /// dropped.
  void finish();
  /// Ends it at once; nothing is called any more.
  void close();

  /// Whether the system has taken every registration.
  [[nodiscard]] bool registered() const { return written_ >= registered_at_; }

 private:
  void read();
  void on_read(const boost::system::error_code& error, std::size_t bytes);
  [[nodiscard]] bool hand_over_next();
  void end_half();
  void end(const boost::system::error_code& error);
  [[nodiscard]] bool everything_taken();

  boost::asio::ip::tcp::socket socket_;
  PublishQueue& publishes_;
  ClientLinkOwner& owner_;
  bool open_ = true;

  std::array<std::byte, 65536> buffer_;
  Framer framer_;
  bool reading_ = false;

  OutQueue control_;  ///< registrations and verdicts
  OutQueue staged_;   ///< what is being written
  bool writing_ = false;
  std::uint64_t written_ = 0;        ///< bytes that the system has taken
  std::uint64_t registered_at_ = 0;  ///< so many bytes end with the last registration
  bool finishing_ = false;
  bool half_ended_ = false;
};

}  // namespace gossip::detail
