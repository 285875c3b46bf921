#pragma once
/// \file
/// The transport that gossipd runs on: TCP over Boost.Asio. Sockets, timers and threads are in here and
/// nowhere else; which messages mean what is not known here.

#include <gossip/config.hpp>
#include <gossip/error.hpp>
#include <gossip/export.hpp>
#include <gossip/observer.hpp>
#include <gossip/transport.hpp>
#include <gossip/types.hpp>

#include <functional>
#include <memory>

namespace gossip {

/// Listens, connects, reads and writes for one node.
///
/// The thread that calls run() is the core thread: all events are called from it, and Transport's functions
/// may be called from it only (before run(), from the thread that will call it). With Config::worker_threads
/// of 0 the core thread does the input and output as well; with more, sockets are spread over that many
/// threads, which read and write; the core cuts and decodes what they read. The events are the same.
///
/// Bounds: while the core has not handled what a connection brought, its socket is not read, which comes to
/// 256 KiB and the frame that has been started; what is queued to be written is limited by
/// Config::queue_bytes_max, and both for all connections together by Config::queues_bytes_max(). There are
/// Config::connections_max() connections at most; others wait in the system's queue. Half-open connections
/// are found by TCP keep-alive, silent within a frame by Config::frame_timeout, and those that take nothing
/// by Config::slow_consumer_timeout, which is also the time that one which the node closes has to take what
/// is queued. Host names are looked up on threads of their own, 64 at most, which nothing ever waits for.
class GOSSIP_EXPORT TcpTransport final : public Transport {
 public:
  /// `observer` must outlive it. Uses the limits and timers of `config`, and none of its addresses.
  TcpTransport(const Config& config, Observer& observer);
  /// Closes everything at once. Precondition: run() has returned or was never called.
  ~TcpTransport() override;

  /// Opens a listener and returns the endpoint that it is bound to, with the port that the system picked for
  /// port 0. From then on the system takes connections; they are served once run() is called. A host name is
  /// resolved, which blocks. The Error names the address. To be called before run(), at most once for each
  /// layer.
  Result<Endpoint> listen(Layer layer, const HostPort& address);

  /// Serves until stop() has been called, what is queued is written and no client goes on voting on it, or
  /// Config::shutdown_timeout is over. `events` must outlive the call. To be called once.
  void run(TransportEvents& events);

  /// Ends run(): no more connections are accepted, nothing more is read, what is queued is written. May be
  /// called from any thread, at any time and more than once.
  void stop();

  /// Runs `work` on the core thread as a turn of its own: with the turn's time, in the order of posting, and
  /// what it sends is handed to the sockets when it returns. May be called from any thread, also before
  /// run(), which then runs it. Work posted before stop() from the same thread is run; work that comes when
  /// stopping has got as far as writing out what is queued, or after run() has returned, is destroyed without
  /// being run. `work` must not throw. How much waits is not bounded: whoever posts must be.
  void post(std::function<void(TimePoint now)> work);

  /// The time on the core's clock: monotonic, unmoved by changes of the wall clock.
  [[nodiscard]] static TimePoint now();

  /// The time that the events of the current turn are told. Core thread only.
  [[nodiscard]] TimePoint event_time() const;

  ConnectionId connect(const HostPort& address) override;
  SendResult send(ConnectionId connection, const Frame& frame) override;
  std::span<const Congestion> broadcast(std::span<const ConnectionId> connections,
                                        const Frame& frame) override;
  void close(ConnectionId connection, CloseReason reason) override;
  void pause(ConnectionId connection) override;
  void resume(ConnectionId connection) override;

 private:
  class GOSSIP_HIDDEN Core;
  std::unique_ptr<Core> core_;
};

}  // namespace gossip
