#pragma once
/// \file
/// The core side of TcpTransport: which connections there are, what they have brought and not delivered yet,
/// and what is on its way to them. How much they may hold is MemoryPressure's to say, how many there may be
/// OpenConnections', and how far stopping has come Stopping's.

#include <gossip/asio/tcp_transport.hpp>

#include "io_thread.hpp"
#include "links.hpp"
#include "memory_pressure.hpp"
#include "name_lookups.hpp"
#include "open_connections.hpp"
#include "outbox.hpp"
#include "posted_work.hpp"
#include "stopping.hpp"
#include "tcp_connection.hpp"
#include "tcp_dial.hpp"
#include "tcp_listener.hpp"

#include <boost/asio.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gossip {

/// Everything belongs to the core thread, but stop(), post() and what TcpConnectionOwner calls from I/O
/// threads, which only post. Work is done in turns: a turn handles one happening, then hands everything that
/// was sent meanwhile to the I/O threads, one write for each connection that was touched.
///
/// Its functions are in four sources: core.cpp has its life, its turns and the coming and going of
/// connections; core_input.cpp, core_output.cpp and core_stop.cpp have what their names say.
class TcpTransport::Core final : public detail::TcpConnectionOwner {
 public:
  Core(Config config, Observer& observer);
  ~Core();
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  Result<Endpoint> listen(Layer layer, const HostPort& address);
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
  using Link = detail::Link;

  // Called on I/O threads.
  void on_bytes(detail::TcpConnection& connection, std::span<const std::byte> bytes) override;
  void on_end(ConnectionId connection, detail::ConnectionEnd&& end) override;
  void on_written(ConnectionId connection, std::size_t bytes) override;
  void on_stalled(ConnectionId connection, detail::Stall stall) override;
  void on_read_out(ConnectionId connection) override;
  void on_cut_off(ConnectionId connection, detail::ConnectionEnd&& end) override;
  void on_gone(ConnectionId connection, Layer layer, std::size_t lost) override;

  // core.cpp
  /// Runs `work` on the core thread, within a turn: at once if this is the core thread, else soon.
  template <typename Work>
  void turn(Work work);
  template <typename Work>
  void turn_later(Work work);
  /// False where memory ran out in the event; the connection that it was about has ended then.
  template <typename Event>
  bool tell(ConnectionId id, Event event);
  void finish_turn();
  void arm_timer();
  /// The socket must belong to the context of next_thread().
  void adopt(ConnectionId id, Layer layer, Socket socket, const Endpoint& remote, bool dialled);
  void adopt_dialled(ConnectionId id, Socket socket);
  void end(ConnectionId id, const detail::ConnectionEnd& end);
  [[nodiscard]] bool is_own(const Endpoint& endpoint);
  [[nodiscard]] ConnectionId next_id() { return ConnectionId{next_id_++}; }
  [[nodiscard]] detail::IoThread& next_thread() { return *threads_[next_thread_]; }

  // core_input.cpp: what connections bring.
  void take_bytes(ConnectionId id, std::span<const std::byte> bytes);
  void deliver(ConnectionId id, std::span<const std::byte> bytes);
  bool deliver_frames(Link& link);
  bool deliver_announces(Link& link, std::span<const AnnounceView> announces);
  bool deliver_frame(Link& link, const FrameView& frame);
  void keep_unread(Link& link, const std::byte* begin);

  // core_output.cpp: what they are sent, and who has to wait or to go for it.
  void touch(Link& link);
  std::span<const Congestion> broadcast_with_care(std::span<const ConnectionId> connections,
                                                  const Frame& frame);
  void open_fanout(detail::Fanout& fanout);
  SendResult answer(Link& link, std::size_t queued);
  void hand_over_if_crowded() {
    if (outbox_.is_crowded()) hand_over_early();
  }
  void hand_over_early();
  void hand_over_all();
  void flush_touched();
  void hand_over(Link& link);
  void cut_off_overfull();
  bool keep_within_memory();
  void look_at_memory();
  void take_written(ConnectionId id, std::size_t bytes);
  void relieve(ConnectionId id);
  void relieve_all();
  [[nodiscard]] std::size_t high_water() const { return memory_.high_water(links_.size()); }
  [[nodiscard]] std::size_t low_water() const { return memory_.low_water(links_.size()); }
  [[nodiscard]] std::string last_activity(const Link& link) const;

  // core_stop.cpp: how it stops, and how one connection is let go.
  void begin_stop();
  void finish_all_if_read_out();
  void finish_all();
  void say_goodbye();
  void finish_stop_if_idle();
  void finish_link(Link& link, Duration time_limit);

  const Config config_;
  Observer& observer_;
  TransportEvents* events_ = nullptr;
  detail::MemoryPressure memory_{
      config_};  ///< handlers and connections are on its account, so it outlives them
  boost::asio::io_context context_{1};
  std::vector<std::unique_ptr<detail::IoThread>> threads_;
  std::size_t next_thread_ = 0;  ///< which one gets the next connection
  std::vector<std::unique_ptr<detail::TcpListener>> listeners_;
  Endpoint p2p_;  ///< where peers connect; port 0 while they do not
  detail::PostedWork posted_;

  std::uint64_t next_id_ = 1;
  detail::Outbox outbox_{memory_.account(), config_.worker_threads == 0};
  detail::Links links_;
  detail::NameLookups lookups_;
  std::unordered_map<ConnectionId, std::shared_ptr<detail::TcpDial>> dials_;
  detail::OpenConnections open_{config_.connections_max()};

  Message message_;  ///< the one that is being delivered
  std::vector<Congestion> congestion_;
  std::vector<ConnectionId> touched_;
  std::vector<ConnectionId> flushing_;
  std::vector<ConnectionId> overfull_;
  std::vector<ConnectionId> cutting_off_;
  std::vector<std::unique_ptr<Link>> closed_;  ///< links that were closed in this turn

  boost::asio::steady_timer timer_;
  std::optional<TimePoint> timer_due_;
  detail::Stopping stopping_{context_};
  TimePoint now_;
};

template <typename Work>
void TcpTransport::Core::turn(Work work) {
  boost::asio::dispatch(context_, [this, work = std::move(work)]() mutable {
    if (stopping_.is_finishing()) return;
    now_ = detail::steady_now();
    work();
    finish_turn();
  });
}

template <typename Work>
void TcpTransport::Core::turn_later(Work work) {
  boost::asio::post(context_, [this, work = std::move(work)]() mutable { turn(std::move(work)); });
}

template <typename Event>
bool TcpTransport::Core::tell(ConnectionId id, Event event) {
  try {
    event();
    return true;
  } catch (const std::bad_alloc&) {
    end(id, {CloseReason::out_of_memory, ""});
    return false;
  }
}

}  // namespace gossip
