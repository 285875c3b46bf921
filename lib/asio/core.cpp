#include "core.hpp"

#include "../detail/link_framer.hpp"
#include "endpoints.hpp"
#include "move_socket.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace gossip {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;

/// Often enough that no time limit is missed by more than a fifth, nor that of a stall by more than a half,
/// and not more often than that.
Duration check_interval(const Config& config) {
  const Duration shortest =
      std::min<Duration>(Duration(config.frame_timeout) / 5, end_of(detail::Stall::none, config) / 2);
  return std::clamp<Duration>(shortest, milliseconds(5), milliseconds(1000));
}

std::chrono::steady_clock::time_point to_steady(TimePoint time) {
  return std::chrono::steady_clock::time_point(
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(time.time_since_epoch()));
}

}  // namespace

TcpTransport::Core::Core(Config config, Observer& observer)
    : config_(std::move(config)),
      observer_(observer),
      lookups_(context_, [families = detail::families_of_peers(config_)](
                             const HostPort& address) { return detail::look_up(address, families); }),
      timer_(context_),
      now_(detail::steady_now()) {
  const Duration interval = check_interval(config_);
  if (config_.worker_threads == 0) threads_.push_back(std::make_unique<detail::IoThread>(context_, interval));
  while (threads_.size() < config_.worker_threads)
    threads_.push_back(std::make_unique<detail::IoThread>(interval));
  // Here, and not once it runs: a thread that the system refuses is an exception of the constructor.
  for (const auto& thread : threads_) thread->start();
}

TcpTransport::Core::~Core() {
  posted_.close();
  for (const auto& thread : threads_) thread->join();
}

Result<Endpoint> TcpTransport::Core::listen(Layer layer, const HostPort& address) {
  const auto endpoint =
      resolve(address, layer == Layer::p2p ? detail::families_of_peers(config_) : Families::both);
  if (!endpoint) return endpoint.error();
  auto listener = std::make_unique<detail::TcpListener>(
      context_, [this]() -> asio::io_context& { return next_thread().context(); },
      [this, layer] { return open_.why_no_more(layer); },
      [this, layer](Socket socket, const asio::ip::tcp::endpoint& remote) {
        const Endpoint from = detail::from_asio(remote);
        turn([&] { adopt(next_id(), layer, std::move(socket), from, false); });
      },
      [this, layer](const std::string& why) {
        if (why.empty()) {
          observer_.on_event(event::AcceptResumed{layer});
        } else {
          observer_.on_event(event::AcceptSuspended{layer, why});
        }
      });
  auto bound = listener->listen(*endpoint);
  if (!bound) return bound;
  listeners_.push_back(std::move(listener));
  if (layer == Layer::p2p) p2p_ = *bound;
  return bound;
}

void TcpTransport::Core::run(TransportEvents& events) {
  events_ = &events;
  for (const auto& listener : listeners_) listener->start();
  turn_later([] {});  // sends what was sent before run(), and arms the timer
  const auto work = asio::make_work_guard(context_);
  context_.run();
  for (const auto& thread : threads_) thread->join();
}

void TcpTransport::Core::post(detail::PostedWork::Work work) {
  if (!posted_.push(std::move(work))) return;
  turn_later([this] {
    if (const auto oldest = posted_.pop()) oldest(now_);
  });
}

ConnectionId TcpTransport::Core::connect(const HostPort& address) {
  const ConnectionId id = next_id();
  auto dial = std::make_shared<detail::TcpDial>(
      context_, lookups_, address, config_.connect_timeout,
      [this, id](Socket socket, const std::string& why) {
        turn([&] {
          dials_.erase(id);
          why.empty() ? adopt_dialled(id, std::move(socket)) : events_->on_connect_failed(id, why, now_);
        });
      },
      [this](const Endpoint& endpoint) { return is_own(endpoint); });
  dials_[id] = dial;
  // Not from inside this call: what comes of it is an event.
  asio::post(context_, [dial] { dial->start(); });
  return id;
}

