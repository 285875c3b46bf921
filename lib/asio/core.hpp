#pragma once
/// \file
/// The core side of TcpTransport: which connections there are, what they have brought and not delivered yet,
/// and what is on its way to them.

#include <gossip/asio/tcp_transport.hpp>
#include <gossip/framer.hpp>

#include "io_thread.hpp"
#include "name_lookups.hpp"
#include "outbox.hpp"
#include "parcel.hpp"
#include "posted_work.hpp"
#include "tcp_connection.hpp"
#include "tcp_dial.hpp"
#include "tcp_listener.hpp"

#include <boost/asio.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace gossip {

/// Everything belongs to the core thread, but stop(), post() and what TcpConnectionOwner calls from I/O
/// threads, which only post. Work is done in turns: a turn handles one happening, then hands everything that
/// was sent meanwhile to the I/O threads, one write for each connection that was touched.
class TcpTransport::Core final : public detail::TcpConnectionOwner {
 public:
  Core(Config config, Observer& observer);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  Result<Endpoint> listen(Layer layer, const Endpoint& endpoint);
  void run(TransportEvents& events);
  void stop();
  void post(detail::PostedWork::Work work);
  [[nodiscard]] TimePoint event_time() const { return now_; }

  ConnectionId connect(const HostPort& address);
  SendResult send(ConnectionId connection, const Frame& frame);
  /// Throws std::bad_alloc; then nothing of the frame was sent to anybody.
  std::span<const Congestion> broadcast(std::span<const ConnectionId> connections, const Frame& frame);
  void close(ConnectionId connection);
  void pause(ConnectionId connection);
  void resume(ConnectionId connection);

 private:
  using Socket = boost::asio::ip::tcp::socket;

  /// A connection as the core sees it.
  struct Link {
    explicit Link(detail::MemoryAccount& account) : input_charge(account) {}

    ConnectionId id{};
    std::shared_ptr<detail::TcpConnection> connection;
    ConnectionInfo info;

    Framer framer;
    detail::FrameProgress progress;  ///< since reading went on last
    std::vector<std::byte> unread;   ///< what was read and not delivered, because it is paused
    detail::MemoryCharge input_charge;
    std::optional<detail::ConnectionEnd> ended;  ///< comes after that
    bool waits_for_more = true;                  ///< everything that was read has been delivered
    bool paused = false;
    bool read_out = false;       ///< everything that had arrived when stopping began was read
    bool closed = false;         ///< by close(), in the middle of a turn
    bool out_of_memory = false;  ///< what it was sent could not be queued, so it is to be closed

    detail::Outgoing outgoing;  ///< sent in this turn
    std::size_t queued = 0;     ///< bytes handed over and not yet taken by the socket
    TimePoint last_taken;
    bool touched = false;    ///< is in touched_
    bool congested = false;  ///< a send was told so, and relief is owed
    bool stalled = false;
  };

  // Called on I/O threads.
  void on_bytes(detail::TcpConnection& connection, std::span<const std::byte> bytes) override;
  void on_end(ConnectionId connection, detail::ConnectionEnd&& end) override;
  void on_written(ConnectionId connection, std::size_t bytes) override;
  void on_stalled(ConnectionId connection) override;
  void on_read_out(ConnectionId connection) override;
  void on_cut_off(ConnectionId connection, detail::ConnectionEnd&& end) override;
  void on_gone(ConnectionId connection, Layer layer) override;

  /// Runs `work` on the core thread, within a turn: at once if this is the core thread, else soon.
  template <typename Work>
  void turn(Work work);
  template <typename Work>
  void turn_later(Work work);
  template <typename Event>
  bool tell(ConnectionId id, Event event);
  void finish_turn();
  void flush_touched();
  void cut_off_overfull();
  void arm_timer();

  /// The socket must belong to the context of next_thread().
  void adopt(ConnectionId id, Layer layer, Socket socket, const Endpoint& remote, bool dialled);
  void adopt_dialled(ConnectionId id, Socket socket);
  void take_bytes(ConnectionId id, std::span<const std::byte> bytes);
  void deliver(ConnectionId id, std::span<const std::byte> bytes);
  bool deliver_frames(Link& link);
  bool deliver_announces(Link& link, std::span<const AnnounceView> announces);
  bool deliver_frame(Link& link, const FrameView& frame);
  void keep_unread(Link& link, const std::byte* begin);
  void hand_over_if_crowded();
  void end(ConnectionId id, const detail::ConnectionEnd& end);
  void take_written(ConnectionId id, std::size_t bytes);
  void relieve(ConnectionId id);
  void begin_stop();
  void finish_all_if_read_out();
  void finish_all();
  void finish_stop_if_idle();
  void finish_link(Link& link, Duration time_limit);

  [[nodiscard]] std::string why_no_more(Layer layer) const;
  [[nodiscard]] Link* find(ConnectionId id);
  [[nodiscard]] std::size_t queue_bound(const Link& link) const;
  void touch(Link& link);
  void open_fanout(detail::Fanout& fanout);
  SendResult answer(Link& link, std::size_t queued);
  void hand_over(Link& link);
  void hand_over_all();
  bool keep_within_memory();
  void look_at_memory();
  void relieve_all();
  [[nodiscard]] std::size_t high_water() const;
  [[nodiscard]] std::size_t low_water() const;
  [[nodiscard]] Link* largest() const;
  [[nodiscard]] std::string last_activity(const Link& link) const;
  [[nodiscard]] ConnectionId next_id() { return ConnectionId{next_id_++}; }
  [[nodiscard]] detail::IoThread& next_thread() { return *threads_[next_thread_]; }

  const Config config_;
  Observer& observer_;
  TransportEvents* events_ = nullptr;
  detail::MemoryAccount account_;  ///< what handlers and connections hold is on it, so it outlives them
  boost::asio::io_context context_{1};
  std::vector<std::unique_ptr<detail::IoThread>> threads_;
  std::size_t next_thread_ = 0;  ///< which one gets the next connection
  std::vector<std::unique_ptr<detail::TcpListener>> listeners_;
  detail::PostedWork posted_;

  std::uint64_t next_id_ = 1;
  detail::Outbox outbox_{account_, config_.worker_threads == 0};
  std::unordered_map<ConnectionId, std::unique_ptr<Link>> links_;
  detail::NameLookups lookups_;
  std::unordered_map<ConnectionId, std::shared_ptr<detail::TcpDial>> dials_;
  std::size_t open_sockets_ = 0;
  std::size_t open_clients_ = 0;  ///< of them
  std::unordered_map<ConnectionId, std::size_t>
      releasing_;  ///< what connections that were cut off hold still
  std::size_t releasing_bytes_ = 0;
  bool memory_is_short_ = false;  ///< all connections together hold so much that feeders are paused sooner

  Message message_;  ///< the one that is being delivered
  std::vector<Congestion> congestion_;
  std::vector<ConnectionId> touched_;
  std::vector<ConnectionId> flushing_;
  std::vector<ConnectionId> overfull_;
  std::vector<ConnectionId> cutting_off_;
  std::vector<std::unique_ptr<Link>> closed_;  ///< links that were closed in this turn

  boost::asio::steady_timer timer_;
  std::optional<TimePoint> timer_due_;
  boost::asio::steady_timer read_out_timer_;
  boost::asio::steady_timer stop_timer_;
  bool reading_out_ = false;  ///< stopping has begun: what clients have sent is still handled
  bool stopping_ = false;     ///< nothing is handled any more
  TimePoint now_;
};

}  // namespace gossip
