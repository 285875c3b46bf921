#pragma once
/// \file
/// One established TCP connection on its I/O thread: bytes in to the core, which cuts them into
/// messages; parcels from the core, bytes out.

#include <gossip/config.hpp>
#include <gossip/transport.hpp>
#include <gossip/types.hpp>

#include "../detail/stall.hpp"
#include "io_thread.hpp"
#include "parcel.hpp"
#include "unhandled_input.hpp"

#include <boost/asio.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gossip::detail {

/// How a connection ended.
struct ConnectionEnd {
  CloseReason reason{};
  std::string detail;
};

/// How the frames of what was handed over come out, as whoever cuts them sees it.
struct FrameProgress {
  bool completed_one = false;  ///< a frame, since reading went on last
  bool inside_one = false;     ///< one has been started and not completed
};

class TcpConnection;

/// What a connection tells the core. Called on the I/O thread.
class TcpConnectionOwner {
 public:
  /// What one read brought, which stays in place during the call. No more comes before continue_reading().
  virtual void on_bytes(TcpConnection& connection, std::span<const std::byte> bytes) = 0;
  /// Nothing more comes: it ended, or it is to be ended.
  virtual void on_end(ConnectionId connection, ConnectionEnd&& end) = 0;
  /// The socket took this much of what was queued, or it was given up.
  virtual void on_written(ConnectionId connection, std::size_t bytes) = 0;
  /// Bytes wait, and the socket has taken none for so long that this has begun.
  virtual void on_stalled(ConnectionId connection, Stall stall) = 0;
  /// After read_out(): everything that had arrived was handed over.
  virtual void on_read_out(ConnectionId connection) = 0;
  /// Ended by itself, outside the order of what it brought.
  virtual void on_cut_off(ConnectionId connection, ConnectionEnd&& end) = 0;
  /// The socket is closed; the last call for this connection. `lost`: bytes that were queued when it was to
  /// finish, and that it has not taken in its time.
  virtual void on_gone(ConnectionId connection, Layer layer, std::size_t lost) = 0;

 protected:
  ~TcpConnectionOwner() = default;
};

/// Every function but the constructor is to be called on the connection's I/O thread. What is queued is
/// bounded by the core, which knows the sum of what it handed over.
class TcpConnection : public std::enable_shared_from_this<TcpConnection> {
 public:
  /// `owner`, `config`, `account` and `thread` must outlive it. The socket belongs to the thread's context.
  TcpConnection(TcpConnectionOwner& owner, const Config& config, MemoryAccount& account, IoThread& thread,
                ConnectionId id, Layer layer, boost::asio::ip::tcp::socket socket);

  [[nodiscard]] ConnectionId id() const { return id_; }
  [[nodiscard]] IoThread& thread() { return thread_; }

  void start();
  void continue_reading(const FrameProgress& progress);
  void write(std::span<const std::shared_ptr<const Parcel>> parcels);

  /// Reads what has arrived, and then no more.
  void read_out();
  /// Reads nothing more, writes what is queued, says goodbye and closes, at the latest when the time limit is
  /// over. A client whose ANNOUNCEs were read or arrive but are not handled is reset: it must not take them
  /// for handled. One that goes on voting has not come to the end of what it got: with `awaits_votes` it is
  /// closed only once it pauses. `rest` is where its bytes were left.
  void finish(UnhandledInput rest, Duration time_limit, bool awaits_votes);
  /// Bytes that were read before finish() and came to nobody.
  void return_unhandled(std::span<const std::byte> bytes);
  /// \{
  /// Closes now; what is queued is lost. A reset tells the other side that not all it sent was handled.
  void abort();
  void reset();
  /// \}

  /// Looks whether a time is up.
  void check(TimePoint now);

 private:
  void wait_for_bytes();
  void go_on_reading();
  void read();
  void end_reading(CloseReason reason, std::string detail);
  void write_some();
  std::size_t write_once(boost::system::error_code& error);
  void consume(std::size_t bytes);
  void keep_in_own_parcel();
  void let_go_of_parcels();
  void drop_output();
  [[nodiscard]] bool has_output() const { return out_bytes_ > 0; }
  void give_up_writing();
  void say_goodbye();
  void wait_for_farewell();
  bool reads_an_announce(boost::system::error_code& error);
  [[nodiscard]] bool has_announced() const { return layer_ == Layer::api && unhandled_.holds_announce(); }
  void notice_progress(TimePoint now);
  void drain();

  /// A parcel, and how much of it the socket has taken.
  struct Piece {
    std::shared_ptr<const Parcel> parcel;
    std::size_t taken = 0;
  };

  [[nodiscard]] static bool is_better_copied(const Piece& piece);
  [[nodiscard]] std::shared_ptr<Parcel> copy_of(const Piece& piece) const;

  TcpConnectionOwner& owner_;
  const Config& config_;
  MemoryAccount& account_;
  IoThread& thread_;
  const ConnectionId id_;
  const Layer layer_;
  boost::asio::ip::tcp::socket socket_;

  std::optional<TimePoint> frame_started_;
  std::optional<TimePoint> reading_stopped_;
  bool more_to_read_ = false;  ///< the last read filled the buffer
  bool reading_ended_ = false;
  bool reading_out_ = false;

  std::vector<Piece> out_;
  std::size_t out_first_ = 0;    ///< those before it are written
  std::shared_ptr<Parcel> own_;  ///< the last in `out_`, where this connection made it and may add to it
  std::size_t out_bytes_ = 0;
  bool waiting_to_write_ = false;
  bool writing_given_up_ = false;
  Stall stall_told_ = Stall::none;
  TimePoint last_taken_;
  std::size_t kernel_queue_ = 0;  ///< bytes that the system had not delivered when last asked

  bool finishing_ = false;
  bool awaits_votes_ = false;
  TimePoint finish_due_;
  UnhandledInput unhandled_;
  bool goodbye_said_ = false;
  TimePoint last_heard_;  ///< when something arrived after the goodbye
};

}  // namespace gossip::detail