/// An address of this host is one that a socket can be bound to.
bool TcpTransport::Core::is_own(const Endpoint& endpoint) {
  if (endpoint.port != p2p_.port || !p2p_.unspecified()) return endpoint == p2p_;
  if (p2p_.address.is_ipv4() && !endpoint.address.is_ipv4()) return false;
  const asio::ip::udp::endpoint host(detail::to_asio(endpoint).address(), 0);
  error_code error;
  asio::ip::udp::socket socket(context_);
  socket.open(host.protocol(), error);
  if (!error) socket.bind(host, error);
  return !error;
}

void TcpTransport::Core::adopt_dialled(ConnectionId id, Socket socket) {
  error_code error;
  const auto remote = socket.remote_endpoint(error);
  if (error) {
    events_->on_connect_failed(id, error.message(), now_);
    return;
  }
  auto moved = config_.worker_threads == 0 ? Result<Socket>(std::move(socket))
                                           : detail::move_socket(std::move(socket), next_thread().context());
  if (!moved) {
    events_->on_connect_failed(id, moved.error().message, now_);
    return;
  }
  adopt(id, Layer::p2p, std::move(*moved), detail::from_asio(remote), true);
}

void TcpTransport::Core::adopt(ConnectionId id, Layer layer, Socket socket, const Endpoint& remote,
                               bool dialled) {
  detail::IoThread& thread = next_thread();
  next_thread_ = (next_thread_ + 1) % threads_.size();
  error_code error;
  const auto local = socket.local_endpoint(error);
  auto link = std::make_unique<Link>(memory_.account());
  link->id = id;
  link->info = {layer, remote, error ? Endpoint{} : detail::from_asio(local)};
  link->framer = detail::link_framer(layer, config_.overlay);
  link->last_taken = now_;
  link->connection = std::make_shared<detail::TcpConnection>(*this, config_, memory_.account(), thread, id,
                                                             layer, std::move(socket));
  const auto connection = link->connection;
  const ConnectionInfo info = link->info;
  links_.add(std::move(link));
  open_.add(layer);
  asio::dispatch(thread.context(), [connection] { connection->start(); });
  tell(id, [&] { dialled ? events_->on_connected(id, info, now_) : events_->on_accepted(id, info, now_); });
}

void TcpTransport::Core::close(ConnectionId connection) {
  if (const auto dial = dials_.extract(connection); !dial.empty()) dial.mapped()->cancel();
  auto link = links_.take(connection);
  if (link == nullptr) return;
  link->closed = true;
  if (link->outgoing.fanout != nullptr) outbox_.close(*link->outgoing.fanout);
  closed_.push_back(std::move(link));
}

void TcpTransport::Core::on_cut_off(ConnectionId connection, detail::ConnectionEnd&& end) {
  turn_later([this, connection, end = std::move(end)] { this->end(connection, end); });
}

void TcpTransport::Core::end(ConnectionId id, const detail::ConnectionEnd& end) {
  const auto link = links_.take(id);
  if (link == nullptr) return;
  outbox_.forget(link->outgoing);
  // A client that is cut off must not take what it sent and nobody handled for handled.
  const bool unhandled =
      link->info.layer == Layer::api && !link->waits_for_more && end.reason != CloseReason::remote_closed;
  asio::dispatch(link->connection->thread().context(), [connection = link->connection, unhandled] {
    unhandled ? connection->reset() : connection->abort();
  });
  events_->on_closed(id, end.reason, end.detail, now_);
}

void TcpTransport::Core::on_gone(ConnectionId connection, Layer layer, std::size_t lost) {
  asio::post(context_, [this, connection, layer, lost] {
    if (lost > 0) observer_.on_event(event::OutputLost{connection, layer, lost});
    open_.remove(layer);
    memory_.end_release(connection);
    // What it held is free now, or others hold it as well.
    if (memory_.is_short()) turn([] {});
    finish_stop_if_idle();
  });
}

void TcpTransport::Core::finish_turn() {
  hand_over_all();
  arm_timer();
  if (stopping_.is_reading_out()) finish_all_if_read_out();
}

void TcpTransport::Core::arm_timer() {
  const auto due = events_->next_timer();
  if (due == timer_due_) return;
  timer_due_ = due;
  timer_.cancel();
  if (!due) return;
  timer_.expires_at(to_steady(*due));
  timer_.async_wait([this](const error_code& error) {
    if (error) return;
    turn([this] {
      timer_due_.reset();
      events_->on_time(now_);
    });
  });
}

}  // namespace gossip
