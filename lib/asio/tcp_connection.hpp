#pragma once
/// \file
/// One established TCP connection on its I/O thread: bytes in, batches of messages out to the core; frames
/// from the core, bytes out. It knows nothing of what the messages mean.

#include <gossip/config.hpp>
#include <gossip/framer.hpp>
#include <gossip/message.hpp>
#include <gossip/transport.hpp>
#include <gossip/types.hpp>

#include "io_thread.hpp"
#include "out_queue.hpp"

#include <boost/asio.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace gossip::detail {

/// How a connection ended.
struct ConnectionEnd {
  CloseReason reason{};
  std::string detail;
};

/// The code of a frame that was skipped.
struct SkippedFrame {
  std::uint16_t code = 0;
};

/// What one read brought, or the part of it that makes a batch, in order. After an `end` nothing follows.
struct Batch {
  /// Enough for the batch to cost next to nothing for each message. It bounds what the smallest frames, of
  /// which a read brings sixteen times as many, take once they are decoded.
  static constexpr std::size_t items_max = 1024;

  std::vector<std::variant<Message, SkippedFrame>> items;
  std::optional<ConnectionEnd> end;
};

/// What a connection tells the core. Called on the I/O thread.
class TcpConnectionOwner {
 public:
  /// No further batch comes before continue_reading().
  virtual void on_batch(ConnectionId connection, Batch&& batch) = 0;
  /// The socket took this much of what was queued, or it was given up.
  virtual void on_written(ConnectionId connection, std::size_t bytes) = 0;
  /// Bytes wait, and the socket has taken none for three fifths of slow_consumer_timeout.
  virtual void on_stalled(ConnectionId connection) = 0;
  /// After read_out(): everything that had arrived was handed over.
  virtual void on_read_out(ConnectionId connection) = 0;
  /// Ended by itself, outside the order of batches.
  virtual void on_cut_off(ConnectionId connection, ConnectionEnd&& end) = 0;
  /// The socket is closed; the last call for this connection.
  virtual void on_gone(ConnectionId connection) = 0;

 protected:
  ~TcpConnectionOwner() = default;
};

/// Every function but the constructor is to be called on the connection's I/O thread. What is queued is
/// bounded by the core, which knows the sum of what it handed over.
class TcpConnection : public std::enable_shared_from_this<TcpConnection> {
 public:
  /// `owner`, `config` and `thread` must outlive it. The socket belongs to the thread's context.
  TcpConnection(TcpConnectionOwner& owner, const Config& config, IoThread& thread, ConnectionId id,
                Layer layer, boost::asio::ip::tcp::socket socket);

  [[nodiscard]] IoThread& thread() { return thread_; }

  void start();
  void continue_reading();
  void write(OutQueue&& frames);

  /// Reads what has arrived, and then no more.
  void read_out();
  /// Reads nothing more, writes what is queued, says goodbye and closes, at the latest when the time limit is
  /// over. A client whose ANNOUNCEs were read or arrive but are not handled is reset: it must not take them
  /// for handled.
  void finish(bool messages_unhandled, Duration time_limit);
  /// Closes now; what is queued is lost.
  void abort();

  /// Looks whether a time is up.
  void check(TimePoint now);

 private:
  void wait_for_bytes();
  void go_on_reading();
  void read();
  void take(std::span<const std::byte> bytes);
  Batch cut(std::span<const std::byte> bytes, bool& completed_a_frame);
  std::optional<ConnectionEnd> cut_into(Batch& batch, bool& completed_a_frame);
  void end_reading(CloseReason reason, std::string detail);
  void write_some();
  void give_up_writing();
  void say_goodbye();
  void wait_for_farewell();
  bool reads_an_announce();
  bool holds_an_announce(std::span<const std::byte> bytes);
  void notice_progress(TimePoint now);
  void drain();
  void reset();

  TcpConnectionOwner& owner_;
  const Config& config_;
  IoThread& thread_;
  const ConnectionId id_;
  const Layer layer_;
  boost::asio::ip::tcp::socket socket_;

  Framer framer_;
  std::vector<std::byte> rest_;  ///< what a read brought beyond one batch
  std::optional<TimePoint> frame_started_;
  std::optional<TimePoint> reading_stopped_;
  bool more_to_read_ = false;  ///< the last read filled the buffer
  bool reading_ended_ = false;
  bool reading_out_ = false;

  OutQueue out_;
  bool waiting_to_write_ = false;
  bool writing_given_up_ = false;
  bool stall_told_ = false;
  TimePoint last_taken_;
  std::size_t kernel_queue_ = 0;  ///< bytes that the system had not delivered when last asked

  bool finishing_ = false;
  TimePoint finish_due_;
  bool messages_unhandled_ = false;
  bool goodbye_said_ = false;
  bool input_spoilt_ = false;
};

}  // namespace gossip::detail
